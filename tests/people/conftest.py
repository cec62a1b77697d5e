"""People with machines of their own, the first of whom is a supervisor before there is a root."""

from datetime import date

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.testclient import TestClient

from app import age
from app.database import Database
from app.people.staff import invitations
from app.protocol.certified import Certified
from app.protocol.documents import Signer
from app.protocol.encoding import b64
from app.vocabulary import Role

PASSWORD = "a long password that unlocks no key"


class Client:
    """A person's own machine: their keys, and their session."""

    def __init__(self, http: TestClient, handle: str) -> None:
        self.http, self.handle = http, handle
        self.identity, self.key = age.generate(), Ed25519PrivateKey.generate()

    def join(self, invitation: str, password: str = PASSWORD) -> "Client":
        body = {
            "invitation": invitation,
            "handle": self.handle,
            "recipient": str(self.identity.recipient),
            "key": b64(self.key.public_key().public_bytes_raw()),
            "password": password,
        }
        answer = self.http.post("/v1/people", json=body)
        answer.raise_for_status()
        self.id: str = answer.json()["id"]
        return self

    def sign_in(self) -> "Client":
        answer = self.http.post("/v1/sessions", json={"person": self.handle, "password": PASSWORD})
        answer.raise_for_status()
        self.headers = {"Authorization": f"Bearer {answer.json()['token']}"}
        return self

    @property
    def signer(self) -> Signer:
        return Signer(self.id, self.key)

    def certified(self, *roles: Role) -> Certified:
        return Certified(self.id, frozenset(roles), self.identity.recipient, self.signer.public_key)


@pytest.fixture
def invitation(database: Database, today: date) -> str:
    with database.write() as session:
        return invitations.initialise(session, today)


@pytest.fixture
def supervisor(client: TestClient, invitation: str) -> Client:
    """The first supervisor, before there is a root."""
    return Client(client, "first").join(invitation).sign_in()
