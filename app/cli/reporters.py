"""Commands of a reporter. They store nothing on the machine; the receipt is shown once, and first."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.console import (
    Json,
    Pin,
    Server,
    above,
    can_print,
    clock,
    clock_off,
    progress,
    receipt,
    say,
    show,
    show_list,
    show_surely,
    text_of,
)
from app.cli.stopped import FilesMissing
from app.client import Reporter
from app.client.intake.attachments import LeftOut
from app.client.intake.reporter import Submitted, Taken
from app.protocol import receipt as receipts
from app.protocol.receipt import Receipt, UnknownWordError
from app.vocabulary import ConsentScope

report = typer.Typer(help="Send a report.", no_args_is_help=True)
mailbox = typer.Typer(help="Read replies, answer, take a report back.", no_args_is_help=True)


Attach = Annotated[list[Path] | None, typer.Option("--attach", help="A file to add; may be repeated.")]


@report.command()
def submit(
    server: Server,
    pin: Pin,
    document: Annotated[Path, typer.Option(help="JSON with language, text and answers; - for standard input.")],
    attach: Attach = None,
    as_json: Json = False,
) -> None:
    """Seal a report and its files on this machine, and send them. Prints the receipt before the files go."""
    form = _form(document)
    with progress("Sending", hidden=as_json) as bar, _reporter(server, pin) as reporter:

        def tell(submitted: Submitted) -> None:
            with above(bar):
                _show_receipt(submitted, as_json=as_json)

        submitted = reporter.submit(
            form,
            attach or (),
            tell=tell,
            leave=_leave,
            progress=lambda sent, whole: bar.update(bar.task_ids[0], completed=sent, total=whole),
        )
    _check_arrived(submitted.not_arrived)


def _reporter(server: str, pin: str) -> Reporter:
    return Reporter(server, pin, clock=clock, clock_off=clock_off, waits=_wait)


def _wait(seconds: float) -> None:
    say(f"No answer yet. The same goes again in {max(1, round(seconds))} s, for a minute in all.")


def _show_receipt(submitted: Submitted, *, as_json: bool) -> None:
    words = submitted.receipt
    if not can_print(words):
        words = receipts.read(words).words("en")
    show_surely({"report": submitted.report, "receipt": words}, as_json=as_json)
    if not submitted.is_certain:
        say("No answer came, so nobody can know yet whether your report has arrived. Keep these twelve words, and try")
        say("`tern mailbox read` with them. If they open a mailbox, it has arrived; if not, send it again.")
    elif not as_json:
        say("Keep these twelve words. They are the only way to your mailbox, and nobody can give them to you again.")


def _leave(file: LeftOut) -> None:
    say(f"{file.source.name} stays behind: {file.why}.")


def _check_arrived(missing: Sequence[Path]) -> None:
    """Raises `FilesMissing`."""
    if missing:
        names = ", ".join(path.name for path in missing)
        raise FilesMissing(f"did not arrive: {names}; add it with `tern mailbox answer --attach`")


def _form(document: Path) -> dict[str, Any]:
    """What is sent of a document. A story of the samples tells more than a reporter would."""
    try:
        form = json.loads(text_of(document, "The document"))
    except (ValueError, RecursionError):
        raise typer.BadParameter("the document is not JSON") from None
    if not isinstance(form, dict):
        raise typer.BadParameter("the document is no JSON object")
    return {name: form[name] for name in ("language", "text", "answers") if name in form}


def _receipt() -> Receipt:
    """From the words that a person types; a slip of the pen gets an offer."""
    words = receipt()
    try:
        return receipts.read(words)
    except UnknownWordError as error:
        if near := receipts.meant(words, error):
            say(f"Word {error.position} may be {' or '.join(near)}.")
        raise


@mailbox.command()
def read(server: Server, pin: Pin, as_json: Json = False) -> None:
    """What became of the report, and the replies."""
    with _reporter(server, pin) as reporter:
        content = reporter.mailbox(_receipt())
    replies = [{"number": reply.number, "day": reply.day, "text": reply.text} for reply in content.replies]
    days = content.thread_state.days if content.thread_state else ()
    written = [{"day": day, "messages": messages} for day, messages in days]
    if as_json:
        lists = {"missing": list(content.missing), "not_authentic": list(content.not_authentic)}
        show({"state": content.state, "replies": replies, "written": written, **lists}, as_json=True)
        return
    show({"state (the service's word)": content.state}, as_json=False)
    if replies:
        show_list("Replies", ["number", "day", "text"], replies, as_json=False)
    else:
        say("There is no reply yet." if not content.missing else "There is no reply any more.")
    if written:
        show_list("What you wrote since the report", ["day", "messages"], written, as_json=False)
    for number in content.missing:
        say(f"Reply {number} is no longer there.")
    for slot in content.not_authentic:
        say(f"What lies in slot {slot} is not authentic, and is not shown.")


@mailbox.command()
def answer(
    server: Server,
    pin: Pin,
    text: Annotated[Path | None, typer.Option("--text", help="A file with your words; - for standard input.")] = None,
    attach: Attach = None,
) -> None:
    """Write to the team."""
    words = _receipt()
    message = text_of(text, "Your message")
    tell = _telling("Your message has arrived.", "your message has arrived")
    with _reporter(server, pin) as reporter:
        late = reporter.answer(words, message, attach or (), tell=tell, leave=_leave)
    _check_arrived(late)


@mailbox.command()
def withdraw(server: Server, pin: Pin) -> None:
    """Take the report back. Work on it stops at once; what was published stays."""
    tell = _telling("Your report has been taken back.", "your report has been taken back")
    with _reporter(server, pin) as reporter:
        reporter.withdraw(_receipt(), tell=tell)


@mailbox.command()
def consent(
    server: Server,
    pin: Pin,
    scope: Annotated[ConsentScope, typer.Argument(help="The use that you decide about.")],
    given: Annotated[bool, typer.Option("--yes/--no", help="Whether you agree to it.")],
) -> None:
    """Say yes or no to one use of the report."""
    tell = _telling("", "your choice has arrived")
    with _reporter(server, pin) as reporter:
        reporter.change_consent(_receipt(), scope, given=given, tell=tell)


def _telling(done: str, perhaps: str) -> Callable[[Taken], None]:
    """As soon as it is known: whoever stops while files go up, or gets no answer, is not left without."""

    def tell(taken: Taken) -> None:
        if taken is Taken.PERHAPS:
            say(f"No answer came, so nobody can know yet whether {perhaps}. Do it again: twice does no harm.")
        elif done:
            say(done)

    return tell
