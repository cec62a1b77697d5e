"""What a page of a list costs, of few reports and of many: `python -m tests.bench.list_speed 10000 1000000`.

Each list is asked for its first page, one in its middle and its last, as each role and with each filter, by one client
and by eight. The ratios are of the same run: the largest database against the smallest. The rows are those of
`tests.bench.data`, made where they are not kept.

`… list_speed beside postgresql 10000 1000000` asks for each page of the one database and of the other in turn, in one
process with its client, and prints the least of ten: on a busy machine that says more than a percentile.
"""

import json
import math
import statistics
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

import httpx2

from app import keyring
from app.http import paging
from app.main import create_app
from app.protocol.encoding import b64
from app.settings import Settings
from tests import factories
from tests.bench import data
from tests.bench.server import Server, data_dir, served
from tests.in_process import InProcess

SIZES = (10_000, 1_000_000)
CLIENTS = (1, 8)
_SECONDS = 0.3  # of asking for one page
_TIMES = 10  # in turn
_WHO = {"triager": 0, "caseworker": 8, "supervisor": 18}

# What is asked of each list; every one of them for its first, a middle and its last page.
QUERIES: Mapping[str, Sequence[str]] = {
    "reports": ("", "state=received", "state=out_of_mandate", "unopened=true", "unopened=false", "count=capped"),
    "queue": ("",),
    "cases": (
        *("", "stage=active", "label=red", "handling=tlp_red", "count=capped"),
        *("sort=stage_entered", "sort=-stage_entered", "sort=next_review", "sort=due"),
    ),
    "words": ("",),
    "approvals": ("", "state=requested"),
    "people": ("", "limit=200"),
    "duties": ("",),
    "me": ("",),
}

# What is asked of one report, the first that a triager finds waiting.
OF_A_REPORT: Sequence[str] = ("", "/transitions", "/grants", "/messages")
_WAITING = "reports?state=received&limit=1"

_MIDDLE: Mapping[str, Sequence[str]] = {
    "reports": ("2026-03-01", ""),
    "queue": ("2026-05-28", ""),
    "cases": ("p3", "2026-02-01T00:00:00+00:00", ""),
    "words": ("rep_8",),
    "approvals": ("apr_8",),
    "people": ("per_8",),
}
# Where an order of cases has its middle and its last page.
_OF_ORDER: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "sort=stage_entered": (("2026-02-01T00:00:00+00:00", ""), ("2099-01-01T00:00:00+00:00", "")),
    "sort=-stage_entered": (("2026-02-01T00:00:00+00:00", ""), ("1999-01-01T00:00:00+00:00", "")),
    "sort=next_review": (("2026-02-01", ""), ("2099-01-01", "")),
    "sort=due": (("2026-02-01", ""), ("2099-01-01", "")),
}
_END: Mapping[str, Sequence[str]] = {
    "reports": ("2099-01-01", ""),
    "queue": ("2099-01-01", ""),
    "cases": ("p4", "2099-01-01T00:00:00+00:00", ""),
    "words": ("rep_g",),
    "approvals": ("apr_g",),
    "people": ("per_g",),
}

Row = dict[str, str | float | int]


def run() -> list[Row]:
    """A row for each database, list, filter, role, page and number of clients."""
    return [row for database in ("sqlite", "postgresql") for row in measured(database, SIZES)]


def measured(database: str, sizes: Sequence[int]) -> Iterator[Row]:
    """The same of one database, of so many reports."""
    found = {size: dict(_of(database, size)) for size in sizes}
    smallest, largest = sizes[0], sizes[-1]
    for (name, clients), (p95, cpu) in found[largest].items():
        p95_before, cpu_before = found[smallest][name, clients]
        yield {
            "what": f"{database}, {name}",
            "clients": clients,
            f"p95_ms_{smallest}": round(p95_before, 1),
            f"p95_ms_{largest}": round(p95, 1),
            "ratio": round(p95 / p95_before, 2),
            "cpu_ms": round(cpu, 1),
            "ratio_of_cpu": round(cpu / cpu_before, 2),
        }


def _of(database: str, reports: int) -> Iterator[tuple[tuple[str, int], tuple[float, float]]]:
    with ExitStack() as stack:
        folder, url = stack.enter_context(data.kept(database, reports))
        headers = data.signed_in(url, *_WHO.values())
        clock = folder / "clock"
        clock.write_text(factories.HOUR.isoformat())
        environment = {"TERN_DEMO": "1", "TERN_DEMO_CLOCK": str(clock)}
        server = stack.enter_context(served("tests.bench.intake_speed:tern", data_dir(folder), url, **environment))
        key = keyring.load(folder).key("cursor")
        with httpx2.Client(base_url=_base(server), headers=headers[_WHO["triager"]]) as client:
            waiting = _first_of(client.get(_WAITING))
        for what, (role, path) in _pages(key, waiting):
            for clients in CLIENTS:
                yield (what, clients), _asked(server, path, headers[_WHO[role]], clients)


