"""How fast reports are stored, beside a bare ASGI handler that commits the same bytes, one transaction a request.

"The same bytes" can be read in two ways, and there is a bare handler for each. `bare_body` stores the body as it came,
in one row of one table: the stricter measure. `grouped_body` does so in a thread of its own, and commits all that came
meanwhile at once, as the service does. `bare_rows` stores the rows that the service stores, with their indexes.
Neither looks at anything or has a framework. `checked_body` is the first again, which refuses what the service refuses
before it stores: how much of the measure is left to whoever looks at a report at all. For all an answer means that the
bytes are on disk. Each is served as the service is, in a process of its own; they take turns in several rounds, of
which the best counts, so that a busy machine slows all alike.
"""

import asyncio
import hashlib
import json
import os
import secrets
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import sqlalchemy as sa
from fastapi import FastAPI
from rich.console import Console
from rich.table import Table

from app.database import Base, Database, places
from app.database.bulk import Value, statement
from app.database.engine import make_file
from app.intake.arrivals import arrival
from app.intake.arrivals.writer import Arrival, inserts
from app.intake.mailbox.models import Mailbox, Slot
from app.intake.reports.models import Report, ReportFile
from app.main import create_app
from app.people.grants.models import Grant
from app.protocol.encoding import b64, canonical, new_id
from app.protocol.mailbox import SLOT_SIZE
from app.settings import Settings
from app.vocabulary import IntakeChannel
from tests import factories
from tests.bench import data
from tests.bench.server import Server, data_dir, postgresql, served
from tests.in_process import InProcess
from tests.intake.scene import Office, Reporter

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

SECONDS = 3.0
ROUNDS = 5
CLIENTS = (1, 32)
GROWN = (10_000, 1_000_000)
REAL = 20_000  # reports that are there with files as clients seal them
BODIES = 8
CONTENDERS = ("bare_body", "grouped_body", "checked_body", "bare_rows", "tern")

Row = dict[str, str | float | None]


def run() -> list[Row]:
    """A row for each database, contender and number of clients.

    `per_second`, `p50_ms` and `p95_ms` are of the best round, `of_bare_body` and the like are shares of the rates of
    the bare handlers, `processor_us` is the least processor time of a report, `failures` counts all rounds, and
    `peak_mib` is the process's resident memory at its worst.
    """
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        rows += _compare("SQLite", Path(folder), f"sqlite:///{folder}/tern.sqlite")
    with tempfile.TemporaryDirectory() as folder, postgresql(Path(folder)) as url:
        rows += _compare("PostgreSQL", Path(folder), url)
    return rows


def run_grown(sizes: Sequence[int] = GROWN) -> list[Row]:
    """A row for each database and each number of reports that it has before: the service at 32 clients.

    `of_fewest` is the share of its rate among the fewest.
    """
    return [row for database in ("sqlite", "postgresql") for row in _grown(database, sizes)]


def _grown(database: str, sizes: Sequence[int]) -> Iterator[Row]:
    """Among so many reports of a kilobyte each, and among some as they are."""
    fewest: Round | None = None
    for size, real in (*((size, None) for size in sizes), (REAL, _real)):
        with data.kept(database, size, real) as (folder, url):
            bodies = [_of_epoch(body, data.id_("epoch", data.NEWEST_EPOCH)) for body in _bodies()]
            clock = folder / "clock"
            clock.write_text(factories.HOUR.isoformat())
            environment = {"TERN_DEMO": "1", "TERN_DEMO_CLOCK": str(clock)}
            with served("tests.bench.intake_speed:tern", data_dir(folder), url, **environment) as server:
                rounds = [asyncio.run(_load(server, max(CLIENTS), bodies)) for _ in range(ROUNDS)]
            _forget(url)
        best = max(rounds, key=lambda one: one.per_second)
        fewest = fewest or best
        yield {
            "what": f"{database}: {size}{' real' if real else ''} reports before",
            "per_second": round(best.per_second),
            "of_fewest": round(best.per_second / fewest.per_second, 2),
            "processor_us": round(min(each.processor for each in rounds) * 1e6),
            "p95_ms": round(best.p95 * 1000, 2),
            "failures": sum(each.failures for each in rounds),
        }


def _real() -> data.Files:
    sent = _rows("", b"", _bodies()[0])
    return data.Files(report=sent.body, thread_state=sent.thread_state, recipient=sent.recipient)


