"""Who works on a case: a chain of statements, each by somebody on the list before."""

from dataclasses import replace

import pytest

from app.protocol.chain import Mark
from app.protocol.documents import Document
from app.protocol.errors import Malformed, NotAuthentic, Rollback
from app.protocol.members import members_of
from app.protocol.opening import Opened
from tests.protocol.organisation import ANALYST, CASEWORKER, COLLEAGUE, STRANGER, link

GENESIS = link([CASEWORKER], by=CASEWORKER)
SECOND = link([CASEWORKER, COLLEAGUE], by=CASEWORKER, after=GENESIS)
THIRD = link([COLLEAGUE, ANALYST], by=COLLEAGUE, after=SECOND)


def test_the_list_is_what_its_last_statement_says() -> None:
    assert members_of([GENESIS]) == {CASEWORKER.id}
    assert members_of([GENESIS, SECOND]) == {CASEWORKER.id, COLLEAGUE.id}
    assert members_of([GENESIS, SECOND, THIRD]) == {COLLEAGUE.id, ANALYST.id}


def test_nobody_adds_themselves() -> None:
    intruder = link([CASEWORKER, STRANGER], by=STRANGER, after=GENESIS)

    with pytest.raises(NotAuthentic, match="members-author"):
        members_of([GENESIS, intruder])


def test_who_has_left_changes_nothing_more() -> None:
    revenge = link([CASEWORKER], by=CASEWORKER, after=THIRD)

    with pytest.raises(NotAuthentic, match="members-author"):
        members_of([GENESIS, SECOND, THIRD, revenge])


def test_the_opener_is_on_the_list() -> None:
    with pytest.raises(NotAuthentic, match="members-author"):
        members_of([link([COLLEAGUE], by=CASEWORKER)])


@pytest.mark.parametrize(
    "chain",
    [
        [],
        [SECOND],
        [GENESIS, THIRD],
        [SECOND, GENESIS],
        [GENESIS, GENESIS],
        [GENESIS, link([CASEWORKER, STRANGER], by=CASEWORKER, after=link([CASEWORKER], by=CASEWORKER))],
    ],
    ids=["empty", "no genesis", "a gap", "reversed", "twice", "of another branch"],
)
def test_a_chain_with_a_link_missing_or_out_of_place_is_refused(chain: list[Opened]) -> None:
    with pytest.raises(NotAuthentic, match="members-chain"):
        members_of(chain)


@pytest.mark.parametrize("chain", [[GENESIS, SECOND], [GENESIS, SECOND, THIRD]])
def test_a_chain_goes_on_from_the_link_that_was_seen(chain: list[Opened]) -> None:
    assert members_of(chain, Mark(2, SECOND.sha256, 1))


def test_a_longer_chain_without_the_link_that_was_seen_is_another_one() -> None:
    fork = link([COLLEAGUE], by=CASEWORKER, after=GENESIS)
    theirs = [link([STRANGER], by=STRANGER)]
    for _ in range(3):
        theirs.append(link([STRANGER, CASEWORKER], by=STRANGER, after=theirs[-1]))

    for chain in ([GENESIS], [GENESIS, fork, link([COLLEAGUE], by=COLLEAGUE, after=fork)], theirs):
        with pytest.raises(Rollback, match="members-chain"):
            members_of(chain, Mark(2, SECOND.sha256, 1))


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
    header = replace(GENESIS.document.header, body=body)

    with pytest.raises(Malformed):
        members_of([replace(GENESIS, document=Document(header.line(), header, GENESIS.document.proof))])
