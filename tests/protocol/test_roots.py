"""What a root says, how it is written as a pin, and what it refuses beside its signatures."""

from dataclasses import replace
from typing import Any

import pytest

from app.protocol.chain import Mark
from app.protocol.documents import Document, signed
from app.protocol.encoding import b64
from app.protocol.errors import Malformed, NotAuthentic
from app.protocol.roots import Paper, Pin, Root, check_contains, make_root, org_of, propose_root, root_body, root_words
from app.vocabulary import Role
from tests.protocol.organisation import DAY, ORG, ROOT, SUPERVISOR, person

FIRST = Root.read(ROOT)
HASH = "ab" * 32
BODY = root_body([SUPERVISOR.certified], k=1, papers={})
NEXT = propose_root(BODY, after=FIRST, org=ORG, signer=SUPERVISOR.signer, on=DAY)


def saying(**changes: Any) -> Document:
    """A next root that says something else."""
    return signed(replace(NEXT.header, body=BODY | changes), SUPERVISOR.signer)


@pytest.mark.parametrize("pin", [ORG, f"{ORG}.2.{HASH}", f"{ORG}.10.{HASH}", f"{ORG}.{'9' * 15}.{HASH}"])
def test_a_pin_is_written_as_it_is_read(pin: str) -> None:
    assert str(Pin.read(pin)) == pin


def test_a_pin_of_the_first_root_is_the_name_of_the_organisation() -> None:
    assert Pin.read(ORG) == Pin(ORG, Mark(1, ORG))
    assert Pin.read(f"{ORG}.2.{HASH}") == Pin(ORG, Mark(2, HASH))


@pytest.mark.parametrize(
    "version", ["1", "0", "-2", "02", "+2", " 2", "2_0", "two", "", "٢", "1" + "0" * 15, "9" * 5_000], ids=str
)
def test_a_pin_of_another_form_is_refused(version: str) -> None:
    for text in (f"{ORG}.{version}.{HASH}", f"{ORG}.{version}", f"{ORG}.2.{HASH}.{version}"):
        with pytest.raises(Malformed):
            Pin.read(text)


@pytest.mark.parametrize(
    "changes",
    [
        {"kept": ["b" * 64, "a" * 64]},
        {"kept": ["a" * 64, "a" * 64]},
        {"k": 0},
        {"k": 2},
        {"supervisors": 5},
        {"supervisors": {}},
        {"supervisors": []},
        {"supervisors": [5]},
        {"paper": [{"id": "pap_" + "0" * 32, "key": 5}], "k": 1},
        {"paper": 5},
        {"more": 1},
    ],
)
def test_a_next_root_of_another_form_is_refused(changes: dict[str, Any]) -> None:
    assert Root.read(saying(kept=["a" * 64, "b" * 64])).kept == ("a" * 64, "b" * 64)
    with pytest.raises(Malformed):
        Root.read(saying(**changes))


def test_what_is_no_root_says_nothing_as_one() -> None:
    with pytest.raises(Malformed):
        Root.read(signed(replace(NEXT.header, type="intake"), SUPERVISOR.signer))


def test_the_first_root_is_the_one_that_was_pinned_and_belongs_to_no_other_before() -> None:
    FIRST.check_first(ORG)

    for root, pin in ((FIRST, HASH), (Root.read(NEXT), org_of(NEXT))):
        with pytest.raises(NotAuthentic) as failure:
            root.check_first(pin)
        assert failure.value.reason == "pin"


def test_of_its_keys_as_many_can_be_lost_as_it_does_not_need() -> None:
    people = [person(Role.SUPERVISOR) for _ in range(3)]
    papers = [Paper("paper_" + "0" * 32, bytes(16))]
    root = make_root([each.certified for each in people], people[0].signer, on=DAY, k=3, papers=papers)

    assert (FIRST.spare, Root.read(root).spare) == (0, 1)
    assert b64(papers[0].signer.public_key) in ROOT.text.decode() + root.text.decode()


def test_people_compare_a_root_by_twelve_words_of_its_own() -> None:
    assert len(FIRST.words.split()) == 12
    assert FIRST.words == root_words(ORG) != root_words(HASH)


def test_where_no_root_is_known_any_chain_has_it() -> None:
    check_contains([], None)
    check_contains([FIRST], FIRST.mark)
