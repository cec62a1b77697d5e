"""No list reads more of the database than it shows, however much there is: of each the plan is looked at.

Both databases have a hundred thousand reports here (tests/bench/data.py), and PostgreSQL has counted them.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import sqlalchemy as sa
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from app import keyring
from app.clock import Clock
from app.http.paging import paging
from app.http.routing import dependencies
from app.main import ROUTERS, create_app
from app.protocol.lists import COUNTED
from app.settings import Settings
from app.site.site import Site
from app.vocabulary import CaseStage, ReportState, Role
from tests.access.table import TABLE
from tests.bench import data
from tests.in_process import InProcess
from tests.strength import HASHER

if TYPE_CHECKING:
    from app.database import Database

REPORTS = 100_000
PAGE = 20
PEOPLE = 60
MOST_ROWS = 3 * PAGE
# Of SQLite's steps, some twenty for each row that is looked at: of three pages, with what is asked of each row besides.
STEPS_A_ROW = 100

# What can be asked of a list, by the name of its parameter.
FILTERS: dict[str, Sequence[str]] = {
    "state": [f"state={ReportState.RECEIVED}", f"state={ReportState.OUT_OF_MANDATE}", "state=received&state=accepted"],
    "unopened": ["unopened=true", "unopened=false", "unopened=true&state=accepted"],
    "stage": [f"stage={CaseStage.ACTIVE}", f"stage={CaseStage.ON_HOLD}", "stage=active&stage=planning&priority=p3"],
    "priority": ["priority=p1", "priority=p2&priority=p4"],
    "label": ["label=red", "label=green", "label=red&stage=active&priority=p2"],
    "handling": [
        "handling=tlp_red",
        "handling=tlp_green&handling=tlp_clear",
        "handling=tlp_amber_strict&stage=active&priority=p2",
    ],
    "sort": [
        "sort=stage_entered",
        "sort=-stage_entered",
        "sort=-stage_entered&stage=active&stage=planning",
        "sort=-stage_entered&label=green&label=red",
        "sort=stage_entered&label=red&stage=active",
        "sort=-stage_entered&handling=tlp_red",
        "sort=-stage_entered&handling=tlp_green&priority=p3",
        "sort=next_review",
        "sort=next_review&stage=active&stage=planning",
        "sort=due",
        "sort=due&stage=active&stage=planning",
    ],
    "count": ["count=capped"],
    "object": [f"object={data.id_('case', 7)}"],
    "after": [f"after={REPORTS // 2}"],
    "from": ["from=500"],
}
# Who asks for a count has as many looked at as are counted at most, each where it is found and as what it is.
MOST_COUNTED = 3 * COUNTED
OF_APPROVALS = {"state": ["state=requested"]}

# What stands for the names in a path: of each list one that has several pages, where any has.
BUSY = {
    "report_id": data.id_("rep", data.BUSY_REPORT),
    "case_id": data.id_("case", data.busy_case(REPORTS)),
    "partner_id": data.id_("par", 1),
}


@dataclass(frozen=True)
class List:
    """A list as its route declares it: where it is and what can be asked of it."""

    route: str
    filters: frozenset[str]

    @property
    def queries(self) -> list[str]:
        of_this = FILTERS | (OF_APPROVALS if "approvals" in self.route else {})
        return ["", *(query for name in sorted(self.filters) for query in of_this[name])]


def lists() -> dict[str, List]:
    """Every list that there is, by its route as the table of rights names it."""
    return {
        f"GET /v1{route.path}": List(f"/v1{route.path}", frozenset(each.alias for each in route.dependant.query_params))
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute) and paging in set(dependencies(route.dependant))
    }


# Of which there are never more than a few, and why.
FEW = {
    "GET /v1/root-proposals": "supervisors propose one root at a time",
    "GET /v1/clock-policies": "supervisors set one in a year or so",
    "GET /v1/partners": "organisations are let in by two supervisors, a handful in a year",
    "GET /v1/partners/{partner_id}/tokens": "five at most",
    "GET /v1/partner/releases": "five in a year, to whom no test of staff has a token",
    "GET /v1/partner/downloads": "in the order of its key, and of ninety days",
    "GET /v1/news": "what one person has not read of the reports that they work on",
}

WHO = {Role.TRIAGER: 0, Role.CASEWORKER: 8, Role.SUPERVISOR: 18, Role.AUDITOR: 19, Role.CUSTODIAN: 39}


@pytest.fixture(scope="module")
def filled(url_of_file: str) -> str:
    data.fill_and_count(url_of_file, REPORTS, people=PEOPLE, files=None)
    return url_of_file


@pytest.fixture
def asked(filled: str, tmp_path: Path, keyring_file: bytes, clock: Clock, site: Site) -> Iterator[TestClient]:
    (tmp_path / keyring.FILE).write_bytes(keyring_file)
    settings = Settings(data_dir=tmp_path, database_url=filled, demo=True, demo_clock=clock.told_by)
    with InProcess(create_app(settings, site=site, hasher=HASHER)) as client:
        yield client


def test_no_list_reads_more_than_three_pages(asked: TestClient, filled: str) -> None:
    headers = data.signed_in(filled, *WHO.values())
    found, short = list[str](), lists().keys() - FEW.keys()

    for name, each in lists().items():
        for role in WHO.keys() & TABLE[name].roles:
            for query in each.queries:
                most = MOST_COUNTED if "count=" in query else MOST_ROWS
                with plans(asked, filled, most=most) as read:
                    pages = walk(asked, each.route.format(**BUSY), query, headers[WHO[role]])
                    found += [f"{role}: {name}?{query}: {fault}" for fault in read()]
                short -= {name} if pages > 1 else set()

    assert found == []
    assert short == set(), "a list that is never longer than a page shows nothing: give it rows in tests/bench/data.sql"


# What takes a row for each that is asked for; and a table to which a year adds a few rows.
OTHERWISE = ("GET /v1/audit/lines",)
# What waits for somebody is looked for in all that they work on, however much others have; and
# two thousand cases PostgreSQL reads whole, where it would find them by their ids among more.
OF_ONES_OWN = {"sqlite": {"GET /v1/duties": 4 * MOST_ROWS}, "postgresql": {"GET /v1/duties": 40 * MOST_ROWS}}
SMALL = ("shared_keys",)


def test_nothing_else_that_staff_read_grows_with_what_there_is(asked: TestClient, filled: str) -> None:
    headers = data.signed_in(filled, *WHO.values())
    found = list[str]()
    of_ones_own = OF_ONES_OWN[sa.make_url(filled).get_backend_name()]

    for name, path in reads().items():
        for role in WHO.keys() & TABLE[name].roles:
            with plans(asked, filled, most=of_ones_own.get(name, MOST_ROWS)) as read:
                answer = asked.get(path.format(**BUSY), headers=headers[WHO[role]])
                assert answer.status_code in (200, 401, 404, 409), (name, role, answer.text)
                found += [f"{role}: {name}: {fault}" for fault in read()]

    assert [fault for fault in found if not any(f"FROM {table}" in fault for table in SMALL)] == []


def reads() -> dict[str, str]:
    """Whatever else staff read of a report, of a case, or of what waits, by its route: no list."""
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    found = {
        f"GET /v1{route.path}": f"/v1{route.path}"
        for route in routes
        if "GET" in (route.methods or ()) and {each.alias for each in route.dependant.path_params} <= BUSY.keys()
    }
    others = TABLE.keys() - lists().keys() - set(OTHERWISE)
    return {name: path for name, path in found.items() if name in others and TABLE[name].roles}


def walk(client: TestClient, path: str, query: str, headers: dict[str, str]) -> int:
    """Ask for the first page, the next, and back again; how many there were."""
    first = client.get(f"{path}?limit={PAGE}&{query}", headers=headers)
    assert first.status_code in (200, 401, 404), (path, first.text)  # nobody but whose it is, and no session of staff
    page = first.json()
    if page.get("next") is None:
        return 1
    second = client.get(f"{path}?limit={PAGE}&{query}&cursor={page['next']}", headers=headers).json()
    back = client.get(f"{path}?limit={PAGE}&{query}&cursor={second['prev']}", headers=headers).json()
    assert back["items"] == page["items"]
    return 2


@contextmanager
def plans(client: TestClient, url: str, *, most: int = MOST_ROWS) -> Iterator[Callable[[], list[str]]]:
    """Gives what the service asks while the block runs that reads too much, each once, with how."""
    database: Database = client.app.state.database  # type: ignore[attr-defined]  # the test client declares any ASGI app
    seen: dict[str, Any] = {}

    def see(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:
        if statement.startswith("SELECT"):
            seen[statement] = parameters

    look = _too_much_of_sqlite if url.startswith("sqlite") else _too_much_of_postgresql
    sa.event.listen(database._writing, "before_cursor_execute", see)
    yield lambda: look(url, seen, most)
    sa.event.remove(database._writing, "before_cursor_execute", see)


def _too_much_of_sqlite(url: str, statements: Mapping[str, Any], most: int) -> list[str]:
    found = list[str]()
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        for statement, parameters in statements.items():
            connection.set_progress_handler(lambda: 1, STEPS_A_ROW * most)
            try:
                connection.execute(statement, parameters).fetchall()
            except sqlite3.OperationalError:
                connection.set_progress_handler(None, 0)
                plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
                found.append(f"{statement}\n{[row[-1] for row in plan]}")
    return found


def _too_much_of_postgresql(url: str, statements: Mapping[str, Any], most: int) -> list[str]:
    found = list[str]()
    with closing(psycopg.connect(sa.make_url(url).set(drivername="postgresql").render_as_string(False))) as connection:
        for statement, parameters in statements.items():
            explained = f"EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF, FORMAT JSON) {statement}"
            [(explanation,)] = connection.execute(explained.encode(), parameters).fetchall()
            found += [f"{statement}\n{node}" for node in _nodes(explanation[0]["Plan"]) if _rows(node) > most]
    return found


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield {name: value for name, value in plan.items() if name != "Plans"}
    for each in plan.get("Plans", ()):
        yield from _nodes(each)


def _rows(node: dict[str, Any]) -> float:
    """How many a step of a plan looked at, those that it passed over as well."""
    passed_over = sum(value for name, value in node.items() if name.startswith("Rows Removed"))
    return float(node["Actual Loops"] * (node["Actual Rows"] + passed_over))
