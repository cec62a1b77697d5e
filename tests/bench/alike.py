"""Whether time tells what is forbidden from what is absent, and a full mailbox from one that nobody has.

For each route the two are asked in pairs, in random order, on one connection. The figure is the area under the curve of
whoever guesses by the time of the answer: 0.5 where time tells nothing, 1 where it tells all. Of 5,000 pairs that tell
nothing, one figure in a thousand is above 0.52 by chance.
"""

import json
import random
import re
import secrets
import socket
import statistics
import sys
import tempfile
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.database import schema
from app.intake.mailbox.models import Slot
from app.intake.posts import budget
from app.main import create_app
from app.protocol.encoding import b64, canonical, new_id, sha256_hex
from app.protocol.mailbox import FIRST_STAFF_SLOT, SLOTS, MessageKind
from app.protocol.sizes import Kind
from app.settings import Settings
from app.vocabulary import Role
from tests import factories
from tests.access.scene import Scene, elsewhere
from tests.access.table import TABLE, Row
from tests.bench.server import data_dir, postgresql, served
from tests.in_process import InProcess
from tests.intake.scene import READ, bearer

PAIRS = 5_000
AIM = 0.52
_ENOUGH = 0.95  # of the pairs, where the service failed in some
OTHERS = 20  # cases and reports of which whoever asks works on each, as somebody does who has been here for a while

Ask = Callable[[], bytes]
_Figures = dict[str, str | float]


def run() -> list[_Figures]:
    """A row for each database and route: the two medians in milliseconds, and the figure."""
    return list(measured(PAIRS))


def measured(pairs: int, only: str = "") -> Iterator[_Figures]:
    """The same of as many pairs, and of the routes in whose row this stands."""
    with tempfile.TemporaryDirectory() as folder:
        yield from _measure("SQLite", Path(folder), f"sqlite:///{folder}/tern.sqlite", pairs, only)
    with tempfile.TemporaryDirectory() as folder, postgresql(Path(folder)) as url:
        yield from _measure("PostgreSQL", Path(folder), url, pairs, only)


def area(first: Sequence[float], second: Sequence[float]) -> float:
    """How often a time of one is longer than one of the other, whichever is the more often so."""
    ordered = sorted(second)
    below = sum(bisect_left(ordered, each) + bisect_right(ordered, each) for each in first) / 2
    share = below / (len(first) * len(second))
    return max(share, 1 - share)


def _measure(database: str, folder: Path, url: str, pairs: int, only: str) -> Iterator[_Figures]:
    clock = folder / "clock"
    clock.write_text(factories.HOUR.isoformat())
    settings = Settings(data_dir=data_dir(folder), database_url=url, demo=True, demo_clock=clock)
    questions = _prepared(settings)
    environment = {"TERN_DEMO": "1", "TERN_DEMO_CLOCK": str(clock)}
    with served("tests.bench.intake_speed:tern", data_dir(folder), url, **environment) as server:
        for route, (there, absent) in questions.items():
            if only not in f"{database}: {route}":
                continue
            with closing(socket.create_connection(("127.0.0.1", server.port))) as connection:
                times = _timed(connection, there, absent, pairs)
            medians = [round(statistics.median(each) * 1000, 3) for each in times]
            yield {
                "what": f"{database}: {route}",
                "there_ms": medians[0],
                "absent_ms": medians[1],
                "area": round(area(*times), 3),
                "aim": AIM,
            }


