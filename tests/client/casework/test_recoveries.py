"""A case whose members have lost its key opens for somebody whom two custodians make a member."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from app import age
from app.cli import duties as asked
from app.client.casework import cases, recoveries
from app.client.casework.cases import OpenCase
from app.client.machine import pairs
from app.client.machine.staff import NotGranted, Staff
from app.client.machine.transport import Refused
from app.client.people import colleagues, custodians, duties
from app.client.people.custodians import Waiting
from app.protocol.case import Identity
from app.protocol.duties import DutyKind
from app.protocol.errors import NotAuthentic
from app.protocol.pairs import RecoveryReason
from app.vocabulary import Relation, Role
from tests.client.casework.scene import accepted
from tests.client.installation import Installation, installation

NAMES = ("kim", "lena")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """With two custodians."""
    with installation(tmp_path_factory.mktemp("recoveries")) as made:
        sara = made.staff("sara")
        for name in NAMES:
            made.join(name, colleagues.invite(sara, {Role.CUSTODIAN}), pin=made.pin)
            joined = made.unlock(name)
            colleagues.certify(sara, joined.person, colleagues.fingerprint(joined), {Role.CUSTODIAN})
        yield made


def of_one(here: Installation) -> OpenCase:
    """A case of which anna is the only member."""
    anna = here.staff("anna")
    return accepted(here, anna, anna)


def with_names(here: Installation) -> OpenCase:
    """The same, with who its person is, which anna alone knows."""
    opened, anna = of_one(here), here.staff("anna")
    person = cases.affected(Relation.SELF, statistics=None, by_reporter=None, can_be_asked=True)
    said = Identity(person.id, names="Lin Wei")
    return cases.write(anna, opened, replace(opened.file, persons=(person,), identities=(said,)))


def names_in(opened: OpenCase) -> list[str]:
    return [each.names for each in opened.file.identities]


def peel(here: Installation, case: str, *people: Staff, until: date | None = None) -> tuple[Staff, Waiting]:
    staff = {each.person: each for each in map(here.staff, NAMES)}
    second = staff[max(staff)]
    for_whom = [each.person for each in people]
    first = staff[custodians.peel(second, case, for_whom, RecoveryReason.ABSENT, until=until).first]
    told = custodians.recoveries(first)
    [waits] = [each.id for each in told if each.subject == case and each.granted_on is None]
    return first, custodians.waiting(first, waits)


def test_two_custodians_make_somebody_a_member_and_the_next_who_writes_turns_the_key(here: Installation) -> None:
    case, boris = of_one(here).id, here.staff("boris")
    with pytest.raises(Exception, match="nothing here"):
        cases.open_(boris, case)

    first, found = peel(here, case, boris)
    recoveries.grant(first, found)

    opened = cases.open_(boris, case)
    assert (opened.file.title, boris.person in opened.members) == ("A title", True)
    [done] = opened.journal.recovered
    assert (set(done.people), done.first, done.second) == ({boris.person}, first.person, found.second)
    written = cases.write(boris, opened, replace(opened.file, title="At night"))
    assert written.journal.generation == 2  # custodians know the key before
    assert cases.open_(here.staff("anna"), case).file.title == "At night"


def test_a_member_who_has_the_case_no_more_is_given_its_key_and_stays_its_owner(here: Installation) -> None:
    case, anna = of_one(here).id, here.staff("anna")

    first, found = peel(here, case, anna)
    recoveries.grant(first, found)

    opened = cases.open_(anna, case)
    assert (set(opened.members), opened.member_list.owner) == ({anna.person}, anna.person)


def test_what_was_peeled_before_a_key_turned_makes_nobody_a_member(here: Installation) -> None:
    case, anna = of_one(here).id, here.staff("anna")
    first, found = peel(here, case, here.staff("boris"))
    cases.turn(anna, cases.open_(anna, case))

    with pytest.raises(Refused) as refused:
        recoveries.grant(first, found)

    assert refused.value.type == "stale-version"
    assert cases.open_(anna, case).members == {anna.person}


def test_who_the_people_of_a_case_are_is_given_with_the_case(here: Installation) -> None:
    case, boris = with_names(here).id, here.staff("boris")

    first, found = peel(here, case, boris)
    left_out = recoveries.grant(first, found)

    assert left_out == ()
    assert names_in(cases.open_(boris, case)) == ["Lin Wei"]
    [closed] = cases.open_(here.staff("anna"), case).keys.holders.values()
    assert set(closed) == {here.staff("anna").person, boris.person}


def test_a_member_who_is_not_to_know_the_names_gets_none_while_custodians_hold_what_was_peeled(
    here: Installation,
) -> None:
    opened, anna, boris = with_names(here), here.staff("anna"), here.staff("boris")
    cases.change_members(anna, opened, add=[boris.person])
    peel(here, opened.id, here.staff("chen"))

    [closed] = cases.open_(boris, opened.id).closed

    assert closed.holders == (anna.person,)


def test_the_pairs_of_a_part_are_made_anew_with_those_of_its_case(here: Installation) -> None:
    opened, anna = with_names(here), here.staff("anna")
    [part] = opened.keys.own
    third = another_custodian(here)
    anna.forget()
    assert opened.id in to_pair(anna)

    asked.act(anna, duties.waiting(anna), ask=lambda _: True)

    assert opened.id not in to_pair(anna)
    held = [each for name in (*NAMES, third) for each in custodians.pairs(here.staff(name)) if each.subject == part]
    assert (len(held), {each.case for each in held}) == (3, {opened.id})
    colleagues.end(here.staff("sara"), here.unlock(third).person)


def test_whom_one_supervisor_makes_a_custodian_opens_no_new_case_before_a_member_has_agreed(tmp_path: Path) -> None:
    with installation(tmp_path) as here:
        names = [another_custodian(here) for _ in range(2)]
        anna = here.staff("anna")
        accepted(here, anna, anna)
        third = another_custodian(here)

        opened = accepted(here, here.staff("anna"), anna)
        anna = here.staff("anna")
        cases.turn(anna, cases.open_(anna, opened.id))
        asked.act(anna, duties.waiting(anna), ask=lambda _: False)
        before = paired(here, opened.id, names, third)
        asked.act(anna, duties.waiting(anna), ask=lambda _: True)

        assert before == {tuple(sorted(here.unlock(name).person for name in names))}
        assert len(paired(here, opened.id, names, third)) == 3


def paired(here: Installation, case: str, names: list[str], third: str) -> set[tuple[str, str]]:
    """The two custodians of each pair of a case."""
    seconds = [here.staff(name) for name in (*names, third)]
    return {(each.first, of.person) for of in seconds for each in custodians.pairs(of) if each.subject == case}


def another_custodian(here: Installation) -> str:
    """Somebody whom sara alone has certified."""
    sara, name = here.staff("sara"), f"max{len(list((here.directory / 'people').iterdir()))}"
    here.join(name, colleagues.invite(sara, {Role.CUSTODIAN}), pin=here.pin)
    joined = here.unlock(name)
    colleagues.certify(sara, joined.person, colleagues.fingerprint(joined), {Role.CUSTODIAN})
    return name


def to_pair(member: Staff) -> list[str]:
    """Of which keys somebody is to make pairs anew."""
    return [each.object for each in duties.waiting(member) if each.kind is DutyKind.MAKE_PAIRS]


def test_one_part_that_does_not_open_keeps_no_other_from_who_is_given_the_case(here: Installation) -> None:
    opened, anna, boris = with_names(here), here.staff("anna"), here.staff("boris")
    [part] = opened.keys.own
    pairs.keep(anna, age.generate(), part, case=opened.id)  # by mistake or on purpose

    first, found = peel(here, opened.id, boris)
    left_out = recoveries.grant(first, found)

    assert left_out == (part,)
    given = cases.open_(boris, opened.id)
    assert ([each.part for each in given.closed], given.file.title) == ([part], "A title")


def test_what_belongs_to_another_case_is_not_peeled_with_this_one(here: Installation) -> None:
    opened, other, anna = of_one(here), with_names(here), here.staff("anna")
    [part] = other.keys.own
    key = other.keys.own[part].identity
    made = pairs.make(anna, key, part, case=other.id)
    request = {"subject": part, "generation": 1, "pairs": made, "case": opened.id}  # as a hostile service would say
    anna.service.post("/pairs", request)

    first, found = peel(here, opened.id, here.staff("boris"))

    assert (found.parts, len(found.act.files)) == ((), 1)
    recoveries.grant(first, found)
    assert cases.open_(here.staff("boris"), opened.id).closed == ()


def test_the_pairs_of_a_case_turn_with_its_key(here: Installation) -> None:
    case, anna = of_one(here).id, here.staff("anna")
    cases.turn(anna, cases.open_(anna, case))

    first, found = peel(here, case, here.staff("boris"))
    recoveries.grant(first, found)

    assert found.act.generation == 2
    assert cases.open_(here.staff("boris"), case).file.title == "A title"
    assert [each for each in duties.waiting(anna) if (each.kind, each.object) == (DutyKind.MAKE_PAIRS, case)] == []


def test_members_write_nothing_under_a_key_that_was_peeled_until_it_turned(here: Installation) -> None:
    opened, anna = of_one(here), here.staff("anna")
    peel(here, opened.id, here.staff("boris"))

    written = cases.write(anna, opened, replace(opened.file, title="Vans"))

    assert written.journal.generation == 2


def given_until(here: Installation, days: int) -> tuple[OpenCase, date]:
    """A case of anna's with names, given to boris until a day, who has written in it."""
    opened, boris = with_names(here), here.staff("boris")
    last_day = boris.today + timedelta(days=days)
    first, found = peel(here, opened.id, boris, until=last_day)
    recoveries.grant(first, found)
    theirs = cases.open_(boris, opened.id)
    cases.write(boris, theirs, replace(theirs.file, title="While she was away"))
    return opened, last_day


