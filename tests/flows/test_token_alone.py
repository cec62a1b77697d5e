"""Whoever holds the bearer token alone (a proxy that ends TLS, a memory that was scraped) can add to a report. They can
neither end it, nor stop the work on it, nor keep its reporter from ending it."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from app import age, keyring
from app.blobs import Blobs
from app.client import Reporter, Staff
from app.client.casework import cases, coding_approvals, report_approvals, triage
from app.client.casework.triage import OpenReport
from app.client.machine.transport import Refused
from app.database import Database
from app.main import jobs
from app.protocol.conversation import NoSuchMailbox, NotTaken
from app.protocol.documents import Header, maced, seal
from app.protocol.encoding import b64, canonical, new_id
from app.protocol.mailbox import MessageKind, ReporterMessage
from app.protocol.receipt import Receipt, read
from app.protocol.sizes import Kind, classes
from app.settings import Settings
from app.vocabulary import ApprovalState, ApprovalSubject, ConsentScope, Imminence, ReportState, Severity
from tests.flows.evil import EvilServer, in_json
from tests.flows.organisation import Organisation

DOCUMENT = {
    "language": "en",
    "text": "The only copy.",
    "answers": {"danger_now": "now", "consent": ["service", "contact"]},
}
FOUND = [(Severity.SERIOUS, Imminence.DAYS)]
JUNK = age.encrypt(b" " * classes(Kind.SLOT)[0], [age.generate().recipient])


@pytest.fixture
def reporter(organisation: Organisation) -> Reporter:
    return organisation.reporter()


@pytest.fixture
def tenzin(organisation: Organisation) -> Staff:
    return organisation.staff["tenzin"]


@pytest.fixture
def receipt(reporter: Reporter) -> Receipt:
    return read(reporter.submit(DOCUMENT).receipt)


@pytest.fixture
def opened(receipt: Receipt, tenzin: Staff) -> OpenReport:
    """The report as its triager has claimed and read it."""
    (waiting,) = triage.list_(tenzin)
    triage.claim(tenzin, waiting.view)
    return triage.open_(tenzin, waiting.id)


@pytest.fixture
def case(tenzin: Staff, opened: OpenReport) -> str:
    return triage.accept(tenzin, opened, FOUND, owner=tenzin.person, title="A title")


# What a thief of the token can send as the secret: what they have, what they can see, and what is none.
OTHER = Receipt.generate()
SECRETS: dict[str, Callable[[Receipt], object]] = {
    "random": lambda _: b64(OTHER.withdrawal),
    "the token": lambda receipt: b64(receipt.token),
    "the hash": lambda receipt: receipt.withdrawal_sha256,
    "empty": lambda _: "",
    "short": lambda receipt: b64(receipt.withdrawal[:-1]),
    "long": lambda receipt: b64(receipt.withdrawal + b"\0"),
    "of another writing": lambda receipt: b64(receipt.withdrawal) + "=",
    "in hexadecimal": lambda receipt: receipt.withdrawal.hex(),
    "nothing": lambda _: None,
    "a list": lambda receipt: [b64(receipt.withdrawal)],
    "true": lambda _: True,
}


@pytest.mark.parametrize("secret", SECRETS)
def test_a_withdrawal_without_the_secret_is_a_message_like_any_other(
    organisation: Organisation, tenzin: Staff, receipt: Receipt, opened: OpenReport, secret: str
) -> None:
    post(organisation, receipt, secret=SECRETS[secret](receipt))

    assert is_untouched(tenzin, opened)
    (kept,) = tenzin.service.items(f"/reports/{opened.id}/messages")
    assert (kept["kind"], kept["secret"]) == ("message", None)


def test_a_withdrawal_that_names_no_secret_is_one_too(
    organisation: Organisation, tenzin: Staff, receipt: Receipt, opened: OpenReport
) -> None:
    post(organisation, receipt)

    assert is_untouched(tenzin, opened)


@pytest.mark.parametrize("kind", [MessageKind.MESSAGE, MessageKind.CONSENT, "read"])
def test_the_secret_with_a_post_of_another_kind_is_refused(
    organisation: Organisation, tenzin: Staff, receipt: Receipt, opened: OpenReport, kind: str
) -> None:
    line: dict[str, Any] = {"consent": new_id("cons")} if kind == MessageKind.CONSENT else {}

    answer = post(organisation, receipt, kind=kind, **line, secret=b64(receipt.withdrawal))

    assert answer.status_code == 422
    assert is_untouched(tenzin, opened)


def test_a_secret_that_was_used_ends_no_other_report(
    organisation: Organisation, reporter: Reporter, tenzin: Staff, receipt: Receipt, opened: OpenReport
) -> None:
    used = read(reporter.submit(DOCUMENT).receipt)
    reporter.withdraw(used)

    post(organisation, receipt, secret=b64(used.withdrawal))

    assert is_untouched(tenzin, opened)


def test_no_day_ends_what_a_token_alone_has_asked_to_end(
    organisation: Organisation, tenzin: Staff, receipt: Receipt, opened: OpenReport, case: str, swept: "Swept"
) -> None:
    post(organisation, receipt, secret=b64(OTHER.withdrawal))

    swept(100)

    assert state(tenzin, opened) == (ReportState.ACCEPTED, False)
    assert triage.open_(tenzin, opened.id).report.form.text == DOCUMENT["text"]
    assert cases.open_(tenzin, case).file.title == "A title"


def test_who_has_read_the_report_withdraws_it_in_no_reporters_name(
    organisation: Organisation, tenzin: Staff, receipt: Receipt, opened: OpenReport
) -> None:
    said = ReporterMessage(1, None, MessageKind.WITHDRAW, "I want to stop.")
    to = opened.identity.recipient
    at = tenzin.today.isoformat()
    header = Header.new("message.reporter", opened.id, said.body(), org=tenzin.org, author=None, at=at, to=to)
    forged = seal(maced(header, opened.thread_key), to)

    post(organisation, receipt, message=forged, secret=b64(OTHER.withdrawal))

    thread = triage.thread(tenzin, opened)
    assert [each.content.kind for each in thread.messages] == [MessageKind.WITHDRAW]
    assert thread.withdrawal is None
    assert is_untouched(tenzin, opened)


def test_a_reporter_takes_back_what_a_thief_of_the_token_has_spoiled(
    organisation: Organisation, reporter: Reporter, tenzin: Staff, receipt: Receipt, opened: OpenReport
) -> None:
    post(organisation, receipt, kind=MessageKind.MESSAGE)

    reporter.withdraw(receipt)

    assert state(tenzin, opened) == (ReportState.WITHDRAWN, True)


def test_a_reporter_writes_on_after_a_thief_of_the_token_put_junk_in_the_place_of_their_memory(
    organisation: Organisation, reporter: Reporter, tenzin: Staff, receipt: Receipt, opened: OpenReport
) -> None:
    reporter.answer(receipt, "Before.")
    for _ in range(2):
        post(organisation, receipt, kind=MessageKind.MESSAGE)
    assert reporter.mailbox(receipt).not_authentic == (1,)

    reporter.answer(receipt, "After.")
    reporter.change_consent(receipt, ConsentScope.CONTACT, given=False)

    said = [each.content for each in triage.thread(tenzin, opened).messages]
    assert {each.text for each in said if each.kind is MessageKind.MESSAGE} == {"Before.", "After."}
    assert [(each.scope, each.given) for change in said for each in change.consents] == [(ConsentScope.CONTACT, False)]
    assert reporter.mailbox(receipt).not_authentic == ()


@pytest.mark.parametrize("decided", [ReportState.INSUFFICIENT, ReportState.DUPLICATE])
def test_no_word_of_staff_keeps_a_report_from_its_reporter(
    organisation: Organisation,
    reporter: Reporter,
    tenzin: Staff,
    receipt: Receipt,
    opened: OpenReport,
    decided: ReportState,
) -> None:
    answered = triage.answer(tenzin, opened, "We have read it.")
    twin = reporter.submit(DOCUMENT).report
    if decided is ReportState.INSUFFICIENT:  # of one in danger now two persons say so
        sofia = organisation.staff["sofia"]
        approval = report_approvals.request(tenzin, answered, ApprovalSubject.INSUFFICIENT, sofia.person)
        report_approvals.decide(sofia, report_approvals.review(sofia, approval), approved=True)
    triage.dispose(tenzin, answered, decided, FOUND, duplicate_of=twin if decided is ReportState.DUPLICATE else None)

    reporter.withdraw(receipt)

    assert state(tenzin, opened) == (ReportState.WITHDRAWN, True)


def test_the_secret_destroys_a_report_that_no_case_has_at_once(
    reporter: Reporter, tenzin: Staff, receipt: Receipt, opened: OpenReport
) -> None:
    triage.answer(tenzin, opened, "We have read it.")

    reporter.withdraw(receipt)

    assert state(tenzin, opened) == (ReportState.WITHDRAWN, True)
    found = reporter.mailbox(receipt)
    assert (found.state, found.thread_state, found.replies) == (ReportState.WITHDRAWN, None, ())
    for part in ("grants", "body", "attachments", "messages"):
        with pytest.raises(Refused) as refused:
            tenzin.service.get(f"/reports/{opened.id}/{part}")
        assert (refused.value.type, refused.value.status) == ("report-destroyed", 410)


def test_the_secret_stops_the_work_of_a_case_and_destroys_nothing_of_it(
    organisation: Organisation,
    reporter: Reporter,
    tenzin: Staff,
    receipt: Receipt,
    opened: OpenReport,
    case: str,
    swept: "Swept",
) -> None:
    asked = coding_approvals.request(tenzin, cases.open_(tenzin, case), organisation.staff["sofia"].person)

    reporter.withdraw(receipt, "They found out.")
    swept(100)

    assert state(tenzin, opened) == (ReportState.WITHDRAWN, False)
    assert tenzin.service.get(f"/approvals/{asked}").json()["state"] == ApprovalState.CANCELLED
    thread = triage.thread(tenzin, triage.open_(tenzin, opened.id))
    assert thread.withdrawal is not None
    assert thread.withdrawal.content.text == "They found out."


@pytest.mark.parametrize(
    "secret", [None, "", b64(OTHER.withdrawal), OTHER.withdrawal_sha256], ids=["none", "empty", "other", "hash"]
)
def test_members_do_not_take_the_services_word_for_a_withdrawal(
    organisation: Organisation,
    reporter: Reporter,
    tenzin: Staff,
    receipt: Receipt,
    opened: OpenReport,
    case: str,
    tmp_path: Path,
    secret: object,
) -> None:
    reporter.withdraw(receipt)
    evil = EvilServer(organisation.http._transport)
    evil.lies[f"/v1/reports/{opened.id}/messages"] = in_json(lambda said: said["items"][0].update(secret=secret))

    with httpx2.Client(transport=evil, base_url="https://tern.test") as http:
        colleague = organisation.copy_of("tenzin", tmp_path / "tenzin", http)
        thread = triage.thread(colleague, triage.open_(colleague, opened.id))

    assert [each.content.kind for each in thread.messages] == [MessageKind.WITHDRAW]
    assert thread.withdrawal is None


def test_words_of_no_mailbox_take_nothing_back(reporter: Reporter, tenzin: Staff, opened: OpenReport) -> None:
    with pytest.raises(NotTaken):
        reporter.withdraw(OTHER)
    with pytest.raises(NoSuchMailbox):
        reporter.mailbox(OTHER)

    assert is_untouched(tenzin, opened)


Swept = Callable[[int], None]


@pytest.fixture
def swept(settings: Settings, tmp_path: Path, organisation: Organisation) -> Iterator[Swept]:
    """The destruction of so many days. Each rule is about so many or more; three are the most that a worker misses."""
    database = Database(settings.url)

    def run(days: int) -> None:
        for day in range(0, days, 3):
            now = organisation.clock.now() + timedelta(days=day)
            jobs(keyring.load(settings.data_dir)).run(database, Blobs(settings.data_dir / "blobs"), now)

    yield run
    database.close()


def post(
    organisation: Organisation,
    receipt: Receipt,
    *,
    kind: str = MessageKind.WITHDRAW,
    message: bytes = JUNK,
    **line: Any,
) -> httpx2.Response:
    said = canonical({"v": 1, "kind": kind, "id": new_id("msg")} | line)
    headers = {"Authorization": f"Bearer {b64(receipt.token)}", "Content-Type": "application/octet-stream"}
    return organisation.http.post("/v1/mailbox", content=said + b"\n" + message + JUNK, headers=headers)


def state(person: Staff, opened: OpenReport) -> tuple[ReportState, bool]:
    view = triage.view(person, opened.id)
    return view.state, view.destroyed


def is_untouched(person: Staff, opened: OpenReport) -> bool:
    """In the hands of its triager, with its words."""
    read_again = triage.open_(person, opened.id)
    return (state(person, opened), read_again.report.form.text) == ((ReportState.IN_TRIAGE, False), DOCUMENT["text"])
