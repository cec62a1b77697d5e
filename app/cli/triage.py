"""Commands of triage. What a reporter wrote is shown as plain text, and never interpreted."""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from app import private, vocabulary
from app.cli.console import HOME, Home, Json, say, show, show_list, show_list_as_it_comes, staff, text_of, words_of
from app.cli.names import Names
from app.cli.saved_views import asked_or_saved, show_views
from app.cli.stopped import Stopped
from app.client.casework import approvals, report_approvals, triage
from app.client.casework.reports import news
from app.client.casework.triage import OpenReport, Received, ReportView, Sent, Thread, Waiting
from app.client.casework.views import QueueView
from app.client.machine.staff import Staff
from app.client.machine.transport import Refused
from app.protocol import mailbox
from app.protocol.mailbox import MessageKind
from app.protocol.report import Attachment
from app.vocabulary import ApprovalSubject, Imminence, Priority, ReportState, Severity, TransitionReason

queue = typer.Typer(help="Read what was reported, answer, decide.", no_args_is_help=True)

Report = Annotated[str, typer.Argument(help="The report's id or ref.")]
Reports = Annotated[list[str], typer.Argument(metavar="REPORT...", help="The ids or refs of the reports.")]
Judgement = tuple[Severity, Imminence]
Incidents = Annotated[
    list[str] | None,
    typer.Option(
        "--incident",
        metavar="SEVERITY:IMMINENCE",
        help="What was found; may be repeated. It gives priority. A severity is one of "
        f"{', '.join(Severity)}; an imminence one of {', '.join(Imminence)}.",
    ),
]

# What a report becomes that is read, or that nobody can read, and taken up by nobody.
_DISPOSED = (
    *(ReportState.REFERRED_OUT, ReportState.OUT_OF_MANDATE, ReportState.DUPLICATE, ReportState.INSUFFICIENT),
    *(ReportState.ABUSIVE, ReportState.UNDECRYPTABLE),
)
_SUBJECTS = (ApprovalSubject.ABUSIVE, ApprovalSubject.UNDECRYPTABLE, *sorted(report_approvals.LENT))
_ASKED = ", ".join(dict.fromkeys(_SUBJECTS))

_QUESTIONS = {
    ApprovalSubject.ABUSIVE: "is abuse",
    ApprovalSubject.WAITING: "may wait for its reporter",
    ApprovalSubject.INSUFFICIENT: "may be put away as insufficient",
    ApprovalSubject.OUT_OF_MANDATE: "may be put away as out of your mandate",
    ApprovalSubject.REFERRED_OUT: "may be put away as referred elsewhere",
}

Decision = Annotated[
    bool | None, typer.Option("--approve/--reject", help="Your decision; without it nothing is decided.")
]


