"""How many persons stand in cells that may be quoted, and how often the intervals hold, for invented people.

The deviations are exact whatever the data; the shares are those of a population with this skew, and no real one's.
"""

import math
import statistics

from app import vocabulary
from app.cli.demo_population import population
from app.protocol.release.counts import NoisyCounts
from app.protocol.release.family import Estimate, estimates
from app.protocol.release.grades import Grade, half_width, shown
from app.statistics.releases.noise import DiscreteGaussian, draw
from app.vocabulary import Workload
from tests.statistics.releases.counted import count_of

# Persons, the workload that is made for as many, and how often its noise is drawn.
TIERS = ((500, "S", 40), (2_000, "Q", 40), (2_000, "M", 20), (10_000, "L", 10), (100_000, "L", 20))


def run() -> list[dict[str, str | float]]:
    """A row a table."""
    return [row for persons, name, draws in TIERS for row in measure(persons, vocabulary.workload(name), draws)]


def measure(persons: int, workload: Workload, draws: int) -> list[dict[str, str | float]]:
    true = count_of(population(persons, b"accuracy"), workload, period="2026")
    drawn = [_drawn(workload, true) for _ in range(draws)]
    return [
        {
            "persons": f"{persons:,}",
            "workload": workload.id,
            "table": table.name,
            **_of_table(true[table.name], [each[place] for each in drawn], tables=len(workload.tables)),
        }
        for place, table in enumerate(workload.tables)
    ]


def _drawn(workload: Workload, true: dict[str, tuple[int, ...]]) -> tuple[tuple[Estimate, ...], ...]:
    tables = draw(workload, true, DiscreteGaussian())
    return estimates(NoisyCounts(period="2026", workload=workload, tables=tables))


def _of_table(true: tuple[int, ...], drawn: list[tuple[Estimate, ...]], *, tables: int) -> dict[str, str | float]:
    told = [
        (persons, own, shown(own, tables=tables, cells=len(true)))
        for of_table in drawn
        for persons, own in zip(true, of_table, strict=True)
    ]
    quoted = sum(persons for persons, _, cell in told if cell.grade in (Grade.A, Grade.B))
    grades = "/".join(str(round(sum(cell.grade == grade for *_, cell in told) / len(drawn))) for grade in "ABC")
    return {
        "sd": round(max(own.sd for own in drawn[0]), 1),
        "measured": round(math.sqrt(statistics.fmean((own.value - persons) ** 2 for persons, own, _ in told)), 1),
        "A/B/C": grades,
        "quoted %": round(100 * quoted / max(1, len(drawn) * sum(true))),
        "held %": round(
            100 * statistics.fmean(abs(own.value - persons) <= half_width(own.sd) for persons, own, _ in told), 1
        ),
        "shown %": round(100 * statistics.fmean(cell.lower <= persons <= cell.upper for persons, _, cell in told), 1),
    }