def test_who_is_given_a_case_until_a_day_works_on_it_until_then_and_the_next_who_writes_turns_its_key(
    here: Installation,
) -> None:
    opened, last_day = given_until(here, 2)
    told = [each for each in custodians.recoveries(here.staff("sara")) if each.subject == opened.id]
    here.pass_(timedelta(days=2))
    boris = here.staff("boris")
    known = cases.open_(boris, opened.id)
    here.pass_(timedelta(days=1))

    late, anna = here.staff("boris"), here.staff("anna")
    with pytest.raises(NotAuthentic, match="recovery-over"):
        cases.write(late, known, replace(known.file, title="Once more"))
    with pytest.raises(Refused) as refused:
        cases.open_(late, opened.id)
    due = [each.object for each in duties.waiting(anna) if each.kind is DutyKind.TURN_CASE]
    written = cases.write(anna, cases.open_(anna, opened.id), replace(known.file, title="Back again"))

    assert [each.until for each in told] == [last_day]
    assert (refused.value.type, due) == ("not-found", [opened.id])
    assert (set(written.members), written.journal.generation) == ({anna.person}, known.journal.generation + 1)
    assert names_in(written) == ["Lin Wei"]
    assert [each.object for each in duties.waiting(anna) if each.kind is DutyKind.TURN_CASE] == []


