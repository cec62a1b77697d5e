"""Each value in a part is held to its type, and to the codes that there are."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.protocol.case import APPROVERS, GRAVE, REVIEWED_WITHIN, SETTLED, PartType, RuleBroken, Said, check, values
from app.protocol.errors import Malformed
from tests.protocol.case.scene import FILE, said_of

EACH = {said.type: said for said in said_of(FILE)}
CODES = {
    PartType.ASSESSMENT: ("level", "imminence"),
    PartType.PLAN: ("status",),
    PartType.TASK: ("kind",),
    PartType.NOTE: ("step",),
    PartType.CLOSING: ("reason", "outcome", "retention"),
}


def of_another_kind(value: object) -> Iterator[object]:
    match value:
        case bool():
            yield from (int(value), str(value))
        case int():
            yield from (True, str(value), float(value))
        case list() | dict():
            yield from ("text", 7)
        case _:
            yield from (7, True, [], {})


@pytest.mark.parametrize("type_", EACH)
def test_a_value_of_another_kind_is_of_no_part(type_: str) -> None:
    said = EACH[type_]

    check(replace(said))
    for name, value in said.body.items():
        for other in of_another_kind(value):
            with pytest.raises((Malformed, RuleBroken)):
                check(replace(said, body={**said.body, name: other}))


@pytest.mark.parametrize("type_", CODES)
def test_what_the_work_leaves_is_said_in_codes_that_there_are(type_: PartType) -> None:
    said: Said = EACH[type_]

    for name in CODES[type_]:
        with pytest.raises(Malformed):
            check(replace(said, body={**said.body, name: "whatever"}))


def test_what_may_be_nothing_is_a_text_or_nothing() -> None:
    assert (values.text_or_none(None), values.text_or_none("rel_d")) == (None, "rel_d")
    with pytest.raises(TypeError):
        values.text_or_none(7)
    note = EACH[PartType.NOTE]
    check(replace(note, body={**note.body, "step": None}))


def test_who_approves_what_the_work_leaves_and_how_long_a_danger_may_be_relied_on_as_it_was_judged() -> None:
    assert {"caseworker", "supervisor"} == APPROVERS
    assert {"high", "critical"} == GRAVE
    assert {"agreed", "declined"} == SETTLED
    assert REVIEWED_WITHIN == {"p1": 3, "p2": 14, "p3": 30, "p4": 90}
