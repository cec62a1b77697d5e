"""Sessions: opened by a password, and ended."""

import unicodedata
from concurrent.futures import ThreadPoolExecutor
from datetime import date

from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.clock import Clock
from app.main import create_app
from app.people.sign_in import service
from app.people.staff.models import Person
from app.protocol.documents import Signer, bytes_signed
from app.protocol.encoding import b64
from app.settings import Settings
from tests import factories
from tests.in_process import InProcess
from tests.people.conftest import PASSWORD, Client


def test_a_wrong_password_and_an_unknown_person_are_refused_alike(supervisor: Client) -> None:
    wrong = supervisor.http.post("/v1/sessions", json={"person": "first", "password": "not this one"})
    unknown = supervisor.http.post("/v1/sessions", json={"person": "nobody", "password": PASSWORD})

    assert (wrong.status_code, wrong.json()) == (401, unknown.json())


def test_who_calls_themselves_by_the_id_of_another_keeps_nobody_out(supervisor: Client, rows: Session) -> None:
    factories.person(rows).handle = supervisor.id
    rows.commit()

    answer = supervisor.http.post("/v1/sessions", json={"person": supervisor.id, "password": PASSWORD})

    assert (answer.status_code, answer.json()["person"]) == (201, supervisor.id)


def test_whose_id_it_is_signs_in_whoever_is_written_down_first(rows: Session, today: date) -> None:
    other, person = factories.person(rows), factories.person(rows)
    person.id = other.handle
    rows.flush()

    assert service.candidate(rows, person.id, today).person_id == person.id


def test_a_session_ends_when_its_person_signs_out(supervisor: Client) -> None:
    supervisor.http.delete("/v1/sessions/current", headers=supervisor.headers).raise_for_status()

    assert supervisor.http.get("/v1/people", headers=supervisor.headers).status_code == 401


def test_a_session_ends_after_its_hours(supervisor: Client, clock: Clock, today: date) -> None:
    assert clock.told_by is not None

    clock.told_by.write_text(f"{today}T21:59:00Z")
    before = supervisor.http.get("/v1/people", headers=supervisor.headers).status_code
    clock.told_by.write_text(f"{today}T22:00:00Z")
    after = supervisor.http.get("/v1/people", headers=supervisor.headers).status_code

    assert (before, after) == (200, 401)


def test_neither_token_nor_password_lies_in_the_database(supervisor: Client, rows: Session, invitation: str) -> None:
    token = supervisor.headers["Authorization"].removeprefix("Bearer ")
    connection = rows.connection()
    stored = " ".join(
        str(row)
        for table in ("people", "sessions", "invitations", "idempotency_keys", "audit_events")
        for row in connection.exec_driver_sql(f"SELECT * FROM {table}")  # noqa: S608  these five names
    )

    assert rows.get(Person, supervisor.id) is not None
    assert not any(secret in stored for secret in (token, PASSWORD, invitation))


def test_a_password_is_the_same_from_every_keyboard(client: TestClient, invitation: str) -> None:
    Client(client, "first").join(invitation, password=unicodedata.normalize("NFD", "Đêm qua ở Huế"))
    typed = unicodedata.normalize("NFC", "Đêm qua\N{NO-BREAK SPACE}ở Huế")

    answer = client.post("/v1/sessions", json={"person": "first", "password": typed})

    assert answer.status_code == 201


def test_a_password_is_kept_under_the_second_parameters_of_rfc_9106(
    settings: Settings, rows: Session, invitation: str
) -> None:
    with InProcess(create_app(settings)) as client:
        supervisor = Client(client, "first").join(invitation)

    person = rows.get(Person, supervisor.id)
    assert person is not None
    assert person.password_hash.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_passwords_are_checked_a_few_at_a_time_and_few_wait(settings: Settings, rows: Session) -> None:
    """Anybody may ask, each costs 64 MiB, and a thread that waits is one that reporters lack."""
    factories.organisation(rows)
    rows.commit()

    with (
        InProcess(create_app(settings)) as client,  # with passwords of their strength
        ThreadPoolExecutor(12) as threads,
    ):
        asked = {"person": "nobody", "password": "correct horse battery"}
        answers = list(threads.map(lambda _: client.post("/v1/sessions", json=asked), range(24)))

    busy = [answer for answer in answers if answer.status_code == 503]
    assert {answer.status_code for answer in answers} == {401, 503}
    assert {answer.json()["type"] for answer in busy} == {"/problems/sign-in-busy"}
    assert {answer.headers["Retry-After"] for answer in busy} == {"1"}


def other_session(of: Client) -> dict[str, str]:
    """On another machine, or in the hands of a thief."""
    answer = of.http.post("/v1/sessions", json={"person": of.handle, "password": PASSWORD})
    return {"Authorization": f"Bearer {answer.json()['token']}"}


