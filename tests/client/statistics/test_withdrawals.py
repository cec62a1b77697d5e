"""A reporter takes back what a case has: their cards leave, then all that came from them, and they read that it did."""

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import LargeBinary, select, type_coerce

from app.casework.cases.models import CasePart
from app.casework.consents.models import Consent
from app.client.casework import cases, triage, withdrawals
from app.client.casework.cases import OpenCase, ending
from app.client.intake.reporter import Submitted
from app.client.machine.staff import Staff
from app.client.machine.transport import Refused, Service
from app.client.people import duties
from app.client.statistics import cards
from app.client.statistics.withdrawals import carry_out
from app.database import Database, layer
from app.intake.reports.models import ReportFile
from app.people.grants.models import Grant
from app.protocol import conversation, receipt
from app.protocol.case import Affected, Identity
from app.protocol.duties import DutyKind
from app.protocol.encoding import b64, new_id
from app.protocol.errors import NotAuthentic
from app.protocol.journal import EndReason
from app.protocol.mailbox import SLOT_SIZE, SLOTS, split
from app.protocol.report import Form
from app.protocol.selectors import Selector
from app.shred_keys.store import ShredKeys
from app.site import languages
from app.vocabulary import ConsentMethod, ConsentScope, ConsentStatus, Relation, ReportState
from tests.client.casework.scene import CODING, DOCUMENT, FOUND, approved, claimed, taken
from tests.client.installation import Installation, installation
from tests.flows.evil import EvilServer, in_json

GIVEN = ConsentStatus.GIVEN


def told(report: str, relation: Relation = Relation.SELF) -> Affected:
    return cases.affected(relation, statistics=GIVEN, by_reporter=None, can_be_asked=True, told_by=[report])


def with_people(owner: Staff, case: OpenCase, *people: Affected) -> OpenCase:
    """With an incident of each, who they are, and what they answered."""
    incidents = tuple(cases.incident(owner, each, CODING, narrative="They came at night.") for each in people)
    identities = tuple(Identity(each.id, "A name") for each in people)
    file = replace(
        case.file,
        persons=(*case.file.persons, *people),
        incidents=(*case.file.incidents, *incidents),
        identities=(*case.file.identities, *identities),
    )
    case = cases.write(owner, case, file, holders=case.members)
    for person in people:
        cases.record_consent(
            owner,
            case,
            person=person.id,
            consent=new_id("cons"),
            scope=ConsentScope.STATISTICS,
            status=GIVEN,
            method=ConsentMethod.SPOKEN,
        )
    return case


def take_back(here: Installation, sent: Submitted) -> None:
    here.reporter().withdraw(receipt.read(sent.receipt))


def take_back_unread(here: Installation, sent: Submitted) -> None:
    """As their client does where the mailbox is spoilt: the sealed parts say nothing, and the secret is shown."""
    words = receipt.read(sent.receipt)
    with closing(Service(here.server)) as service:
        content, headers = conversation.withdraw_unread(words).content, {"Authorization": f"Bearer {b64(words.token)}"}
        service.send("POST", "/mailbox", content, headers, limit=SLOTS * SLOT_SIZE)


def read(here: Installation, sent: Submitted) -> list[str]:
    mailbox = here.reporter().mailbox(receipt.read(sent.receipt))
    assert (mailbox.state, mailbox.missing, mailbox.not_authentic) == (ReportState.WITHDRAWN, (), ())
    return [each.text for each in mailbox.replies]


def last_words(*, were_counted: bool) -> str:
    return withdrawals.last_words(Form.read(DOCUMENT), were_counted=were_counted)


def waiting(staff: Staff, case: OpenCase) -> list[DutyKind]:
    kinds = {DutyKind.END_WITHDRAWN, DutyKind.NAME_MEMBER}
    return [each.kind for each in duties.waiting(staff) if each.kind in kinds and each.object == case.id]


def kept(here: Installation, case: OpenCase) -> tuple[set[str], set[str], set[str]]:
    """Of which subjects the service has keys, which parts of the case, and the people with consents in it."""
    with closing(Database(_address(here))) as base, base.read() as session:
        return (
            set(session.scalars(select(Grant.subject))),
            set(session.scalars(select(CasePart.id).where(CasePart.case_id == case.id))),
            set(session.scalars(select(Consent.person_id).where(Consent.case_id == case.id))),
        )


