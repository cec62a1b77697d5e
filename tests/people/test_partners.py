"""Partners: two supervisors let an organisation in, each of them ends it, and a token is shown once."""

from datetime import date, timedelta
from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.actor import Actor
from app.audit.actions import Action
from app.audit.models import AuditEvent
from app.keyring import Keyring
from app.people.partners import service
from app.people.partners.models import Partner, PartnerScope, PartnerState, PartnerToken
from app.problems import NotFound, Unauthenticated
from app.vocabulary import Role
from tests import factories
from tests.factories import DAY, writes

NEXT_YEAR = DAY + timedelta(days=365)


@pytest.fixture
def two(rows: Session) -> list[dict[str, str]]:
    """The headers of two supervisors."""
    both = [factories.certified(rows, Role.SUPERVISOR) for _ in range(2)]
    headers = [factories.signed_in(rows, each) for each in both]
    rows.commit()
    return headers


def propose(client: TestClient, by: dict[str, str], **changes: object) -> Response:
    body = {"handle": "a-university", "scope": "embargoed", "until": NEXT_YEAR.isoformat()} | changes
    return client.post("/v1/partners", json=body, headers=by | writes())


def move(client: TestClient, by: dict[str, str], partner: dict[str, Any], to: str) -> Response:
    headers = by | writes(version=partner["version"])
    return client.post(f"/v1/partners/{partner['id']}/transitions", json={"to": to}, headers=headers)


def issue(client: TestClient, by: dict[str, str], partner: dict[str, Any], scope: str = "published") -> Response:
    return client.post(f"/v1/partners/{partner['id']}/tokens", json={"scope": scope}, headers=by | writes())


def agreed(client: TestClient, two: list[dict[str, str]], **changes: object) -> dict[str, Any]:
    one, other = two
    return dict(move(client, other, propose(client, one, **changes).json(), "agreed").json())


def asks(client: TestClient, token: str) -> int:
    return client.get("/v1/partner", headers={"Authorization": f"Bearer {token}"}).status_code