def run_with_keys() -> list[Row]:
    """Processor time of a report at each number of clients on SQLite, without shred keys and with one for each file."""
    rows = list[Row]()
    with tempfile.TemporaryDirectory() as without, tempfile.TemporaryDirectory() as kept, ExitStack() as stack:
        servers, bodies = dict[str, Server](), dict[str, list[bytes]]()
        for what, folder, environment in (
            ("without keys", without, {}),
            ("with keys", kept, {"TERN_SHRED_DIR": f"{kept}/keys", "TERN_SHRED_COPIES": f"{kept}/copies"}),
        ):
            url = f"sqlite:///{folder}/tern.sqlite"
            bodies[what] = _prepared(Path(folder), url)
            servers[what] = stack.enter_context(
                served("tests.bench.intake_speed:tern", data_dir(Path(folder)), url, **environment)
            )
        for clients in CLIENTS:
            rounds: dict[str, list[Round]] = {what: [] for what in servers}
            for _ in range(ROUNDS):
                for what, server in servers.items():
                    rounds[what].append(asyncio.run(_load(server, clients, bodies[what])))
            least = {what: min(each.processor for each in some) for what, some in rounds.items()}
            rows += [
                {
                    "what": what,
                    "clients": clients,
                    "per_second": round(max(each.per_second for each in some)),
                    "processor_us": round(least[what] * 1e6),
                    "of_none": round(least[what] / least["without keys"], 2),
                    "failures": sum(each.failures for each in some),
                }
                for what, some in rounds.items()
            ]
    return rows


def run_beside() -> list[Row]:
    """Processor time of a report at 32 clients of one process, and of two beside one another on one PostgreSQL."""
    with tempfile.TemporaryDirectory() as folder, postgresql(Path(folder)) as url, ExitStack() as stack:
        bodies = _prepared(Path(folder), url)
        one, other = (
            stack.enter_context(served("tests.bench.intake_speed:tern", data_dir(Path(folder)), url)) for _ in range(2)
        )
        alone, both = list[Round](), list[Round]()
        for _ in range(ROUNDS):
            alone.append(asyncio.run(_load(one, max(CLIENTS), bodies)))
            both.append(asyncio.run(_load_both(one, other, max(CLIENTS), bodies)))
        least = min(each.processor for each in alone)
        return [
            {
                "what": what,
                "per_second": round(max(each.per_second for each in rounds)),
                "processor_us": round(min(each.processor for each in rounds) * 1e6),
                "of_one": round(min(each.processor for each in rounds) / least, 2),
                "failures": sum(each.failures for each in rounds),
            }
            for what, rounds in (("one process", alone), ("two processes", both))
        ]


def tern() -> FastAPI:
    """The service, as its environment says."""
    return create_app(Settings())


_ONE_ROW = "INSERT INTO bare (id, body) VALUES ({mark}, {mark})"


def bare_body() -> "ASGIApp":
    """A body, one row, a commit."""
    commit = _committer(os.environ["TERN_DATABASE_URL"])

    def store(id_: str, _: bytes, body: bytes) -> None:
        commit([(_ONE_ROW, [(id_, body)])])

    return _bare(store)


def grouped_body() -> "ASGIApp":
    """A body, one row, a commit for all that came while the one before was brought to the disk."""
    commit = _committer(os.environ["TERN_DATABASE_URL"])
    one_thread = ThreadPoolExecutor(1)
    waiting = list[tuple[tuple[Value, ...], asyncio.Future[None]]]()
    drains = set[asyncio.Task[None]]()

    async def drain() -> None:
        while waiting:
            batch = list(waiting)
            waiting.clear()
            rows = [row for row, _ in batch]
            await asyncio.get_running_loop().run_in_executor(one_thread, commit, [(_ONE_ROW, rows)])
            for _, stored in batch:
                stored.set_result(None)
        drains.clear()

    def store(id_: str, _: bytes, body: bytes) -> "asyncio.Future[None]":
        stored = asyncio.get_running_loop().create_future()
        waiting.append(((id_, body), stored))
        if not drains:
            drains.add(asyncio.create_task(drain()))
        return stored

    return _bare(store)


def checked_body() -> "ASGIApp":
    """A body that is a report, one row, a commit."""
    commit = _committer(os.environ["TERN_DATABASE_URL"])

    def store(id_: str, _: bytes, body: bytes) -> None:
        arrival.read(body)
        commit([(_ONE_ROW, [(id_, body)])])

    return _bare(store)


