"""A service is killed at each write of a draw, before it is on disk and after. Who begins anew charges it once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import age
from app.cli.demo_population import population
from app.protocol.encoding import sha256_hex
from app.statistics.releases.accounts import Accounts, name_of
from app.statistics.releases.models import AccountsPart, BudgetEntry
from tests.statistics.conftest import APPROVER, STATISTICS, Office
from tests.statistics.releases.flow import KEY, TOTAL, Flow, keep_cards

# One of each year's four, of which the reserve bears all. In the first quarter there are cards.
PERIODS = [
    f"{year}-Q{quarter}" for year in (2026, 2025, 2024) for quarter in ((2, 1) if year == 2026 else (4, 3, 2, 1))
]


class Killed(Exception):
    """There is no process any more."""


@dataclass
class Life:
    """Of a process: it ends at its write number `at`, before that is on disk or `after`."""

    at: int
    after: bool
    writes: int = 0
    is_over: bool = False

    def begin(self, _: sa.Connection) -> None:
        if self.is_over:
            raise Killed

    def commit(self, connection: sa.Connection) -> None:
        self.begin(connection)
        if connection.get_execution_options().get("writes", True):
            self.writes += 1
            self.is_over = self.writes == self.at
            if self.is_over and not self.after:
                raise Killed


@contextmanager
def living(engine: sa.Engine, life: Life) -> Iterator[None]:
    events = (("begin", life.begin), ("commit", life.commit))
    for name, heard in events:
        sa.event.listen(engine, name, heard)
    try:
        yield
    finally:
        for name, heard in events:
            sa.event.remove(engine, name, heard)


def begun(office: Office, flow: Flow, life: Life) -> None:
    """The draw is begun, and ends with its process or when it is done."""
    engine: sa.Engine = office.http.app.state.database._writing  # type: ignore[attr-defined]  # the test client declares any ASGI app
    before = set(threading.enumerate())
    with living(engine, life):
        with suppress(Killed):
            flow.post("/draw", {"statistics_keys": [KEY]}, by=APPROVER)
        for thread in set(threading.enumerate()) - before:
            thread.join(30)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("after", [False, True], ids=["before it is on disk", "after"])
def test_a_draw_that_was_killed_at_any_write_is_charged_once_and_has_one_noise(
    office: Office, rows: Session, after: bool
) -> None:
    keep_cards(rows, 20)
    rows.commit()
    office.let_the_quarter_end()
    left = list[str]()
    for at, period in enumerate(PERIODS, start=1):
        flow, life = Flow.approved(office, TOTAL | {"period": period}), Life(at, after)
        begun(office, flow, life)
        left.append(flow.get(by=APPROVER).json()["state"])
        if left[-1] == "approved":
            flow.draw()
        elif left[-1] == "drawn":
            flow.post("/composition", {}, by=APPROVER)
        released = flow.get(by=APPROVER).json()
        assert released["state"] == "composed"
        assert sha256_hex(flow.get("/files/raw/noisy.csv", by=APPROVER).content) == released["noisy_sha256"]
        if not life.is_over:
            break

    # It ended before it was charged, before its folder was made, and after; and once it was let live.
    assert {"approved", "drawn", "composed"} == {*left}
    assert not life.is_over
    assert rows.scalars(select(BudgetEntry.rho_millionths)).all() == [5_000] * len(left)
    sealed = b"".join(rows.scalars(select(AccountsPart.content).order_by(AccountsPart.number)))
    spent = Accounts.read(age.decrypt(sealed, [STATISTICS])).spent
    tokens = {name_of(card.token) for card in population(20, b"flow")}
    assert {spent[name] for name in tokens} == {5_000}