def _timed(connection: socket.socket, there: Ask, absent: Ask, pairs: int) -> tuple[list[float], list[float]]:
    """Of a pair in which the service failed, no time. Raises `RuntimeError` where that is more than one in twenty."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(-pairs // 50, pairs):
        order = [(0, there()), (1, absent())]
        random.shuffle(order)
        took = dict[int, float]()
        for which, request in order:
            started = time.perf_counter()
            connection.sendall(request)
            if _is_answered(connection):
                took[which] = time.perf_counter() - started
        if number >= 0 and len(took) == len(order):  # those before let the service find its feet
            for which, seconds in took.items():
                times[which].append(seconds)
    if len(times[0]) < _ENOUGH * pairs:
        raise RuntimeError("the service failed too often to be measured")
    return times


_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)


def _is_answered(connection: socket.socket) -> bool:
    """Reads the whole answer; whether it is one. A database that stood still for a while is none, alike for both.

    Raises `RuntimeError` for an answer of any other kind.
    """
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(65536)
    head, _, body = answer.partition(b"\r\n\r\n")
    if not head.startswith((b"HTTP/1.1 200 ", b"HTTP/1.1 404 ", b"HTTP/1.1 503 ")):
        raise RuntimeError(f"answered {head[:12].decode()}")
    found = _LENGTH.search(head + b"\r\n")
    missing = (int(found[1]) if found else 0) - len(body)
    while missing > 0:
        missing -= len(connection.recv(min(missing, 1 << 20)))
    return not head.startswith(b"HTTP/1.1 503 ")


def _prepared(settings: Settings) -> dict[str, tuple[Ask, Ask]]:
    """What is asked of each route: of something that is there, and of nothing."""
    database = schema.create(settings.url)
    database.close()
    engine = sa.create_engine(settings.url, isolation_level="AUTOCOMMIT")
    with InProcess(create_app(settings)) as client, Session(engine) as rows:
        scene = Scene(client, rows).set()
        for _ in range(OTHERS):
            for who in scene.people.values():
                factories.case(rows, who)
        rows.commit()
        questions = {route: each for route, row in TABLE.items() if (each := _of_staff(scene, route, row))}
        questions |= _of_reporters(rows)
    engine.dispose()
    return questions


def _of_staff(scene: Scene, route: str, row: Row) -> tuple[Ask, Ask] | None:
    """Asked by the outsider who could know the most."""
    outside = [f"outside {role}" for role in (Role.SUPERVISOR, Role.TRIAGER, Role.CASEWORKER)]
    who = next((each for each in outside if row.for_staff and row.expected(each) == 404), None)
    if who is None or "_id}" not in route + json.dumps(row.body):
        return None
    headers = scene.headers(who)
    return _asking(route, row, headers, scene), _asking(route, row, headers, elsewhere(scene))


def _asking(route: str, row: Row, headers: dict[str, str], scene: Scene) -> Ask:
    method, path = scene.named(route).split(" ")
    body = b"" if row.body is None else scene.named(json.dumps(row.body)).encode()
    kind = {} if row.body is None else {"Content-Type": "application/json"}

    def ask() -> bytes:
        writes = factories.writes(version=row.version) if method != "GET" else {}
        return _request(method, path, headers | row.headers | kind | writes, body)

    return ask


def _of_reporters(rows: Session) -> dict[str, tuple[Ask, Ask]]:
    """Of a mailbox in which every slot is in use, and of a token that nobody has."""
    epoch = factories.epoch(rows, sequence=2)
    theirs = [b64(secrets.token_bytes(32)) for _ in range(PAIRS // budget.POSTS + 5)]
    for token in theirs:
        factories.report(rows, epoch, mailbox_token=token)
        rows.add_all(
            Slot(token_sha256=sha256_hex(token.encode()), number=number, file=factories.sealed(Kind.SLOT))
            for number in range(FIRST_STAFF_SLOT, SLOTS + 1)
        )
    rows.commit()
    nobodys = [b64(secrets.token_bytes(32)) for _ in theirs]

    def read(tokens: list[str]) -> Ask:
        return lambda: _request("POST", "/v1/mailbox", bearer(tokens[0]), READ)

    def post(tokens: list[str]) -> Ask:
        turns = iter([token for token in tokens for _ in range(budget.POSTS)])

        def ask() -> bytes:
            said = {"v": 1, "kind": MessageKind.MESSAGE, "id": new_id("msg")}
            body = canonical(said) + b"\n" + factories.sealed(Kind.MESSAGE) + factories.sealed(Kind.SLOT)
            return _request("POST", "/v1/mailbox", bearer(next(turns)), body)

        return ask

    return {
        "POST /v1/mailbox, read": (read(theirs), read(nobodys)),
        "POST /v1/mailbox, post": (post(theirs), post(nobodys)),
    }


def _request(method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
    sent = headers | {"Host": "tern.test"} | ({"Content-Length": str(len(body))} if body else {})
    lines = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body


def main() -> None:
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else PAIRS
    only = sys.argv[2] if len(sys.argv) > 2 else ""
    for row in measured(pairs, only):
        print(*row.values(), sep="  ", flush=True)  # noqa: T201  one at a time: all of them take an hour


if __name__ == "__main__":
    main()
