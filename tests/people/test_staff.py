"""People join, are certified, and only then may do what their roles say. Real keys, both databases, over HTTP."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, timedelta

import pytest
from httpx2 import HTTPStatusError
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app import age
from app.clock import Clock
from app.people import passwords
from app.people.staff.models import Invitation
from app.protocol import key_log, staff_log
from app.protocol.certificates import certificate
from app.protocol.certified import Certified
from app.protocol.documents import Document, Signer
from app.protocol.encoding import b64
from app.protocol.roots import make_root, org_of
from app.vocabulary import Role
from tests import factories
from tests.factories import writes
from tests.people.conftest import PASSWORD, Client


@pytest.fixture
def root(supervisor: Client, today: date) -> Document:
    """The root, which the service has taken."""
    root = make_root([supervisor.certified(Role.SUPERVISOR)], supervisor.signer, on=today)
    body = {"entries": [{"document": root.text.decode(), "grants": []}]}
    supervisor.http.post("/v1/key-log", json=body, headers=supervisor.headers | writes()).raise_for_status()
    return root


@pytest.fixture
def newcomer(supervisor: Client, root: Document) -> Client:
    """A triager who has joined and whom nobody has certified yet."""
    answer = supervisor.http.post("/v1/invitations", json={"roles": ["triager"]}, headers=supervisor.headers | writes())
    return Client(supervisor.http, "newcomer").join(answer.json()["invitation"]).sign_in()


def certify(
    supervisor: Client, whom: Certified, root: Document, today: date, *, by: Signer | None = None, days: int = 30
) -> tuple[int, str]:
    """Sign a certificate and hand it in: the status, and the type of the problem if it is one."""
    return hand_in(supervisor, signed(supervisor, whom, root, today, by=by, days=days))


def signed(
    supervisor: Client,
    whom: Certified,
    root: Document,
    today: date,
    *,
    by: Signer | None = None,
    days: int = 30,
    previous: Document | None = None,
) -> Document:
    return certificate(
        whom,
        org=org_of(root),
        signer=by or supervisor.signer,
        valid_from=today,
        valid_until=today + timedelta(days=days),
        previous=previous,
    )


def hand_in(supervisor: Client, document: Document) -> tuple[int, str]:
    answer = supervisor.http.post(
        "/v1/certificates", json={"document": document.text.decode()}, headers=supervisor.headers | writes()
    )
    return answer.status_code, answer.json().get("type", "")


def test_the_first_supervisor_joins_by_the_first_invitation(supervisor: Client) -> None:
    person = supervisor.http.get(f"/v1/people/{supervisor.id}", headers=supervisor.headers).json()

    assert (person["handle"], person["roles"]) == ("first", ["supervisor"])


def test_when_somebody_was_last_here_is_told_to_supervisors_alone(
    supervisor: Client, newcomer: Client, today: date
) -> None:
    path = f"/v1/people/{newcomer.id}"

    to_supervisor, to_others = (
        each.http.get(path, headers=each.headers).json()["last_use"] for each in (supervisor, newcomer)
    )

    assert (to_supervisor, to_others) == (today.isoformat(), None)


def test_an_invitation_is_used_once(client: TestClient, supervisor: Client, invitation: str) -> None:
    second = Client(client, "second")
    body = {
        "invitation": invitation,
        "handle": "second",
        "recipient": str(second.identity.recipient),
        "key": b64(second.key.public_key().public_bytes_raw()),
        "password": PASSWORD,
    }

    answer = client.post("/v1/people", json=body)

    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/invitation-invalid")


def test_an_invitation_ends_after_two_weeks(client: TestClient, invitation: str, clock: Clock, today: date) -> None:
    assert clock.told_by is not None
    clock.told_by.write_text(f"{today + timedelta(days=15)}T09:00:00Z")
    late = Client(client, "late")
    body = {
        "invitation": invitation,
        "handle": "late",
        "recipient": str(late.identity.recipient),
        "key": b64(late.key.public_key().public_bytes_raw()),
        "password": PASSWORD,
    }

    assert client.post("/v1/people", json=body).status_code == 403


def test_a_repeated_request_gets_the_same_invitation_and_no_second_one(supervisor: Client, rows: Session) -> None:
    headers = supervisor.headers | writes()

    first, again = (
        supervisor.http.post("/v1/invitations", json={"roles": ["triager"]}, headers=headers).json() for _ in range(2)
    )

    assert first == again
    assert rows.query(Invitation).filter_by(used=False).count() == 1


def test_an_invitation_to_a_team_that_is_not_there_is_refused(supervisor: Client) -> None:
    wanted = {"roles": ["triager"], "team": f"team_{secrets.token_hex(16)}"}

    answer = supervisor.http.post("/v1/invitations", json=wanted, headers=supervisor.headers | writes())

    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/team-unknown")


def test_two_people_do_not_share_a_handle(supervisor: Client) -> None:
    answer = supervisor.http.post("/v1/invitations", json={"roles": ["triager"]}, headers=supervisor.headers | writes())
    twin = Client(supervisor.http, "first")
    body = {
        "invitation": answer.json()["invitation"],
        "handle": "first",
        "recipient": str(twin.identity.recipient),
        "key": b64(twin.key.public_key().public_bytes_raw()),
        "password": PASSWORD,
    }

    refused = supervisor.http.post("/v1/people", json=body)

    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/handle-taken")


@pytest.mark.parametrize(
    "wrong",
    [{"recipient": "age1qqqq"}, {"key": "AAAA"}, {"password": "short"}, {"handle": "Two Words"}, {"name": "Real"}],
)
def test_who_joins_with_malformed_keys_is_refused(client: TestClient, invitation: str, wrong: dict[str, str]) -> None:
    keys = Client(client, "first")
    body = {
        "invitation": invitation,
        "handle": "first",
        "recipient": str(keys.identity.recipient),
        "key": b64(keys.key.public_key().public_bytes_raw()),
        "password": PASSWORD,
    }

    answer = client.post("/v1/people", json=body | wrong)

    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-request")


def test_the_root_certifies_the_supervisors_whom_it_lists(supervisor: Client, root: Document) -> None:
    person = supervisor.http.get(f"/v1/people/{supervisor.id}", headers=supervisor.headers).json()

    assert person["roles"] == ["supervisor"]
    assert supervisor.http.get("/v1/root-proposals", headers=supervisor.headers).json()["items"] == []
    assert root.text.decode() in supervisor.http.get("/v1/key-log").json()["document"]


def test_a_root_of_other_keys_than_those_that_joined_is_refused(supervisor: Client, today: date) -> None:
    other = Certified(
        supervisor.id, frozenset({Role.SUPERVISOR}), age.generate().recipient, supervisor.signer.public_key
    )
    root = make_root([other], supervisor.signer, on=today)

    answer = supervisor.http.post(
        "/v1/key-log",
        json={"entries": [{"document": root.text.decode(), "grants": []}]},
        headers=supervisor.headers | writes(),
    )

    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/not-certifying")


def test_nobody_has_a_role_before_they_are_certified(newcomer: Client) -> None:
    answer = newcomer.http.get("/v1/reports", headers=newcomer.headers)

    assert answer.status_code == 403


def test_a_certified_person_has_the_roles_of_their_certificate(
    supervisor: Client, newcomer: Client, root: Document, today: date
) -> None:
    status, _ = certify(supervisor, newcomer.certified(Role.TRIAGER, Role.CASEWORKER), root, today)

    person = newcomer.http.get(f"/v1/people/{newcomer.id}", headers=newcomer.headers).json()

    assert status == 201
    assert person["roles"] == ["caseworker", "triager"]
    assert newcomer.http.get("/v1/reports", headers=newcomer.headers).status_code == 200


def test_a_role_ends_with_its_certificate(
    supervisor: Client, newcomer: Client, root: Document, today: date, clock: Clock
) -> None:
    certify(supervisor, newcomer.certified(Role.TRIAGER), root, today, days=1)
    assert clock.told_by is not None

    clock.told_by.write_text(f"{today + timedelta(days=2)}T09:00:00Z")

    newcomer.sign_in()
    assert newcomer.http.get("/v1/reports", headers=newcomer.headers).status_code == 403


def test_a_role_that_was_given_for_three_days_ends_with_them(
    supervisor: Client, newcomer: Client, root: Document, today: date, clock: Clock
) -> None:
    first = signed(supervisor, newcomer.certified(Role.CASEWORKER), root, today)
    standing_in = newcomer.certified(Role.CASEWORKER, Role.SUPERVISOR)
    hand_in(supervisor, first)
    hand_in(supervisor, signed(supervisor, standing_in, root, today, days=2, previous=first))
    assert clock.told_by is not None
    found = []

    for days in (0, 2, 3):
        clock.told_by.write_text(f"{today + timedelta(days=days)}T09:00:00Z")
        newcomer.sign_in()
        shown = newcomer.http.get(f"/v1/people/{newcomer.id}", headers=newcomer.headers).json()["roles"]
        found.append((shown, newcomer.http.get("/v1/audit", headers=newcomer.headers).status_code))

    supervising = (["caseworker", "supervisor"], 200)
    assert found == [supervising, supervising, (["caseworker"], 403)]


def test_a_certificate_without_roles_ends_a_persons_certificates_and_none_follows_it(
    supervisor: Client, newcomer: Client, root: Document, today: date, clock: Clock
) -> None:
    first = signed(supervisor, newcomer.certified(Role.TRIAGER), root, today)
    end = signed(supervisor, newcomer.certified(), root, today, days=1, previous=first)
    again = signed(supervisor, newcomer.certified(Role.TRIAGER), root, today, previous=end)
    assert hand_in(supervisor, first)[0] == 201

    answers = [hand_in(supervisor, document) for document in (end, again)]
    on_that_day = newcomer.http.get("/v1/reports", headers=newcomer.headers).status_code
    assert clock.told_by is not None
    clock.told_by.write_text(f"{today + timedelta(days=3)}T09:00:00Z")  # the end itself is over, the first is not
    with pytest.raises(HTTPStatusError) as refused:
        newcomer.sign_in()

    assert answers == [(201, ""), (422, "/problems/not-certifying")]
    assert [on_that_day, refused.value.response.status_code] == [401, 401]


def test_each_certificate_is_a_line_of_the_staff_log_whose_head_anybody_reads(
    supervisor: Client, newcomer: Client, root: Document, today: date
) -> None:
    before = supervisor.http.get("/v1/staff-log/head").status_code
    first = signed(supervisor, newcomer.certified(Role.AUDITOR), root, today)
    second = signed(supervisor, newcomer.certified(Role.TRIAGER), root, today, previous=first)
    for document in (first, second):
        hand_in(supervisor, document)

    def lines(first: int) -> list[bytes]:
        answer = newcomer.http.get("/v1/staff-log", params={"from": first}, headers=newcomer.headers)
        return answer.content.splitlines()

    log = staff_log.verify(lines(1))
    head, signature = key_log.parse_head(supervisor.http.get("/v1/staff-log/head").json())
    assert before == 404
    assert log.certificates == (first, second)
    assert lines(2) == lines(1)[1:]
    assert lines(3) == []
    log.check_head(head, signature, signature.key)
    assert supervisor.http.get("/v1/staff-log").status_code == 401


def test_an_old_certificate_handed_in_again_brings_no_role_back(
    supervisor: Client, newcomer: Client, root: Document, today: date
) -> None:
    first = signed(supervisor, newcomer.certified(Role.AUDITOR), root, today)
    demoted = signed(supervisor, newcomer.certified(Role.ANALYST), root, today, previous=first)
    assert hand_in(supervisor, first)[0] == hand_in(supervisor, demoted)[0] == 201

    again = [hand_in(supervisor, document) for document in (first, demoted)]

    assert again == [(412, "/problems/stale-version")] * 2
    assert newcomer.http.get("/v1/audit", headers=newcomer.headers).status_code == 403


def test_of_two_certificates_that_follow_the_same_one_is_refused(
    supervisor: Client, newcomer: Client, root: Document, today: date
) -> None:
    twins = [signed(supervisor, newcomer.certified(role), root, today) for role in (Role.TRIAGER, Role.AUDITOR)]

    answers = [hand_in(supervisor, twin) for twin in twins]

    assert answers == [(201, ""), (412, "/problems/stale-version")]


def test_no_certificate_takes_from_a_supervisor_what_the_root_says(
    supervisor: Client, root: Document, today: date
) -> None:
    assert certify(supervisor, supervisor.certified(Role.ANALYST), root, today) == (201, "")

    person = supervisor.http.get(f"/v1/people/{supervisor.id}", headers=supervisor.headers).json()

    assert person["roles"] == ["supervisor"]


def test_a_certificate_of_other_keys_than_those_that_joined_is_refused(
    supervisor: Client, newcomer: Client, root: Document, today: date
) -> None:
    swapped = Certified(newcomer.id, frozenset({Role.TRIAGER}), age.generate().recipient, newcomer.signer.public_key)

    assert certify(supervisor, swapped, root, today) == (422, "/problems/not-certifying")


def test_nobody_certifies_themselves(supervisor: Client, newcomer: Client, root: Document, today: date) -> None:
    own = newcomer.certified(Role.SUPERVISOR)

    assert certify(supervisor, own, root, today, by=newcomer.signer) == (422, "/problems/not-certifying")


def test_a_stranger_without_an_invitation_costs_no_hash(client: TestClient, all_busy: None) -> None:
    asked = {"invitation": "none", "handle": "mallory", "recipient": str(factories.SOMEBODY), "key": b64(bytes(32))}

    answer = client.post("/v1/people", json=asked | {"password": "correct horse battery"})

    assert answer.json()["type"] == "/problems/invitation-invalid"


@pytest.fixture
def all_busy() -> Iterator[None]:
    """As many passwords are being checked as may be: one more would be refused."""
    with ExitStack() as held:
        for _ in range(2):
            held.enter_context(passwords._turn())
        yield
