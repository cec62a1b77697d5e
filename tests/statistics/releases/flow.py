"""The steps of a release over HTTP, each by the one who may take it."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from httpx2 import Response
from sqlalchemy.orm import Session

from app.cli.demo_population import population
from app.protocol.card import StatCard, TokenCard, revision_sha256
from app.protocol.documents import Signer, parse_document
from app.protocol.encoding import b64, sha256_hex
from app.protocol.release.release_keys import ReleaseKey, ReleaseSigner, release_key
from app.protocol.release.signatures import sign_sums
from app.protocol.release.sums import SUMS
from app.statistics.cards.models import Card
from app.vocabulary import Role
from tests.factories import writes
from tests.protocol.organisation import Person
from tests.statistics.conftest import ANALYST, APPROVER, COLLEAGUE, PIN, STATISTICS, Office, seal_card

TOTAL = {"kind": "reserve", "period": "2026-Q2", "workload": "T"}
QUARTER = {"kind": "quarter", "period": "2026-Q2", "workload": "Q"}
YEAR = {"kind": "year", "period": "2025", "workload": "S"}
KEY = str(STATISTICS)


def keep_cards(rows: Session, persons: int) -> None:
    """Cards of the quarter as they lie there, without the way in which they came."""
    rows.add_all(row_of(card, seal_card(card)) for card in population(persons, b"flow"))
    rows.flush()


def row_of(card: StatCard | TokenCard, file: bytes) -> Card:
    return Card(
        id_sha256=sha256_hex(card.id.encode()),
        quarter="2026-Q2",
        revision_sha256=revision_sha256(card.id, card.revision),
        file=file,
    )


@dataclass(frozen=True)
class Flow:
    office: Office
    release: str

    @classmethod
    def requested(cls, office: Office, wanted: dict[str, str], *, by: Person = ANALYST) -> "Flow":
        answer = request(office, wanted, by=by)
        assert answer.status_code == 201, answer.text
        return cls(office, answer.json()["id"])

    @classmethod
    def approved(cls, office: Office, wanted: dict[str, str]) -> "Flow":
        flow = cls.requested(office, wanted)
        assert flow.move("approved", by=APPROVER).status_code == 201
        return flow

    @classmethod
    def composed(cls, office: Office, wanted: dict[str, str]) -> "Flow":
        flow = cls.approved(office, wanted)
        assert flow.draw().json()["state"] == "composed"
        return flow

    @classmethod
    def published(cls, office: Office, wanted: dict[str, str]) -> "Flow":
        flow = cls.composed(office, wanted)
        assert flow.sign(ANALYST).json()["state"] == "composed"
        assert flow.sign(APPROVER).json()["state"] == "signed"
        assert flow.move("published", by=APPROVER).json()["state"] == "published"
        return flow

    def get(self, path: str = "", *, by: Person = ANALYST) -> Response:
        return self.office.http.get(f"/v1/releases/{self.release}{path}", headers=self.office.by(by))

    def post(self, path: str, body: dict[str, Any], *, by: Person, **more: str) -> Response:
        headers = self.office.by(by) | more
        return self.office.http.post(f"/v1/releases/{self.release}{path}", json=body, headers=headers)

    def move(self, to: str, *, by: Person) -> Response:
        if to == "published":
            return self.publish(by=by)
        version = self.get(by=APPROVER).json()["version"]
        return self.post("/transitions", {"to": to}, by=by, **writes(version=version))

    def draw(self, *, by: Person = APPROVER, keys: Sequence[str] = (KEY,)) -> Response:
        """The refusal, or the release when it runs no more."""
        answer = self.post("/draw", {"statistics_keys": list(keys)}, by=by)
        while answer.status_code in (200, 202) and answer.json()["draw"] == "running":
            time.sleep(0.01)
            answer = self.get(by=by)
        # PostgreSQL may have read the release before the draw was settled and its runs after: once more tells both.
        return self.get(by=by) if answer.status_code == 200 else answer

    def stand_in(self, who: Person, place: str) -> Response:
        version = self.get(by=APPROVER).json()["version"]
        return self.post("/stand-ins", {"place": place}, by=who, **writes(version=version))

    def sign(self, who: Person, *, with_key_of: Person | None = None, **said: Any) -> Response:
        """The signature of `who`, though under another's key where one is named, who says what `said` has."""
        sums, release = self.get(f"/files/{SUMS}", by=who).content, self.get(by=who).json()
        about = json.loads(self.get("/files/about.json", by=who).content)
        place = "approver" if who.id in (release["approver_stand_in"], release["approved_by"]) else "requester"
        asked = "approved_by" if place == "approver" else "requested_by"
        signer = Signer(who.id, (with_key_of or who).key)
        made = sign_sums(sums, by="", key=release_key(who.key, self.release))
        role = Role(about[f"signs_for_{place}"] or about[asked])
        stated = replace(ReleaseKey(self.release, sha256_hex(sums), role, made.key, date(2026, 7, 1)), **said)
        statement = stated.state(org=PIN, signer=signer).text.decode()
        return self.post("/signatures", {"key": b64(made.key), "sig": b64(made.sig), "statement": statement}, by=who)

    def certificates(self, *, by: Person, **said: Any) -> list[str]:
        """The word of a supervisor for those who signed, in which what `said` has is otherwise."""
        items = self.get("/signatures", by=by).json()["items"]
        stated = [ReleaseKey.read(parse_document(each["statement"].encode())) for each in items]
        vouched = [replace(ReleaseSigner.of(each), **said) for each in stated]
        return [each.certify(org=PIN, signer=by.signer).text.decode() for each in vouched]

    def publish(self, *, by: Person, certificates: Sequence[str] | None = None, **more: str) -> Response:
        version = self.get(by=APPROVER).json()["version"]
        body = {"certificates": self.certificates(by=by) if certificates is None else certificates}
        return self.post("/publication", body | more, by=by, **writes(version=version))

    def folder(self, *, by: Person = ANALYST) -> dict[str, bytes]:
        paths = self.get("/files", by=by).json()["items"]
        return {path: self.get(f"/files/{path}", by=by).content for path in paths}


def request(office: Office, wanted: dict[str, str], *, by: Person = ANALYST) -> Response:
    return office.http.post("/v1/releases", json=wanted, headers=office.by(by) | writes())


def problem(answer: Response) -> tuple[int, str]:
    """The status and the type of a refusal."""
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


def corrected(office: Office, before: Flow, words: str = "Labels were those of another list.") -> Flow:
    """The release that stands in the place of `before`."""
    answer = before.post("/corrections", {"words": words}, by=ANALYST, **writes())
    assert answer.status_code == 201, answer.text
    flow = Flow(office, answer.json()["id"])
    assert flow.move("approved", by=APPROVER).json()["state"] == "drawn"
    assert flow.post("/composition", {}, by=COLLEAGUE).json()["state"] == "composed"
    for signer in (ANALYST, APPROVER):
        flow.sign(signer)
    assert flow.publish(by=APPROVER).json()["state"] == "published"
    return flow
