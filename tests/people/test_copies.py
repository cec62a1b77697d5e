"""The copy of somebody's keys at the service: theirs alone, and replaced by nobody without their key."""

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.audit.actions import Action
from app.audit.models import AuditEvent
from app.client.machine.directory import PersonKeys
from app.clock import Clock
from app.people.copies.models import KeyCopy
from app.protocol.chain import Mark
from app.protocol.documents import Signer
from app.protocol.encoding import b64, sha256_hex
from app.protocol.key_copy import COPY, AccountKey, seal_copy, sign_file
from app.protocol.key_copy import KeyCopy as Copied
from app.protocol.roots import Pin
from tests.factories import writes
from tests.people.conftest import PASSWORD, Client
from tests.strength import COPY_WORK_FACTOR


def copy_of(whose: Client) -> bytes:
    keys = PersonKeys(whose.identity, whose.key)
    copy = Copied("https://tern.test", whose.id, Pin.read("a" * 64), Mark(1, "a" * 64), keys.text)
    return seal_copy(copy, "five words of no sentence", AccountKey.generate(), work_factor=COPY_WORK_FACTOR)


def leave(whose: Client, file: bytes, *, by: Signer | None = None, type_: str = COPY.name) -> tuple[int, str]:
    body = {"file": b64(file), "signature": b64(sign_file(type_, file, by or whose.signer))}
    answer = whose.http.put("/v1/copy", json=body, headers=whose.headers)
    return answer.status_code, answer.json().get("type", "").removeprefix("/problems/")


def kept(whose: Client) -> str:
    answer = whose.http.get("/v1/copy", headers=whose.headers)
    return str(answer.json().get("file")) if answer.is_success else str(answer.status_code)


def test_a_copy_is_fetched_by_its_person_as_they_left_it(supervisor: Client, today: date) -> None:
    file = copy_of(supervisor)

    before, left = kept(supervisor), leave(supervisor, file)
    answer = supervisor.http.get("/v1/copy", headers=supervisor.headers).json()

    assert (before, left) == ("404", (200, ""))
    assert answer == {
        "number": 1,
        "kept_on": today.isoformat(),
        "file": b64(file),
        "signature": b64(sign_file(COPY.name, file, supervisor.signer)),
    }


def test_whoever_stole_a_session_replaces_no_copy(supervisor: Client) -> None:
    """The thief has the token, and a copy that their own key signed, or one signed for another use."""
    file, thief = copy_of(supervisor), Client(supervisor.http, "thief")
    leave(supervisor, file)
    thief.id = supervisor.id
    theirs = copy_of(thief)

    answers = [
        leave(supervisor, theirs, by=thief.signer),
        leave(supervisor, theirs, type_="memory"),
        leave(supervisor, theirs, by=Signer(supervisor.id, thief.key)),
    ]

    assert answers == [(422, "not-their-signature")] * 3
    assert kept(supervisor) == b64(file)


def test_a_copy_takes_the_place_of_the_one_before_which_is_destroyed_and_never_taken_again(
    supervisor: Client, rows: Session
) -> None:
    first, second = copy_of(supervisor), copy_of(supervisor)
    leave(supervisor, first)

    repeated, replaced = leave(supervisor, first), leave(supervisor, second)
    handed_in_again = leave(supervisor, first)

    assert (repeated, replaced, handed_in_again) == ((200, ""), (200, ""), (409, "copy-replaced"))
    assert kept(supervisor) == b64(second)
    stored = rows.query(KeyCopy.number, KeyCopy.file, KeyCopy.signature.is_(None)).order_by(KeyCopy.number).all()
    assert [tuple(each) for each in stored] == [(1, None, True), (2, second, False)]


def test_a_copy_comes_in_the_one_form_that_it_has(supervisor: Client) -> None:
    file = copy_of(supervisor)
    for other in (file + b"\n", file.replace(b"scrypt", b"X25519"), b"", file.replace(b" 10\n", b" 20\n", 1)):
        assert leave(supervisor, other) == (422, "not-an-envelope")


def test_sign_in_says_which_copy_is_here(client: TestClient, supervisor: Client) -> None:
    request, file = {"person": "first", "password": PASSWORD}, copy_of(supervisor)

    before = client.post("/v1/sessions", json=request).json()["copy_sha256"]
    leave(supervisor, file)
    after = client.post("/v1/sessions", json=request).json()["copy_sha256"]

    assert (before, after) == (None, sha256_hex(file))


@pytest.mark.parametrize("action", [Action.COPY_KEPT, Action.COPY_FETCHED])
def test_who_leaves_and_who_fetches_a_copy_is_on_record(supervisor: Client, rows: Session, action: Action) -> None:
    file = copy_of(supervisor)
    leave(supervisor, file)
    kept(supervisor)

    events = rows.query(AuditEvent).filter_by(action=action).all()

    assert [(each.actor_id, each.object_id, each.object_hash) for each in events] == [
        (supervisor.id, supervisor.id, sha256_hex(file))
    ]


def issue(by: Client, whose: Client) -> str:
    answer = by.http.post(f"/v1/people/{whose.id}/copy-tokens", headers=by.headers | writes())
    return str(answer.json().get("token", answer.status_code))


def fetch(by: Client, token: str) -> tuple[int, str]:
    answer = by.http.post("/v1/copy/fetches", json={"token": token})
    return answer.status_code, answer.json().get("file", answer.json().get("type"))


def test_a_token_of_a_supervisor_fetches_one_copy_once_and_does_nothing_else(supervisor: Client) -> None:
    file = copy_of(supervisor)
    leave(supervisor, file)
    token = issue(supervisor, supervisor)
    as_session = {"Authorization": f"Bearer {token}"}

    elsewhere = [supervisor.http.get(path, headers=as_session).status_code for path in ("/v1/people", "/v1/copy")]
    first, again = fetch(supervisor, token), fetch(supervisor, token)

    assert elsewhere == [401, 401]
    assert first == (201, b64(file))
    assert again == (403, "/problems/copy-token-invalid")


def test_a_token_is_over_after_three_days_or_when_another_is_issued(
    supervisor: Client, clock: Clock, today: date
) -> None:
    assert clock.told_by is not None
    leave(supervisor, copy_of(supervisor))
    earlier, present = issue(supervisor, supervisor), issue(supervisor, supervisor)

    clock.told_by.write_text(f"{today + timedelta(days=4)}T09:00:00Z")

    assert fetch(supervisor, earlier) == fetch(supervisor, present) == (403, "/problems/copy-token-invalid")
