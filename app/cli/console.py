"""What all commands share: how they ask, how they print, which machine they act from, and how they end.

Nothing else in Tern writes to a terminal. What is printed passes `plain_text` first: a report, a handle and the answer
of a service stay the text that they are. `terminal` is imported where something is printed: what a command waits for
before its first request is imports.
"""

import heapq
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import typer

from app.cli.plain_text import json_line, on_one_line, visible
from app.client import Staff
from app.client.machine import ends, unlocked
from app.client.machine.directory import Machine
from app.client.machine.transport import Refused, Unreachable
from app.client.people import memories
from app.protocol import roots
from app.protocol.errors import Malformed, ProtocolError

if TYPE_CHECKING:
    from rich.progress import Progress

_Thing = TypeVar("_Thing")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON value for programs.")]
Home = Annotated[
    Path,
    typer.Option("--machine", "-m", envvar="TERN_MACHINE", help="The directory of your keys.", show_default="~/.tern"),
]
Server = Annotated[str, typer.Option("--server", envvar="TERN_SERVER", help="The address of the service.")]


def whole_pin(pin: str | None) -> str | None:
    """`pin`, where it can be one: what was cut off or mistyped is no sign of a false organisation."""
    if pin is not None:
        try:
            roots.Pin.read(pin)
        except Malformed:
            raise typer.BadParameter(
                "a pin has 64 of 0-9 and a-f, and perhaps .VERSION. and 64 more: copy it whole"
            ) from None
    return pin


Pin = Annotated[
    str,
    typer.Option("--pin", envvar="TERN_PIN", help="The fingerprint of the organisation's root.", callback=whole_pin),
]

HOME = Path.home() / ".tern"
NOT_TAKEN: Final = "What your other machines have seen was not taken"
_ENDS_SHOWN: Final = 5  # of many, the next


# What a command leaves open, connections say: `main` closes it when the command has ended.
OPENED = ExitStack()


def show(facts: Mapping[str, object], *, as_json: bool) -> None:
    """One thing: a line a fact for a person, but for what there is not; one object for a program."""
    if as_json:
        _print_json(facts)
        return
    from app.cli import terminal

    for name, value in facts.items():
        if value is None:
            continue
        # The lines of a value are set in, so that none of them can pass for the next fact.
        words = visible(_words(value)).replace("\n", "\n    ")
        terminal.print_(terminal.OUT, (on_one_line(name), "bold"), "  ", words)


def show_surely(facts: Mapping[str, object], *, as_json: bool) -> None:
    """The same of what nobody can be told again: where nothing takes it that is printed, it goes to standard error."""
    if sys.stdout is not None:  # as it is where it was closed, and what is printed then is gone
        # A full disk; a pipe that nobody reads, at which rich would end the process.
        with suppress(OSError, SystemExit):
            show(facts, as_json=as_json)
            return
    for name, value in facts.items():
        say(f"{name}  {_words(value)}")


def show_list(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Mapping[str, object]],
    *,
    as_json: bool,
    words: Callable[[Mapping[str, object]], Mapping[str, object]] = lambda _: {},
) -> None:
    """Several things: a table for a person, one array for a program.

    `words` gives what a person reads of a row in the place of its codes and ids, or beside them. A column in which
    nothing stands is left out. Where the terminal is too narrow for a table of whole words, each thing is a block.
    """
    if as_json:
        _print_json(list(rows))
        return
    from app.cli import terminal

    columns, found = _cells(columns, ({**row, **words(row)} for row in rows))
    if not found:
        terminal.print_(terminal.OUT, f"{title}: none")
        return
    if terminal.table(title, columns, found):
        return
    terminal.print_(terminal.OUT, (title, "bold"))
    for row in found:
        told = {column.replace("_", " "): cell for column, cell in zip(columns, row, strict=True) if cell}
        show(told, as_json=False)
        terminal.print_(terminal.OUT)


