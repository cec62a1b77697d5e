"""Cases are merged, split and taken apart again: nothing is lost by it, and nobody is shown more or counted twice."""

import json
from dataclasses import asdict, replace

import pytest

from app.client.casework import act_approvals, cases, triage, words
from app.client.casework.cases import OpenCase
from app.client.casework.cases.reading import carried_on
from app.client.casework.cases.writing import seal_entries
from app.client.intake.reporter import Submitted
from app.client.machine import sealed
from app.client.machine.staff import Staff
from app.client.machine.transport import Refused
from app.client.statistics.withdrawals import carry_out
from app.protocol.case import CaseFile, Identity, Name, PartType, RuleBroken, Task
from app.protocol.encoding import new_id
from app.protocol.journal import Entry, Moving, Origin, PartNote
from app.vocabulary import ConsentStatus, Relation, TaskType
from tests.client.casework.scene import FOUND, agree_to_service, claimed, coded, taken
from tests.client.installation import Installation
from tests.client.statistics.test_withdrawals import kept, take_back, with_people
from tests.client.statistics.test_withdrawals import told as told_of


def full(here: Installation) -> OpenCase:
    """A case of boris and chen, with something of each kind that can go to another."""
    boris, chen = here.staff("boris"), here.staff("chen")
    case = cases.change_members(boris, coded(here, here.staff("anna"), boris), add=[chen.person])
    agree_to_service(boris, case)
    person = case.file.persons[0]
    case = cases.write(boris, case, case.file.with_identity(Identity(person.id, names="A name")), holders=[chen.person])
    case = cases.note(boris, case, "A note.")
    return cases.add_task(boris, case, Task(new_id("task"), TaskType.CONTACT, "Call them."), urgent=True)


def agreed(by: Staff, second: Staff, case: OpenCase, into: str) -> str:
    asked = act_approvals.request(by, case, Moving(into), second.person)
    act_approvals.decide(second, act_approvals.review(second, asked), approved=True)
    return act_approvals.given(by, cases.open_(by, case.id), Moving(into), asked)


def merged(by: Staff, second: Staff, one: OpenCase, other: OpenCase) -> tuple[OpenCase, OpenCase]:
    word = agreed(by, second, one, other.id)
    case, into = cases.ready(by, one.id), cases.ready(by, other.id)
    return cases.move_parts(by, case, into, cases.all_of(by, case, into), word)


def undone(by: Staff, second: Staff, one: OpenCase, other: OpenCase) -> tuple[OpenCase, OpenCase]:
    word = agreed(by, second, other, one.id)
    case, back = cases.ready(by, other.id), cases.ready(by, one.id)
    going = cases.with_reports(by, case, cases.came_from(by, case, back), back_to=one.id)
    return cases.move_parts(by, case, back, going, word)


def told(*files: CaseFile) -> set[bytes]:
    """All that cases say of people and of what is to be done, by the values: ids, tokens, coders and all."""
    return {
        json.dumps(asdict(each), sort_keys=True).encode()
        for file in files
        for kind in (file.persons, file.incidents, file.cards, file.identities, file.notes, file.tasks, file.reports)
        for each in kind
    }


def test_what_is_merged_is_all_in_the_other_case_and_comes_back_as_it_was(here: Installation) -> None:
    boris, chen = here.staff("boris"), here.staff("chen")
    one, other = (cases.ready(boris, full(here).id) for _ in range(2))
    answers = {each.person: each.status for case in (one, other) for each in cases.list_consents(boris, case)}

    left, into = merged(boris, chen, one, other)
    read = cases.open_(chen, into.id)

    assert (told(read.file), read.spoiled, read.set_aside) == (told(one.file, other.file), (), ())
    assert {each.person: each.status for each in cases.list_consents(chen, read)} == answers
    assert (left.file.persons, left.file.reports, left.journal.merged_into) == ((), (), into.id)
    assert cases.view(boris, left.id).stage == "merged"
    assert set(cases.list_tasks(boris, into.id)) == {each.id for each in read.file.tasks}
    assert cases.list_consents(boris, left) == []
    with pytest.raises(Refused, match="merged"):
        cases.write(boris, left, replace(left.file, title="Another title"))

    after, back = undone(chen, boris, cases.open_(chen, left.id), read)

    assert (told(back.file), told(after.file)) == (told(one.file), told(other.file))
    assert back.journal.merged_into is None
    assert cases.view(boris, back.id).stage == "intake"
    assert {each.person: each.status for each in cases.list_consents(boris, back)} == {
        each.id: ConsentStatus.GIVEN for each in one.file.persons
    }
    assert cases.write(boris, cases.open_(boris, back.id), replace(back.file, title="Its own")).file.title == "Its own"


