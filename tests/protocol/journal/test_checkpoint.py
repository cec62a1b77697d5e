"""A checkpoint says all that a journal came to, in one way, and is read as that."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from app.protocol import journal
from app.protocol.chain import Mark
from app.protocol.encoding import MOST, canonical
from app.protocol.errors import Malformed
from app.protocol.journal import (
    MOST_PIECES,
    EndReason,
    Journal,
    Loan,
    NamedVersion,
    Origin,
    PartNote,
    Recovered,
    ReportNote,
    Seconded,
)
from app.protocol.members import Members

HASH, OTHER_HASH = "0" * 64, "1" * 64
CASE, OTHER = "case_" + "1" * 32, "case_" + "2" * 32
PERSON, SECOND = "per_" + "1" * 32, "per_" + "2" * 32
OWN, COMMON, REPORT, APPROVAL = "part_" + "1" * 32, "part_" + "2" * 32, "rep_" + "1" * 32, "apr_" + "1" * 32
DAY, LATER = date(2026, 6, 15), date(2026, 6, 16)
FOUND = Journal(
    case=CASE,
    members=Members(frozenset([SECOND]), frozenset([PERSON, SECOND]), PERSON, SECOND),
    mark=Mark(7, HASH, 2),
    author=SECOND,
    day=LATER,
    # A part's own key turns by itself, and may be further than that of its case.
    keys={(CASE, 1): HASH, (CASE, 2): OTHER_HASH, (OWN, 5): HASH, (REPORT, 1): HASH},
    reports=(ReportNote(REPORT, HASH),),
    parts={
        OWN: (NamedVersion(PartNote(OWN, "part.identity", 3, HASH, "psn_" + "1" * 32), PERSON, DAY, 4, 5),),
        COMMON: (
            NamedVersion(PartNote(COMMON, "part.case", 2, None, reason=EndReason.MOVED, to=OTHER), SECOND, LATER, 6, 2),
        ),
    },
    origins=frozenset([Origin(OTHER, COMMON, 1, HASH), Origin(OTHER, OWN, 2, HASH)]),
    loans=(Loan(SECOND, PERSON, DAY, 2),),
    seconded=(Seconded(APPROVAL, SECOND, 6),),
    recovered=(Recovered(frozenset([SECOND]), PERSON, SECOND, DAY, 3, LATER),),
    held={OWN: frozenset([PERSON, SECOND])},
    keyed={OWN: 4, REPORT: 2},
    guests={SECOND: LATER},
    turned=5,
    holders=frozenset([PERSON, SECOND]),
    checkpoint=4,
    since=7,
    merged_into=OTHER,
)


@pytest.mark.parametrize(
    "found",
    [
        FOUND,
        replace(FOUND, merged_into=None, members=replace(FOUND.members, owner=None), checkpoint=0),
        replace(FOUND, recovered=(replace(FOUND.recovered[0], until=None),)),
    ],
    ids=["with all that there is", "owned by nobody and merged into none", "recovered for good"],
)
def test_a_journal_is_read_from_its_checkpoint_as_it_was(found: Journal) -> None:
    assert journal.summed_up(journal.summary(found)) == found


# Where a number stands in it, and the lowest that may.
NUMBERS: dict[tuple[str | int, ...], int] = {
    ("entry", "n"): 1,
    ("keys", 0, 1): 1,
    ("keyed", 0, 1): 1,
    ("parts", 0, 2): 1,
    ("parts", 0, 10): 1,
    ("parts", 0, 11): 0,
    ("origins", 0, "version"): 1,
    ("loans", 0, 3): 1,
    ("seconded", 0, 2): 1,
    ("recovered", 0, 4): 1,
    ("turned",): 1,
    ("checkpoint",): 0,
}


@pytest.mark.parametrize("path", NUMBERS, ids=str)
def test_a_checkpoint_has_no_number_that_an_entry_could_not_have(path: tuple[str | int, ...]) -> None:
    # With one key of the case, whose generation may then be any.
    body = json.loads(journal.summary(replace(FOUND, keys={(CASE, 2): HASH})))

    for number in (NUMBERS[path], MOST):
        assert journal.summary(journal.summed_up(_with(body, path, number))) == _with(body, path, number)
    for number in (NUMBERS[path] - 1, MOST + 1):
        with pytest.raises(Malformed):
            journal.summed_up(_with(body, path, number))


def _with(body: dict[str, Any], path: tuple[str | int, ...], number: int) -> bytes:
    changed: Any = json.loads(json.dumps(body))
    *outer, last = path
    place = changed
    for each in outer:
        place = place[each]
    place[last] = number
    return canonical(changed)


def test_a_checkpoint_fills_as_many_pieces_as_there_may_be_of_the_length_that_fits() -> None:
    full = b"x" * (MOST_PIECES * 700_000)

    assert len(journal.pieces(full)) == MOST_PIECES == 20
    assert len(journal.pieces(full[:700_001])) == 2
    with pytest.raises(Malformed):
        journal.pieces(full + b"x")
