"""`make bench`: every benchmark in turn, each a table of ratios within one run."""

from collections.abc import Callable, Mapping, Sequence

from rich.console import Console
from rich.table import Table

from tests.bench import (
    age_speed,
    alike,
    audit_speed,
    beside_draw,
    case_speed,
    draw_speed,
    intake_speed,
    list_speed,
    page_speed,
    queue_speed,
    release_accuracy,
    release_speed,
    serve_speed,
    settle_speed,
    start_speed,
)

BENCHMARKS: Mapping[str, Callable[[], Sequence[Mapping[str, object]]]] = {
    "age: 100 MB": age_speed.run,
    "Intake": intake_speed.run,
    "Intake among many reports": intake_speed.run_grown,
    "Intake by two processes": intake_speed.run_beside,
    "Intake with shred keys": intake_speed.run_with_keys,
    "Lists": list_speed.run,
    "A queue": queue_speed.run,
    "The start of the service": serve_speed.run,
    "A case": case_speed.run,
    "The settling of a day": settle_speed.run,
    "The report page": page_speed.run,
    "A release of 100,000 cards": release_speed.run,
    "A draw": draw_speed.run,
    "Others beside a draw": beside_draw.run,
    "What of a release can be quoted": release_accuracy.run,
    "A command": start_speed.run,
    "The audit chain": audit_speed.run,
    "Forbidden or absent": alike.run,
}


def main() -> None:
    console = Console()
    for title, run in BENCHMARKS.items():
        rows = run()
        table = Table(*rows[0], title=title, title_justify="left")
        for row in rows:
            table.add_row(*(f"{value:.2f}" if isinstance(value, float) else str(value) for value in row.values()))
        console.print(table)


if __name__ == "__main__":
    main()
