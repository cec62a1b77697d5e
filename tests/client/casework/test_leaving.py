"""Somebody leaves: all that they have ends by one act, which can be interrupted, and nothing is lost unsaid."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from app.client import Staff
from app.client.casework import cases, leaving, triage
from app.client.casework.reports import threads
from app.client.casework.triage import RuleOfTriage
from app.client.intake import epochs
from app.client.machine.staff import NotGranted
from app.client.machine.transport import Refused
from app.client.people import colleagues, duties, shared_keys, sign_in
from app.client.people.colleagues import OfTheRoot
from app.protocol import intake, receipt
from app.protocol.duties import DutyKind
from app.protocol.errors import NotAuthentic, Rollback
from app.protocol.statements import KeyKind
from app.vocabulary import ReportState, Role
from tests.cli.command import Ended, tern
from tests.client.casework.scene import DOCUMENT, FOUND, accepted, claimed
from tests.client.installation import PASSWORD, Installation, installation


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path) as made:
        yield made


def certified_anew(here: Installation, handle: str, *roles: Role) -> None:
    sara, person = here.staff("sara"), here.unlock(handle)
    colleagues.certify(sara, person.person, colleagues.fingerprint(person), {*roles})


def command(here: Installation, handle: str, *arguments: str) -> Ended:
    environment = here.environment(handle)
    return tern(*arguments, environment=environment)


def test_all_that_somebody_has_ends_and_what_they_knew_turns(here: Installation) -> None:
    anna, boris, sara = here.staff("anna"), here.staff("boris"), here.staff("sara")
    case = accepted(here, anna, boris)
    report = claimed(here, anna).report
    epochs.rotate(sara, number=3)
    card_key = shared_keys.newest_key(sara, KeyKind.CARD_WRITING).id

    turned = leaving.leave(sara, anna.person)

    for ask in ("/people", f"/reports/{report}", f"/cases/{case.id}/contents", "/copy"):
        with pytest.raises(Refused, match="valid session"):
            anna.service.get(ask)
    with pytest.raises(NotAuthentic, match="uncertified"):
        sara.certified(anna.person)
    emil = here.staff("emil")
    waiting = {each.id: each.view for each in triage.list_(emil)}
    assert (waiting[report].state, waiting[report].triager) == (ReportState.RECEIVED, None)
    assert here.reporter().intake().epoch.epoch in turned.epochs
    sara.forget()
    days = [sara.today + timedelta(days=each) for each in range(21)]
    documents = [sara.log.intake_on(day) for day in days]
    assert {each.header.body["epoch"]["id"] for each in documents if each} <= set(turned.epochs)
    assert shared_keys.newest_key(sara, KeyKind.CARD_WRITING).id in set(turned.keys) - {card_key}
    assert [hint.kind for hint in duties.waiting(sara)] == []
    assert [hint.kind for hint in duties.waiting(here.staff("boris"))] == [DutyKind.TURN_CASE]


def test_a_case_turns_at_the_next_sign_in_of_a_member_who_then_puts_out_who_left(here: Installation) -> None:
    anna, boris, sara = here.staff("anna"), here.staff("boris"), here.staff("sara")
    case = accepted(here, anna, boris)
    leaving.leave(sara, anna.person)

    ended = command(here, "boris", "sign-in")
    turned = cases.open_(here.staff("boris"), case.id)
    after = cases.change_members(here.staff("boris"), turned, remove=[anna.person])

    assert (ended.code, "Not done" in ended.err) == (0, False)
    assert turned.key.generation == 2
    assert after.members == {boris.person}
    assert duties.waiting(here.staff("boris")) == []


def test_where_the_owner_leaves_any_member_names_another(here: Installation) -> None:
    anna, boris, chen = here.staff("anna"), here.staff("boris"), here.staff("chen")
    case = accepted(here, anna, boris)
    leaving.leave(here.staff("sara"), boris.person)

    opened = cases.open_(here.staff("anna"), case.id)
    after = cases.change_members(
        here.staff("anna"), opened, add=[chen.person], remove=[boris.person], owner=chen.person
    )

    assert after.member_list.owner == chen.person
    assert cases.open_(here.staff("chen"), case.id).members == {anna.person, chen.person}


def test_who_finds_it_half_done_finishes_it_at_their_sign_in(here: Installation) -> None:
    anna, sara = here.staff("anna"), here.staff("sara")
    colleagues.end(sara, anna.person)
    waiting = {hint.kind for hint in duties.waiting(sara)}

    ended = command(here, "sara", "sign-in")

    assert waiting >= {DutyKind.REPLACE_EPOCH, DutyKind.TURN_SHARED_KEY}
    assert "signed anew, without anna" in ended.err
    assert "Made anew, without anna: the card_writing key." in ended.err
    assert duties.waiting(here.staff("sara")) == []


def test_what_opens_for_them_alone_is_said_before_and_handing_over_waits_for_it(here: Installation) -> None:
    anna = here.staff("anna")
    case = accepted(here, anna, anna)

    asked = command(here, "sara", "people", "leave", "anna")
    waits = command(here, "sara", "people", "leave", "anna", "--hand-over")
    still = here.staff("anna")
    cases.change_members(still, cases.open_(still, case.id), add=[here.staff("boris").person])
    handed = command(here, "sara", "sign-in")

    assert (asked.code, case.id in asked.out.replace("\n", "")) == (0, True)
    assert "Nothing was ended" in asked.err
    assert (waits.code, "Your first sign-in after that ends it" in waits.err) == (0, True)
    assert (handed.code, "anna has left" in handed.err) == (0, True)
    assert "What they have read stays read." in handed.err
    assert cases.open_(here.staff("boris"), case.id).id == case.id


def test_who_stays_after_all_is_not_ended(here: Installation) -> None:
    anna, sara = here.staff("anna"), here.staff("sara")
    accepted(here, anna, anna)
    command(here, "sara", "people", "leave", "anna", "--hand-over")
    planned = leaving.is_handing_over(here.unlock("sara"), anna.person)

    command(here, "sara", "people", "leave", "anna", "--stay")
    case = accepted(here, anna, here.staff("boris"))

    assert (planned, leaving.is_handing_over(here.unlock("sara"), anna.person)) == (True, False)
    assert [*leaving.leave_where_handed_over(sara)] == []
    assert cases.open_(here.staff("anna"), case.id).members


def test_now_says_what_is_lost_and_destroys_no_key_that_nobody_else_holds(here: Installation) -> None:
    anna = here.staff("anna")
    case = accepted(here, anna, anna)

    ended = command(here, "sara", "people", "leave", "anna", "--now", "--json")

    assert ended.code == 0, ended.err
    assert case.id in ended.out
    assert [each["alone"] for each in here.staff("sara").service.get(f"/people/{anna.person}/holdings").json()["items"]]


def test_who_is_on_the_root_is_put_out_by_a_root(here: Installation) -> None:
    sara = here.staff("sara")

    with pytest.raises(OfTheRoot):
        leaving.leave(sara, sara.person)
    ended = command(here, "sara", "people", "leave", "sara", "--now")

    assert (ended.code, "tern root propose --drop sara" in ended.err) == (1, True)
    assert sara.certified(sara.person).roles


def test_where_nobody_triages_any_more_a_supervisor_keeps_the_key_and_not_who_left_last(here: Installation) -> None:
    sara, anna, emil = here.staff("sara"), here.staff("anna"), here.staff("emil")
    leaving.leave(sara, emil.person)
    known = epoch_of(sara)
    assert anna.epoch_key(known)

    gone = leaving.leave(sara, anna.person)

    assert (gone.failed, gone.epochs) == ((), (epoch_of(sara),))
    assert epoch_of(sara) != known
    here.reporter().submit(DOCUMENT)
    sara.forget()
    assert sara.epoch_key(epoch_of(sara))


def epoch_of(staff: Staff) -> str:
    """The one to which reporters seal today."""
    staff.forget()
    document = staff.log.intake_on(staff.today)
    assert document is not None
    return intake.read(document).epoch


def test_a_role_that_is_taken_away_takes_what_it_gave(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    case = accepted(here, anna, boris)
    report = claimed(here, anna).report
    epoch = triage.view(anna, report).epoch

    certified_anew(here, "anna", Role.CASEWORKER)
    anna = here.staff("anna")

    assert triage.view(here.staff("emil"), report).triager is None
    with pytest.raises((Refused, NotGranted)):
        anna.epoch_key(epoch)
    assert cases.open_(anna, case.id).members == {anna.person, boris.person}
    assert {hint.kind for hint in duties.waiting(here.staff("sara"))} == {DutyKind.SIGN_EPOCHS, DutyKind.REPLACE_EPOCH}
    assert shared_keys.hold(anna, KeyKind.CARD_WRITING)


def test_who_loses_every_role_for_cases_is_put_out_by_the_next_who_writes_and_comes_back_as_anybody_does(
    here: Installation,
) -> None:
    anna, boris, chen = (here.staff(name) for name in ("anna", "boris", "chen"))
    case = cases.change_members(boris, accepted(here, anna, boris), add=[chen.person])

    certified_anew(here, "chen", Role.ANALYST)
    boris = here.staff("boris")
    written = cases.write(boris, cases.open_(boris, case.id), replace(case.file, title="Without them"))

    assert (chen.person in written.members, written.journal.generation) == (False, 2)
    certified_anew(here, "chen", Role.CASEWORKER)
    boris = here.staff("boris")
    cases.change_members(boris, cases.open_(boris, case.id), add=[chen.person])
    assert cases.open_(here.staff("chen"), case.id).file.title == "Without them"


def test_a_report_gets_a_key_of_its_case_at_once_where_somebody_has_left_triage_since_it_was_sent(
    here: Installation,
) -> None:
    """Who triaged may know its key; who never did does not."""
    turned = []
    for leaver in ("boris", "emil"):
        sent = claimed(here, here.staff("anna"))
        certified_anew(here, leaver, Role.ANALYST)
        anna = here.staff("anna")

        id_ = triage.accept(anna, triage.open_(anna, sent.report), FOUND, owner=anna.person)

        case = cases.open_(anna, id_)
        told = here.reporter().mailbox(receipt.read(sent.receipt)).followed[1]
        turned.append((case.key.generation, case.journal.generation_of(sent.report), told))
    assert turned == [(1, 1, 0), (2, 2, 1)]


def test_a_role_that_is_given_back_before_anybody_writes_brings_the_key_of_the_case_with_the_next_line(
    here: Installation,
) -> None:
    anna, boris, chen = (here.staff(name) for name in ("anna", "boris", "chen"))
    case = cases.change_members(boris, accepted(here, anna, boris), add=[chen.person])

    certified_anew(here, "chen", Role.ANALYST)
    certified_anew(here, "chen", Role.CASEWORKER)
    with pytest.raises(Refused, match="nothing here"):
        cases.open_(here.staff("chen"), case.id)
    boris = here.staff("boris")
    cases.write(boris, cases.open_(boris, case.id), replace(case.file, title="With them"))

    assert cases.open_(here.staff("chen"), case.id).file.title == "With them"


def test_an_owner_without_a_role_for_cases_gets_no_key_until_they_have_one_again(here: Installation) -> None:
    anna, chen = here.staff("anna"), here.staff("chen")
    case = accepted(here, anna, chen)
    case = cases.change_members(chen, case, add=[here.staff("boris").person])
    here.pass_(timedelta(days=1))

    certified_anew(here, "chen", Role.ANALYST)
    boris = here.staff("boris")
    first = cases.write(boris, cases.open_(boris, case.id), replace(case.file, title="Without them"))
    certified_anew(here, "chen", Role.CASEWORKER)
    boris = here.staff("boris")
    second = cases.write(boris, cases.open_(boris, case.id), replace(first.file, title="With them"))

    assert (chen.person in first.members, chen.person in first.journal.holders) == (True, False)
    assert (second.journal.generation, chen.person in second.journal.holders) == (3, True)
    assert cases.open_(here.staff("chen"), case.id).file.title == "With them"


def test_whose_role_came_back_is_given_the_key_at_the_next_sign_in_of_a_colleague(here: Installation) -> None:
    anna, boris, chen = (here.staff(name) for name in ("anna", "boris", "chen"))
    case = cases.change_members(boris, accepted(here, anna, boris), add=[chen.person])
    certified_anew(here, "chen", Role.ANALYST)
    certified_anew(here, "chen", Role.CASEWORKER)
    shared_keys.share_desk(boris, chen.person)  # of which somebody is asked

    waits = [(hint.kind, hint.object, hint.person) for hint in duties.waiting(here.staff("boris"))]
    cases.grant_to(here.staff("boris"), case.id, anna.person)  # who lacks none
    ended = command(here, "boris", "sign-in")

    assert waits == [(DutyKind.GRANT_CASE, case.id, chen.person)]
    assert (ended.code, "Waiting" in ended.err) == (0, False)
    found = cases.open_(here.staff("chen"), case.id)
    assert (found.key.generation, duties.waiting(here.staff("boris"))) == (2, [])


class Deaf(httpx2.HTTPTransport):
    """A wire on which nothing is written to a case."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.method == "POST" and request.url.path.endswith("/entries"):
            raise httpx2.ConnectError("gone")
        return super().handle_request(request)