def beside(database: str, sizes: Sequence[int]) -> Iterator[Row]:
    """A row for each page: the least of milliseconds and of the process's CPU, and both ratios."""
    with ExitStack() as stack:
        there = {size: _in_process(stack, database, size) for size in sizes}
        pages = {size: dict(_pages(each.key, each.waiting)) for size, each in there.items()}
        for what in pages[sizes[0]]:
            times, used = dict[int, float](), dict[int, float]()
            for _ in range(_TIMES):
                for size in sizes:
                    role, path = pages[size][what]
                    began, cpu = time.perf_counter(), time.process_time()
                    there[size].client.get(f"/v1/{path}", headers=there[size].headers[_WHO[role]]).raise_for_status()
                    times[size] = min(times.get(size, math.inf), (time.perf_counter() - began) * 1000)
                    used[size] = min(used.get(size, math.inf), (time.process_time() - cpu) * 1000)
            smallest, largest = sizes[0], sizes[-1]
            yield {
                "what": f"{database}, {what}",
                f"ms_{smallest}": round(times[smallest], 1),
                f"ms_{largest}": round(times[largest], 1),
                "ratio": round(times[largest] / times[smallest], 2),
                "cpu_ms": round(used[largest], 1),
                "ratio_of_cpu": round(used[largest] / used[smallest], 2),
            }


@dataclass(frozen=True)
class _InProcess:
    client: InProcess
    headers: Mapping[int, dict[str, str]]
    key: bytes
    waiting: str  # a report


def _in_process(stack: ExitStack, database: str, reports: int) -> _InProcess:
    folder, url = stack.enter_context(data.kept(database, reports))
    headers = data.signed_in(url, *_WHO.values())
    clock = folder / "clock"
    clock.write_text(factories.HOUR.isoformat())
    settings = Settings(data_dir=data_dir(folder), database_url=url, demo=True, demo_clock=clock)
    client = stack.enter_context(InProcess(create_app(settings)))
    waiting = _first_of(client.get(f"/v1/{_WAITING}", headers=headers[_WHO["triager"]]))
    return _InProcess(client, headers, keyring.load(folder).key("cursor"), waiting)


def _first_of(answer: httpx2.Response) -> str:
    return str(answer.raise_for_status().json()["items"][0]["id"])


def _pages(key: bytes, report: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """Each that is asked for: what it is called, who asks for it, and its path."""
    for part in OF_A_REPORT:
        yield f"triager: a report{part}", ("triager", f"reports/{report}{part}")
    for name, role in ((name, role) for name in QUERIES for role in _WHO):
        for query in QUERIES[name]:
            for place, cursor in _places(name, query, role, key):
                yield f"{role}: {name}?{query}, {place}", (role, f"{name}?{query}{cursor}")


def _places(name: str, query: str, role: str, key: bytes) -> Iterator[tuple[str, str]]:
    """The first page, one in the middle and the last, each as the cursor that asks for it.

    The service's key is here, so they are made and not walked to: a walk to the end of a million takes an hour.
    """
    yield "first", ""
    if name not in _MIDDLE:  # no list, and all of it one answer
        return
    of_list = [each for each in query.split("&") if "=" in each and not each.startswith(("limit", "count"))]
    scope = json.dumps(
        [f"/v1/{name}", sorted(tuple(each.split("=")) for each in of_list), data.id_("per", _WHO[role])]
    ).encode()
    middle, end = _OF_ORDER.get(query, (_MIDDLE[name], _END[name]))
    for place, backwards, at in (("middle", False, middle), ("last", True, end)):
        text = json.dumps([backwards, *at], separators=(",", ":")).encode()
        yield place, f"&cursor={b64(paging.mac_of(key, scope, text) + text)}"


def _asked(server: Server, path: str, headers: dict[str, str], clients: int) -> tuple[float, float]:
    """The 95th percentile in milliseconds, and milliseconds of CPU a request."""
    began = server.processor_seconds
    with ThreadPoolExecutor(clients) as threads:
        times = [each for some in threads.map(lambda _: _times(server, path, headers), range(clients)) for each in some]
    return statistics.quantiles(times, n=20)[-1], (server.processor_seconds - began) * 1000 / len(times)


def _times(server: Server, path: str, headers: dict[str, str]) -> list[float]:
    times = list[float]()
    with httpx2.Client(base_url=_base(server), headers=headers) as client:
        client.get(path).raise_for_status()
        until = time.perf_counter() + _SECONDS
        while time.perf_counter() < until or len(times) < 5:
            started = time.perf_counter()
            client.get(path).raise_for_status()
            times.append((time.perf_counter() - started) * 1000)
    return times


def _base(server: Server) -> str:
    return f"http://127.0.0.1:{server.port}/v1/"


def main() -> None:
    words = [each for each in sys.argv[1:] if not each.isdecimal()]
    databases = [each for each in words if each != "beside"] or ("sqlite", "postgresql")
    sizes = [int(each) for each in sys.argv[1:] if each.isdecimal()] or SIZES
    for database in databases:
        for row in (beside if "beside" in words else measured)(database, sizes):
            print(*row.values(), sep="  ", flush=True)  # noqa: T201  a table of it would come after an hour


if __name__ == "__main__":
    main()
