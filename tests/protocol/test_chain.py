"""The law of a version chain, whatever it is a chain of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.protocol import chain
from app.protocol.chain import Link, Mark
from app.protocol.encoding import sha256_hex
from app.protocol.errors import NotAuthentic, Rollback


def chain_of(length: int, *, branch: str = "", generation: int | None = None) -> list[Link]:
    links: list[Link] = []
    for number in range(1, length + 1):
        version, previous = chain.after(links[-1].mark if links else None)
        links.append(Link(Mark(version, sha256_hex(f"{branch}{number}".encode()), generation), previous))
    return links


def marks(links: list[Link]) -> list[Mark]:
    return [link.mark for link in links]


CHAIN = chain_of(4)
BRANCH = [*CHAIN[:2], Link(Mark(3, "b3"), CHAIN[1].mark.sha256), Link(Mark(4, "b4"), "b3"), Link(Mark(5, "b5"), "b4")]


def test_versions_count_from_1_and_name_the_one_before() -> None:
    assert [(link.mark.version, link.previous) for link in CHAIN[:2]] == [(1, None), (2, CHAIN[0].mark.sha256)]


@given(st.integers(0, 6))
def test_a_chain_from_its_first_on_is_whole(length: int) -> None:
    chain.check_whole(chain_of(length), reason="a-chain")


@given(st.permutations(range(4)).filter(lambda order: order != sorted(order)))
def test_a_chain_in_another_order_is_refused(order: list[int]) -> None:
    with pytest.raises(NotAuthentic, match="a-chain"):
        chain.check_whole([CHAIN[place] for place in order], reason="a-chain")


@pytest.mark.parametrize("place", range(3))
def test_a_chain_without_one_of_its_links_is_refused(place: int) -> None:
    with pytest.raises(NotAuthentic, match="a-chain"):
        chain.check_whole(CHAIN[:place] + CHAIN[place + 1 :], reason="a-chain")


@pytest.mark.parametrize(
    "link",
    [Link(Mark(3, "c"), "a"), Link(Mark(1, "c"), None), Link(Mark(2, "c"), None), Link(Mark(2, "c"), "b")],
    ids=["a version left out", "the first again", "after nothing", "after another"],
)
def test_what_does_not_follow_is_refused(link: Link) -> None:
    chain.check_next(Link(Mark(2, "c"), "a"), Mark(1, "a"), reason="a-chain")

    with pytest.raises(NotAuthentic, match="a-chain"):
        chain.check_next(link, Mark(1, "a"), reason="a-chain")


def test_a_chain_goes_on_from_what_was_seen() -> None:
    for seen in (None, *marks(CHAIN)):
        chain.check_contains(marks(CHAIN), seen, reason="a-chain")


@pytest.mark.parametrize("shown", [[], CHAIN[:3], BRANCH], ids=["nothing", "without its end", "another that is longer"])
def test_a_chain_without_what_was_seen_is_a_rollback(shown: list[Link]) -> None:
    with pytest.raises(Rollback, match="a-chain"):
        chain.check_contains(marks(shown), CHAIN[-1].mark, reason="a-chain")


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        (Link(Mark(2, "b", 2), "a"), "version"),
        (Link(Mark(3, "x", 2), "b"), "version"),
        (Link(Mark(4, "d", 2), "x"), "previous"),
        (Link(Mark(4, "d", 1), "c"), "generation"),
        (Link(Mark(9, "i", None), "h"), "generation"),
    ],
)
def test_less_than_what_was_seen_is_a_rollback(link: Link, reason: str) -> None:
    with pytest.raises(Rollback, match=reason):
        chain.check_not_older(link, Mark(3, "c", 2))


@pytest.mark.parametrize(
    "link",
    [Link(Mark(3, "c", 2), "b"), Link(Mark(4, "d", 2), "c"), Link(Mark(4, "d", 3), "c"), Link(Mark(9, "i", 2), "h")],
)
def test_what_was_seen_and_what_comes_after_it_are_taken(link: Link) -> None:
    chain.check_not_older(link, Mark(3, "c", 2))
    chain.check_not_older(link, None)


def test_the_higher_of_two_marks_is_remembered() -> None:
    lower, higher = Mark(2, "b"), Mark(3, "c")

    assert chain.newest(None, lower) == lower
    assert chain.newest(lower, higher) == chain.newest(higher, lower) == chain.newest(higher, higher) == higher


def test_two_files_of_one_version_are_a_rollback() -> None:
    with pytest.raises(Rollback, match="version"):
        chain.newest(Mark(2, "b"), Mark(2, "x"))


def test_in_a_place_that_was_never_seen_stands_anything_and_then_only_that() -> None:
    mark = Mark(1, "a")

    for seen in (None, mark):
        chain.check_same(mark, seen, reason="ledger")
    for seen in (Mark(1, "b"), Mark(2, "a"), Mark(1, "a", 1)):
        with pytest.raises(Rollback, match="ledger"):
            chain.check_same(mark, seen, reason="ledger")
