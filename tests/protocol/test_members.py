"""Who works on a case, as entries of its journal say, and what nobody changes alone."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from app.protocol import members
from app.protocol.encoding import new_id
from app.protocol.errors import Malformed, NotAuthentic
from app.protocol.journal import Entry
from app.protocol.members import MemberList
from tests.protocol.organisation import (
    ANALYST,
    CASE,
    CASEWORKER,
    COLLEAGUE,
    DAY,
    STRANGER,
    Person,
    entry,
    follow,
    is_certified,
    link,
)

HASH = "0" * 64
GENESIS = link([CASEWORKER], by=CASEWORKER)
SECOND = link([CASEWORKER, COLLEAGUE], by=CASEWORKER, after=GENESIS)
THIRD = link([COLLEAGUE, ANALYST], by=CASEWORKER, after=SECOND)


def test_the_list_is_what_the_last_entry_that_has_one_says() -> None:
    silent = entry(Entry(), after=SECOND)

    assert follow(GENESIS).members.present == {CASEWORKER.id}
    assert follow(GENESIS, SECOND).members.present == {CASEWORKER.id, COLLEAGUE.id}
    assert follow(GENESIS, SECOND, silent).members.present == {CASEWORKER.id, COLLEAGUE.id}
    assert follow(GENESIS, SECOND, THIRD).members.present == {COLLEAGUE.id, ANALYST.id}
    assert follow(GENESIS, SECOND, THIRD).members.ever == {CASEWORKER.id, COLLEAGUE.id, ANALYST.id}


def test_nobody_adds_themselves() -> None:
    intruder = link([CASEWORKER, STRANGER], by=STRANGER, after=GENESIS)

    found = follow(GENESIS, intruder)

    assert found.members.present == found.members.ever == {CASEWORKER.id}
    assert found.passed_over == (2,)


def test_who_has_left_changes_nothing_more() -> None:
    revenge = link([CASEWORKER], by=CASEWORKER, after=THIRD)

    found = follow(GENESIS, SECOND, THIRD, revenge)

    assert found.members.present == {COLLEAGUE.id, ANALYST.id}
    assert found.passed_over == (4,)


def test_the_opener_is_on_the_list() -> None:
    with pytest.raises(NotAuthentic, match="members-author"):
        follow(link([COLLEAGUE], by=CASEWORKER))


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"members": []},
        {"members": [CASEWORKER.id] * 2},
        {"members": sorted([CASEWORKER.id, COLLEAGUE.id], reverse=True)},
        {"members": ["Ana"]},
        {"members": [None]},
        {"members": None},
        {"members": [CASEWORKER.id], "more": 1},
        {"owner": COLLEAGUE.id},
        {"owner": 1},
        {"agreement": [CASE]},
        {"agreement": None},
    ],
)
def test_a_list_of_another_form_is_refused(body: dict[str, object]) -> None:
    ordinary = MemberList(frozenset([CASEWORKER.id])).body()
    assert members.read(ordinary).members == {CASEWORKER.id}

    with pytest.raises(Malformed):
        members.read(ordinary | body if body else body)


EVERYBODY = [CASEWORKER, COLLEAGUE, ANALYST]
OPENED = link(EVERYBODY, by=CASEWORKER, owner=COLLEAGUE)


def test_who_is_not_certified_any_more_is_put_out_by_one() -> None:
    """The machine of one of two is lost, or they left: nobody waits for a third."""
    last = link([COLLEAGUE, ANALYST], by=COLLEAGUE, after=OPENED, owner=COLLEAGUE)

    found = follow(OPENED, last, certified=lambda person, _day: person != CASEWORKER.id)

    assert found.members.present == {COLLEAGUE.id, ANALYST.id}
    assert follow(OPENED, last).passed_over == (2,)


@pytest.mark.parametrize("about", [CASEWORKER, COLLEAGUE], ids=["the opener", "the owner"])
def test_nobody_puts_out_the_opener_or_the_owner_alone(about: Person) -> None:
    others = [each for each in EVERYBODY if each != about]
    owner = None if about is COLLEAGUE else COLLEAGUE
    own_word = link(EVERYBODY, by=about, after=OPENED, owner=COLLEAGUE, agreement=[about])
    second = link(EVERYBODY, by=others[0], after=OPENED, owner=COLLEAGUE, agreement=[about])

    alone = follow(OPENED, own_word, link(others, by=ANALYST, after=own_word, owner=owner))
    together = follow(OPENED, second, link(others, by=ANALYST, after=second, owner=owner))

    assert alone.passed_over == (3,)
    assert together.members.present == {each.id for each in others}


@pytest.mark.parametrize("at", ["2020-01-01T00:00Z", "2026-06-14T23:00Z", "2027-01-01T00:00Z", "2031-01-01T00:00Z"])
def test_no_date_on_an_entry_puts_out_the_owner_for_one_person(at: str) -> None:
    """On none of these days is anybody certified: before their certificates, and after."""
    alone = link([CASEWORKER, ANALYST], by=ANALYST, after=OPENED, at=at)

    assert not is_certified(COLLEAGUE.id, date.fromisoformat(at[:10]))
    assert follow(OPENED, alone).passed_over == (2,)


def test_who_went_between_two_certificates_is_put_out_by_one_then_and_by_two_now() -> None:
    """Nor does it help to choose a day of the past on which somebody was away, once the case has gone on since."""

    def with_a_gap(person: str, day: date) -> bool:
        return person != COLLEAGUE.id or day != DAY + timedelta(10)

    in_the_gap = f"{DAY + timedelta(10)}T09:00Z"
    later = entry(Entry(), by=COLLEAGUE, after=OPENED, at=f"{DAY + timedelta(20)}T09:00Z")
    for before, counts in ((OPENED, True), (later, False)):
        chain = [OPENED] if before is OPENED else [OPENED, later]
        alone = link([CASEWORKER, ANALYST], by=ANALYST, after=before, at=in_the_gap)

        found = follow(*chain, alone, today=DAY + timedelta(30), certified=with_a_gap)

        assert (COLLEAGUE.id not in found.members.present) is counts


def test_whoever_owns_a_case_gives_it_up_alone_and_nobody_takes_it_from_them() -> None:
    left = link(EVERYBODY, by=COLLEAGUE, after=OPENED)
    taken = link(EVERYBODY, by=ANALYST, after=OPENED, owner=ANALYST)
    unowned = link(EVERYBODY, by=CASEWORKER)

    assert follow(OPENED, left).members.owner is None
    assert follow(OPENED, taken).passed_over == (2,)
    assert follow(unowned, link(EVERYBODY, by=ANALYST, after=unowned, owner=ANALYST)).members.owner == ANALYST.id


def test_the_word_of_somebody_who_left_since_is_no_second_persons() -> None:
    agreed = link(EVERYBODY, by=ANALYST, after=OPENED, owner=COLLEAGUE, agreement=[COLLEAGUE])
    left = link([CASEWORKER, COLLEAGUE], by=CASEWORKER, after=agreed, owner=COLLEAGUE)
    alone = link([CASEWORKER], by=CASEWORKER, after=left, owner=CASEWORKER)

    found = follow(OPENED, agreed, left, alone)

    assert found.members.present == {CASEWORKER.id, COLLEAGUE.id}
    assert found.members.agreements == frozenset()


def test_a_list_of_two_who_agreed_counts_whole_or_not_at_all() -> None:
    """Who puts out a stranger to the agreement with the one whom it is about puts out nobody."""
    agreed = link(EVERYBODY, by=ANALYST, after=OPENED, owner=COLLEAGUE, agreement=[COLLEAGUE])
    both = link([ANALYST], by=ANALYST, after=agreed, owner=ANALYST)

    assert follow(OPENED, agreed, both).members.present == {each.id for each in EVERYBODY}


def test_whoever_would_need_a_second_person_is_told_for_whom() -> None:
    before = follow(OPENED).members
    said = replace(MemberList(before.present, before.owner), members=frozenset([ANALYST.id]), owner=ANALYST.id)

    needed = members.need_second_person(before, said, ANALYST.id, is_certified=lambda _person: True)

    assert needed == {CASEWORKER.id, COLLEAGUE.id}
    with pytest.raises(NotAuthentic, match="members-author"):
        members.after(before, said, ANALYST.id, is_certified=lambda _person: True)
    assert members.need_second_person(before, said, COLLEAGUE.id, is_certified=lambda _person: True) == {CASEWORKER.id}


def test_whom_nobody_knows_to_be_on_the_list_is_asked_for_by_nobody() -> None:
    before = follow(OPENED).members
    said = MemberList(before.present | {new_id("per")}, before.owner)

    assert members.need_second_person(before, said, ANALYST.id, is_certified=lambda _person: True) == frozenset()
