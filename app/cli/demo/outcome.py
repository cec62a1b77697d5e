"""What the thirty days have come to, each checked against what the service has, and against what people open."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from typing import Final

from app import age
from app.cli.demo.chapters import PASSWORD, DemoFailed
from app.cli.demo.month import DAYS, UNDECRYPTABLE, Month, opens
from app.client.casework import approvals
from app.client.casework.reports import views
from app.client.casework.reports.views import ReportView
from app.client.machine.transport import Refused
from app.client.people import sign_in
from app.client.statistics import releases
from app.protocol import receipt as receipts
from app.vocabulary import ApprovalState, ConsentScope, ReportState

# Whoever ends so has agreed to no answer, or can be given none.
_UNANSWERED: Final = frozenset({ReportState.WITHDRAWN, ReportState.UNDECRYPTABLE})
_DECIDED: Final = frozenset(ReportState) - {ReportState.RECEIVED, ReportState.IN_TRIAGE, ReportState.AWAITING_REPORTER}
# Of each report these many characters are sought in what the service keeps: they stand in nothing else.
_SOUGHT: Final = 40


def _check_reports(month: Month) -> str:
    every = [ReportView.read(each) for each in month.staff("boris").service.items("/reports")]
    if len(every) != len(month.stories):
        raise DemoFailed(f"{len(month.stories) - len(every)} reports are lost")
    waiting = [each.id for each in every if each.state not in _DECIDED and each.triager is None]
    if waiting or any(each.state is ReportState.LAPSED for each in every):
        raise DemoFailed(f"{len(waiting)} reports wait without a claim, or lapsed")
    _check_tried(month)
    counts = Counter(each.state for each in every)
    return ", ".join(f"{number} {state}" for state, number in sorted(counts.items()))


def _check_tried(month: Month) -> None:
    """The report that does not open was tried by two."""
    view = views.view(month.staff("boris"), month.company.submitted[UNDECRYPTABLE].report)
    triager = month.staff(next(name for name, each in month.company.staff.items() if each.person == view.triager))
    by_others = [each.approver for each in approvals.list_(triager, state=ApprovalState.APPROVED, about=view.id)]
    if view.state is not ReportState.UNDECRYPTABLE or not set(by_others) - {triager.person}:
        raise DemoFailed(f"{UNDECRYPTABLE} was put away, and nobody else has tried it")


def _check_answers(month: Month) -> str:
    """Everybody who agreed to contact has an answer."""
    answered = 0
    for story in month.stories:
        if (
            ConsentScope.CONTACT in story.document["answers"].get("consent", ())
            and story.disposition not in _UNANSWERED
        ):
            with month.company.reporter() as reporter:
                mailbox = reporter.mailbox(receipts.read(month.company.submitted[story.id].receipt))
            if not mailbox.replies:
                raise DemoFailed(f"{story.id} agreed to contact and has no answer")
            answered += 1
    return f"{answered} reporters who agreed to contact have an answer"


def _check_cases(month: Month) -> str:
    """Every case opens for somebody who may."""
    members = [month.staff(name) for name in month.company.caseworkers]
    for story, case in month.company.cases.items():
        if not any(opens(member, case) for member in members):
            raise DemoFailed(f"the case of {story} opens for nobody")
    return f"{len(month.company.cases)} cases, each opens for somebody who may"


def _check_intake(month: Month) -> str:
    if month.open_days != DAYS:
        raise DemoFailed(f"intake was open on {month.open_days} days")
    boris = month.staff("boris")
    return f"open on each of {DAYS} days, and signed until {boris.log.covered_until(boris.today)}"


def _check_release(month: Month) -> str:
    company = month.company
    folder = releases.download(company.staff["boris"], month.release)
    verified = releases.verify(folder, pin=company.pin)
    return f"{verified.counts.workload.id} of {verified.counts.period} is published, and verifies offline"


def _check_left(month: Month) -> str:
    """The service shows them nothing any more; and if they had its files, of what was sealed since nothing opens."""
    files, opened = month.files(), list[int]()
    for left in month.left:
        with suppress(Refused):
            sign_in.sign_in(left.person, PASSWORD)
            raise DemoFailed(f"{left.person.about.handle} left, and signs in")
        later = [file for file in files if sha256(file).digest() not in left.sealed_before]
        if not later or any(_is_known(file, left.known) for file in later):
            raise DemoFailed(f"of what was sealed after {left.person.about.handle} left, they open something")
        opened.append(len(later))
    since = " and ".join(map(str, opened))
    return f"{len(month.left)} people, who sign in no more; of {since} files sealed since they left each opens none"


def _is_known(file: bytes, known: Sequence[age.HybridIdentity]) -> bool:
    try:
        age.decrypt(file, known)
    except age.Error:
        return False
    return True


def _check_service(month: Month) -> str:
    """What the service keeps holds nothing of what reporters typed: neither its files nor its log."""
    stage = month.company.stage
    kept = [each for each in stage.settings.data_dir.rglob("*") if each.is_file() and each.name != "keyring.json"]
    files = [each.read_bytes() for each in (*kept, stage.directory / "server.log")]
    for story in month.stories:
        said = str(story.document["text"])[:_SOUGHT]
        if any(said.encode() in file for file in files):
            raise DemoFailed(f"what {story.id} said stands in what the service keeps")
    return f"{sum(map(len, files)) // 2**20} MiB in files and a log, with nothing of what {len(month.stories)} said"


OUTCOME: Final[Mapping[str, Callable[[Month], str]]] = {
    "Reports": _check_reports,
    "Answers": _check_answers,
    "Cases": _check_cases,
    "Intake": _check_intake,
    "Release": _check_release,
    "Who left": _check_left,
    "The service": _check_service,
}