def with_two_reporters(here: Installation) -> tuple[OpenCase, Submitted, Submitted]:
    """A case of boris and chen that two have reported, and somebody of whom each tells."""
    anna, boris, chen = here.staff("anna"), here.staff("boris"), here.staff("chen")
    first, second = claimed(here, anna), claimed(here, anna)
    case = taken(anna, boris, first)
    triage.accept_into(anna, triage.open_(anna, second.report), FOUND, case.id)
    case = with_people(boris, cases.open_(boris, case.id), told_of(first.report), told_of(second.report))
    return cases.change_members(boris, case, add=[chen.person]), first, second


def test_a_reporter_whose_report_was_split_off_takes_back_what_is_theirs_and_the_other_case_goes_on(
    here: Installation,
) -> None:
    boris, chen = here.staff("boris"), here.staff("chen")
    before, first, second = with_two_reporters(here)
    both = replace(before.file.persons[0], told_by=tuple(sorted([first.report, second.report])))
    mixed = cases.write(boris, before, replace(before.file, persons=(both, before.file.persons[1])))
    with pytest.raises(RuleBroken, match="told-by-both"):
        cases.with_reports(boris, mixed, {second.report})
    case = cases.write(boris, mixed, replace(mixed.file, persons=before.file.persons))
    into = cases.open_beside(boris, case)
    word = agreed(boris, chen, case, into)
    case = cases.ready(boris, case.id)

    going = cases.with_reports(boris, case, {second.report})
    left, new = cases.move_parts(boris, case, cases.ready(boris, into), going, word)
    read = cases.open_(chen, into)

    assert (told(left.file) | told(new.file), told(left.file) & told(new.file)) == (told(before.file), set())
    assert [each.id for each in read.file.reports] == [second.report]
    assert triage.open_(chen, second.report).report.form.text == "They wrote to my mother."
    assert words.heard(chen, read) == read.file
    assert words.heard(chen, left) == left.file
    consented = [{each.person for each in cases.list_consents(chen, each)} for each in (left, read)]
    assert consented == [{each.id for each in case_.file.persons} for case_ in (left, read)]

    take_back(here, second)

    assert carry_out(boris, into)
    after = cases.open_(chen, left.id)
    assert (told(cases.open_(boris, left.id).file), after.spoiled) == (told(left.file), ())
    keys, _, people = kept(here, left)
    assert keys & {into, second.report, *new.journal.parts, *going.parts.values()} == set()
    assert people == {each.id for each in after.file.persons}


def test_who_reported_to_a_case_that_was_merged_takes_back_all_that_came_of_it(here: Installation) -> None:
    anna, boris, chen = here.staff("anna"), here.staff("boris"), here.staff("chen")
    sent = claimed(here, anna)
    one = cases.change_members(boris, taken(anna, boris, sent), add=[chen.person])
    other = cases.change_members(boris, coded(here, anna, boris), add=[chen.person])
    one = with_people(boris, one, cases.affected(Relation.SELF, statistics=None, by_reporter=None, can_be_asked=True))
    left, into = merged(boris, chen, one, other)
    take_back(here, sent)

    assert carry_out(chen, into.id)

    after = cases.open_(boris, into.id)
    assert [each.id for each in after.file.persons] == [each.id for each in other.file.persons]
    assert sent.report not in {each.report for each in words.of_case(boris, after) if not each.is_gone}
    with pytest.raises(Refused, match="nothing here"):
        cases.open_(boris, left.id)
    keys, parts, _ = kept(here, left)
    assert (keys & {left.id, sent.report, *one.journal.parts}, parts) == (set(), set())


def test_nobody_lets_a_colleague_say_again_what_they_had_once_signed_elsewhere(here: Installation) -> None:
    """By an entry of one member alone, or with another's words for it."""
    boris, chen = here.staff("boris"), here.staff("chen")
    one, other = (cases.change_members(boris, coded(here, here.staff("anna"), boris), add=[chen.person]) for _ in "ab")
    incident = one.whole.parts[Name(PartType.INCIDENT, one.file.incidents[0].id)]
    note, body = one.journal.parts[incident][-1].note, dict(carried_on(chen, one, incident))
    forged = body["moved"][0].replace("death_threat", "online_threat", 1)

    for carried in (body, {"moved": [forged]}):
        key = replace(other.key, subject=new_id("part"))
        file = sealed.write(chen, key, note.type, carried)
        origin = Origin(one.id, incident, note.version, str(note.sha256))
        named = PartNote(key.subject, note.type, 1, file.mark.sha256, note.of, origin)
        for approval in (None, agreed(boris, chen, other, one.id)):
            entry = Entry(parts=(named,), approval=approval)
            [written] = seal_entries(chen, other.key, [], first=entry, after=other.journal.mark)
            part = {"id": key.subject, "version": 1, "file": file.file}
            request = {"entries": [written.file], "parts": [part]} if approval is None else {"entries": [written.file]}
            chen.service.post(f"/cases/{other.id}/entries", request, version=other.version)
            before, other = other, cases.open_(boris, other.id)
            assert (other.file, other.journal.passed_over[-1]) == (before.file, other.version)
