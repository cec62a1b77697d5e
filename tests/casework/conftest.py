"""An organisation with certified people, an epoch and a service to ask."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from httpx2 import Response
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.casework.cases.models import Case
from app.intake.epochs.models import Epoch
from app.people.staff.models import Person
from app.protocol.sizes import Kind
from app.vocabulary import Role
from tests import factories

# A step of a case, and an answer in it.
MOVE: dict[str, object] = {"to": "assessment", "reason": "decided"}
CONSENT: dict[str, object] = {
    "person": factories.id_("psn"),
    "consent": factories.id_("cons"),
    "number": 1,
    "status": "given",
    "method": "form",
    "file": factories.in_json(Kind.MESSAGE),
}


@dataclass
class Office:
    """The service as each person asks it. Every write is a new act."""

    client: TestClient
    rows: Session
    _sessions: dict[str, dict[str, str]] = field(default_factory=dict)

    def get(self, who: Person, path: str, headers: Mapping[str, str] | None = None) -> Response:
        return self.client.get(f"/v1{path}", headers=self._headers(who) | dict(headers or {}))

    def post(self, who: Person, path: str, body: Mapping[str, object], *, version: int | None = None) -> Response:
        headers = self._headers(who) | factories.writes(version=version)
        return self.client.post(f"/v1{path}", json=body, headers=headers)

    def put(self, who: Person, path: str, body: Mapping[str, object], *, version: int | None = None) -> Response:
        headers = self._headers(who) | factories.writes(version=version)
        return self.client.put(f"/v1{path}", json=body, headers=headers)

    def forget_sessions(self) -> None:
        """Whoever asks next signs in anew, for the day is another."""
        self._sessions.clear()

    def _headers(self, who: Person) -> dict[str, str]:
        self.rows.commit()
        if who.id not in self._sessions:
            self._sessions[who.id] = factories.signed_in(self.rows, who)
        return self._sessions[who.id]


@pytest.fixture
def office(client: TestClient, rows: Session) -> Office:
    factories.organisation(rows)
    return Office(client, rows)


@pytest.fixture
def triager(rows: Session) -> Person:
    return factories.certified(rows, Role.TRIAGER)


@pytest.fixture
def colleague(rows: Session) -> Person:
    """A second triager of the epoch."""
    return factories.certified(rows, Role.TRIAGER)


@pytest.fixture
def caseworker(rows: Session) -> Person:
    return factories.certified(rows, Role.CASEWORKER)


@pytest.fixture
def supervisor(rows: Session, caseworker: Person) -> Person:
    """Of the caseworker's team."""
    return factories.certified(rows, Role.SUPERVISOR, team_id=caseworker.team_id)


@pytest.fixture
def epoch(rows: Session, triager: Person, colleague: Person) -> Epoch:
    return factories.epoch(rows, triager, colleague)


@pytest.fixture
def case(rows: Session, office: Office, caseworker: Person) -> Case:  # the office is there first, with the organisation
    return factories.case(rows, caseworker)


def problem(answer: Response) -> tuple[int, str]:
    """The status, and the last word of the problem's type."""
    return answer.status_code, answer.json().get("type", "").rpartition("/")[2]
