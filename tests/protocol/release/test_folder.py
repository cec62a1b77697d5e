"""What a folder says of a draw is what its ledger and its noisy counts do, whoever signs it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from app.protocol.release.budget import LIFE_CAP, PrivacyLoss
from app.protocol.release.composition import compose
from app.protocol.release.counts import NoisyCounts
from app.protocol.release.errors import ReleaseError
from app.protocol.release.folder import read_contents
from app.protocol.release.ledger import LEDGER, LedgerEntry, LedgerLine
from app.protocol.release.signatures import SIGNATURES
from app.protocol.release.sums import SUMS, sums
from app.vocabulary import workload
from tests.statistics.releases import folders

TOTAL = folders.noisy("T")
OTHER = "rel_" + "2" * 32
MAPS = folders.entry(TOTAL).maps
CORRECTION = {"draw": OTHER, "supersedes": "5" * 64, "correction": "Two cards were of one person."}


def told(
    drawn: NoisyCounts = TOTAL,
    *,
    line: LedgerLine | None = None,
    earlier: Sequence[LedgerEntry] = (),
    **changes: Any,
) -> dict[str, bytes]:
    """A folder whose every file follows from what is said: of this draw, charged by this line, after these."""
    own = replace(folders.entry(drawn), line=line or folders.line(drawn))
    about = replace(folders.about(drawn), **changes)
    return compose(drawn, about=about, ledger=[*earlier, own])


def after(first: LedgerLine, **changes: Any) -> LedgerLine:
    """The line of the release, which follows this one."""
    return replace(folders.line(TOTAL), seq=2, previous=first.sha256(), **changes)


def of(rho: int, **epsilon: float) -> PrivacyLoss:
    return PrivacyLoss(rho, {**folders.LOSSES[rho].epsilon, **epsilon})


def test_a_folder_says_what_was_drawn_and_all_draws_before() -> None:
    first = replace(folders.line(TOTAL), release=OTHER, period="2025-Q4")
    files = told(line=after(first), earlier=[LedgerEntry(first, folders.LOSSES[5_000].epsilon, MAPS)])

    contents = read_contents({**files, SIGNATURES: b"whatever"})

    assert (contents.counts, contents.ledger) == (TOTAL, (first, after(first)))
    assert contents.line.release == contents.about.release == folders.RELEASE


@pytest.mark.parametrize("changes", [{"period": "2026-Q1"}, {"workload": "Q"}, {"workload_sha256": "5" * 64}])
def test_the_last_line_of_the_ledger_is_of_this_draw(changes: dict[str, Any]) -> None:
    line = replace(folders.line(TOTAL), **changes)

    with pytest.raises(ReleaseError, match="does not end with this release"):
        read_contents(told(line=line))


def test_a_ledger_without_a_line_is_none() -> None:
    files = told() | {LEDGER: b'{"ledger": [\n  \n]}\n'}

    with pytest.raises(ReleaseError, match="ledger is not whole"):
        read_contents(files | {SUMS: sums({path: each for path, each in files.items() if path != SUMS})})


def test_a_draw_is_charged_whole_and_to_its_kind() -> None:
    line = folders.line(TOTAL)

    for changed, loss in ((replace(line, kind="quarter"), 5_000), (replace(line, rho_millionths=12_500), 12_500)):
        with pytest.raises(ReleaseError, match="another rho than the workload's"):
            read_contents(told(line=changed, this=of(loss), year=of(loss)))


def test_an_epsilon_of_an_earlier_draw_is_what_its_rho_means_too() -> None:
    first = replace(folders.line(TOTAL), release=OTHER, period="2025-Q4")

    with pytest.raises(ReleaseError, match="an epsilon of the ledger"):
        read_contents(told(line=after(first), earlier=[LedgerEntry(first, folders.LOSSES[12_500].epsilon, MAPS)]))


def test_the_year_costs_what_all_its_draws_do_and_no_other_years() -> None:
    quarter = workload("Q")
    first = replace(
        folders.line(TOTAL),
        release=OTHER,
        kind=quarter.kind.value,
        workload="Q",
        workload_sha256=quarter.sha256,
        rho_millionths=12_500,
    )
    epsilon, maps = folders.LOSSES[12_500].epsilon, folders.entry(folders.noisy()).maps
    both = PrivacyLoss(17_500, {"1e-5": 0.7389, "1e-6": 0.838, "1e-9": 1.0849})

    read_contents(told(line=after(first), earlier=[LedgerEntry(first, epsilon, maps)], year=both))
    for told_of, spent in ((first, of(5_000)), (replace(first, period="2025-Q4"), both)):
        with pytest.raises(ReleaseError, match="another budget"):
            read_contents(told(line=after(told_of), earlier=[LedgerEntry(told_of, epsilon, maps)], year=spent))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"release": OTHER}, "another draw"),
        ({"versions": {"tern": "0.1.0", "opendp": "0.15.0"}}, "another draw"),
        ({"versions": {"tern": "0.1.0"}}, "another draw"),
        ({"this": of(12_500)}, "another budget"),
        ({"year": of(12_500)}, "another budget"),
        ({"life": of(110_000)}, "another budget"),
        ({"this": of(5_000, **{"1e-9": 0.9})}, "epsilon"),
        ({"year": of(5_000, **{"1e-9": 0.9})}, "epsilon"),
        ({"life": of(LIFE_CAP, **{"1e-9": 0.9})}, "epsilon"),
    ],
)
def test_what_a_folder_says_of_its_draw_is_what_the_ledger_does(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ReleaseError, match=reason):
        read_contents(told(**changes))


@pytest.mark.parametrize("left_out", [*CORRECTION, None])
def test_a_folder_corrects_another_of_the_same_draw_with_all_that_it_says_of_it(left_out: str | None) -> None:
    changes: dict[str, Any] = {name: None if name == left_out else value for name, value in CORRECTION.items()}
    line = replace(folders.line(TOTAL), release=folders.RELEASE if left_out == "draw" else OTHER)

    if left_out:
        with pytest.raises(ReleaseError, match="corrects another, or it does not"):
            read_contents(told(line=line, **changes))
    else:
        about = read_contents(told(line=line, **changes)).about
        assert (about.release, about.charged_as) == (folders.RELEASE, OTHER)
        with pytest.raises(ReleaseError, match="another draw"):
            read_contents(told(**changes))


@pytest.mark.parametrize(("id_", "period"), [("T", "2026"), ("T", "2026-Q2"), ("Q", "2026-Q2"), ("XS", "2026")])
def test_a_workload_is_of_periods_of_its_kind(id_: str, period: str) -> None:
    read_contents(told(replace(folders.noisy(id_), period=period)))


@pytest.mark.parametrize(("id_", "period"), [("XS", "2026-Q2"), ("Q", "2026")])
def test_a_workload_is_of_no_period_of_another_kind(id_: str, period: str) -> None:
    with pytest.raises(ReleaseError, match="none of such a period"):
        read_contents(told(replace(folders.noisy(id_), period=period)))


def test_every_draw_is_of_a_quarter_or_a_year() -> None:
    first = replace(folders.line(TOTAL), release=OTHER, period="2026-Q5")

    with pytest.raises(ReleaseError, match="neither a quarter nor a year"):
        read_contents(told(line=after(first), earlier=[LedgerEntry(first, folders.LOSSES[5_000].epsilon, MAPS)]))


@pytest.mark.parametrize(
    ("changes", "maps"),
    [
        ({}, {}),
        ({}, {**MAPS, "origin": 0.001}),
        ({}, {"total": 0.0049}),
        ({"kind": "quarter"}, MAPS),
        ({"rho_millionths": 12_500}, MAPS),
    ],
)
def test_no_draw_of_before_is_told_to_have_cost_anything_else(changes: dict[str, Any], maps: dict[str, float]) -> None:
    first = replace(folders.line(TOTAL), release=OTHER, period="2025-Q4", **changes)
    earlier = LedgerEntry(first, folders.LOSSES[first.rho_millionths].epsilon, maps)

    with pytest.raises(ReleaseError, match="line 1 of the ledger tells another cost"):
        read_contents(told(line=after(first), earlier=[earlier]))


@pytest.mark.parametrize("changes", [{"workload": "old"}, {"workload_sha256": "5" * 64}])
def test_what_a_workload_cost_that_nobody_has_any_more_is_taken_as_it_was_told(changes: dict[str, Any]) -> None:
    first = replace(folders.line(TOTAL), release=OTHER, period="2025-Q4", **changes)
    earlier = LedgerEntry(first, folders.LOSSES[5_000].epsilon, {"total": 0.004})

    assert read_contents(told(line=after(first), earlier=[earlier])).ledger[0] == first


def test_a_ledger_in_which_a_period_is_drawn_again_is_refused() -> None:
    first = replace(folders.line(TOTAL), release=OTHER)
    earlier = LedgerEntry(first, folders.LOSSES[5_000].epsilon, MAPS)

    with pytest.raises(ReleaseError, match="draws a period again"):
        read_contents(told(line=after(first), earlier=[earlier]))
