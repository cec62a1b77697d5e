"""Who works on a case, as entries of its journal say, and what nobody changes alone."""

from dataclasses import replace
from datetime import date

import pytest

from app.protocol import members
from app.protocol.documents import Document
from app.protocol.encoding import new_id
from app.protocol.errors import Malformed, NotAuthentic
from app.protocol.journal import Authority, Entry, Journal, Removal
from app.protocol.members import MemberList
from tests.protocol.organisation import (
    ANALYST,
    CASEWORKER,
    COLLEAGUE,
    STRANGER,
    SUPERVISOR,
    Person,
    approved,
    authority,
    certify,
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
    ],
)
def test_a_list_of_another_form_is_refused(body: dict[str, object]) -> None:
    ordinary = MemberList(frozenset([CASEWORKER.id])).body()
    assert members.read(ordinary).members == {CASEWORKER.id}

    with pytest.raises(Malformed):
        members.read(ordinary | body if body else body)


EVERYBODY = [CASEWORKER, COLLEAGUE, ANALYST]
OPENED = link(EVERYBODY, by=CASEWORKER, owner=COLLEAGUE)
LATE = authority(today=date(2031, 1, 1))


def word(about: Person, *, owner: Person | None, by: Person) -> Document:
    return approved(Removal(frozenset([about.id]), owner.id if owner else None), by=by)


@pytest.mark.parametrize("about", [CASEWORKER, COLLEAGUE], ids=["the opener", "the owner"])
def test_nobody_puts_out_the_opener_or_the_owner_alone(about: Person) -> None:
    others = [each for each in EVERYBODY if each != about]
    owner = None if about is COLLEAGUE else COLLEAGUE
    # An analyst may sign no approval.
    second, author = others

    def done(by: Person | None) -> Journal:
        approval = word(about, owner=owner, by=by) if by else None
        return follow(OPENED, link(others, by=author, after=OPENED, owner=owner, approval=approval))

    for nobody in (None, about, author):
        assert done(nobody).passed_over == (2,)
    assert done(second).members.present == {each.id for each in others}
    assert [(each.by, each.entry) for each in done(second).seconded] == [(second.id, 2)]


def test_whom_a_certificate_leaves_without_a_role_is_put_out_by_one() -> None:
    """The machine of one of two is lost, or they left: nobody waits for a third."""
    left = certify(replace(CASEWORKER, roles=frozenset()))
    others = [COLLEAGUE, ANALYST]
    alone = link(others, by=COLLEAGUE, after=OPENED, owner=COLLEAGUE, ended=[left])

    assert follow(OPENED, alone).members.present == {each.id for each in others}
    for ended in ([], [certify(replace(COLLEAGUE, roles=frozenset()))], [certify(CASEWORKER)]):
        without = link(others, by=COLLEAGUE, after=OPENED, owner=COLLEAGUE, ended=ended)
        assert follow(OPENED, without).passed_over == (2,)


@pytest.mark.parametrize("at", ["2020-01-01T00:00Z", "2026-06-14T23:00Z", "2027-01-01T00:00Z", "2031-01-01T00:00Z"])
@pytest.mark.parametrize("by", [authority(), LATE], ids=["today", "later"])
def test_no_date_on_an_entry_and_no_day_of_a_reader_puts_out_the_owner_for_one_person(at: str, by: Authority) -> None:
    """On none of these days is anybody certified: before their certificates, and after."""
    alone = link([CASEWORKER, ANALYST], by=ANALYST, after=OPENED, at=at)

    assert not is_certified(COLLEAGUE.id, date.fromisoformat(at[:10]))
    assert follow(OPENED, alone, by=by).passed_over == (2,)


def test_whoever_owns_a_case_gives_it_up_alone_and_nobody_takes_it_from_them() -> None:
    left = link(EVERYBODY, by=COLLEAGUE, after=OPENED)
    taken = link(EVERYBODY, by=ANALYST, after=OPENED, owner=ANALYST)
    unowned = link(EVERYBODY, by=CASEWORKER)

    assert follow(OPENED, left).members.owner is None
    assert follow(OPENED, taken).passed_over == (2,)
    assert follow(unowned, link(EVERYBODY, by=ANALYST, after=unowned, owner=ANALYST)).members.owner == ANALYST.id


def test_the_word_of_somebody_who_left_since_is_no_second_persons() -> None:
    agreed = word(COLLEAGUE, owner=CASEWORKER, by=SUPERVISOR)
    everybody = [CASEWORKER, COLLEAGUE, SUPERVISOR, ANALYST]
    opened = link(everybody, by=CASEWORKER, owner=COLLEAGUE)
    rest = [CASEWORKER, COLLEAGUE, ANALYST]
    left = link(rest, by=CASEWORKER, after=opened, owner=COLLEAGUE)
    alone = link([CASEWORKER, ANALYST], by=CASEWORKER, after=left, owner=CASEWORKER, approval=agreed)

    assert follow(opened, left, alone).members.present == {each.id for each in rest}


def test_a_word_of_one_of_opener_and_owner_puts_out_no_two() -> None:
    """Who puts out a stranger to what was approved with the one whom it is about puts out nobody."""
    everybody = [CASEWORKER, COLLEAGUE, SUPERVISOR, ANALYST]
    opened = link(everybody, by=CASEWORKER, owner=COLLEAGUE)
    agreed = word(COLLEAGUE, owner=ANALYST, by=SUPERVISOR)
    both = link([ANALYST, SUPERVISOR], by=ANALYST, after=opened, owner=ANALYST, approval=agreed)

    assert follow(opened, both).members.present == {each.id for each in everybody}


def test_whoever_is_put_out_is_told() -> None:
    before = follow(OPENED).members
    said = MemberList(frozenset([ANALYST.id]), ANALYST.id)

    assert members.put_out(before, said, ANALYST.id) == {CASEWORKER.id, COLLEAGUE.id}
    assert members.put_out(before, said, COLLEAGUE.id) == {CASEWORKER.id}
    assert (
        members.put_out(before, MemberList(before.present | {new_id("per")}, before.owner), ANALYST.id) == frozenset()
    )
