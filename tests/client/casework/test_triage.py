"""Triage against a real service."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from app.client import Staff
from app.client.casework import cases, triage
from app.client.casework.reports.threads import NotToBeWrittenTo
from app.client.machine.transport import Refused
from app.protocol import conversation, receipt
from app.protocol.encoding import sha256_hex
from app.protocol.errors import NotMine
from app.vocabulary import ConsentScope, Imminence, Priority, ReportState, Severity, TransitionReason
from tests import factories
from tests.client.casework.scene import DOCUMENT, FOUND, claimed
from tests.client.installation import PASSPHRASE, Installation, installation

NOT_URGENT = [(Severity.LIMITED, Imminence.NONE)]


def test_the_most_urgent_report_stands_first(here: Installation) -> None:
    sent = {
        here.reporter().submit({**DOCUMENT, "answers": {"danger_now": danger}}).report
        for danger in ("none", "now", "unknown")
    }

    waiting = triage.list_(here.staff("anna"))

    ours = [each for each in waiting if each.id in sent]
    assert [each.danger_now for each in ours] == [Imminence.NOW, Imminence.UNKNOWN, Imminence.NONE]
    assert {each.language for each in ours} == {"fa"}


def test_what_nobody_decides_is_told_from_the_fourth_day_of_its_epoch_with_its_last_day(tmp_path: Path) -> None:
    told = []
    with installation(tmp_path) as here:  # of its own, for its days pass
        report = here.reporter().submit(DOCUMENT).report
        last_day = here.staff("anna").today + timedelta(days=60)
        for days in (2, 1, 10):  # on the third day, the fourth, and one after that of its epoch
            here.pass_(timedelta(days=days))
            (waiting,) = (each for each in triage.list_(here.staff("anna")) if each.id == report)
            told.append(waiting.decide_until)

    assert told == [None, last_day, last_day]


def test_a_report_dated_at_the_beginning_of_the_calendar_stands_in_the_queue_as_malformed_beside_the_others(
    here: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = here.reporter().submit(DOCUMENT).report
    seal = conversation.seal_report
    monkeypatch.setattr(
        conversation, "seal_report", lambda *given, **named: seal(*given, **named | {"today": "0001-01-01"})
    )
    dated = here.reporter().submit(DOCUMENT).report

    problems = {each.id: each.problem for each in triage.list_(here.staff("anna"))}

    assert (problems[sound], problems[dated]) == (None, "not authentic: malformed")


def test_a_claim_is_won_once(here: Installation) -> None:
    anna, emil = here.staff("anna"), here.staff("emil")
    sent = claimed(here, anna)

    with pytest.raises(Refused) as refusal:
        triage.claim(emil, triage.view(emil, sent.report))

    assert refusal.value.type == "no-such-step"


def test_a_step_is_refused_where_the_report_has_changed_since_it_was_seen(here: Installation) -> None:
    anna, emil = here.staff("anna"), here.staff("emil")
    sent = here.reporter().submit(DOCUMENT)
    [listed] = [each for each in triage.list_(anna) if each.id == sent.report]
    triage.claim(emil, triage.view(emil, sent.report))
    triage.release(emil, triage.view(emil, sent.report))

    with pytest.raises(Refused) as refusal:
        triage.claim(anna, listed.view)

    assert refusal.value.type == "stale-version"


def test_a_decision_is_about_the_report_as_it_was_opened(here: Installation) -> None:
    anna = here.staff("anna")
    opened = triage.open_(anna, claimed(here, anna).report)
    answered = triage.answer(anna, opened, "Are you safe tonight?")

    for act in (
        lambda: triage.answer(anna, opened, "Are you safe?"),
        lambda: triage.ask(anna, opened, FOUND),
        lambda: triage.dispose(anna, opened, ReportState.INSUFFICIENT, NOT_URGENT),
    ):
        with pytest.raises(Refused) as refusal:
            act()
        assert refusal.value.type == "stale-version"
    triage.dispose(anna, answered, ReportState.INSUFFICIENT, NOT_URGENT)


def test_the_priority_follows_from_the_worst_incident(here: Installation) -> None:
    anna = here.staff("anna")
    sent = claimed(here, anna)
    opened = triage.open_(anna, sent.report)
    opened = triage.answer(anna, opened, "This is not something that we can help with.")

    priority = triage.dispose(
        anna,
        opened,
        ReportState.OUT_OF_MANDATE,
        [(Severity.LIMITED, Imminence.NONE), (Severity.LIFE_OR_LIBERTY, Imminence.NONE)],
    )
    shown = anna.service.get(f"/reports/{sent.report}").json()

    assert priority is Priority.P3
    assert (shown["state"], shown["priority"]) == ("out_of_mandate", "p3")


def test_who_may_be_contacted_is_answered_first(here: Installation) -> None:
    anna = here.staff("anna")
    opened = triage.open_(anna, claimed(here, anna).report)

    with pytest.raises(Refused) as refusal:
        triage.dispose(anna, opened, ReportState.INSUFFICIENT, NOT_URGENT)

    assert refusal.value.type == "guards-fail"


def test_who_did_not_consent_to_contact_is_decided_without_an_answer(here: Installation) -> None:
    anna = here.staff("anna")
    sent = here.reporter().submit({**DOCUMENT, "answers": {"danger_now": "none", "consent": ["service"]}})
    triage.claim(anna, triage.view(anna, sent.report))

    triage.dispose(anna, triage.open_(anna, sent.report), ReportState.INSUFFICIENT, NOT_URGENT)

    assert anna.service.get(f"/reports/{sent.report}").json()["state"] == "insufficient"


def test_whether_somebody_is_answered_before_the_decision_follows_from_their_newest_word(here: Installation) -> None:
    anna = here.staff("anna")
    asks, begs = claimed(here, anna), here.reporter().submit({**DOCUMENT, "answers": {"danger_now": "none"}})
    triage.claim(anna, triage.view(anna, begs.report))
    for sent, given in ((asks, False), (begs, True)):
        here.reporter().change_consent(receipt.read(sent.receipt), ConsentScope.CONTACT, given=given)

    triage.dispose(anna, triage.open_(anna, asks.report), ReportState.INSUFFICIENT, NOT_URGENT)
    with pytest.raises(Refused) as refusal:
        triage.dispose(anna, triage.open_(anna, begs.report), ReportState.INSUFFICIENT, NOT_URGENT)

    assert triage.view(anna, asks.report).state is ReportState.INSUFFICIENT
    assert refusal.value.type == "guards-fail"


def test_a_supervisor_puts_a_decided_report_before_a_triager_again(here: Installation) -> None:
    anna, sara = here.staff("anna"), here.staff("sara")
    sent = here.reporter().submit({**DOCUMENT, "answers": {"danger_now": "none", "consent": ["service"]}})
    triage.claim(anna, triage.view(anna, sent.report))
    triage.dispose(anna, triage.open_(anna, sent.report), ReportState.INSUFFICIENT, NOT_URGENT)

    triage.reopen(sara, triage.view(sara, sent.report), TransitionReason.NEW_INFORMATION)

    assert anna.service.get(f"/reports/{sent.report}").json()["state"] == "in_triage"


def test_a_report_that_opens_is_not_called_undecryptable(here: Installation) -> None:
    anna = here.staff("anna")
    sent = claimed(here, anna)

    with pytest.raises(triage.RuleOfTriage):
        triage.undecryptable(anna, triage.view(anna, sent.report))


def test_a_second_report_joins_a_case_and_its_members_read_both_and_answer_in_both_mailboxes(
    here: Installation,
) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    first, second = claimed(here, anna), claimed(here, anna)
    case = triage.accept(anna, triage.open_(anna, first.report), FOUND, owner=boris.person)
    before = len(list(anna.service.items("/cases")))

    triage.accept_into(anna, triage.open_(anna, second.report), FOUND, case)

    opened = cases.open_(boris, case)
    assert [each.id for each in opened.file.reports] == [first.report, second.report]
    assert opened.journal.passed_over == ()
    assert len(list(anna.service.items("/cases"))) == before
    for sent in (first, second):
        report = triage.open_(boris, sent.report)
        triage.answer(boris, report, f"To {sent.report}.")
        mailbox = here.reporter().mailbox(receipt.read(sent.receipt))
        assert [each.text for each in mailbox.replies] == [f"To {sent.report}."]


def test_a_report_joins_behind_what_a_colleague_writes_meanwhile(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    first, second = claimed(here, anna), claimed(here, anna)
    case = triage.accept(anna, triage.open_(anna, first.report), FOUND, owner=boris.person)
    wire = Slower(lambda: _rename(boris, case))

    with httpx2.Client(transport=wire, base_url=here.server) as http:
        slower = Staff(here.machine("anna"), PASSPHRASE, http=http, clock=here.now)
        triage.accept_into(slower, triage.open_(slower, second.report), FOUND, case)

    opened = cases.open_(boris, case)
    assert (opened.file.title, len(opened.file.reports)) == ("A name", 2)


class Slower(httpx2.HTTPTransport):
    """The wire of a client before whose first write a colleague acts."""

    def __init__(self, faster: Callable[[], None]) -> None:
        super().__init__()
        self._faster: Callable[[], None] | None = faster

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.method != "GET" and self._faster:
            faster, self._faster = self._faster, None
            faster()
        return super().handle_request(request)


def _rename(staff: Staff, case: str) -> None:
    opened = cases.open_(staff, case)
    cases.write(staff, opened, replace(opened.file, title="A name"))


def test_a_colleague_without_the_epochs_key_reads_nothing(here: Installation) -> None:
    sent = here.reporter().submit(DOCUMENT)

    with pytest.raises((NotMine, Refused)):
        triage.open_(here.staff("boris"), sent.report)


def test_the_replies_of_colleagues_are_numbered_one_after_the_other(here: Installation) -> None:
    anna, emil = here.staff("anna"), here.staff("emil")
    sent = claimed(here, anna)
    triage.answer(anna, triage.open_(anna, sent.report), "Are you safe tonight?")
    triage.release(anna, triage.view(anna, sent.report))
    triage.claim(emil, triage.view(emil, sent.report))

    triage.answer(emil, triage.open_(emil, sent.report), "I read this now in her place.")
    mailbox = here.reporter().mailbox(receipt.read(sent.receipt))

    assert [(reply.number, reply.text) for reply in mailbox.replies] == [
        (1, "Are you safe tonight?"),
        (2, "I read this now in her place."),
    ]
    assert mailbox.missing == ()


def test_colleagues_read_both_sides_of_a_thread_whoever_wrote(here: Installation) -> None:
    anna, emil = here.staff("anna"), here.staff("emil")
    sent = claimed(here, anna)
    words = receipt.read(sent.receipt)
    here.reporter().answer(words, "They were here again.")
    triage.answer(anna, triage.open_(anna, sent.report), "Are you safe tonight?")
    here.reporter().answer(words, "At my aunt's.")
    triage.release(anna, triage.view(anna, sent.report))
    triage.claim(emil, triage.view(emil, sent.report))
    triage.answer(emil, triage.open_(emil, sent.report), "Stay there. " * 300)

    thread = triage.thread(emil, triage.open_(emil, sent.report))

    assert [each.content.text for each in thread.in_order] == [
        "They were here again.",
        "Are you safe tonight?",
        "At my aunt's.",
        "Stay there. " * 300,
    ]
    assert [(each.number, each.by) for each in thread.replies] == [(1, anna.person), (2, emil.person)]
    assert {each.day for each in thread.in_order} == {here.now().date().isoformat()}
    assert (thread.read, thread.not_kept, thread.spoiled) == (1, (), ())


def test_junk_that_is_kept_as_a_reply_takes_its_number_and_stops_nobody(here: Installation) -> None:
    anna = here.staff("anna")
    sent = claimed(here, anna)
    opened = triage.open_(anna, sent.report)
    anna.service.post(f"/reports/{sent.report}/messages", factories.ANSWER, version=opened.view.version)

    triage.answer(anna, triage.open_(anna, sent.report), "Are you safe tonight?")
    thread = triage.thread(anna, triage.open_(anna, sent.report))

    assert [each.id for each in thread.spoiled] == ["reply 1"]
    assert [(each.number, each.content.text) for each in thread.replies] == [(2, "Are you safe tonight?")]
    assert [each.number for each in here.reporter().mailbox(receipt.read(sent.receipt)).replies] == [2]


def test_what_was_accepted_stands_in_the_queue_until_somebody_else_has_opened_it_there(here: Installation) -> None:
    anna, boris, emil = here.staff("anna"), here.staff("boris"), here.staff("emil")
    sent = claimed(here, anna)
    triage.accept(anna, triage.open_(anna, sent.report), FOUND, owner=boris.person)

    def said() -> list[str | None]:
        return [each.unopened for each in triage.list_(emil) if each.id == sent.report]

    triage.open_(anna, sent.report)
    triage.open_(emil, sent.report)  # by the epoch's key, which stays
    assert said() == ["accepted, not yet opened there"]
    here.pass_(timedelta(days=2))
    emil = here.staff("emil")
    assert said() == ["accepted, not yet opened there, overdue"]

    opened = triage.open_(here.staff("boris"), sent.report)

    assert opened.view.opening_due is None
    assert said() == []


class Dying(httpx2.HTTPTransport):
    """The wire of a client that is killed when it accepts a report; `answered`: once the service has done so."""

    def __init__(self, *, answered: bool) -> None:
        super().__init__()
        self.written: list[str] = []
        self._answered = answered

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.method == "GET":
            return super().handle_request(request)
        self.written.append(request.url.path)
        if self._answered:
            super().handle_request(request).read()
        raise KeyboardInterrupt


@pytest.mark.parametrize("answered", [False, True], ids=["before the request", "before the answer"])
def test_a_client_that_is_killed_while_it_accepts_leaves_a_whole_case_or_none(
    here: Installation, *, answered: bool
) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    sent, before = claimed(here, anna), {each.id for each in cases.list_(boris)}
    wire = Dying(answered=answered)
    with httpx2.Client(transport=wire, base_url=here.server) as http:
        killed = Staff(here.machine("anna"), PASSPHRASE, http=http, clock=here.now)
        opened = triage.open_(killed, sent.report)
        with pytest.raises(KeyboardInterrupt):
            triage.accept(killed, opened, FOUND, owner=boris.person)

    anna = here.staff("anna")
    opened = triage.open_(anna, sent.report)
    if answered:
        with pytest.raises(Refused) as refusal:
            triage.accept(anna, opened, FOUND, owner=boris.person)
        assert refusal.value.type == "no-such-step"
    else:
        triage.accept(anna, opened, FOUND, owner=boris.person)

    assert wire.written == [f"/v1/reports/{sent.report}/transitions"]
    (case,) = {each.id for each in cases.list_(boris)} - before
    assert [note.id for note in cases.open_(boris, case).file.reports] == [sent.report]
    assert triage.open_(boris, sent.report).report.form.text == DOCUMENT["text"]


def test_the_queue_costs_one_request_and_one_audit_event_however_many_wait(here: Installation) -> None:
    waiting = [here.reporter().submit(DOCUMENT).report for _ in range(5)]
    here.staff("emil")
    asked: list[str] = []
    hooks = {"request": [lambda request: asked.append(request.url.path)]}
    with (
        httpx2.Client(base_url=here.server, event_hooks=hooks) as http,
        Staff(here.machine("emil"), PASSPHRASE, http=http, clock=here.now) as emil,
    ):
        triage.list_(emil)  # certificates and the key of the epoch are fetched once
        asked.clear()
        before = len(_acts_of(emil.person, here))

        shown = triage.list_(emil)

    assert asked == ["/v1/queue"]
    assert {each.id for each in shown if each.danger_now} >= set(waiting)
    (event,) = _acts_of(emil.person, here)[before:]
    assert event["action"] == "grants.fetched"
    opened = sorted(each.id for each in shown if each.danger_now or each.problem)
    assert event["object"] == f"grants_of_{len(opened)}"
    assert event["object_hash"] == sha256_hex("".join(f"{id_}\n" for id_ in opened).encode())


def _acts_of(person: str, here: Installation) -> list[dict[str, Any]]:
    return [each for each in here.staff("dina").service.items("/audit") if each["actor"] == person]


def test_who_no_longer_wants_to_be_written_to_is_not_and_of_one_day_the_no_counts(here: Installation) -> None:
    anna, sent = here.staff("anna"), here.reporter().submit(DOCUMENT)
    triage.claim(anna, triage.view(anna, sent.report))
    words = receipt.read(sent.receipt)
    for given in (False, True):
        here.reporter().change_consent(words, ConsentScope.CONTACT, given=given)
    opened = triage.open_(anna, sent.report)

    with pytest.raises(NotToBeWrittenTo):
        triage.answer(anna, opened, "Are you safe tonight?")

    assert here.reporter().mailbox(words).replies == ()
    triage.answer(anna, opened, "A court asks for you.", despite_their_no=True)
    assert len(here.reporter().mailbox(words).replies) == 1
