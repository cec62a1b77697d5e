"""How long a release of 100,000 cards takes from opened cards to a composed folder, and how much memory."""

import json
import resource
import subprocess
import sys
import time
from itertools import islice

from app import vocabulary
from app.cli.demo_population import population
from app.protocol.release.composition import compose
from app.protocol.release.counts import NoisyCounts
from app.statistics.releases.noise import DiscreteGaussian, draw
from tests.statistics.releases import folders
from tests.statistics.releases.counted import count_of

CARDS = 100_000


def run() -> list[dict[str, str | float]]:
    """One row: seconds by step and the peak of resident memory, measured in a process of its own."""
    measured = subprocess.run([sys.executable, "-m", __name__], capture_output=True, text=True, check=True)
    rows: list[dict[str, str | float]] = json.loads(measured.stdout)
    return rows


def measure() -> list[dict[str, str | float]]:
    quarter = vocabulary.workload("Q")
    cards = list(islice(population(CARDS // 2, b"speed"), CARDS))
    started = time.perf_counter()
    counts = count_of(cards, quarter, period="2026-Q2")
    counted = time.perf_counter()
    drawn = NoisyCounts(period="2026-Q2", workload=quarter, tables=draw(quarter, counts, DiscreteGaussian()))
    noised = time.perf_counter()
    files = compose(drawn, about=folders.about(drawn), ledger=[folders.entry(drawn)])
    composed = time.perf_counter()
    return [
        {
            "what": f"a quarter's release of {len(cards):,} cards",
            "counted_seconds": round(counted - started, 2),
            "drawn_seconds": round(noised - counted, 2),
            "composed_seconds": round(composed - noised, 2),
            "seconds": round(composed - started, 2),
            "folder_kib": round(sum(map(len, files.values())) / 1024),
            "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        }
    ]


if __name__ == "__main__":
    print(json.dumps(measure()))  # noqa: T201 - its output is what `run` reads