def test_a_report_whose_key_did_not_turn_as_it_came_into_a_case_is_told_to_the_members(here: Installation) -> None:
    sent = claimed(here, here.staff("anna"))
    certified_anew(here, "emil", Role.ANALYST)
    boris = here.staff("boris").person
    here.staff("anna")
    with here.through("anna", Deaf()) as anna:
        id_ = triage.accept(anna, triage.open_(anna, sent.report), FOUND, owner=boris)

    waits = [(hint.kind, hint.object) for hint in duties.waiting(here.staff("boris"))]
    ended = command(here, "boris", "sign-in")

    assert waits == [(DutyKind.TURN_CASE, id_)]
    assert (ended.code, duties.waiting(here.staff("boris"))) == (0, [])
    assert cases.open_(here.staff("boris"), id_).journal.generation_of(sent.report) == 2
    assert here.reporter().mailbox(receipt.read(sent.receipt)).followed[1] == 1


@pytest.mark.parametrize("who", ["a member", "who triaged before it was in a case"])
def test_a_reply_is_kept_under_a_key_of_which_who_left_knows_nothing(here: Installation, who: str) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    sent = claimed(here, anna)
    chen = here.staff("chen")
    known = triage.open_(anna, sent.report).key
    case = triage.accept(anna, triage.open_(anna, sent.report), FOUND, owner=boris.person, colleagues=[chen.person])
    read = triage.open_(boris, sent.report)
    leaving.leave(here.staff("sara"), chen.person if who == "a member" else here.unlock("emil").person)

    with pytest.raises(Refused) as refused:
        threads.answer(boris, read, "Under the key of before.")
    triage.answer(boris, read, "We are here.")

    opened = triage.open_(here.staff("boris"), sent.report)
    thread = triage.thread(boris, opened)
    assert refused.value.type == "turn-first"
    assert [each.content.text for each in thread.replies] == ["We are here."]
    assert (opened.key.generation, known.generation) == (2, 1)
    with pytest.raises(Rollback, match="replies"):  # by that key none of them is one
        triage.thread(boris, replace(opened, key=known))
    assert cases.open_(boris, case).journal.generation == 2
    mailbox = here.reporter().mailbox(receipt.read(sent.receipt))
    assert [each.text for each in mailbox.replies] == ["We are here."]


