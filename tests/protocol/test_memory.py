"""What the next machine of a person is told of what their others saw: written in one way, and read in no other."""

from typing import Any

import pytest

from app.protocol.chain import Mark
from app.protocol.encoding import MOST, sha256_hex
from app.protocol.errors import Malformed
from app.protocol.memory import Remembered, body, listed, read

A, B = "a" * 64, "b" * 64
CASE = Remembered("case.entry", "case_1", Mark(3, A))
KEY = Remembered("grant", "case_1", Mark(2, B, 7))
FORK = Remembered("case.entry", "case_1", Mark(2, B))
HEARD = listed("consent of case_1", "cons_1")
WRITTEN: dict[str, Any] = {
    "marks": {
        "case.entry": [["case_1", 2, B], ["case_1", 3, A]],
        "consent of case_1": ["cons_1"],
        "grant": [["case_1", 2, B, 7]],
    },
    "left_out": 0,
}
# Bytes of the four: as JSON, with their type and eight more each; and 1,024 for what stands around them.
SIZES = [79 + 10 + 8, 79 + 10 + 8, 8 + 17 + 8, 81 + 5 + 8]
ROOM = 1024 + sum(SIZES)


def test_marks_are_written_in_ascending_order_and_read_as_they_were() -> None:
    assert body([KEY, HEARD, CASE, FORK], most=ROOM) == WRITTEN
    assert read(WRITTEN) == [FORK, CASE, HEARD, KEY]
    assert read({"marks": {}, "left_out": 3}) == []


def test_of_what_a_list_held_its_hash_is_that_of_its_name() -> None:
    assert listed("consent of case_1", "cons_1").mark == Mark(1, sha256_hex(b"cons_1"))


def test_what_does_not_fit_is_left_out_from_the_end_and_counted() -> None:
    least = 1024 + SIZES[0]

    for left_out, most in ((1, ROOM - 1), (1, ROOM - SIZES[3]), (2, ROOM - SIZES[3] - 1), (3, least), (4, least - 1)):
        written = body([KEY, HEARD, CASE, FORK], most=most)
        assert written["left_out"] == left_out
        assert read(written) == [FORK, CASE, HEARD, KEY][: 4 - left_out]


def changed(**of_it: Any) -> dict[str, Any]:
    return WRITTEN | of_it


def with_entries(*entries: Any, type_: str = "grant") -> dict[str, Any]:
    return changed(marks={type_: list(entries)})


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"marks": {}},
        {"left_out": 0},
        changed(more=1),
        changed(left_out=True),
        changed(left_out=-1),
        changed(left_out="0"),
        changed(marks=[]),
        changed(marks={"grant": {}}),
        changed(marks={"grant": []}),
        changed(marks={"consent of case_1": {"cons_1": 1}}),
        changed(marks={"grant": [["case_1", 2, B]], "case.entry": []}),
        with_entries("cons_1"),
        with_entries(["cons_1", 1, A], type_="consent of case_1"),
        with_entries(7),
        with_entries(["case_1", 2]),
        with_entries(["case_1", 2, B, 1, 1]),
        with_entries([7, 2, B]),
        with_entries(["case_1", "2", B]),
        with_entries(["case_1", True, B]),
        with_entries(["case_1", -1, B]),
        with_entries(["case_1", MOST + 1, B]),
        with_entries(["case_1", 2, B, -1]),
        with_entries(["case_1", 2, B, MOST + 1]),
        with_entries(["case_1", 2, B[:-1]]),
        with_entries(["case_1", 2, 7]),
        with_entries(["case_1", 3, A], ["case_1", 2, B]),
        with_entries(["case_1", 2, A], ["case_1", 2, A]),
        with_entries(["case_1", 2, A], ["case_1", 2, B]),
        with_entries(["case_2", 2, A], ["case_1", 2, A]),
    ],
    ids=str,
)
def test_nothing_else_is_read(wrong: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        read(wrong)


def test_versions_and_generations_go_from_none_to_the_highest_number() -> None:
    for number in (0, MOST):
        (found,) = read(with_entries(["case_1", number, B, number]))
        assert found.mark == Mark(number, B, number)