@queue.command("list")
def list_(
    state: Annotated[list[ReportState] | None, typer.Option(help="Only these states; may be repeated.")] = None,
    view: Annotated[str | None, typer.Option(help="What was saved under this name.")] = None,
    save: Annotated[
        str | None, typer.Option(help="Save what is asked here under a name, for all your machines.")
    ] = None,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """What waits, the most urgent first. No report is opened for it."""
    person = staff(machine)
    asked = asked_or_saved(person, QueueView(tuple(state or ())), view=view, save=save)
    names = Names(person)
    said = {each.report: str(each) for each in news.unread(person)}

    def words(row: Mapping[str, object]) -> dict[str, object]:
        lapses = row["decide_until"] and f"nobody has decided: destroyed after {row['decide_until']}"
        first = "answer" if row["answer_due"] else "decide"
        due = row["answer_due"] or row["decision_due"]
        told = row["news"], due and f"{first} by {due}", lapses, row["unopened"], row["problem"]
        note = "; ".join(str(each) for each in told if each)
        came_by = str(row["intake_channel"]).replace("_", " ")
        return {"triager": names.handle(row["triager"]), "came by": came_by, "note": note or None}

    columns = ["ref", "received_on", "state", "danger_now", "language", "came by", "triager", "note"]
    waiting = triage.coming(person, states=asked.states or None)

    elsewhere = set(said)

    def row(each: Waiting) -> dict[str, Any]:
        elsewhere.discard(each.id)
        return {**_row(each), "news": said.get(each.id)}

    show_list_as_it_comes("Reports", columns, waiting, row, order=triage.in_order, as_json=as_json, words=words)
    if elsewhere and not as_json:
        say(f"Reporters have written of what is not listed here: {len(elsewhere)}. See them with tern me.")


@queue.command("views")
def views_(
    forget: Annotated[str | None, typer.Option(metavar="NAME", help="Forget this one.")] = None,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """What you have saved of the queue (tern triage list --save); your memory takes it to your other machines."""
    show_views(staff(machine), QueueView, ["states"], forget=forget, as_json=as_json)


@queue.command()
def claim(reports: Reports, machine: Home = HOME) -> None:
    """Take reports out of the queue, to decide about them yourself."""
    _step(staff(machine), reports, ReportState.IN_TRIAGE, triage.claim, triage.claim_all)


@queue.command()
def release(reports: Reports, machine: Home = HOME) -> None:
    """Put reports back into the queue."""
    _step(staff(machine), reports, ReportState.RECEIVED, triage.release, triage.release_all)


@queue.command("open")
def open_(
    report: Report,
    save: Annotated[Path | None, typer.Option(help="A directory for the attachments, each named by its id.")] = None,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Read a report and what its reporter wrote since, which in a case is for its members alone."""
    person = staff(machine)
    open_report = triage.open_(person, Names(person).report(report))
    thread = None if open_report.arrived is None else triage.thread(person, open_report)
    if save and thread:
        for attachment in (*open_report.report.attachments, *_attached_since(thread)):
            _save(person, open_report, attachment, save)
    _show(person, open_report, thread, as_json=as_json)
    if thread:
        with suppress(Refused):  # where they have written meanwhile, it stays news
            news.say_read(person, open_report.id, thread)
    if thread and open_report.view.case:
        with suppress(Refused):  # where the mailbox is full, say: the next answer does it
            triage.tell_key(person, open_report, thread)
    if thread is None:
        say("The report is in a case. What came after it, and its files, are for the members of the case.")
    elif not thread.taken_back and any(each.content.kind is MessageKind.WITHDRAW for each in thread.messages):
        say("A message takes the report back without the secret of its receipt: that may be anybody. Nothing stopped.")


@queue.command()
def answer(
    report: Report,
    text: Annotated[Path | None, typer.Option(help="A file with your words; - for standard input.")] = None,
    template: Annotated[
        str | None, typer.Option(metavar="NAME", help="Words that are ready (tern template), in the place of a file.")
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="In which language the reporter reads them; that of the report, if not given.")
    ] = None,
    mine: Annotated[
        str,
        typer.Option(envvar="TERN_LANGUAGE", help="In which language you read them beside it, before they are sent."),
    ] = "en",
    with_: Annotated[
        list[str] | None, typer.Option("--with", metavar="NAME=WORDS", help="What fills a blank; may be repeated.")
    ] = None,
    sends: Annotated[bool, typer.Option("--yes", help="Send words that are ready without being asked.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Then wait for the reporter; needs --incident.")] = False,
    incident: Incidents = None,
    despite_their_no: Annotated[
        bool, typer.Option("--despite-their-no", help="Also where they did not say that they may be written to.")
    ] = False,
    machine: Home = HOME,
) -> None:
    """Write to the reporter. Your name is not in it."""
    person = staff(machine)
    open_report = triage.open_(person, Names(person).report(report))
    if not (despite_their_no or triage.thread(person, open_report).may_contact(open_report)):
        raise Stopped(
            "the reporter did not say that they may be written to, and was promised that nobody would: a reply can"
            " endanger them. Where you must all the same: --despite-their-no"
        )
    judgements = _judgements(incident) if wait else ()
    if wait and not report_approvals.may_wait(person, open_report, vocabulary.priority_of(judgements)):
        from app.cli import refusals  # with a reader of TOML

        raise Stopped(f"nothing is sent: {refusals.words()['guard']['waiting_approved_where_urgent']}")
    if template is None:
        words = words_of(text, "Your message")
    elif text is not None:
        raise typer.BadParameter("--template, or a file with words of your own")
    else:
        from app.cli import templates  # the queue does not wait for what a case is made of

        to = language or open_report.report.form.language
        words = templates.preview(person, template, language=to, mine=mine, with_=with_, sends=sends)
    if (room := len(mailbox.split(words))) > 1:
        say(f"This takes {room} of the {mailbox.STAFF_SLOTS} places that a mailbox has for replies.")
    after = triage.answer(person, open_report, words, despite_their_no=despite_their_no)
    if wait:
        triage.ask(person, after, judgements)


@queue.command()
def accept(
    report: Report,
    incident: Incidents = None,
    owner: Annotated[
        str | None, typer.Option(help="Who will lead the case, by id or handle; you, if not given.")
    ] = None,
    colleague: Annotated[
        list[str] | None, typer.Option(help="A further member, by id or handle; may be repeated.")
    ] = None,
    about: Annotated[
        Path | None, typer.Option(help="JSON with title and summary of the case; - for standard input.")
    ] = None,
    case: Annotated[
        str | None, typer.Option(help="A case that you work on, by id or ref, which it joins; else a new one.")
    ] = None,
    to: Annotated[
        str | None, typer.Option(help="A caseworker, by id or handle, who puts it into a case of theirs.")
    ] = None,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Accept a report into a new case, into one that you work on, or into a colleague's hands."""
    person = staff(machine)
    names = Names(person)
    if to and (case or owner or colleague or about):
        raise typer.BadParameter("who is handed a report makes its case: --to stands without one")
    if case and (owner or colleague or about):
        raise typer.BadParameter("a case that is there has its members and words: --case stands without them")
    open_report = triage.open_(person, names.report(report))
    if _is_accepted(open_report) and open_report.view.case:
        say("It is accepted already, and in this case. Nothing was changed.")
        show({"case": open_report.view.case}, as_json=as_json)
    elif to:
        show({"priority": _hand(person, open_report, incident, names.person(to)).value}, as_json=as_json)
    elif case:
        show({"case": _join(person, open_report, incident, names.case(case))}, as_json=as_json)
    else:
        title, summary = _about(about)
        made = triage.accept(
            person,
            open_report,
            () if _is_accepted(open_report) and not incident else _judgements(incident),
            owner=names.person(owner) if owner else person.person,
            colleagues=names.persons(colleague),
            title=title,
            summary=summary,
        )
        show({"case": made}, as_json=as_json)


def _is_accepted(report: OpenReport) -> bool:
    return report.view.state is ReportState.ACCEPTED


def _hand(person: Staff, report: OpenReport, incidents: list[str] | None, to: str) -> Priority:
    if _is_accepted(report):
        raise Stopped(
            "it is accepted, and in somebody's hands; where they have not put it into a case by the end of the next"
            " day, it waits in the queue again"
        )
    return triage.hand_over(person, report, _judgements(incidents), to)


def _join(person: Staff, report: OpenReport, incidents: list[str] | None, case: str) -> str:
    if _is_accepted(report):
        triage.attach(person, report, case)
    else:
        triage.accept_into(person, report, _judgements(incidents), case)
    return case


@queue.command()
def dispose(
    report: Report,
    to: Annotated[ReportState, typer.Argument(metavar="STATE", help=f"What becomes of it: {', '.join(_DISPOSED)}.")],
    incident: Incidents = None,
    duplicate_of: Annotated[str | None, typer.Option(help="The report that says the same, by id or ref.")] = None,
    reason: Annotated[TransitionReason, typer.Option(help="Why.")] = TransitionReason.DECIDED,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Decide about a report that is not accepted."""
    if to not in _DISPOSED:
        raise typer.BadParameter(f"one of {', '.join(_DISPOSED)}; tern triage accept takes it up, release puts it back")
    person = staff(machine)
    if to is ReportState.UNDECRYPTABLE:
        triage.undecryptable(person, triage.view(person, Names(person).report(report)))
        show({"state": to.value}, as_json=as_json)
        return
    judgements, names = _judgements(incident), Names(person)
    open_report = triage.open_(person, names.report(report))
    twin = names.report(duplicate_of) if duplicate_of else None
    priority = triage.dispose(person, open_report, to, judgements, duplicate_of=twin, reason=reason)
    approval = report_approvals.lend_where_drawn(person, open_report)
    show({"state": to.value, "priority": priority.value, "approval": approval}, as_json=as_json)


@queue.command()
def reopen(
    report: Report,
    reason: Annotated[TransitionReason, typer.Option(help="Why.")],
    machine: Home = HOME,
) -> None:
    """As a supervisor, put a decided report before a triager again, as long as its key exists."""
    person = staff(machine)
    triage.reopen(person, triage.view(person, Names(person).report(report)), reason)


@queue.command()
def approve(
    report: Report,
    subject: Annotated[ApprovalSubject, typer.Argument(metavar="WHAT", help=f"Is it, or may it be: {_ASKED}.")],
    approver: Annotated[str, typer.Option(help="Another person, by id or handle, who will decide.")],
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Ask a second person whether a report is abuse, may wait, opens nowhere, or may be put away."""
    if subject not in _SUBJECTS:
        raise typer.BadParameter(f"nobody is asked whether a report is {subject}, but {_ASKED}")
    person = staff(machine)
    names = Names(person)
    id_, approver = names.report(report), names.person(approver)
    if subject is ApprovalSubject.UNDECRYPTABLE:
        show({"approval": report_approvals.request_try(person, triage.view(person, id_), approver)}, as_json=as_json)
        return
    request_id = report_approvals.request(person, triage.open_(person, id_), subject, approver)
    show({"approval": request_id}, as_json=as_json)


@queue.command()
def decide(
    approval: Annotated[str, typer.Argument(help="The approval's id, or how it begins.")],
    approved: Decision = None,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Read the report that you are asked about, and sign what you decide."""
    person = staff(machine)
    approval = Names(person).approval(approval)
    if approvals.get(person, approval).subject is ApprovalSubject.UNDECRYPTABLE:
        is_open = report_approvals.try_too(person, approval)
        say(
            "It opens here, and you have said so." if is_open else "It does not open here either, and you have said so."
        )
        return
    review = report_approvals.review(person, approval)
    _show(person, review.report, review.thread, as_json=as_json)
    say(f"You are asked whether this report {_QUESTIONS[review.approval.subject]}.")
    if review.unanswered:
        say("Nobody has written to its reporter, who said that one may.")
    if approved is not None:
        report_approvals.decide(person, review, approved=approved)


def _step(
    person: Staff,
    reports: Sequence[str],
    to: ReportState,
    one: Callable[[Staff, ReportView], None],
    several: Callable[[Staff, Sequence[ReportView]], list[tuple[ReportView, str | None]]],
) -> None:
    """Of several, what is refused keeps none of the others back. Where somebody stands already, nothing is done."""
    names = Names(person)
    views = [triage.view(person, each) for each in names.reports(reports)]
    left = [each for each in views if each.state is not to or each.triager not in (None, person.person)]
    taken = {each.ref: f"{names.handle(each.triager)} has claimed it" for each in left if each.state is to}
    if len(views) == 1:
        if taken:
            raise Stopped(*taken.values())
        for each in left:
            one(person, each)
        return
    refused = [(view.ref, taken.get(view.ref, why)) for view, why in several(person, left) if why] if left else []
    if refused:
        said = ", ".join(f"{ref} ({why})" for ref, why in refused)
        raise Stopped(f"the others are done; not done: {said}. Look at these again")


def _judgements(incidents: Sequence[str] | None) -> tuple[Judgement, ...]:
    if not incidents:
        raise typer.BadParameter("say what was found: --incident SEVERITY:IMMINENCE")
    return tuple(map(_incident, incidents))


def _incident(text: str) -> Judgement:
    severity, _, imminence = text.partition(":")
    try:
        return Severity(severity), Imminence(imminence)
    except ValueError:
        severities, imminences = ", ".join(Severity), ", ".join(Imminence)
        raise typer.BadParameter(f"an incident is one of {severities}, then : and one of {imminences}") from None


def _about(file: Path | None) -> tuple[str, str]:
    if file is None:
        return "", ""
    try:
        about = json.loads(text_of(file, "About the case"))
    except (ValueError, RecursionError):
        raise typer.BadParameter("what the case is about is not JSON") from None
    match about:
        case {"title": str(title), "summary": str(summary), **rest} if not rest:
            return title, summary
    raise typer.BadParameter("what the case is about has a title and a summary")


def _save(person: Staff, open_report: OpenReport, attachment: Attachment, directory: Path) -> None:
    """Under its id alone: the name that its sender chose could lead elsewhere, or make a program of it."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if attachment in open_report.missing:
        say(f"{attachment.id} has not arrived")
        return
    draft = directory / f".{attachment.id}"
    try:
        with open(draft, "wb", opener=private.opener) as sink:
            triage.save_attachment(person, open_report, attachment, sink)
        draft.replace(directory / attachment.id)
    finally:
        draft.unlink(missing_ok=True)


def _attached_since(thread: Thread) -> tuple[Attachment, ...]:
    return tuple(each for message in thread.messages for each in message.content.attachments)


def _show(person: Staff, open_report: OpenReport, thread: Thread | None, *, as_json: bool) -> None:
    """The report as its reporter last left it; without `thread`, as it first came."""
    thread = thread or Thread()
    form = open_report.report.form
    consents = {each.scope: each.given for each in open_report.report.consents} | thread.consents
    facts: dict[str, object] = {
        "report": open_report.id,
        "intake_channel": open_report.view.intake_channel.value,
        "language": form.language,
        "text": form.text,
        "answers": dict(form.answers),
        "consents": {scope.value: given for scope, given in consents.items()},
        "withdrawn": thread.taken_back,
        "missing": list(thread.missing),
        "repeated": list(thread.repeated),
        "not_kept": list(thread.not_kept),
    }
    files = [_file(each, open_report) for each in (*open_report.report.attachments, *_attached_since(thread))]
    messages = [_message(each) for each in thread.messages]
    replies = [_reply(each, thread) for each in thread.replies]
    spoiled = [{"id": each.id, "problem": each.problem} for each in thread.spoiled]
    if as_json:
        show(
            {**facts, "attachments": files, "messages": messages, "replies": replies, "spoiled": spoiled}, as_json=True
        )
        return
    show(facts, as_json=False)
    if files:
        show_list("Attachments", ["id", "name", "media_type", "size", "arrived"], files, as_json=False)
    if messages or replies:
        names = Names(person)
        lines = [_line(each, thread, names) for each in thread.in_order]
        show_list("Messages", ["day", "from", "number", "note", "text"], lines, as_json=False)
    if thread.not_kept:
        say("The reporter has seen an answer of which nobody kept a copy: it is of no colleague, or was hidden here.")
    if spoiled:
        show_list("Among them, and none of them", ["id", "problem"], spoiled, as_json=False)


def _file(attachment: Attachment, open_report: OpenReport) -> dict[str, Any]:
    return {
        "id": attachment.id,
        "name": attachment.name,
        "media_type": attachment.media_type,
        "size": attachment.size,
        "arrived": None if open_report.arrived is None else attachment.id in open_report.arrived,
    }


def _message(received: Received) -> dict[str, Any]:
    content = received.content
    changed = {each.scope.value: each.given for each in content.consents}
    about = {"number": content.number, "day": received.day, "kind": content.kind.value, "consents": changed}
    return {**about, "text": content.text}


def _reply(sent: Sent, thread: Thread) -> dict[str, Any]:
    read = sent.number <= thread.read
    return {"number": sent.number, "day": sent.day, "by": sent.by, "read": read, "text": sent.content.text}


def _line(each: Received | Sent, thread: Thread, names: Names) -> dict[str, Any]:
    """One of either direction, as the table of both shows it."""
    if isinstance(each, Sent):
        reply = _reply(each, thread)
        return {**reply, "from": names.handle(each.by), "note": "read" if reply["read"] else None}
    message = _message(each)
    changed = ", ".join(f"{scope}: {'yes' if given else 'no'}" for scope, given in message["consents"].items())
    kind = None if each.content.kind is MessageKind.MESSAGE else message["kind"]
    return {**message, "from": "reporter", "note": changed or kind}


def _quarter(moment: datetime | None) -> str | None:
    return f"{moment:%Y-%m-%dT%H:%MZ}" if moment else None


def _row(waiting: Waiting) -> dict[str, Any]:
    view = waiting.view
    return {
        "id": view.id,
        "ref": view.ref,
        "received_on": view.received_on.isoformat(),
        "state": view.state.value,
        "intake_channel": view.intake_channel.value,
        "danger_now": waiting.danger_now,
        "language": waiting.language,
        "triager": view.triager,
        "unopened": waiting.unopened,
        "decide_until": waiting.decide_until and waiting.decide_until.isoformat(),
        "answer_due": _quarter(view.answer_due),
        "decision_due": _quarter(view.decision_due),
        "problem": waiting.problem,
    }