def test_nothing_is_granted_on_to_intake_whose_key_somebody_has_who_left(here: Installation) -> None:
    report = here.reporter().submit(DOCUMENT).report
    here.pass_(timedelta(days=6))
    epochs.go_on(here.staff("sara"))
    here.pass_(timedelta(days=9))
    certified_anew(here, "emil", Role.ANALYST)

    with pytest.raises(RuleOfTriage, match="today's key of intake"):
        triage.hand_on(here.staff("anna"), report)
    ended = command(here, "sara", "sign-in")
    triage.hand_on(here.staff("anna"), report)

    assert ended.code == 0
    assert triage.view(here.staff("anna"), report).handed_on_from is not None


@pytest.mark.parametrize("what", ["epoch", "key"])
def test_a_duty_that_never_was_turns_nothing(here: Installation, what: str) -> None:
    sara, anna = here.staff("sara"), here.staff("anna")
    epoch = triage.view(anna, claimed(here, anna).report).epoch

    if what == "epoch":
        assert epochs.replace(sara, anna.person, epoch=epoch) == []
    else:
        assert shared_keys.turn(sara, anna.person, key=shared_keys.newest_key(sara, KeyKind.CARD_WRITING).id) == []


def test_who_came_back_from_nothing_stays_out(here: Installation) -> None:
    emil, sara = here.staff("emil"), here.staff("sara")
    report = here.reporter().submit(DOCUMENT).report
    leaving.leave(sara, emil.person)

    with pytest.raises(Refused):
        colleagues.certify(sara, emil.person, colleagues.fingerprint(emil), {Role.TRIAGER})
    assert report in [each.id for each in triage.list_(here.staff("anna"))]


def test_who_has_left_can_neither_sign_in_nor_set_a_password(here: Installation) -> None:
    emil, sara = here.staff("emil"), here.staff("sara")
    leaving.leave(sara, emil.person)

    with pytest.raises(Refused) as refused:
        sign_in.sign_in(emil, PASSWORD)
    assert refused.value.type == "sign-in-failed"
    with pytest.raises(Refused) as refused:
        sign_in.set_password(emil, "another password of a test")
    assert refused.value.type == "password-not-set"
