"""New keys at the service: nobody's before their certificate, and from then on the person's alone."""

from dataclasses import replace
from datetime import date, timedelta

from httpx2 import Response
from starlette.testclient import TestClient

from app.clock import Clock
from app.protocol import objections
from app.protocol.certificates import certificate
from app.protocol.documents import Document, Signer
from app.protocol.documents import signed as documents_signed
from app.protocol.encoding import b64
from app.protocol.objections import Objection
from app.protocol.roots import org_of
from app.vocabulary import Role
from tests.factories import writes
from tests.people.conftest import PASSWORD, Client
from tests.people.test_staff import newcomer, root, signed

__all__ = ["newcomer", "root"]

NEW_PASSWORD = "a new password that unlocks no key"


def issue(by: Client, whose: Client) -> str:
    answer = by.http.post(f"/v1/people/{whose.id}/new-keys/tokens", headers=by.headers | writes())
    return str(answer.json().get("token", answer.status_code))


def keys_of(whose: Client) -> Client:
    """New ones, on another machine."""
    anew = Client(whose.http, whose.handle)
    anew.id = whose.id
    return anew


def bring(token: str, keys: Client) -> int:
    body = {"token": token, "recipient": str(keys.identity.recipient), "key": b64(keys.signer.public_key)}
    return keys.http.post("/v1/new-keys", json={**body, "password": NEW_PASSWORD}).status_code


def hand_in(by: Client, whose: Client, document: Document) -> int:
    path = f"/v1/people/{whose.id}/new-keys"
    return by.http.put(path, json={"document": document.text.decode()}, headers=by.headers).status_code


def signs_in(whose: Client, password: str) -> int:
    return whose.http.post("/v1/sessions", json={"person": whose.handle, "password": password}).status_code


def test_new_keys_are_the_persons_from_their_certificate_on(
    supervisor: Client, newcomer: Client, root: Document, today: date
) -> None:
    first = signed(supervisor, newcomer.certified(Role.TRIAGER), root, today, days=300)
    certified(supervisor, first)
    anew = keys_of(newcomer)
    follows = signed(supervisor, anew.certified(Role.TRIAGER), root, today, previous=first)

    early = hand_in(supervisor, newcomer, follows)
    brought = bring(issue(supervisor, newcomer), anew)
    waits = supervisor.http.get(f"/v1/people/{newcomer.id}/new-keys", headers=supervisor.headers).json()
    before = signs_in(newcomer, PASSWORD), signs_in(newcomer, NEW_PASSWORD)
    taken = hand_in(supervisor, newcomer, follows)
    after = signs_in(newcomer, PASSWORD), signs_in(newcomer, NEW_PASSWORD)

    assert (early, brought, taken, before, after) == (404, 201, 204, (201, 401), (401, 201))
    assert waits == {"recipient": str(anew.identity.recipient), "key": b64(anew.signer.public_key)}
    shown = supervisor.http.get(f"/v1/people/{newcomer.id}", headers=supervisor.headers).json()
    assert (shown["key"], shown["roles"]) == (waits["key"], ["triager"])
    assert newcomer.http.get("/v1/people", headers=newcomer.headers).status_code == 401
    assert supervisor.http.get(f"/v1/people/{newcomer.id}/new-keys", headers=supervisor.headers).status_code == 404


def certified(supervisor: Client, document: Document) -> None:
    body = {"document": document.text.decode()}
    supervisor.http.post("/v1/certificates", json=body, headers=supervisor.headers | writes()).raise_for_status()


def test_no_certificate_is_taken_that_clients_would_refuse(
    supervisor: Client, newcomer: Client, root: Document, today: date
) -> None:
    """It forgets the old keys, is dated back, by nobody on the root, of other keys, or leaves a gap."""
    first = signed(supervisor, newcomer.certified(Role.TRIAGER), root, today)
    certified(supervisor, first)
    anew = keys_of(newcomer)
    bring(issue(supervisor, newcomer), anew)
    genuine = signed(supervisor, anew.certified(Role.TRIAGER), root, today, previous=first)
    body = {name: value for name, value in genuine.header.body.items() if name != "replaced"}
    back = certificate(
        anew.certified(Role.TRIAGER),
        org=org_of(root),
        signer=supervisor.signer,
        valid_from=today - timedelta(days=1),
        valid_until=today + timedelta(days=30),
        previous=first,
    )
    own = Signer(newcomer.id, newcomer.key)
    refused = {
        "forgets": documents_signed(replace(genuine.header, body=body), supervisor.signer),
        "dated back": back,
        "by themselves": signed(supervisor, anew.certified(Role.SUPERVISOR), root, today, by=own, previous=first),
        "other keys": signed(supervisor, keys_of(newcomer).certified(Role.TRIAGER), root, today, previous=first),
        "somebody else": signed(supervisor, supervisor.certified(Role.SUPERVISOR), root, today),
    }
    gap = signed(supervisor, anew.certified(Role.TRIAGER), root, today, previous=genuine)

    answers = {name: hand_in(supervisor, newcomer, each) for name, each in refused.items()}

    assert answers == dict.fromkeys(refused, 422)
    assert hand_in(supervisor, newcomer, gap) == 412
    assert signs_in(newcomer, PASSWORD) == 201
    assert hand_in(supervisor, newcomer, genuine) == 204