def show_list_as_it_comes(
    title: str,
    columns: Sequence[str],
    things: Iterable[_Thing],
    row: Callable[[_Thing], Mapping[str, object]],
    *,
    order: Callable[[_Thing], Any],
    as_json: bool,
    words: Callable[[Mapping[str, object]], Mapping[str, object]] = lambda _: {},
) -> None:
    """The same, in this `order`, of what takes a while to be read.

    A person at a terminal sees meanwhile as many as fit on it, the first in order on top, and how many were read.
    """
    rest = iter(things)
    read = [*islice(rest, 1)]  # asked for before what shows it is imported
    from app.cli import terminal

    if as_json or not terminal.OUT.is_terminal:
        read += rest
    else:
        first = list(read)
        with terminal.growing(title) as look:
            for thing in rest:
                read.append(thing)
                first.append(thing)
                if look.is_due:
                    first = heapq.nsmallest(look.room, first, key=order)
                    rows = map(row, first)
                    look.show(*_cells(columns, ({**each, **words(each)} for each in rows)), read=len(read))
    show_list(title, columns, map(row, sorted(read, key=order)), as_json=as_json, words=words)


def show_text(text: str) -> None:
    """Text that is a result by itself."""
    from app.cli import terminal

    terminal.print_(terminal.OUT, visible(text))


def can_print(text: str) -> bool:
    """Whether standard output has signs for all of it."""
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def say(sentence: str) -> None:
    """To the person, not to the program that reads the output."""
    from app.cli import terminal

    terminal.print_(terminal.ERR, on_one_line(sentence))


def fail(sentence: str) -> None:
    """The one line on standard error with which a failed command ends."""
    from app.cli import terminal

    terminal.print_(terminal.ERR, (f"tern: {on_one_line(sentence)}", "red"))


def passphrase(*, confirm: bool = False) -> str:
    """That of the keys on this machine, which no service ever sees."""
    return _secret("TERN_PASSPHRASE", "Passphrase of your keys", confirm=confirm)


def password(*, confirm: bool = False) -> str:
    """That of the service."""
    return _secret("TERN_PASSWORD", "Password of the service", confirm=confirm)


def copy_token() -> str:
    """Whoever has it fetches a copy of somebody's keys once, so it is no argument either."""
    return _secret("TERN_COPY_TOKEN", "The token of your supervisor or operator")


def new_passphrase() -> str:
    """The one that takes its place."""
    return _secret("TERN_NEW_PASSPHRASE", "New passphrase of your keys", confirm=True)


def new_password() -> str:
    """The one that takes its place."""
    return _secret("TERN_NEW_PASSWORD", "New password of the service", confirm=True)


def receipt() -> str:
    """The words of a receipt. They are never an argument: those stand in the list of processes and in histories."""
    return _secret("TERN_RECEIPT", "The words of your receipt")


def paper_words() -> str:
    """The words of a paper of the root: whoever has two of three is the organisation."""
    return _secret("TERN_PAPER", "The words of the paper")


def account_key() -> str:
    """The words of a sheet: with the passphrase they open the copy of the keys."""
    return _secret("TERN_ACCOUNT_KEY", "The words of your sheet")


def invitation() -> str:
    """Whoever has it joins as the person that it was made for, so it is no argument either."""
    return _secret("TERN_INVITATION", "Your invitation")


def text_of(file: Path | None, question: str) -> str:
    """What a person writes: from a file, from standard input for `-`, or asked for.

    Raises `typer.BadParameter` for a file that cannot be read as text.
    """
    if file is None:
        return str(typer.prompt(question, err=True))
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise typer.BadParameter("there is no such file of text") from None


def words_of(file: Path | None, question: str) -> str:
    """The same of what says nothing where it is empty. Raises `typer.BadParameter` for that too."""
    words = text_of(file, question)
    if not words.strip():
        raise typer.BadParameter("there is no word in it")
    return words


def ask(question: str, default: str = "") -> str:
    """One line, which may be empty."""
    return str(typer.prompt(question, default=default, show_default=bool(default), err=True)).strip()


def agrees(question: str) -> bool:
    """Whether the person says yes."""
    return typer.confirm(question, err=True)


def clock() -> datetime:
    """Now, or in the demo and in tests what the file named by TERN_DEMO_CLOCK says."""
    file = os.environ.get("TERN_DEMO_CLOCK")
    if file and os.environ.get("TERN_DEMO") == "1":
        return datetime.fromisoformat(Path(file).read_text().strip()).astimezone(UTC)
    return datetime.now(UTC)


