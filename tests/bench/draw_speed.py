"""What a draw costs beside opening the same cards and verifying both of their signatures, on the same cores.

Every card is sealed and signed by itself, and of each hundred one does not count: its signatures are not those of two
people who may. Cost is told in seconds of processor, of the draw's process and its children, so that what else the
machine does matters little; the peak is that of all of them at one time. `python -m tests.bench.draw_speed 1000000`.
"""

import json
import multiprocessing
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from os import getpid, sched_getaffinity
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app import age, vocabulary
from app.cli.demo_population import population
from app.protocol import card as cards_
from app.protocol.card import SignedCard, StatCard
from app.protocol.certificates import Trust
from app.protocol.documents import bytes_signed
from app.protocol.encoding import sha256_hex, unb64
from app.statistics.releases import draws
from app.statistics.releases.accounts import Accounts
from app.statistics.releases.draws import Snapshot
from app.statistics.releases.kept_accounts import KeptAccounts
from app.statistics.releases.opening import Page, SealedCard
from app.statistics.releases.runs import PAGE
from app.vocabulary import Role
from tests.bench.data import KEPT
from tests.protocol.organisation import person
from tests.statistics.conftest import APPROVER, COLLEAGUE, PIN, ROOT, STATISTICS, signed
from tests.statistics.releases.measurements import NoNoise

CARDS: Final = 20_000
SAMPLE: Final = 4_000
_PERIOD: Final = "2026-Q3"
_SEALED: Final = 2_683  # bytes of a sealed card, behind two hashes
_HASH: Final = 64
_SPOILED: Final = 100  # of so many cards one
_STRANGER: Final = person(Role.SUPERVISOR)  # for whom nobody vouches


def run() -> list[dict[str, str | float]]:
    """One row, measured in a process of its own."""
    measured = subprocess.run([sys.executable, "-m", __name__], capture_output=True, text=True, check=True)
    rows: list[dict[str, str | float]] = json.loads(measured.stdout)
    return rows


def measure(number: int = CARDS) -> list[dict[str, str | float]]:
    KEPT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=KEPT) as folder:  # three gigabytes of a million
        file = Path(folder, "cards")
        persons = _seal(file, number)
        least = _bare(next(_pages(file, SAMPLE))) * number
        peak = _Peak()
        began, cost = time.perf_counter(), _processor()
        with peak:
            drawn = draws.draw(
                _start(),
                [STATISTICS],
                lambda _: _pages(file),
                accounts=Accounts(),
                measurement=NoNoise(),
                beat=lambda: None,
            )
        seconds, cost = time.perf_counter() - began, _processor() - cost
    (counted,) = drawn.tables[0].counts
    assert counted == persons, (counted, persons)
    return [
        {
            "what": f"a draw of {number:,} cards on {len(sched_getaffinity(0))} cores",
            "persons": counted,
            "seconds": round(seconds, 1),
            "processor_seconds": round(cost, 1),
            "opening_and_verifying": round(least, 1),
            "ratio": round(cost / least, 2),
            "peak_of_all_mib": round(peak.bytes / 2**20),
        }
    ]


def _start() -> Snapshot:
    recipient = STATISTICS.recipient
    return Snapshot(
        release="",
        period=_PERIOD,
        workload=vocabulary.workload("Q"),
        earlier=(),
        trust=Trust.pinned(ROOT, PIN),
        accounts=KeptAccounts(None, 0, frozenset(), "", recipient),
        recipients={_PERIOD: {str(recipient)}},
        ledger=(),
    )


def _seal(file: Path, number: int) -> int:
    """Write so many cards to a file, on all cores; how many persons have one that counts."""
    persons = 0
    with file.open("wb") as to, multiprocessing.get_context("fork").Pool() as pool:
        for page, in_page in pool.imap(_sealed_page, range(0, number, PAGE)):
            to.write(page)
            persons += in_page
    return persons


def _sealed_page(at: int) -> tuple[bytes, int]:
    cards = population(PAGE, str(at).encode())[:PAGE]
    page, persons = bytearray(), set[bytes]()
    for place, card in enumerate(cards):
        is_spoiled = place % _SPOILED == 0
        sealed = age.encrypt(
            cards_.encode(_spoiled(card, place // _SPOILED) if is_spoiled else signed(card)), [STATISTICS.recipient]
        )
        assert len(sealed) == _SEALED
        page += sha256_hex(card.id.encode()).encode() + cards_.revision_sha256(card.id, card.revision).encode() + sealed
        if not is_spoiled:
            persons.add(card.token)
    return bytes(page), len(persons)


def _spoiled(card: StatCard, way: int) -> SignedCard:
    """Under no two right signatures, in one way after the other."""
    right = signed(card)
    match way % 4:
        case 0:
            return SignedCard(card, right.writer, right.writer)
        case 1:
            return signed(card, approver=_STRANGER)
        case 2:
            other = cards_.sign(population(1, b"other")[0], APPROVER.signer)
            return SignedCard(card, right.writer, other)
    return SignedCard(card, cards_.sign(card, _STRANGER.signer), cards_.sign(card, COLLEAGUE.signer))


def _pages(file: Path, most: int = PAGE) -> Iterator[Page]:
    length = 2 * _HASH + _SEALED
    with file.open("rb") as cards:
        while some := cards.read(most * length):
            rows = (some[at : at + length] for at in range(0, len(some), length))
            yield [
                SealedCard(_PERIOD, row[:_HASH].decode(), row[_HASH : 2 * _HASH].decode(), row[2 * _HASH :])
                for row in rows
            ]


def _bare(page: Page) -> float:
    """Seconds of processor to open one and verify both signatures, and nothing else; the mean of a page."""
    rows = [row for place, row in enumerate(page) if place % PAGE % _SPOILED]
    began = time.process_time()
    for row in rows:
        plaintext = age.decrypt(row.file, [STATISTICS])
        line, rest = plaintext.split(b"\n")[:2]
        for each in json.loads(rest)["sigs"]:
            key = Ed25519PublicKey.from_public_bytes(unb64(each["key"]))
            key.verify(unb64(each["sig"]), bytes_signed("card", line))
    return (time.process_time() - began) / len(rows)


class _Peak:
    """The most memory that this process and its children have had at one time, looked at again and again (of Linux)."""

    def __init__(self) -> None:
        self.bytes = 0
        self._done = threading.Event()
        self._watching = threading.Thread(target=self._watch)

    def __enter__(self) -> None:
        self._watching.start()

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._watching.join()

    def _watch(self) -> None:
        while not self._done.wait(0.1):
            children = [int(each) for task in Path("/proc/self/task").iterdir() for each in _children(task)]
            self.bytes = max(self.bytes, sum(map(_resident, [getpid(), *children])))


def _children(task: Path) -> list[str]:
    with suppress(OSError):  # a thread that has ended
        return (task / "children").read_text().split()
    return []


def _resident(process: int) -> int:
    with suppress(OSError):  # it has ended
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * resource.getpagesize()
    return 0


def _processor() -> float:
    every = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in every)


if __name__ == "__main__":
    print(json.dumps(measure(*map(int, sys.argv[1:]))))  # noqa: T201 - its output is what `run` reads