def test_whom_the_root_lists_gets_new_keys_by_the_next_root_alone(
    supervisor: Client, newcomer: Client, root: Document, today: date
) -> None:
    anew = keys_of(supervisor)
    bring(issue(supervisor, supervisor), anew)

    assert hand_in(supervisor, supervisor, signed(supervisor, anew.certified(Role.SUPERVISOR), root, today)) == 422
    assert signs_in(supervisor, PASSWORD) == 201


def test_a_token_for_new_keys_is_over_after_three_days_or_when_another_is_issued(
    client: TestClient, supervisor: Client, newcomer: Client, clock: Clock, today: date
) -> None:
    assert clock.told_by is not None
    earlier, present = issue(supervisor, newcomer), issue(supervisor, newcomer)
    replaced = bring(earlier, keys_of(newcomer))

    clock.told_by.write_text(f"{today + timedelta(days=4)}T09:00:00Z")

    assert (replaced, bring(present, keys_of(newcomer))) == (403, 403)
    assert client.post("/v1/new-keys", json={}).status_code == 422


def objects(whose: Client, root: Document, *, to: Client, by: Client | None = None) -> int:
    """That a key, this person's or another, says that the keys of a machine are none of theirs."""
    key = (by or whose).signer
    said = Objection.sign(
        Signer(whose.id, (by or whose).key),
        org=org_of(root),
        recipient=str(to.identity.recipient),
        key=to.signer.public_key,
    )
    body = {
        "person": whose.id,
        "by_key": b64(key.public_key),
        "recipient": said.recipient,
        "key": b64(said.key),
        "signature": b64(said.sig),
    }
    return whose.http.put("/v1/objections", json=body).status_code


def asks(whose: Client, root: Document) -> Response:
    signature = b64(objections.ask(whose.signer, org=org_of(root)))
    body = {"person": whose.id, "key": b64(whose.signer.public_key), "signature": signature}
    return whose.http.post("/v1/replaced-keys", json=body)


def test_a_key_that_was_replaced_is_told_by_which_and_objects_once(
    supervisor: Client, newcomer: Client, root: Document, today: date
) -> None:
    """Nobody else does, to no other keys: whether there is such a person is not said."""
    first = signed(supervisor, newcomer.certified(Role.TRIAGER), root, today)
    certified(supervisor, first)
    anew, thief = keys_of(newcomer), keys_of(newcomer)
    early = asks(newcomer, root).status_code, objects(newcomer, root, to=anew)
    bring(issue(supervisor, newcomer), anew)
    follows = signed(supervisor, anew.certified(Role.TRIAGER), root, today, previous=first)
    hand_in(supervisor, newcomer, follows)

    told = asks(newcomer, root)
    strangers = asks(thief, root).status_code, objects(newcomer, root, to=anew, by=thief)
    elsewhere = objects(newcomer, root, to=thief), objects(newcomer, root, to=newcomer)
    own = objects(newcomer, root, to=newcomer, by=anew)
    twice = objects(newcomer, root, to=anew), objects(newcomer, root, to=anew)

    assert (early, strangers, elsewhere, own, twice) == ((403, 403), (403, 403), (403, 403), 403, (204, 204))
    assert told.json() == {"document": follows.text.decode(), "handle": supervisor.handle}
    [kept] = supervisor.http.get("/v1/objections", headers=supervisor.headers).json()["items"]
    by, against = b64(newcomer.signer.public_key), b64(anew.signer.public_key)
    assert (kept["person"], kept["by_key"], kept["key"]) == (newcomer.id, by, against)
    certified(supervisor, signed(supervisor, anew.certified(), root, today, previous=follows))
    assert supervisor.http.get("/v1/objections", headers=supervisor.headers).json()["items"] == []
