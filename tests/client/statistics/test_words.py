"""Who says *no* to being counted is counted no more: asked for, approved, written, waiting or sent."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import select

from app import age
from app.client import Reporter
from app.client.casework import cases, coding_approvals, triage, words
from app.client.casework.cases import OpenCase
from app.client.casework.reports.threads import NotToBeWrittenTo
from app.client.intake.reporter import Submitted
from app.client.machine.staff import Staff
from app.client.machine.transport import Unreachable
from app.client.statistics import cards
from app.database import Database
from app.protocol import receipt
from app.protocol.case import Affected, Verdict
from app.protocol.encoding import b64, canonical, new_id, sha256_hex
from app.protocol.errors import Rollback
from app.protocol.sizes import Kind, classes
from app.statistics.cards.models import Card
from app.vocabulary import ConsentScope, ConsentStatus, Relation, VerificationStatus
from tests.client.casework.scene import CODING, DOCUMENT, approved, claimed, taken
from tests.client.installation import Installation
from tests.flows.evil import EvilServer, instead

GIVEN, WITHDRAWN = ConsentStatus.GIVEN, ConsentStatus.WITHDRAWN


def themselves() -> Affected:
    return cases.affected(Relation.SELF, statistics=GIVEN, by_reporter=None, can_be_asked=True)


def relative(*, own: ConsentStatus | None = None) -> Affected:
    return cases.affected(Relation.CHILD, statistics=own, by_reporter=GIVEN, can_be_asked=False)


def coded(here: Installation, owner: Staff, *people: Affected) -> tuple[OpenCase, Submitted]:
    """A case of a new report with an incident of each of these people, and what its reporter keeps."""
    anna = here.staff("anna")
    sent = claimed(here, anna)
    opened = taken(anna, owner, sent)
    incidents = tuple(cases.incident(owner, each, CODING) for each in people)
    return cases.write(owner, opened, replace(opened.file, persons=people, incidents=incidents)), sent


def say(here: Installation, sent: Submitted, *, given: bool) -> None:
    here.reporter().change_consent(receipt.read(sent.receipt), ConsentScope.STATISTICS, given=given)


def heard(owner: Staff, case: OpenCase) -> list[tuple[ConsentStatus | None, ConsentStatus | None]]:
    file = words.heard(owner, cases.open_(owner, case.id))
    return [(each.statistics, each.by_reporter) for each in file.persons]


def test_no_card_is_asked_for_after_the_no_and_the_case_says_so(here: Installation) -> None:
    boris, chen = here.staff("boris"), here.staff("chen")
    case, sent = coded(here, boris, themselves())
    say(here, sent, given=False)

    review = coding_approvals.review(chen, coding_approvals.request(boris, case, chen.person))

    assert (review.cards, len(review.taken_back)) == ((), 1)
    assert [each.statistics for each in cases.open_(boris, case.id).file.persons] == [WITHDRAWN]


def test_an_approver_who_is_lent_the_key_hears_the_no_that_came_after_they_were_asked(here: Installation) -> None:
    boris, chen = here.staff("boris"), here.staff("chen")
    case, sent = coded(here, boris, themselves(), relative(own=GIVEN))
    approval = coding_approvals.request(boris, case, chen.person)
    say(here, sent, given=False)

    review = coding_approvals.review(chen, approval)

    assert len(review.cards) == 1  # of who has said yes themselves
    assert review.taken_back == {case.file.persons[0].id}


def test_no_card_is_written_after_a_no_that_came_after_the_approval(here: Installation) -> None:
    boris = here.staff("boris")
    case, sent = coded(here, boris, relative())
    approval = approved(boris, case, here.staff("chen"))
    before = cards.waiting(boris)
    say(here, sent, given=False)

    after = cards.write(boris, case.id, approval)

    assert [note.written for note in after.file.cards] == [False]
    assert cards.waiting(boris) == before


def test_cards_that_wait_or_left_are_taken_back_when_their_client_hears_of_the_no(here: Installation) -> None:
    boris, chen = here.staff("boris"), here.staff("chen")
    waits, no = coded(here, boris, themselves())
    left, withdrawal = coded(here, boris, relative())
    stays, _ = coded(here, boris, themselves())
    for each in (left, waits, stays):
        cards.write(boris, each.id, approved(boris, each, chen))
        if each is left:
            cards.send(boris, now=True)
    cards.follow_words(boris)  # what the tests before have left
    before = cards.waiting(boris)
    say(here, no, given=False)
    here.reporter().withdraw(receipt.read(withdrawal.receipt))

    followed = cards.follow_words(boris)
    again = cards.follow_words(boris)

    assert {waits.id, left.id} == set(followed) & {each.id for each in (waits, left, stays)}
    assert again == []
    notes = [note.withdrawn for each in (waits, left, stays) for note in cases.open_(boris, each.id).file.cards]
    assert notes == [True, True, False]
    assert cards.waiting(boris) == before + 1  # the withdrawal of the one stands where its card stood
    cards.send(boris, now=True)


def test_a_card_that_left_is_taken_back_although_its_case_says_the_no_already(here: Installation) -> None:
    boris, chen = here.staff("boris"), here.staff("chen")
    case, sent = coded(here, boris, themselves())
    cards.write(boris, case.id, approved(boris, case, chen))
    cards.send(boris, now=True)
    cards.follow_words(boris)  # what the tests before have left
    say(here, sent, given=False)
    coding_approvals.request(boris, cases.open_(boris, case.id), chen.person)

    cards.follow_words(boris)

    assert [note.withdrawn for note in cases.open_(boris, case.id).file.cards] == [True]
    assert cards.waiting(boris) == 1
    cards.send(boris, now=True)


def test_a_card_leaves_the_outbox_of_its_writer_whichever_colleague_has_heard_the_no_before(
    here: Installation,
) -> None:
    boris, chen = here.staff("boris"), here.staff("chen")
    case, sent = coded(here, boris, themselves())
    case = cases.change_members(boris, case, add=[chen.person])
    cards.write(boris, case.id, approved(boris, case, chen))
    say(here, sent, given=False)
    assert case.id in cards.follow_words(chen)

    cards.follow_words(boris)
    cards.send(boris, now=True)

    [note] = cases.open_(boris, case.id).file.cards
    with (
        closing(Database(f"sqlite:///{here.directory / 'server' / 'tern.sqlite'}")) as database,
        database.read() as rows,
    ):
        kept = rows.scalars(select(Card.file).where(Card.id_sha256 == sha256_hex(note.id.encode()))).all()
    assert kept == [None]
    cards.send(chen, now=True)


class Faster(httpx2.BaseTransport):
    """What a colleague does just before the first entry of somebody else arrives."""

    def __init__(self, honest: httpx2.BaseTransport, does: Callable[[], object]) -> None:
        self._honest, self._waits = honest, [does]

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith("/entries") and self._waits:
            self._waits.pop()()
        return self._honest.handle_request(request)


def test_two_members_who_sign_in_at_once_both_follow_what_a_reporter_said(here: Installation) -> None:
    boris, chen = here.staff("boris"), here.staff("chen")
    case, sent = coded(here, boris, relative())
    case = cases.change_members(boris, case, add=[chen.person])
    cards.write(boris, case.id, approved(boris, case, chen))
    say(here, sent, given=False)

    with httpx2.HTTPTransport() as honest:
        wire = Faster(honest, lambda: cards.follow_words(chen))
        with here.through("boris", wire) as again:
            cards.follow_words(again)

    after = cases.open_(boris, case.id)
    assert [note.withdrawn for note in after.file.cards] == [True]
    assert (after.spoiled, after.set_aside, cases.drafts.find(boris, case.id)) == ((), (), None)
    for each in (boris, chen):
        cards.send(each, now=True)


def test_what_somebody_has_typed_and_the_service_has_not_taken_outlasts_what_their_machine_writes_by_itself(
    here: Installation,
) -> None:
    boris = here.staff("boris")
    case, sent = coded(here, boris, relative())
    [incident] = case.file.incidents
    typed = case.file.with_incident(replace(incident, narrative="It was at night."))
    with here.through("boris", httpx2.MockTransport(unreachable)) as offline, pytest.raises(Unreachable):
        cases.write(offline, case, typed)
    say(here, sent, given=False)

    cards.follow_words(boris)
    coding_approvals.request(boris, cases.open_(boris, case.id), here.staff("chen").person)

    draft = cases.drafts.find(boris, case.id)
    assert draft
    assert [said["narrative"] for _, said in draft.changes.values()] == ["It was at night."]


def unreachable(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError("no line", request=request)


def test_the_newest_word_counts_and_of_one_day_the_no(here: Installation) -> None:
    boris = here.staff("boris")
    case, sent = coded(here, boris, relative())

    say(here, sent, given=False)
    say(here, sent, given=True)
    on_one_day = heard(boris, case)
    cases.write(boris, case, words.heard(boris, case))
    here.pass_(timedelta(days=1))
    say(here, sent, given=True)

    assert on_one_day == [(None, WITHDRAWN)]
    assert heard(here.staff("boris"), case) == [(None, GIVEN)]


@pytest.mark.parametrize("off", [timedelta(days=400), timedelta(days=-400)])
def test_a_no_counts_after_a_yes_whatever_the_clock_of_its_device_said(here: Installation, off: timedelta) -> None:
    boris = here.staff("boris")
    case, sent = coded(here, boris, relative())
    words_ = receipt.read(sent.receipt)
    with Reporter(here.server, here.pin, clock=lambda: here.now() + off) as elsewhere:
        elsewhere.change_consent(words_, ConsentScope.STATISTICS, given=True)
        elsewhere.change_consent(words_, ConsentScope.CONTACT, given=True)

    with here.reporter() as reporter:
        reporter.change_consent(words_, ConsentScope.STATISTICS, given=False)
        reporter.change_consent(words_, ConsentScope.CONTACT, given=False)

    assert heard(boris, case) == [(None, WITHDRAWN)]
    with pytest.raises(NotToBeWrittenTo):
        triage.answer(boris, triage.open_(boris, sent.report), "We have read it.")


def test_a_no_counts_whose_number_began_anew_for_junk_lay_where_the_thread_state_was(here: Installation) -> None:
    boris = here.staff("boris")
    case, sent = coded(here, boris, relative())
    theirs = receipt.read(sent.receipt)
    here.reporter().answer(theirs, "They came again.")
    say(here, sent, given=True)
    here.pass_(timedelta(days=1))
    junk = age.encrypt(bytes(classes(Kind.SLOT)[0]), [age.generate().recipient])
    line = canonical({"v": 1, "kind": "message", "id": new_id("msg")})
    headers = {"Authorization": f"Bearer {b64(theirs.token)}", "Content-Type": "application/octet-stream"}
    httpx2.post(f"{here.server}/v1/mailbox", content=line + b"\n" + junk + junk, headers=headers).raise_for_status()

    say(here, sent, given=False)

    boris = here.staff("boris")
    numbers = [each.content.number for each in triage.thread(boris, triage.open_(boris, sent.report)).messages]
    assert (numbers, heard(boris, case)) == ([1, 1, 2], [(None, WITHDRAWN)])


def test_nobody_is_counted_for_a_yes_that_was_written_down_where_the_report_says_no(here: Installation) -> None:
    anna, boris, chen = here.staff("anna"), here.staff("boris"), here.staff("chen")
    sent = here.reporter().submit({**DOCUMENT, "answers": {"danger_now": "weeks", "consent": ["service", "contact"]}})
    triage.claim(anna, triage.view(anna, sent.report))
    opened, person = taken(anna, boris, sent), relative()
    incident = cases.incident(boris, person, CODING)
    case = cases.write(boris, opened, replace(opened.file, persons=(person,), incidents=(incident,)))

    review = coding_approvals.review(chen, coding_approvals.request(boris, case, chen.person))

    assert (review.cards, heard(boris, case)) == ((), [(None, WITHDRAWN)])


@pytest.mark.parametrize("agrees", [True, False])
def test_who_is_entered_has_the_newest_answer_of_the_reporter_who_tells_of_them(
    here: Installation, agrees: bool
) -> None:
    boris = here.staff("boris")
    sent = claimed(here, here.staff("anna"))
    case = taken(here.staff("anna"), boris, sent)
    if not agrees:
        say(here, sent, given=False)
    answers = (None, None, ConsentStatus.DECLINED)
    people = tuple(
        cases.affected(relation, statistics=None, by_reporter=by, can_be_asked=True)
        for relation, by in zip((Relation.SELF, Relation.CHILD, Relation.CHILD), answers, strict=True)
    )

    file = words.entered(boris, case, replace(case.file, persons=people))

    theirs = GIVEN if agrees else ConsentStatus.DECLINED
    assert [each.by_reporter for each in file.persons] == [theirs, theirs, ConsentStatus.DECLINED]
    assert [each.statistics for each in file.persons] == [None] * 3
    case = cases.write(boris, case, file)
    here.pass_(timedelta(days=1))
    say(here, sent, given=True)
    assert heard(here.staff("boris"), case) == [(None, GIVEN)] * 3


def test_what_is_none_of_the_reporters_says_nothing_and_a_no_that_was_heard_cannot_be_hidden(
    here: Installation,
) -> None:
    boris = here.staff("boris")
    case, sent = coded(here, boris, themselves())
    path = f"/v1/cases/{case.id}/words"
    silent = boris.service.get_case(path.removeprefix("/v1")).content
    say(here, sent, given=False)
    assert heard(boris, case) == [(WITHDRAWN, None)]

    with httpx2.HTTPTransport() as honest:
        evil = EvilServer(honest)
        evil.lies[path] = instead(silent)
        with here.through("boris", evil) as again, pytest.raises(Rollback, match="thread"):
            words.heard(again, cases.open_(again, case.id))


def test_a_report_that_the_service_leaves_out_counts_for_a_no(here: Installation) -> None:
    boris = here.staff("boris")
    case, _ = coded(here, boris, themselves())

    with httpx2.HTTPTransport() as honest:
        evil = EvilServer(honest)
        evil.lies[f"/v1/cases/{case.id}/words"] = instead(b'{"items":[]}')
        with here.through("boris", evil) as again:
            file = words.heard(again, cases.open_(again, case.id))

    assert words.taken_back(file) == {case.file.persons[0].id}


def test_what_a_person_says_themselves_stands_and_after_their_no_their_card_goes(here: Installation) -> None:
    boris = here.staff("boris")
    case, _ = coded(here, boris, relative(), relative())
    one, other = case.file.persons
    approval = approved(boris, case, here.staff("chen"))
    case = cards.write(boris, case.id, approval)

    after = cards.own_word(boris, case, one.id, ConsentStatus.DECLINED)

    assert [each.statistics for each in after.file.persons] == [ConsentStatus.DECLINED, None]
    incidents = {each.id: each.affected for each in after.file.incidents}
    assert {incidents[note.incident] for note in after.file.cards if note.withdrawn} == {one.id}
    assert {incidents[note.incident] for note in after.file.cards if not note.withdrawn} == {other.id}


def test_a_word_is_about_those_of_whom_its_report_tells(here: Installation) -> None:
    boris = here.staff("boris")
    case, sent = coded(here, boris, relative(), relative())
    one, other = case.file.persons
    of_another = replace(other, told_by=(new_id("rep"),))
    case = cases.write(boris, case, replace(case.file, persons=(replace(one, told_by=(sent.report,)), of_another)))

    say(here, sent, given=False)

    assert heard(boris, case) == [(None, WITHDRAWN), (None, GIVEN)]


def test_what_is_refuted_is_counted_no_more(here: Installation) -> None:
    boris, chen = here.staff("boris"), here.staff("chen")
    case, _ = coded(here, boris, themselves())
    case = cards.write(boris, case.id, approved(boris, case, chen))
    [incident] = case.file.incidents
    verdict = Verdict(VerificationStatus.REFUTED, boris.person, chen.person)
    case = cases.write(boris, case, case.file.with_incident(replace(incident, verdicts=(*incident.verdicts, verdict))))

    after = cards.follow(boris, case)

    assert [note.withdrawn for note in after.file.cards] == [True]
