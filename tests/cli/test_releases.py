"""A release in the terminal."""

import json
from pathlib import Path

import pytest

from app.cli.releases import bar
from app.client.statistics.releases import save
from app.protocol.release.family import Estimate
from app.protocol.release.grades import shown
from tests.cli.command import tern
from tests.statistics.releases import folders


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("released") / "Q"
    save(folders.signed(folders.unsigned(folders.noisy())), path)
    return path


def test_a_release_is_read_in_the_terminal_in_the_words_to_quote(folder: Path) -> None:
    ran = tern("release", "show", str(folder), "--table", "severity")

    assert ran.out.startswith("About ")
    assert "Severity of the gravest act" in ran.out
    assert "Life or liberty" in ran.out


def test_a_program_gets_every_row(folder: Path) -> None:
    told = json.loads(tern("release", "show", str(folder), "--json").out)

    assert len(told["rows"]) == 1 + 251 + 251 + 9 + 4
    assert told["rows"][0]["row"] == "All persons"


def test_a_table_that_is_not_there_and_a_folder_that_was_changed_are_refused(folder: Path, tmp_path: Path) -> None:
    absent = tern("release", "show", str(folder), "--table", "nothing")
    save({**folders.signed(folders.unsigned(folders.noisy())), "data/host.csv": b"x\n"}, tmp_path / "changed")
    changed = tern("release", "show", str(tmp_path / "changed"))

    assert (absent.code, "one of: total, origin" in absent.err) == (2, True)
    assert (changed.code, "data/host.csv" in changed.err) == (3, True)


@pytest.mark.parametrize(("period", "workload"), [("2026", "Q"), ("2026-Q2", "S"), ("2026-Q2", "L"), ("2026", "XL")])
def test_nothing_is_planned_that_cannot_be_asked_for(period: str, workload: str) -> None:
    ran = tern("release", "plan", period, workload)

    assert (ran.code, "Invalid value for workload" in ran.err) == (2, True)


def test_a_bar_goes_from_bound_to_bound_and_what_is_not_clear_begins_at_zero() -> None:
    clear, unclear = (shown(Estimate(value, 7), tables=12, cells=9) for value in (138.6, 9.0))

    assert bar(clear, 200, width=21) == " " * 12 + "==o=="
    assert bar(unclear, 200, width=21) == "///"