def bare_rows() -> "ASGIApp":
    """A body, the service's rows, a commit."""
    commit = _committer(os.environ["TERN_DATABASE_URL"])

    def store(id_: str, token: bytes, body: bytes) -> None:
        rows = inserts([_rows(id_, token, body)])
        commit([(statement(each.model, each.columns, "{mark}", 1), each.rows) for each in rows])

    return _bare(store)


def _bare(store: Callable[[str, bytes, bytes], "asyncio.Future[None] | None"]) -> "ASGIApp":
    async def app(scope: "Scope", receive: "Receive", send: "Send") -> None:
        if scope["type"] != "http":
            return
        headers = dict(scope["headers"])
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        if body:
            stored = store(headers[b"tern-report"].decode(), headers[b"authorization"], body)
            if stored is not None:
                await stored
        await send({"type": "http.response.start", "status": 201, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body"})

    return app


def _rows(id_: str, token: bytes, body: bytes) -> Arrival:
    line, _, files = body.partition(b"\n")
    grant, thread_state, report = files[:SLOT_SIZE], files[SLOT_SIZE : 2 * SLOT_SIZE], files[2 * SLOT_SIZE :]
    said = json.loads(line)
    today = datetime.now(UTC).date()
    return Arrival(
        id=id_,
        place=places.among_those_of(today),
        ref=secrets.token_hex(5),
        epoch_id=said["epoch"],
        sha256=hashlib.sha256(body).hexdigest(),
        received_on=today,
        size=len(report),
        grant_id=new_id("grant"),
        grant_from=today,
        intake_channel=IntakeChannel.CLIENT,
        token_sha256=hashlib.sha256(token).hexdigest(),
        recipient=said["mailbox"],
        withdrawal_sha256=said["withdrawal"],
        grant=grant,
        thread_state=thread_state,
        body=report,
    )


@dataclass(frozen=True)
class Round:
    """What one round measured; times in seconds, `processor` that of the server's process for one report."""

    per_second: float
    processor: float
    p50: float
    p95: float
    failures: int


def _compare(database: str, folder: Path, url: str) -> list[Row]:
    bodies = _prepared(folder, url)
    rows: list[Row] = []
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(served(f"tests.bench.intake_speed:{name}", data_dir(folder), url))
            for name in CONTENDERS
        }
        for clients in CLIENTS:
            rounds: dict[str, list[Round]] = {name: [] for name in servers}
            for _ in range(ROUNDS):
                for name, server in servers.items():
                    rounds[name].append(asyncio.run(_load(server, clients, bodies)))
            best = {name: max(each, key=lambda one: one.per_second) for name, each in rounds.items()}
            rows += [
                {
                    "what": f"{database}: {name}",
                    "clients": clients,
                    "per_second": round(best[name].per_second),
                    "of_bare_body": round(best[name].per_second / best["bare_body"].per_second, 2),
                    "of_grouped_body": round(best[name].per_second / best["grouped_body"].per_second, 2),
                    "of_bare_rows": round(best[name].per_second / best["bare_rows"].per_second, 2),
                    "processor_us": round(min(each.processor for each in rounds[name]) * 1e6),
                    "p50_ms": round(best[name].p50 * 1000, 2),
                    "p95_ms": round(best[name].p95 * 1000, 2),
                    "failures": sum(one.failures for one in rounds[name]),
                    "peak_mib": round(_peak_mib(server.pid), 1),
                }
                for name, server in servers.items()
            ]
    return rows


def _prepared(folder: Path, url: str) -> list[bytes]:
    """An organisation with an epoch, and sealed reports to it."""
    settings = Settings(data_dir=data_dir(folder), database_url=url)
    make_file(url)
    database = Database(url)
    with database.change_schema() as connection:
        Base.metadata.create_all(connection)
        bytes_ = "BLOB" if database.dialect == "sqlite" else "BYTEA"
        connection.exec_driver_sql(f"CREATE TABLE bare (id VARCHAR(36) PRIMARY KEY, body {bytes_})")
    with InProcess(create_app(settings)) as client:
        today = datetime.now(UTC).date()
        epoch = Office(database, client, today).found().open_epoch()
    database.close()
    return [Reporter(epoch, today).body() for _ in range(BODIES)]


def _bodies() -> list[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        return _prepared(Path(folder), f"sqlite:///{folder}/tern.sqlite")


def _of_epoch(body: bytes, epoch: str) -> bytes:
    """The same said to be sealed to another epoch, which the service cannot tell."""
    line, _, files = body.partition(b"\n")
    return canonical(json.loads(line) | {"epoch": epoch}) + b"\n" + files


def _forget(url: str) -> None:
    """What was sent goes again, so that the next run has as many before."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        sent = sa.select(Report.id).where(Report.envelope_sha256 != data.NO_HASH)
        ids = connection.scalars(sent).all()
        for some in (ids[at : at + 500] for at in range(0, len(ids), 500)):
            tokens = sa.select(Mailbox.token_sha256).where(Mailbox.report_id.in_(some))
            connection.execute(sa.delete(Slot).where(Slot.token_sha256.in_(tokens)))
            for column in (Mailbox.report_id, ReportFile.report_id, Grant.subject, Report.id):
                connection.execute(sa.delete(column.class_).where(column.in_(some)))
    engine.dispose()


async def _load(server: Server, clients: int, bodies: list[bytes]) -> Round:
    times: list[float] = []
    started, used = time.perf_counter(), server.processor_seconds
    failures = await asyncio.gather(*(_client(server.port, bodies, started + SECONDS, times) for _ in range(clients)))
    seconds, used = time.perf_counter() - started, server.processor_seconds - used
    twentieths = statistics.quantiles(times, n=20)
    return Round(len(times) / seconds, used / len(times), statistics.median(times), twentieths[-1], sum(failures))


async def _load_both(one: Server, other: Server, clients: int, bodies: list[bytes]) -> Round:
    """The clients divided among two; the processor time is that of both, of all that they stored."""
    first, second = await asyncio.gather(_load(one, clients // 2, bodies), _load(other, clients // 2, bodies))
    rate = first.per_second + second.per_second
    processor = (first.processor * first.per_second + second.processor * second.per_second) / rate
    return Round(rate, processor, first.p50, max(first.p95, second.p95), first.failures + second.failures)


async def _client(port: int, bodies: list[bytes], until: float, times: list[float]) -> int:
    """Send one report after the other on one connection; how many were not stored."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    failures, sent = 0, 0
    while time.perf_counter() < until:
        request = _request(bodies[sent % len(bodies)])
        started = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        times.append(time.perf_counter() - started)
        failures += not head.startswith(b"HTTP/1.1 201")
        sent += 1
    writer.close()
    await writer.wait_closed()
    return failures


def _request(body: bytes) -> bytes:
    head = (
        "PUT /v1/report HTTP/1.1\r\n"
        "Host: tern.test\r\n"
        f"Authorization: Bearer {b64(os.urandom(32))}\r\n"
        f"Tern-Report: {new_id('rep')}\r\n"
        "Content-Type: application/octet-stream\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


_Inserts = list[tuple[str, list[tuple[Value, ...]]]]


def _committer(url: str) -> Callable[[_Inserts], None]:
    """Commits with the driver alone; `{mark}` in a statement is the driver's placeholder."""
    if url.startswith("sqlite"):
        lite = sqlite3.connect(
            url.removeprefix("sqlite:///"), isolation_level=None, timeout=30, check_same_thread=False
        )
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON", "foreign_keys = ON"):
            lite.execute(f"PRAGMA {pragma}")

        def commit_sqlite(inserted: _Inserts) -> None:
            lite.execute("BEGIN IMMEDIATE")
            for text, rows in inserted:
                lite.executemany(text.replace("{mark}", "?"), rows)
            lite.execute("COMMIT")

        return commit_sqlite

    postgres = psycopg.connect(url.replace("+psycopg", ""))

    def commit_postgresql(inserted: _Inserts) -> None:
        with postgres.cursor() as cursor:
            for text, rows in inserted:
                cursor.executemany(text.replace("{mark}", "%s").encode(), rows)
        postgres.commit()

    return commit_postgresql


def _peak_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    kib = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    return int(kib) / 1024


_WHAT: Mapping[str, Callable[[], list[Row]]] = {
    "bare": run,
    "grown": run_grown,
    "beside": run_beside,
    "keys": run_with_keys,
}


def main() -> None:
    """`python -m tests.bench.intake_speed [bare | grown | beside | keys]`; `grown` takes a database and sizes."""
    what, *more = sys.argv[1:] or ["bare"]
    rows = list(_grown(more[0], list(map(int, more[1:])) or GROWN)) if more else _WHAT[what]()
    table = Table(*rows[0], title="intake")
    for row in rows:
        table.add_row(*map(str, row.values()))
    Console().print(table)


if __name__ == "__main__":
    main()
