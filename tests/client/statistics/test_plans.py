"""What a release would cost and bear, told from public numbers alone."""

from dataclasses import replace

import pytest

from app import vocabulary
from app.client.statistics.plans import planned
from app.protocol.release.family import Estimate
from app.protocol.release.grades import shown
from app.protocol.release.ledger import LedgerError, LedgerLine, read_lines, write_lines
from app.protocol.release.page import told_tables
from tests.statistics.releases import folders

QUARTER = vocabulary.workload("Q")


def test_a_plan_tells_what_is_left_and_what_was_drawn_already() -> None:
    drawn = [folders.line(folders.noisy("Q"))]

    of_this, of_next = (planned(drawn, QUARTER, period=period) for period in ("2026-Q2", "2026-Q3"))
    of_year = planned(drawn, vocabulary.workload("M"), period="2026")

    assert (of_this.cost, of_this.left, of_this.is_drawn, of_this.is_borne) == (12_500, 0, True, False)
    assert (of_next.left, of_next.is_drawn, of_next.is_borne) == (12_500, False, True)
    assert (of_year.cost, of_year.left, of_year.is_borne) == (110_000, 110_000, True)


@pytest.mark.parametrize("workload", vocabulary.all_workloads().values(), ids=lambda workload: workload.id)
def test_a_plan_says_from_how_many_persons_a_number_has_which_grade(workload: vocabulary.Workload) -> None:
    plan = planned([], workload, period="2026")

    for table in plan.tables:
        sizes = {"tables": len(plan.tables), "cells": table.cells}
        surely = shown(Estimate(table.sure_from + 1, table.sd), **sizes)
        unclear = shown(Estimate(table.told_from - table.sd / 2 - 2, table.sd), **sizes)
        assert (surely.grade, unclear.grade) == ("A", "D")
        assert table.told_from <= table.rough_from <= table.sure_from


def test_a_plan_expects_the_grades_that_the_same_numbers_would_get_under_its_noise() -> None:
    quarter = folders.noisy("Q", persons=2_000)

    same = planned([], QUARTER, period="2026-Q3", before=quarter)
    smaller = planned([], vocabulary.workload("S"), period="2026-Q3", before=quarter)
    blind = planned([], QUARTER, period="2026-Q3")

    told = {told.table.name: [cell.own.grade for cell in told.cells] for told in told_tables(quarter)}
    assert {each.table: [cell.expected for cell in each.expected] for each in same.tables} == told
    assert (same.like, blind.like) == ("2026-Q2", None)
    (origin,) = (each for each in smaller.tables if each.table == "origin")
    assert sum(cell.expected == "A" for cell in origin.expected) > sum(grade == "A" for grade in told["origin"])
    assert origin.numbers()["A"] == sum(cell.expected == "A" for cell in origin.expected)
    assert {each.numbers()["A"] for each in blind.tables} == {None}
    assert next(each.table for each in smaller.tables if not each.expected) == "target_group"


def test_a_ledger_that_is_not_whole_is_planned_by_nobody() -> None:
    line = folders.line(folders.noisy("Q"))
    content = write_lines([line])

    assert read_lines(content) == (line,)
    for wrong in (b"{}\n", b"[", content + content, content[:-1], write_lines([replace(line, seq=2)])):
        with pytest.raises(LedgerError):
            read_lines(wrong)
    assert read_lines(b"") == ()
    assert isinstance(line, LedgerLine)
