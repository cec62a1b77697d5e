"""How soon others are answered while a draw runs, and how long it keeps them from writing; on SQLite, where both count.

`python -m tests.bench.beside_draw 20000`: so many cards, sealed and signed as those of an organisation are. The
service is a process of its own, with those that open cards beside it.
"""

import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import httpx2
from sqlalchemy import insert

from app import age
from app.cli.demo_population import population
from app.client import Staff
from app.client.people import shared_keys
from app.client.statistics import releases
from app.database import Database
from app.installation import shredding
from app.protocol.card import SignedCard, encode, revision_sha256, sign
from app.protocol.encoding import sha256_hex
from app.protocol.statements import KeyKind
from app.settings import Settings
from app.statistics.cards.models import Card
from tests.bench.server import served
from tests.client.installation import PASSPHRASE, Installation, installation

CARDS = 20_000
_SECONDS = 10  # without a draw
_PAUSE = 0.02  # between two requests of one client
_PATHS = ("/people", "/release-requests", "/reports", "/approvals")

Row = dict[str, str | float | int]


def run(cards: int = CARDS) -> list[Row]:
    """One row."""
    with tempfile.TemporaryDirectory() as folder, installation(Path(folder)) as here:
        here.pass_(timedelta(days=16))
        _put(here, cards)
        settings = _settings(here)
        environment = {
            "TERN_DEMO": "1",
            "TERN_DEMO_CLOCK": str(here.clock),
            "TERN_SHRED_DIR": str(settings.shred_dir),
        }
        with served("tests.bench.intake_speed:tern", settings.data_dir, settings.url, **environment) as server:
            here.server = f"http://127.0.0.1:{server.port}"
            return [_measured(here, cards)]


def _measured(here: Installation, cards: int) -> Row:
    chen, sara = (_at(here, name) for name in ("chen", "sara"))
    release = releases.request(chen, kind="reserve", period="2026-Q2", workload="T")
    releases.approve(sara, releases.view(sara, release))
    ends = time.monotonic() + _SECONDS
    before = _asked(here, lambda: time.monotonic() > ends)
    done, locked = threading.Event(), list[float]()
    watching = threading.Thread(target=_watch, args=(_settings(here).data_dir / "tern.sqlite", done, locked))
    drawing = threading.Thread(target=_draw, args=(sara, release, done))
    began = time.monotonic()
    for thread in (watching, drawing):
        thread.start()
    during = _asked(here, done.is_set)
    for thread in (drawing, watching):
        thread.join()
    return {
        "what": f"requests beside a draw of {cards:,} cards",
        "draw_seconds": round(time.monotonic() - began, 1),
        "p95_ms_without": round(before, 1),
        "p95_ms_beside": round(during, 1),
        "ratio": round(during / before, 2),
        "longest_wait_to_write_ms": round(max(locked) * 1000),
    }


def _draw(approver: Staff, release: str, done: threading.Event) -> None:
    try:
        releases.draw(approver, release)
    finally:
        done.set()


def _asked(here: Installation, is_over: Callable[[], bool]) -> float:
    """The 95th percentile of answers to one client, in milliseconds."""
    boris, times = _at(here, "boris"), list[float]()
    while not is_over() or len(times) < 20:
        for path in _PATHS:
            began = time.perf_counter()
            boris.service.get(path)
            times.append(time.perf_counter() - began)
            time.sleep(_PAUSE)
    return statistics.quantiles(times, n=20)[-1] * 1000


def _watch(file: Path, done: threading.Event, locked: list[float]) -> None:
    """How long another has to wait for the lock of those that write, again and again."""
    with closing(sqlite3.connect(file, timeout=60, isolation_level=None)) as connection:
        while not done.is_set() or not locked:
            began = time.perf_counter()
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
            locked.append(time.perf_counter() - began)
            time.sleep(_PAUSE)


def _put(here: Installation, cards: int) -> None:
    """The cards as they lie there, under the signatures of two people of the organisation."""
    recipient = shared_keys.hold(here.staff("sara"), KeyKind.STATISTICS).identity.recipient
    writer, approver = here.staff("boris").signer, here.staff("chen").signer
    settings = _settings(here)
    with closing(Database(settings.url)) as database:
        database.keys = shredding.open_keys(database, settings)
        every = population(max(1, cards // 2), b"beside")[:cards]
        for at in range(0, cards, 1000):
            rows = [
                {
                    "id_sha256": sha256_hex(card.id.encode()),
                    "quarter": "2026-Q2",
                    "revision_sha256": revision_sha256(card.id, card.revision),
                    "file": age.encrypt(
                        encode(SignedCard(card, sign(card, writer), sign(card, approver))), [recipient]
                    ),
                }
                for card in every[at : at + 1000]
            ]
            with database.write() as session:
                session.execute(insert(Card), rows)


def _at(here: Installation, name: str) -> Staff:
    http = here.opened.enter_context(httpx2.Client(base_url=here.server, timeout=600))
    return here.opened.enter_context(Staff(here.machine(name), PASSPHRASE, http=http, clock=here.now))


def _settings(here: Installation) -> Settings:
    return Settings(data_dir=here.directory / "server", shred_dir=here.directory / "keys")


if __name__ == "__main__":
    print(run(*map(int, sys.argv[1:])))  # noqa: T201  what was asked for