def sessions(of: Client, headers: dict[str, str] | None = None) -> list[dict[str, object]]:
    answer = of.http.get("/v1/sessions", headers=headers or of.headers)
    return list(answer.json()["items"]) if answer.is_success else []


def test_a_person_sees_their_own_sessions_and_ends_them_from_another_machine(supervisor: Client, today: date) -> None:
    elsewhere = other_session(supervisor)
    (other,) = [each["id"] for each in sessions(supervisor) if not each["is_current"]]

    ended = supervisor.http.delete(f"/v1/sessions/{other}", headers=supervisor.headers)

    assert ended.status_code == 204
    assert supervisor.http.get("/v1/people", headers=elsewhere).status_code == 401
    assert [(each["begun_on"], each["is_current"]) for each in sessions(supervisor)] == [(today.isoformat(), True)]


def test_nobody_sees_or_ends_the_sessions_of_another_but_a_supervisor_all_of_them(
    supervisor: Client, rows: Session
) -> None:
    colleague = factories.person(rows)
    headers = factories.signed_in(rows, colleague)
    (theirs,) = sessions(supervisor, headers)

    refused = supervisor.http.delete(f"/v1/sessions/{theirs['id']}", headers=supervisor.headers)
    forbidden = supervisor.http.delete(f"/v1/people/{supervisor.id}/sessions", headers=headers)
    all_of_them = supervisor.http.delete(f"/v1/people/{colleague.id}/sessions", headers=supervisor.headers)

    assert (refused.status_code, forbidden.status_code, all_of_them.status_code) == (404, 403, 204)
    assert (sessions(supervisor, headers), len(sessions(supervisor))) == ([], 1)


NEW = "another long password of no use to keys"


def challenge(of: Client) -> str:
    return str(of.http.post("/v1/password/challenges", json={"person": of.handle}).json()["challenge"])


def set_password(of: Client, challenged: str, *, signer: Signer | None = None, type_: str = "password") -> int:
    signature = (signer or of.signer).sign_bytes(bytes_signed(type_, challenged.encode())).sig
    body = {"person": of.handle, "challenge": challenged, "signature": b64(signature), "password": NEW}
    return of.http.put("/v1/password", json=body).status_code


def test_a_password_is_set_anew_under_a_signature_and_every_session_ends(supervisor: Client) -> None:
    elsewhere = other_session(supervisor)

    done = set_password(supervisor, challenge(supervisor))

    assert done == 204
    assert [
        supervisor.http.get("/v1/people", headers=each).status_code for each in (supervisor.headers, elsewhere)
    ] == [
        401,
        401,
    ]
    answers = [
        supervisor.http.post("/v1/sessions", json={"person": "first", "password": each}) for each in (PASSWORD, NEW)
    ]
    assert [each.status_code for each in answers] == [401, 201]


def test_whoever_stole_a_session_or_a_signature_sets_no_password(supervisor: Client, clock: Clock, today: date) -> None:
    assert clock.told_by is not None
    thief = Client(supervisor.http, "thief")
    thief.id = supervisor.id
    asked = challenge(supervisor)

    tried = [
        set_password(supervisor, asked, signer=thief.signer),
        set_password(supervisor, asked, type_="copy"),
        set_password(supervisor, asked[:-4] + "AAAA"),
        set_password(supervisor, "AAAA"),
    ]
    used = [set_password(supervisor, asked), set_password(supervisor, asked)]
    late = challenge(supervisor)
    clock.told_by.write_text(f"{today}T09:11:00Z")

    assert tried == [403] * 4
    assert used == [204, 403]
    assert set_password(supervisor, late) == 403


def test_whether_there_is_such_a_person_no_challenge_says(supervisor: Client) -> None:
    nobody = Client(supervisor.http, "nobody")
    nobody.id = supervisor.id

    asked = challenge(nobody)

    assert (len(asked), set_password(nobody, asked)) == (len(challenge(supervisor)), 403)


def test_a_machine_is_known_by_its_last_session_and_by_nobody_elses(
    supervisor: Client, rows: Session, clock: Clock, today: date
) -> None:
    assert clock.told_by is not None
    token = supervisor.headers["Authorization"].removeprefix("Bearer ")
    clock.told_by.write_text(f"{today}T23:59:00Z")  # when it has expired

    assert service.was_signed_in(rows, supervisor.id, token)
    assert not service.was_signed_in(rows, "per_another", token)
    assert not service.was_signed_in(rows, None, "")
    assert supervisor.http.post(
        "/v1/sessions", json={"person": "first", "password": PASSWORD}, headers={"Authorization": "Bearer nothing"}
    ).is_success
