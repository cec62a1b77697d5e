"""The lines of the audit chain, as a client follows them. What events may not be, the refusals say."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.protocol import audit_chain
from app.protocol.audit_chain import GENESIS, Event, followed, read_line
from app.protocol.encoding import canonical, parse_object, sha256_hex
from app.protocol.errors import Malformed, NotAuthentic

ACTOR, CASE = "per_" + "2" * 32, "case_" + "1" * 32


def written(*seqs: int, previous: str = GENESIS) -> Iterator[bytes]:
    """A line of each number, that names the one before it here."""
    for seq in seqs:
        line = audit_chain.line(
            seq=seq,
            hour="2026-06-15T09:00Z",
            actor=ACTOR,
            action="case.moved",
            object_=CASE,
            object_hash=None if seq == 1 else "c" * 64,
            previous=previous,
        )
        yield line
        previous = sha256_hex(line)


LINES = list(written(1, 2, 3, 4))


def test_a_chain_is_followed_line_by_line() -> None:
    events = list(followed(LINES))

    assert [(each.seq, each.previous, each.hash) for each in events] == [
        (seq, sha256_hex(LINES[seq - 2]) if seq > 1 else GENESIS, sha256_hex(LINES[seq - 1])) for seq in range(1, 5)
    ]
    assert events[0] == Event(1, "2026-06-15T09:00Z", ACTOR, "case.moved", CASE, None, GENESIS, sha256_hex(LINES[0]))
    assert audit_chain.verify(events) == sha256_hex(LINES[-1])


def test_what_is_left_of_a_chain_is_taken_from_its_first_line_on() -> None:
    assert [each.seq for each in followed(LINES[2:], first=3)] == [3, 4]


@pytest.mark.parametrize(
    ("lines", "first"),
    [
        (LINES[1:], 1),
        (list(written(1, previous="f" * 64)), 1),
        ([LINES[0], *LINES[2:]], 1),
        ([LINES[0], LINES[0]], 1),
        (LINES[2:], 2),
        ([*LINES[2:3], *written(4, previous="f" * 64)], 3),
        (list(written(3, 5)), 3),
    ],
    ids=[
        "the first missing",
        "after another",
        "one missing",
        "one twice",
        "further on",
        "no chain",
        "a number left out",
    ],
)
def test_a_line_that_does_not_follow_breaks_the_chain(lines: list[bytes], first: int) -> None:
    with pytest.raises(NotAuthentic, match=r"^audit-chain$"):
        list(followed(lines, first=first))


FIELDS = parse_object(LINES[1])


@pytest.mark.parametrize(
    "fields",
    [
        dict(reversed(FIELDS.items())),
        {name: value for name, value in FIELDS.items() if name != "object_hash"},
        FIELDS | {"more": 1},
        FIELDS | {"seq": "2"},
        FIELDS | {"seq": True},
        FIELDS | {"actor": None},
        FIELDS | {"object_hash": 1},
    ],
    ids=["another order", "a name less", "a name more", "a number in words", "a truth", "nobody", "a hash in numbers"],
)
def test_a_line_of_another_form_is_none_of_the_chain(fields: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        read_line(canonical(fields))


def test_the_acts_by_which_rows_of_their_object_go_are_known() -> None:
    assert {"withdrawal.done", "report.purged", "case.purged"} == audit_chain.DESTROYING