def copied(here: Installation) -> dict[str, list[bytes]]:
    """What a backup of the rows has of parts, of keys, and of reports, by what they are of."""
    found = dict[str, list[bytes]]()
    with closing(Database(_address(here))) as base, base.read() as session:
        for of, kept in (
            (CasePart.id, CasePart.file),
            (Grant.subject, Grant.file),
            (ReportFile.report_id, ReportFile.body),
        ):
            for subject, file in session.execute(select(of, type_coerce(kept, LargeBinary))):
                found.setdefault(subject, []).append(file)
    return found


def still_open(here: Installation, copy: dict[str, list[bytes]]) -> set[str]:
    """Of which subjects something of the copy is an age file under the shred keys that are left."""
    with closing(ShredKeys(f"sqlite:///{here.directory / 'keys' / 'keys.sqlite'}")) as keys, layer.under(keys):
        return {of for of, files in copy.items() if any(layer.id_of(layer.unwrap(file)) is None for file in files)}


def _address(here: Installation) -> str:
    return f"sqlite:///{here.directory / 'server' / 'tern.sqlite'}"


def test_the_case_of_one_reporter_goes_once_its_cards_have_left_and_they_read_it(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    sent = claimed(here, anna)
    case = with_people(boris, taken(anna, boris, sent), told(sent.report))
    cards.write(boris, case.id, approved(boris, case, here.staff("chen")))
    cards.send(boris, now=True)
    take_back(here, sent)

    due = waiting(boris, case)
    too_early = carry_out(boris, case.id)
    notes = [note.withdrawn for note in cases.open_(boris, case.id).file.cards]
    cards.send(boris, now=True)
    done = carry_out(boris, case.id)

    assert (due, too_early, notes, done) == ([DutyKind.END_WITHDRAWN], False, [True], True)
    assert read(here, sent) == [last_words(were_counted=True)]
    assert waiting(boris, case) == waiting(anna, case) == []
    with pytest.raises(Refused) as refused:
        cases.open_(anna, case.id)
    assert refused.value.type == "not-found"
    keys, parts, people = kept(here, case)
    assert (keys & {case.id, sent.report, *case.journal.parts}, parts, people) == (set(), set(), set())


def test_of_two_reporters_the_one_who_takes_theirs_back_is_gone_and_the_other_goes_on(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    first, second = claimed(here, anna), claimed(here, anna)
    case = taken(anna, boris, first)
    triage.accept_into(anna, triage.open_(anna, second.report), FOUND, case.id)
    leaves, stays, both = told(first.report), told(second.report), told(first.report, Relation.CHILD)
    both = replace(both, told_by=tuple(sorted([first.report, second.report])))
    case = with_people(boris, cases.open_(boris, case.id), leaves, stays, both)
    selector = Selector.of("phone", "+49 30 23125 417")
    case = cases.write(boris, case, replace(case.file, selectors=(selector,)))
    yesterday = copied(here)
    take_back(here, first)

    assert carry_out(boris, case.id)

    after = cases.open_(here.staff("anna"), case.id)
    assert (after.spoiled, after.set_aside) == ((), ())
    assert {each.id for each in after.file.persons} == {stays.id, both.id}
    assert {each.person for each in after.file.identities} == {stays.id, both.id}
    assert [each.affected for each in after.file.incidents] == [stays.id, both.id]
    assert after.file.person(both.id).told_by == (second.report,)
    # Whose words these have, nobody can tell.
    assert (after.file.title, after.file.selectors) == ("", ())
    assert after.key.generation == case.key.generation + 1
    ended = {part for part, versions in after.journal.parts.items() if versions[-1].note.sha256 is None}
    assert {after.journal.parts[each][-1].note.reason for each in ended} == {EndReason.WITHDRAWN}
    keys, parts, people = kept(here, case)
    assert keys & {first.report, *ended} == parts & ended == set()
    assert {second.report, case.id} <= keys
    assert people == {stays.id, both.id}
    assert read(here, first) == [last_words(were_counted=False)]
    assert waiting(boris, case) == []
    # Who has all of yesterday, today's shred keys and every key of everybody's opens what stayed, and nothing else.
    opens = still_open(here, yesterday)
    assert set(yesterday) > opens
    assert opens & {first.report, *ended} == set()
    assert {second.report, case.id} <= opens
    assert [each for each in parts if each in yesterday and each not in opens] == []


def test_a_case_of_more_parts_than_one_act_ends_is_left_in_several(
    here: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ending, "_AT_ONCE", 2)
    anna, boris = here.staff("anna"), here.staff("boris")
    first, second = claimed(here, anna), claimed(here, anna)
    case = taken(anna, boris, first)
    triage.accept_into(anna, triage.open_(anna, second.report), FOUND, case.id)
    leaves, stays = told(first.report), told(second.report)
    case = with_people(boris, cases.open_(boris, case.id), leaves, stays)
    take_back(here, first)

    assert carry_out(boris, case.id)

    after = cases.open_(anna, case.id)
    assert (after.spoiled, after.set_aside) == ((), ())
    assert {each.id for each in after.file.persons} == {stays.id}
    assert read(here, first) == [last_words(were_counted=False)]


def test_a_destroyed_part_is_missing_without_its_ending_entry(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    sent = claimed(here, anna)
    case = with_people(boris, taken(anna, boris, sent), told(sent.report))
    part = next(part for part, named in case.journal.parts.items() if named[-1].note.type == "part.incident")

    with httpx2.HTTPTransport() as honest:
        evil = EvilServer(honest)
        evil.lies[f"/v1/cases/{case.id}/contents"] = in_json(
            lambda answer: answer.update(parts=[each for each in answer["parts"] if each["id"] != part])
        )
        evil.lies[f"/v1/cases/{case.id}/parts/{part}"] = in_json(lambda answer: answer.update(items=[]))
        with here.through("boris", evil) as again:
            shown = cases.open_(again, case.id)

    assert [(each.part, each.problem) for each in shown.spoiled] == [(part, "not authentic: missing")]


def test_nothing_ends_by_the_services_word_alone(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    sent = claimed(here, anna)
    case = with_people(boris, taken(anna, boris, sent), told(sent.report))

    def withdrawn(answer: dict[str, Any]) -> None:
        answer["items"][0]["messages"] = [
            {"id": new_id("msg"), "received_on": "2026-06-15", "secret": b64(bytes(32)), "file": "", "kind": "withdraw"}
        ]

    with httpx2.HTTPTransport() as honest:
        evil = EvilServer(honest)
        evil.lies[f"/v1/cases/{case.id}/words"] = in_json(withdrawn)
        with here.through("boris", evil) as again, pytest.raises(NotAuthentic, match="withdrawal"):
            carry_out(again, case.id)

    assert cases.open_(boris, case.id).file == case.file


def test_what_no_member_does_in_a_week_supervisors_hear_of_and_the_secret_alone_is_enough(tmp_path: Path) -> None:
    with installation(tmp_path) as here:
        anna, boris = here.staff("anna"), here.staff("boris")
        sent = claimed(here, anna)
        case = taken(anna, boris, sent)
        take_back_unread(here, sent)
        here.pass_(timedelta(days=7))
        in_time = waiting(here.staff("sara"), case)
        here.pass_(timedelta(days=1))
        late = waiting(here.staff("sara"), case)

        boris = here.staff("boris")
        thread = triage.thread(boris, triage.open_(boris, sent.report))

        assert (in_time, late) == ([], [DutyKind.NAME_MEMBER])
        assert (thread.taken_back, thread.withdrawal, len(thread.spoiled)) == (True, None, 1)
        assert carry_out(boris, case.id)


def test_a_change_that_no_member_has_followed_in_a_week_supervisors_hear_of(tmp_path: Path) -> None:
    with installation(tmp_path) as here:
        anna, boris = here.staff("anna"), here.staff("boris")
        case = taken(anna, boris, sent := claimed(here, anna))
        here.reporter().change_consent(receipt.read(sent.receipt), ConsentScope.STATISTICS, given=False)
        here.pass_(timedelta(days=8))

        late = waiting(here.staff("sara"), case)
        cards.follow_words(here.staff("boris"))

        assert late == [DutyKind.NAME_MEMBER]
        assert waiting(here.staff("sara"), case) == []


def test_the_last_words_are_in_every_language_of_the_pages() -> None:
    forms = (Form(each, "", {"danger_now": "none"}) for each in languages.WANTED)
    found = {form.language: withdrawals.last_words(form, were_counted=True) for form in forms}

    assert len(set(found.values())) == len(languages.WANTED)
    assert all(len(split(text)) <= 3 for text in found.values())
