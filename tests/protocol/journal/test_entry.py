"""What an entry may say: each object has its members, and no others, each of its form and within its bounds."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from app.protocol import journal
from app.protocol.encoding import MOST
from app.protocol.errors import Malformed
from app.protocol.journal import (
    MOST_PART_KEYS,
    MOST_REPORT_KEYS,
    Checkpoint,
    EndReason,
    Entry,
    HeldNote,
    KeyNote,
    Moved,
    Origin,
    PartNote,
    ReportNote,
)
from app.protocol.members import MemberList

HASH = "0" * 64
CASE, OTHER = "case_" + "1" * 32, "case_" + "2" * 32
PEOPLE = tuple(f"per_{number:032x}" for number in range(20))
PARTS = tuple(f"part_{number:032x}" for number in range(3))
REPORT = "rep_" + "1" * 32


def saying_all(number: int) -> Entry:
    """All that there is to say, each version and generation this number."""
    return Entry(
        parts=(
            PartNote(PARTS[0], "part.case", number, HASH),
            PartNote(PARTS[1], "part.person", number, HASH, "psn_" + "1" * 32, Origin(OTHER, PARTS[2], number, HASH)),
            PartNote(PARTS[2], "part.case", number, None, reason=EndReason.MOVED, to=OTHER),
        ),
        members=MemberList(frozenset(PEOPLE[:2]), PEOPLE[0]),
        keys=(KeyNote(CASE, number, HASH),),
        held=(HeldNote(PARTS[0], frozenset(PEOPLE[:2])), HeldNote(PARTS[1], frozenset(PEOPLE[:1]))),
        reports=(ReportNote(REPORT, HASH),),
        approval="",
        ended=("", ""),
        checkpoint=Checkpoint(HASH, (HASH,) * 20),
        lent=PEOPLE,
        without=PEOPLE,
        recovery="",
        confirmed=PEOPLE,
        moved=Moved(OTHER, (REPORT,), whole=True),
    )


@pytest.mark.parametrize("number", [1, MOST], ids=["lowest", "highest"])
def test_all_that_there_is_to_say_is_read_as_it_was_written_up_to_its_bounds(number: int) -> None:
    said = saying_all(number)

    assert journal.read(said.body()) == said


def test_nothing_else_is_an_entry() -> None:
    for body in others(saying_all(1).body()):
        with pytest.raises(Malformed):
            journal.read(body)


def others(value: object) -> Iterator[Any]:
    """The same with a member less or more, a list that is none, a value of another kind or beyond its bounds."""
    match value:
        case dict():
            yield {**value, "more": 1}
            for key, each in value.items():
                yield {other: value[other] for other in value if other != key}
                yield from ({**value, key: another} for another in others(each))
        case list():
            yield {}
            if not any(isinstance(each, dict) for each in value):
                yield dict.fromkeys(value)
            for place, each in enumerate(value):
                yield from ([*value[:place], another, *value[place + 1 :]] for another in others(each))
        case bool():
            yield int(value)
        case int():
            yield from (0, MOST + 1, True, str(value))
        case _:
            yield []


@pytest.mark.parametrize(
    "said",
    [
        Entry(held=(HeldNote(PARTS[0], frozenset(PEOPLE[:1])), HeldNote(PARTS[0], frozenset(PEOPLE[1:2])))),
        Entry(checkpoint=Checkpoint(HASH, (HASH,) * 21)),
        Entry(ended=("",) * 3),
        Entry(lent=(*PEOPLE, PEOPLE[0])),
        Entry(confirmed=(*PEOPLE, PEOPLE[0])),
        replace(saying_all(1), moved=Moved(CASE)),
    ],
    ids=["holders twice", "more pieces", "more certificates", "more loans", "more confirmed", "a part to elsewhere"],
)
def test_an_entry_says_each_thing_once_and_no_more_than_fits(said: Entry) -> None:
    with pytest.raises(Malformed):
        journal.read(said.body())


def test_so_many_keys_turn_by_one_request() -> None:
    assert (MOST_PART_KEYS, MOST_REPORT_KEYS) == (20, 20)
