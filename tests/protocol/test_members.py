"""Who works on a case: a chain of statements, each by somebody on the list before."""

from dataclasses import replace

import pytest

from app.protocol.chain import Mark
from app.protocol.documents import Document
from app.protocol.errors import Malformed, NotAuthentic, Rollback
from app.protocol.members import Members, Statement, after, members_of
from app.protocol.opening import Opened
from tests.protocol.organisation import ANALYST, CASEWORKER, COLLEAGUE, STRANGER, Person, link

HASH = "0" * 64
GENESIS = link([CASEWORKER], by=CASEWORKER)
SECOND = link([CASEWORKER, COLLEAGUE], by=CASEWORKER, after=GENESIS)
THIRD = link([COLLEAGUE, ANALYST], by=CASEWORKER, after=SECOND)


def read(*links: Opened | None, seen: Mark | None = None) -> Members:
    """What a chain of these files comes to; None is a file in which no authentic statement lies."""
    return members_of([Statement(each.sha256 if each else HASH, each) for each in links], seen)


def test_the_list_is_what_its_last_statement_says() -> None:
    assert read(GENESIS).present == {CASEWORKER.id}
    assert read(GENESIS, SECOND).present == {CASEWORKER.id, COLLEAGUE.id}
    assert read(GENESIS, SECOND, THIRD).present == {COLLEAGUE.id, ANALYST.id}
    assert read(GENESIS, SECOND, THIRD).ever == {CASEWORKER.id, COLLEAGUE.id, ANALYST.id}


def test_nobody_adds_themselves() -> None:
    intruder = link([CASEWORKER, STRANGER], by=STRANGER, after=GENESIS)

    found = read(GENESIS, intruder)

    assert found.present == found.ever == {CASEWORKER.id}
    assert found.passed_over == (2,)


def test_who_has_left_changes_nothing_more() -> None:
    revenge = link([CASEWORKER], by=CASEWORKER, after=THIRD)

    found = read(GENESIS, SECOND, THIRD, revenge)

    assert found.present == {COLLEAGUE.id, ANALYST.id}
    assert found.passed_over == (4,)


def test_the_opener_is_on_the_list() -> None:
    with pytest.raises(NotAuthentic, match="members-author"):
        read(link([COLLEAGUE], by=CASEWORKER))


@pytest.mark.parametrize(
    "chain", [[], [SECOND], [SECOND, GENESIS], [None, GENESIS]], ids=["empty", "no genesis", "reversed", "junk"]
)
def test_a_chain_without_a_genesis_is_refused(chain: list[Opened | None]) -> None:
    with pytest.raises(NotAuthentic, match="members-chain"):
        read(*chain)


@pytest.mark.parametrize(
    "second",
    [None, THIRD, GENESIS, link([CASEWORKER, STRANGER], by=CASEWORKER, after=link([CASEWORKER], by=CASEWORKER))],
    ids=["junk", "a gap", "twice", "of another branch"],
)
def test_what_is_no_statement_or_does_not_follow_keeps_its_place_and_changes_nothing(second: Opened | None) -> None:
    sha256 = second.sha256 if second else HASH
    third = link([COLLEAGUE, CASEWORKER], by=CASEWORKER, after=Mark(2, sha256))

    found = read(GENESIS, second)
    later = read(GENESIS, second, third)

    assert found.present == {CASEWORKER.id}
    assert found.mark == Mark(2, sha256)
    assert later.present == {COLLEAGUE.id, CASEWORKER.id}
    assert found.passed_over == later.passed_over == (2,)


@pytest.mark.parametrize("chain", [[GENESIS, SECOND], [GENESIS, SECOND, THIRD]])
def test_a_chain_goes_on_from_the_link_that_was_seen(chain: list[Opened]) -> None:
    assert read(*chain, seen=Mark(2, SECOND.sha256, 1)).present