def problem(answer: Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


def test_nobody_lets_an_organisation_in_alone(client: TestClient, two: list[dict[str, str]]) -> None:
    one, other = two
    proposed = propose(client, one).json()

    alone, early = move(client, one, proposed, "agreed"), issue(client, one, proposed)
    agreed_to = move(client, other, proposed, "agreed")

    assert problem(alone) == (409, "partner-self-agreement")
    assert problem(early) == (409, "partner-not-agreed")
    assert agreed_to.json()["state"] == "agreed"
    assert problem(move(client, one, agreed_to.json(), "agreed")) == (409, "no-such-step")


def test_an_agreement_that_one_supervisor_ends_opens_nothing_from_then_on(
    client: TestClient, two: list[dict[str, str]], rows: Session
) -> None:
    partner = agreed(client, two)
    tokens = [issue(client, two[0], partner, scope).json()["token"] for scope in ("published", "embargoed")]
    before = [asks(client, token) for token in tokens]

    ended = move(client, two[0], partner, "ended")

    assert (before, [asks(client, token) for token in tokens]) == ([200, 200], [401, 401])
    assert ended.json()["ended_on"] == DAY.isoformat()
    assert rows.query(PartnerToken).all() == []
    assert problem(issue(client, two[1], partner)) == (409, "partner-not-agreed")
    assert problem(propose(client, two[0])) == (409, "partner-taken")


def test_a_token_is_shown_once_kept_as_a_hash_and_ended_alone(
    client: TestClient, two: list[dict[str, str]], rows: Session
) -> None:
    partner = agreed(client, two)
    lost, other = (issue(client, two[0], partner).json() for _ in range(2))
    kept = str([(each.id, each.token_sha256) for each in rows.query(PartnerToken)])
    path = f"/v1/partners/{partner['id']}/tokens"

    listed = client.get(path, headers=two[1]).text
    revoked = client.delete(f"{path}/{lost['id']}", headers=two[1])

    assert lost["token"] not in kept + listed
    assert revoked.status_code == 204
    assert [asks(client, each["token"]) for each in (lost, other)] == [401, 200]


def test_a_repeated_request_for_a_token_makes_no_second_one(client: TestClient, two: list[dict[str, str]]) -> None:
    partner = agreed(client, two)
    headers = two[0] | writes()
    path = f"/v1/partners/{partner['id']}/tokens"

    first, again = (client.post(path, json={"scope": "published"}, headers=headers).json() for _ in range(2))

    assert first == again


def test_a_token_shows_no_more_than_was_agreed_and_there_are_five_at_most(
    client: TestClient, two: list[dict[str, str]]
) -> None:
    partner = agreed(client, two, scope="published")

    wide = issue(client, two[0], partner, "embargoed")
    issued = [issue(client, two[0], partner).status_code for _ in range(5)]

    assert problem(wide) == (409, "partner-scope-wide")
    assert set(issued) == {201}
    assert problem(issue(client, two[0], partner)) == (409, "partner-tokens")


@pytest.mark.parametrize("until", [DAY, DAY + timedelta(days=3 * 366 + 1)])
def test_an_agreement_has_a_day_on_which_it_ends(client: TestClient, two: list[dict[str, str]], until: date) -> None:
    assert problem(propose(client, two[0], until=until.isoformat())) == (422, "partner-until")


@pytest.mark.parametrize("days", [1, 3 * 366])
def test_an_agreement_runs_for_a_day_at_least_and_for_three_years_at_most(
    client: TestClient, two: list[dict[str, str]], days: int
) -> None:
    until = (DAY + timedelta(days=days)).isoformat()

    proposed = propose(client, two[0], until=until)

    assert (proposed.status_code, proposed.json()["until"], proposed.json()["version"]) == (201, until, 1)


@pytest.mark.parametrize(("days", "lasts"), [(20, 20), (366, 366), (900, 366)])
def test_a_token_ends_with_the_agreement_or_after_a_year(
    client: TestClient, two: list[dict[str, str]], days: int, lasts: int
) -> None:
    token = issue(client, two[0], agreed(client, two, until=(DAY + timedelta(days=days)).isoformat())).json()

    told = client.get("/v1/partner", headers={"Authorization": f"Bearer {token['token']}"}).json()

    assert token["until"] == told["until"] == (DAY + timedelta(days=lasts)).isoformat()


@pytest.mark.parametrize(("agreement", "program"), [(5, 20), (20, 5)])
def test_a_token_counts_on_the_last_day_of_both_and_on_no_day_after(
    client: TestClient, two: list[dict[str, str]], rows: Session, agreement: int, program: int
) -> None:
    partner = agreed(client, two)
    token = issue(client, two[0], partner).json()
    rows.get_one(Partner, partner["id"]).until = DAY + timedelta(days=agreement)
    rows.get_one(PartnerToken, token["id"]).until = DAY + timedelta(days=program)
    rows.flush()
    last = DAY + timedelta(days=5)

    admitted = service.admitted(rows, token["token"], last)

    assert (admitted.id, admitted.until) == (partner["id"], last)
    for wrong, day in ((token["token"], last + timedelta(days=1)), ("another", last)):
        with pytest.raises(Unauthenticated):
            service.admitted(rows, wrong, day)


def test_on_its_last_day_an_agreement_counts_and_on_the_next_nobody_agrees_or_gives_tokens(
    client: TestClient, two: list[dict[str, str]], rows: Session
) -> None:
    answers = []
    for handle, until in (("ends-today", DAY), ("is-over", DAY - timedelta(days=1))):
        proposed, running = propose(client, two[0], handle=handle).json(), agreed(client, two, handle=f"{handle}-too")
        for each in (proposed, running):
            rows.get_one(Partner, each["id"]).until = until
        rows.commit()
        versions = {each.id: each.version for each in rows.query(Partner)}
        proposed["version"] = versions[proposed["id"]]
        answers.append([move(client, two[1], proposed, "agreed"), issue(client, two[0], running)])

    assert [each.status_code for each in answers[0]] == [201, 201]
    assert [problem(each) for each in answers[1]] == [(422, "partner-until"), (409, "partner-not-agreed")]
    listed = client.get(f"/v1/partners/{answers[0][1].request.url.path.split('/')[3]}/tokens", headers=two[0]).json()
    assert [each["until"] for each in listed["items"]] == [DAY.isoformat()]


def test_whoever_saw_another_version_of_an_agreement_decides_nothing(
    client: TestClient, two: list[dict[str, str]]
) -> None:
    proposed = propose(client, two[0]).json()
    running = move(client, two[1], proposed, "agreed")

    assert (running.json()["version"], running.headers["ETag"]) == (2, '"2"')
    assert problem(move(client, two[1], proposed, "ended")) == (412, "stale-version")
    ended = move(client, two[1], running.json(), "ended").json()
    assert (ended["state"], ended["version"]) == ("ended", 3)
    assert problem(move(client, two[0], ended, "ended")) == (409, "no-such-step")


def test_each_partner_is_found_by_its_id_and_none_by_another(client: TestClient, two: list[dict[str, str]]) -> None:
    one, other = (agreed(client, two, handle=handle) for handle in ("one", "other"))
    token = issue(client, two[0], one).json()["id"]
    absent = one | {"id": factories.id_("par")}

    told = [client.get(f"/v1/partners/{each['id']}", headers=two[0]).json()["handle"] for each in (one, other)]

    assert told == ["one", "other"]
    path = f"/v1/partners/{absent['id']}"
    answers = [client.get(path, headers=two[0]), client.get(f"{path}/tokens", headers=two[0])]
    answers += [move(client, two[0], absent, "ended"), issue(client, two[0], absent)]
    answers += [client.delete(f"/v1/partners/{of['id']}/tokens/{token}", headers=two[0]) for of in (absent, other)]
    assert {each.status_code for each in answers} == {404}
    assert client.delete(f"/v1/partners/{one['id']}/tokens/{token}", headers=two[0]).status_code == 204


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SUPERVISOR])
def test_partners_are_for_supervisors_alone(
    client: TestClient, two: list[dict[str, str]], rows: Session, role: Role
) -> None:
    partner = agreed(client, two)
    token = issue(client, two[0], partner).json()["id"]
    other = Actor(factories.certified(rows, role).id, frozenset({role}), None, DAY)
    now, keys = factories.HOUR, Keyring(bytes(32))

    assert rows.scalars(service.visible_to(other)).all() == []
    for ask in (
        lambda: service.get(rows, other, partner["id"]),
        lambda: service.move(rows, other, partner["id"], to=PartnerState.ENDED, seen={2}, now=now),
        lambda: service.issue_token(rows, other, partner["id"], PartnerScope.PUBLISHED, keyring=keys, now=now),
        lambda: service.token(rows, other, partner["id"], token),
        lambda: service.revoke(rows, other, partner["id"], token, now=now),
        lambda: service.tokens_of(rows, other, partner["id"], DAY),
    ):
        with pytest.raises(NotFound):
            ask()


