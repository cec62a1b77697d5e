"""What a draw costs beside opening the same cards and verifying both of their signatures, on the same cores.

Told in seconds of processor, its own and its children's, so that what else the machine does matters little. Of more
cards than are sealed here (`python -m tests.bench.draw_speed 1000000`) each sealed one is opened again and again, and
counted as another.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from os import sched_getaffinity

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app import age, vocabulary
from app.cli.demo_population import population
from app.protocol import card as cards_
from app.protocol.certificates import Trust
from app.protocol.documents import bytes_signed
from app.protocol.encoding import sha256_hex, unb64
from app.statistics.releases import opening
from app.statistics.releases.accounts import Accounts, growth, name_of
from app.statistics.releases.counting import count
from app.statistics.releases.noise import DiscreteGaussian, draw
from app.statistics.releases.opening import Opener, Page, SealedCard
from app.statistics.releases.runs import PAGE
from tests.statistics.conftest import PIN, ROOT, STATISTICS, seal_card

CARDS = 20_000
SAMPLE = 4_000


def run() -> list[dict[str, str | float]]:
    """One row, measured in a process of its own."""
    measured = subprocess.run([sys.executable, "-m", __name__], capture_output=True, text=True, check=True)
    rows: list[dict[str, str | float]] = json.loads(measured.stdout)
    return rows


def measure(number: int = CARDS) -> list[dict[str, str | float]]:
    cards = population(CARDS // 2, b"speed")[:CARDS]
    rows = [
        SealedCard(
            "2026-Q3", sha256_hex(card.id.encode()), cards_.revision_sha256(card.id, card.revision), seal_card(card)
        )
        for card in cards
    ]
    least = _bare(rows[:SAMPLE]) * number / SAMPLE
    began, cost = time.perf_counter(), _processor()
    found = opening.opened(_pages(rows, number), Opener([STATISTICS], Trust.pinned(ROOT, PIN)))
    own = [each.card for each in found if isinstance(each.card, cards_.StatCard)]
    quarter = vocabulary.workload("Q")
    tables = draw(quarter, count(own, quarter, period="2026-Q3"), DiscreteGaussian())
    accounts = Accounts({name_of(card.token): quarter.rho for card in own})
    accounts.fill(len(accounts) + growth(tables[0]), quarter.rho)
    age.encrypt(accounts.write(), [STATISTICS.recipient])
    cost = _processor() - cost
    assert len(own) == number
    return [
        {
            "what": f"a draw of {number:,} cards on {len(sched_getaffinity(0))} cores",
            "seconds": round(time.perf_counter() - began, 1),
            "processor_seconds": round(cost, 1),
            "opening_and_verifying": round(least, 1),
            "ratio": round(cost / least, 2),
            "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
            "peak_of_another_mib": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024),
        }
    ]


def _bare(rows: list[SealedCard]) -> float:
    """Seconds of processor to open each and verify both signatures, and nothing else."""
    began = time.process_time()
    for row in rows:
        plaintext = age.decrypt(row.file, [STATISTICS])
        line, rest = plaintext.split(b"\n")[:2]
        for each in json.loads(rest)["sigs"]:
            key = Ed25519PublicKey.from_public_bytes(unb64(each["key"]))
            key.verify(unb64(each["sig"]), bytes_signed("card", line))
    return time.process_time() - began


def _pages(rows: list[SealedCard], number: int) -> Iterator[Page]:
    for at in range(0, number, PAGE):
        begin = at % len(rows)
        yield rows[begin : begin + min(PAGE, number - at)]


def _processor() -> float:
    every = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in every)


if __name__ == "__main__":
    print(json.dumps(measure(*map(int, sys.argv[1:]))))  # noqa: T201 - its output is what `run` reads