def test_a_longer_chain_without_the_link_that_was_seen_is_another_one() -> None:
    fork = link([COLLEAGUE], by=CASEWORKER, after=GENESIS)
    theirs = [link([STRANGER], by=STRANGER)]
    for _ in range(3):
        theirs.append(link([STRANGER, CASEWORKER], by=STRANGER, after=theirs[-1]))

    for chain in ([GENESIS], [GENESIS, fork, link([COLLEAGUE], by=COLLEAGUE, after=fork)], theirs):
        with pytest.raises(Rollback, match="members-chain"):
            read(*chain, seen=Mark(2, SECOND.sha256, 1))


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"members": []},
        {"members": [CASEWORKER.id] * 2},
        {"members": sorted([CASEWORKER.id, COLLEAGUE.id], reverse=True)},
        {"members": ["Ana"]},
        {"members": [None]},
        {"members": [CASEWORKER.id], "more": 1},
    ],
)
def test_a_list_of_another_form_is_refused(body: dict[str, object]) -> None:
    header = replace(GENESIS.document.header, body=body if not body else {**GENESIS.document.header.body, **body})

    with pytest.raises(Malformed):
        read(replace(GENESIS, document=Document(header.line(), header, GENESIS.document.proof)))


OPENED = link([CASEWORKER, COLLEAGUE, ANALYST], by=CASEWORKER, owner=COLLEAGUE)


def test_who_is_not_certified_any_more_is_put_out_by_one() -> None:
    """The machine of one of two is lost, or they left: nobody waits for a third."""
    last = link([COLLEAGUE, ANALYST], by=COLLEAGUE, after=OPENED, owner=COLLEAGUE)
    chain = [Statement(each.sha256, each) for each in (OPENED, last)]

    found = members_of(chain, is_certified=lambda person, _day: person != CASEWORKER.id)

    assert found.present == {COLLEAGUE.id, ANALYST.id}
    assert members_of(chain).passed_over == (2,)


@pytest.mark.parametrize("about", [CASEWORKER, COLLEAGUE], ids=["the opener", "the owner"])
def test_nobody_puts_out_the_opener_or_the_owner_alone(about: Person) -> None:
    others = [each for each in (CASEWORKER, COLLEAGUE, ANALYST) if each != about]
    owner = None if about is COLLEAGUE else COLLEAGUE
    own_word = link([CASEWORKER, COLLEAGUE, ANALYST], by=about, after=OPENED, owner=COLLEAGUE, agreement=[about])
    second = link([CASEWORKER, COLLEAGUE, ANALYST], by=others[0], after=OPENED, owner=COLLEAGUE, agreement=[about])

    alone = read(OPENED, own_word, link(others, by=ANALYST, after=own_word, owner=owner))
    together = read(OPENED, second, link(others, by=ANALYST, after=second, owner=owner))

    assert alone.passed_over == (3,)
    assert together.present == {each.id for each in others}


def test_whoever_owns_a_case_gives_it_up_alone_and_nobody_takes_it_from_them() -> None:
    everybody = [CASEWORKER, COLLEAGUE, ANALYST]
    left = link(everybody, by=COLLEAGUE, after=OPENED)
    taken = link(everybody, by=ANALYST, after=OPENED, owner=ANALYST)
    unowned = link(everybody, by=CASEWORKER)

    assert read(OPENED, left).owner is None
    assert read(OPENED, taken).passed_over == (2,)
    assert read(unowned, link(everybody, by=ANALYST, after=unowned, owner=ANALYST)).owner == ANALYST.id


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (link([STRANGER], by=STRANGER, after=GENESIS), "members-author"),
        (link([COLLEAGUE], by=CASEWORKER), "members-chain"),
        (link([COLLEAGUE], by=CASEWORKER, after=Mark(3, HASH)), "members-chain"),
    ],
)
def test_whoever_writes_a_statement_is_told_why_it_would_not_count(statement: Opened, reason: str) -> None:
    with pytest.raises(NotAuthentic, match=reason):
        after(read(GENESIS), statement, is_certified=lambda _person, _day: True)


def test_whoever_would_need_a_second_person_is_told_so() -> None:
    alone = link([COLLEAGUE, ANALYST], by=ANALYST, after=OPENED, owner=COLLEAGUE)

    with pytest.raises(NotAuthentic, match="members-author"):
        after(read(OPENED), alone, is_certified=lambda _person, _day: True)


def test_the_word_of_somebody_who_left_since_is_no_second_persons() -> None:
    agreed = link([CASEWORKER, COLLEAGUE, ANALYST], by=ANALYST, after=OPENED, owner=COLLEAGUE, agreement=[COLLEAGUE])
    left = link([CASEWORKER, COLLEAGUE], by=CASEWORKER, after=agreed, owner=COLLEAGUE)
    alone = link([CASEWORKER], by=CASEWORKER, after=left, owner=CASEWORKER)

    found = read(OPENED, agreed, left, alone)

    assert found.present == {CASEWORKER.id, COLLEAGUE.id}
    assert found.agreements == frozenset()