def test_every_step_with_a_partner_stands_in_the_audit(
    client: TestClient, two: list[dict[str, str]], rows: Session
) -> None:
    partner = agreed(client, two)
    token = issue(client, two[0], partner).json()
    client.delete(f"/v1/partners/{partner['id']}/tokens/{token['id']}", headers=two[0])
    move(client, two[0], partner, "ended")

    recorded = select(AuditEvent.action).where(AuditEvent.object_id == partner["id"]).order_by(AuditEvent.seq)

    assert rows.scalars(recorded).all() == [
        Action.PARTNER_PROPOSED,
        Action.PARTNER_AGREED,
        Action.PARTNER_TOKEN_ISSUED,
        Action.PARTNER_TOKEN_REVOKED,
        Action.PARTNER_ENDED,
    ]


def test_an_agreement_and_its_tokens_end_by_themselves_and_are_forgotten(rows: Session) -> None:
    supervisor = factories.certified(rows, Role.SUPERVISOR)
    last, over = DAY - timedelta(days=90), DAY - timedelta(days=91)
    for handle, until in (("runs", NEXT_YEAR), ("ends", DAY), ("just-over", last), ("long-over", over)):
        partner = Partner(
            id=factories.id_("par"),
            handle=handle,
            scope="published",
            until=until,
            state=PartnerState.AGREED,
            proposed_by=supervisor.id,
        )
        rows.add(partner)
        rows.flush()
        token = PartnerToken(
            id=factories.id_("tok"), partner_id=partner.id, token_sha256=handle, scope="published", until=until
        )
        rows.add(token)
    rows.flush()

    service.forget(rows, DAY)
    rows.flush()

    assert {each.handle for each in rows.query(Partner)} == {"runs", "ends", "just-over"}
    assert {each.token_sha256 for each in rows.query(PartnerToken)} == {"runs", "ends"}
