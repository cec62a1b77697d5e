"""What two agree to end in a case is destroyed: what is of somebody whole, and nothing of anybody else's."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.client.casework import act_approvals, cases, triage
from app.client.casework.cases import OpenCase, ending
from app.client.machine.staff import Staff
from app.client.machine.transport import Refused
from app.client.statistics import cards
from app.client.statistics.withdrawals import carry_out, end_agreed
from app.protocol.case import Assertion, Name, Note, PartType, RuleBroken, Task
from app.protocol.encoding import new_id
from app.protocol.errors import NotAuthentic
from app.protocol.journal import Ending, Hold
from app.vocabulary import TaskType
from tests.client.casework.scene import FOUND, approved, claimed, coded, taken
from tests.client.installation import Installation
from tests.client.statistics.test_withdrawals import copied, kept, still_open, take_back, told, with_people

TELLS = Assertion(by="a neighbour", text="I saw a car.", basis="relative_witnessed")


def part_of(case: OpenCase, type_: PartType, id_: str = "") -> str:
    return case.whole.parts[Name(type_, id_)]


def said_yes(by: Staff, second: Staff, case: OpenCase, act: Ending | Hold) -> str:
    asked = act_approvals.request(by, case, act, second.person)
    act_approvals.decide(second, act_approvals.review(second, asked), approved=True)
    return act_approvals.given(by, case, act, asked)


def test_somebody_ends_with_all_that_is_theirs_and_yesterdays_backup_opens_none_of_it(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    first, second = told(sent := claimed(here, anna).report), told(sent)
    case = with_people(boris, cases.open_(boris, triage_of(anna, boris, sent)), first, second)
    incident = replace(case.file.incidents[0], assertions=(TELLS,))
    case = cases.write(boris, case, case.file.with_incident(incident))
    yesterday, before = copied(here), case

    act = ending.agreed(case, part_of(case, PartType.PERSON, first.id))
    word = said_yes(boris, anna, case, act)
    ended = end_agreed(boris, case, act, word)

    assert ended is not None
    read = cases.open_(here.staff("anna"), case.id)
    assert (read.file, read.spoiled, read.set_aside) == (ended.file, (), ())
    assert ended.file == replace(
        before.file, persons=(second,), incidents=before.file.incidents[1:], identities=before.file.identities[1:]
    )
    gone = {part for part, named in read.journal.parts.items() if named[-1].note.sha256 is None}
    assert (gone, set(act.people)) == (set(act.ids), {first.id})
    types = sorted(read.journal.parts[each][-1].note.type.removeprefix("part.") for each in gone)
    assert types == ["assertion", "identity", "incident", "person", "verdict"]
    keys, parts, people = kept(here, case)
    assert (keys & gone, parts & gone, people) == (set(), set(), {second.id})
    assert still_open(here, yesterday) & gone == set()
    assert parts == still_open(here, yesterday) & set(before.journal.parts)
    with pytest.raises(RuleBroken, match="no-such-part"):
        ending.agreed(read, part_of(before, PartType.PERSON, first.id))
    with pytest.raises(RuleBroken, match="not-an-act"):
        end_agreed(boris, read, act, word)


def triage_of(triager: Staff, owner: Staff, report: str) -> str:
    return triage.accept(triager, triage.open_(triager, report), FOUND, owner=owner.person, title="A title")


def test_what_was_said_since_somebody_agreed_is_not_destroyed_with_it(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    case = coded(here, anna, boris)
    incident = case.file.incidents[0]
    for unfit in (
        Ending(frozenset({(new_id("part"), 1)})),
        Ending(frozenset((part, 1) for part in case.journal.parts)),
    ):
        with pytest.raises(RuleBroken, match="not-an-act"):
            act_approvals.request(boris, case, unfit, anna.person)
    act = ending.agreed(case, part_of(case, PartType.INCIDENT, incident.id))
    word = said_yes(boris, anna, case, act)
    case = cases.write(
        boris, cases.open_(boris, case.id), case.file.with_incident(replace(incident, assertions=(TELLS,)))
    )

    with pytest.raises(RuleBroken, match="not-an-act"):
        end_agreed(boris, case, act, word)
    now = ending.agreed(case, part_of(case, PartType.INCIDENT, incident.id))
    with pytest.raises(NotAuthentic, match="approval"):
        end_agreed(boris, case, now, word)
    with pytest.raises(RuleBroken, match="no-such-part"):
        ending.agreed(case, part_of(case, PartType.ASSERTION, incident.id))

    assert cases.open_(anna, case.id).file.incidents[0].assertions == (TELLS,)
    written = replace(case.file.incidents[0], narrative="They have her passport.")
    word = said_yes(boris, anna, case, now)
    case = cases.write(boris, case, case.file.with_incident(written))
    with pytest.raises(RuleBroken, match="not-an-act"):
        end_agreed(boris, case, now, word)


def test_what_is_counted_is_taken_back_before_it_ends_and_nothing_ends_in_a_case_that_two_hold(
    here: Installation,
) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    case = coded(here, anna, boris)
    incident = case.file.incidents[0]
    cards.write(boris, case.id, approved(boris, case, here.staff("chen")))
    cards.send(boris, now=True)
    case = cases.open_(boris, case.id)
    part = part_of(case, PartType.INCIDENT, incident.id)
    with pytest.raises(RuleBroken, match="card-counted"):
        ending.agreed(case, part)
    case = cards.withdraw(boris, case, [incident.id])
    act = ending.agreed(case, part)
    word = said_yes(boris, anna, case, act)

    assert end_agreed(boris, case, act, word) is None  # it waits here for its hour
    cards.send(boris, now=True)
    said_yes(boris, anna, cases.open_(boris, case.id), Hold(boris.today))
    with pytest.raises(Refused) as refused:
        end_agreed(boris, cases.open_(boris, case.id), act, word)
    assert refused.value.type == "case-held"
    release = act_approvals.release(boris, case)
    assert release
    asked = act_approvals.request(boris, case, release, anna.person)
    act_approvals.decide(anna, act_approvals.review(anna, asked), approved=True)

    ended = end_agreed(boris, cases.open_(boris, case.id), act, word)

    assert ended is not None
    assert (ended.file.incidents, ended.file.cards, ended.set_aside) == ((), (), ())


def test_papers_of_the_time_in_which_nobody_else_was_in_the_case_go_with_a_reporter_and_the_others_are_named(
    here: Installation,
) -> None:
    """Of what was written once others were there too, nobody but a reader knows whom it tells of."""
    anna, boris = here.staff("anna"), here.staff("boris")
    first, second = claimed(here, anna), claimed(here, anna)
    case = with_people(boris, taken(anna, boris, first), told(first.report))
    case = cases.note(boris, case, "Theirs alone.")
    task = Task(new_id("task"), TaskType.CONTACT, "Ring them.")
    case = cases.add_task(boris, case, task, urgent=True)
    triage.accept_into(anna, triage.open_(anna, second.report), FOUND, case.id)
    stays = told(second.report)
    case = with_people(boris, cases.open_(boris, case.id), stays)
    case = cases.note(boris, case, "Of both.")
    assert ending.to_read(case) == []
    take_back(here, first)

    assert carry_out(boris, case.id)

    after = cases.open_(anna, case.id)
    assert (after.spoiled, after.set_aside, after.file.tasks) == ((), (), ())
    assert [note.text for note in after.file.notes] == ["Of both."]
    assert cases.list_tasks(boris, case.id) == {}
    [kept_note] = [note for note in after.file.notes if isinstance(note, Note)]
    [named] = ending.to_read(after)
    assert named == part_of(after, PartType.NOTE, kept_note.id)
    ended = end_agreed(boris, after, act := ending.agreed(after, named), said_yes(boris, anna, after, act))
    assert ended is not None
    assert (ended.file.notes, ending.to_read(ended)) == ((), [])


def test_a_yes_to_destroy_something_counts_for_fourteen_days(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    case = coded(here, anna, boris)
    act = ending.agreed(case, part_of(case, PartType.INCIDENT, case.file.incidents[0].id))
    asked = act_approvals.request(boris, case, act, anna.person)
    act_approvals.decide(anna, act_approvals.review(anna, asked), approved=True)
    word = act_approvals.given(boris, case, act, asked)
    here.pass_(timedelta(days=15))

    with pytest.raises(RuleBroken, match="approval-old"):
        act_approvals.given(here.staff("boris"), case, act, asked)
    with pytest.raises(NotAuthentic, match="approval"):
        end_agreed(here.staff("boris"), case, act, word)