def test_a_machine_shows_nobody_a_case_after_their_last_day_though_the_service_would(
    here: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, _ = given_until(here, 0)
    boris = here.staff("boris")
    monkeypatch.setattr(boris, "_clock", lambda: here.now() + timedelta(days=1))  # behind a service whose day stands

    with pytest.raises(NotGranted, match="until"):
        cases.open_(boris, opened.id)


def test_who_is_confirmed_by_a_member_stays_after_their_last_day(here: Installation) -> None:
    opened, _ = given_until(here, 0)
    anna, boris = here.staff("anna"), here.staff("boris")
    with pytest.raises(NotAuthentic, match="recovery"):
        cases.change_members(boris, cases.open_(boris, opened.id), add=[boris.person])

    cases.change_members(anna, cases.open_(anna, opened.id), add=[boris.person])
    here.pass_(timedelta(days=1))
    here.work()

    theirs = cases.open_(here.staff("boris"), opened.id)
    assert boris.person in theirs.members
    assert theirs.journal.guests == {}
    cases.write(here.staff("boris"), theirs, replace(theirs.file, title="For good"))


def test_a_case_whose_owner_was_given_it_until_a_day_goes_on_after_it_without_an_owner(here: Installation) -> None:
    opened, _ = given_until(here, 0)
    anna, boris = here.staff("anna"), here.staff("boris")
    cases.change_members(anna, cases.open_(anna, opened.id), owner=boris.person)
    here.pass_(timedelta(days=1))
    anna = here.staff("anna")

    known = cases.open_(anna, opened.id)
    written = cases.write(anna, known, replace(known.file, title="Back again"))

    assert (set(written.members), written.member_list.owner) == ({anna.person}, None)
    cases.write(anna, written, replace(written.file, title="And on"))