def staff(home: Path, *, tells: bool = True) -> Staff:
    """The person at this machine, with the keys unlocked: for a stretch of work before, or now.

    They are told what comes to an end, unless the command `tells` that itself.
    """
    keys = None if "TERN_PASSPHRASE" in os.environ else unlocked.ask(Machine(home))
    person = OPENED.enter_context(Staff(home, keys or passphrase(), clock=clock, clock_off=clock_off))
    if tells:
        tell_ends(person)
        person.service.afterwards(lambda: _afterwards(person))
    return person


def _afterwards(person: Staff) -> None:
    ends.hear_daily(person)
    leave_memory(person, memories.keep_now_and_then)


def say_failure(what: str, error: Exception) -> None:
    """That something beside what was asked for failed, and why."""
    from app.cli import failures  # it imports whatever can fail

    say(f"{what}: {failures.sentence(error)}.")


def leave_memory(person: Staff, leave: Callable[[Staff], None] = memories.keep) -> None:
    """Leave what this machine has seen for the next one. Nothing that was asked for beside it fails because of this."""
    if person.about.pin is None or person.about.person is None:
        return
    try:
        leave(person)
    except (Refused, Unreachable):  # the next command tries again
        pass
    except ProtocolError as error:
        say_failure(NOT_TAKEN, error)


def tell_ends(person: Staff) -> None:
    """One line of what comes to an end, the next first, as the service told this machine when it was last asked."""
    told = ends.heard(person)
    if told is None or not told.ends:
        return
    words = [
        *map(str, told.ends[:_ENDS_SHOWN]),
        *([f"{more} more"] if (more := len(told.ends) - _ENDS_SHOWN) > 0 else []),
    ]
    asked = "" if told.on == person.today else f" (as of {told.on})"
    say(f"What ends{asked}: {' | '.join(words)}")


def clock_off(ahead: timedelta) -> None:
    """Said before anything is sealed with it."""
    hours, minutes = divmod(round(abs(ahead).total_seconds() / 60), 60)
    by = f"{hours} h {minutes} min" if hours else f"{minutes} min"
    way = "ahead of" if ahead > timedelta(0) else "behind"
    say(f"The clock of this device is {by} {way} the service's. Set it before you go on: what you seal bears its date.")


@contextmanager
def progress(title: str, *, hidden: bool) -> Iterator["Progress"]:
    """A bar on standard error where a person looks at it."""
    from app.cli import terminal

    with terminal.bar_of_bytes(title, hidden=hidden) as bar:
        yield bar


@contextmanager
def above(bar: "Progress") -> Iterator[None]:
    """What is printed meanwhile stays, and the bar goes on below it."""
    if bar.disable:
        yield
        return
    bar.stop()
    yield
    bar.start()


@contextmanager
def steps(title: str, total: int | None) -> Iterator[Callable[[], None]]:
    """A bar on standard output while a demonstration runs; what is yielded takes it a step on."""
    from app.cli import terminal

    with terminal.bar_of_steps() as bar:
        task = bar.add_task(title, total=total)
        yield lambda: bar.advance(task)


def is_typed(variable: str) -> bool:
    """Whether a secret is asked of a person, who can be asked again."""
    return variable not in os.environ and sys.stdin.isatty()


def _secret(variable: str, question: str, *, confirm: bool = False) -> str:
    if variable in os.environ:
        return os.environ[variable]
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    return str(typer.prompt(question, hide_input=True, confirmation_prompt=confirm, err=True))


def _print_json(value: object) -> None:
    sys.stdout.write(json_line(value) + "\n")
    # Where a command is ended from outside, what it has printed is there.
    sys.stdout.flush()


def _words(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _cells(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> tuple[list[str], list[list[str]]]:
    """The columns in which anything stands, and what stands in them."""
    found = [[_cell(row.get(column)) for column in columns] for row in rows]
    kept = [place for place, _ in enumerate(columns) if any(row[place] for row in found)]
    return [columns[place] for place in kept], [[row[place] for place in kept] for row in found]


def _cell(value: object) -> str:
    return "" if value is None else _words(value)
