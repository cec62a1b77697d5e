"""The picture of a table: how far its axis goes, and what becomes of a long name."""

import re

import pytest

from app.protocol.release.chart import chart
from app.protocol.release.family import Estimate
from app.protocol.release.grades import shown
from app.protocol.release.words import words


def drawn(label: str, value: float, *, sd: float = 1) -> str:
    return chart("Persons", [(label, shown(Estimate(value, sd), tables=1, cells=1))], words=words("en")).decode()


@pytest.mark.parametrize(
    ("value", "sd", "ticks"),
    [
        (1, 0.1, ["0", "1", "2", "3", "4"]),
        (70, 1, ["0", "19", "38", "57", "76"]),
        (95, 2, ["0", "30", "60", "90", "120"]),
        (1_000, 2, ["0", "300", "600", "900", "1,200"]),
    ],
)
def test_an_axis_is_told_in_whole_persons_at_each_of_its_ticks_and_holds_every_bound(
    value: float, sd: float, ticks: list[str]
) -> None:
    told = re.findall(r"<text [^>]*text-anchor[^>]*>([^<]+)", drawn("Acts", value, sd=sd))

    assert told == ticks


def test_a_name_of_more_than_fifty_characters_is_cut_and_said_whole_in_the_description() -> None:
    for label, shortened in (("n" * 50, "n" * 50), ("n" * 51, "n" * 49 + "…"), ("n" * 70, "n" * 49 + "…")):
        picture = drawn(label, 70)
        assert f">{shortened}</text>" in picture
        assert f"<desc>{label}: " in picture
