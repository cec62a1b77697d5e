"""Whatever is wrong with a request, on whatever route, is refused as documented, in the one order, with nothing of it
repeated."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pytest
from httpx2 import Request as Built
from httpx2 import Response
from sqlalchemy.orm import Session

from app.problems import Forbidden, Problem, Unauthenticated
from app.vocabulary import Role
from tests import factories
from tests.access.table import TABLE
from tests.access.test_rights import routes
from tests.api.badly import WORD, Request, Wrong, in_every_way, in_one_way, rightly
from tests.api.description import OPERATIONS
from tests.api.forms import FORMS
from tests.in_process import InProcess

# What is refused before anything is looked for is refused alike, whichever database there is.
on_one_database = pytest.mark.parametrize("url", ["sqlite"], indirect=True)

OF_THE_FORM = {
    *("malformed-request", "unknown-parameter", "invalid-cursor", "idempotency-key-required", "length-required"),
    *("too-large", "unsupported-media-type", "invalid-request", "not-an-envelope", "version-required"),
    "other-protocol",
}


@pytest.fixture
def everything(rows: Session) -> Mapping[str, str]:
    """The headers of somebody with all roles; their token is also that of an unused mailbox."""
    factories.organisation(rows)
    return factories.signed_in(rows, factories.certified(rows, *Role))


@pytest.fixture
def nothing(rows: Session, everything: Mapping[str, str]) -> Mapping[str, str]:
    """The headers of somebody without a role."""
    return factories.signed_in(rows, factories.certified(rows))


def send(client: InProcess, requests: Iterable[Request], headers: Mapping[str, str]) -> list[Response]:
    return client.send_in_turn([built(client, request, headers) for request in requests])


def built(client: InProcess, request: Request, headers: Mapping[str, str]) -> Built:
    content: Any = iter([request.content]) if request.streamed else request.content or None
    sent = {name.encode(): value.encode() for name, value in {**headers, **request.headers}.items()}
    return client.build_request(request.method, request.path + request.query, headers=sent, content=content)


def refused(answer: Response) -> str:
    """The problem, with its status; or only the status, where the answer has none or repeats what was sent."""
    if answer.headers.get("content-type") != "application/problem+json" or not answer.content:
        return f"{answer.status_code}"
    if WORD in answer.text or WORD in str(answer.headers):
        return f"{answer.status_code}, repeating what was sent"
    return f"{answer.status_code} {answer.json()['type']}"


def named(route: str, problem: type[Problem]) -> str:
    """As `refused` has it; what answers a HEAD has no body."""
    return f"{problem.status}" + ("" if route.startswith("HEAD") else f" /problems/{problem.type}")


def test_every_route_has_a_form_and_every_form_a_route() -> None:
    assert FORMS.keys() == routes()


@pytest.mark.parametrize("route", FORMS)
def test_a_form_names_all_that_its_route_is_described_to_take(route: str) -> None:
    form = FORMS[route]
    operation = OPERATIONS[route]

    described = {"query": set(), "header": set(), "path": set(), "needed": set()}  # type: dict[str, set[str]]
    for parameter in operation.get("parameters", ()):
        described[parameter["in"]].add(parameter["name"])
        described["needed"] |= {parameter["name"]} if parameter["required"] else set()

    assert described["query"] == form.query | ({"limit", "cursor"} if form.pages else set())
    assert described["needed"] == (described["header"] | described["path"]) - {"If-None-Match"}
    assert described["header"] - {"If-None-Match"} == set(form.headers) | (
        {"Idempotency-Key"} if form.acts_once else set()
    ) | ({"If-Match"} if form.sees_version else set()) | ({"Tus-Resumable"} if form.tus else set())
    assert fields_described(operation) == (set(form.body or ()), set(form.body or ()) - form.optional)


def fields_described(operation: dict[str, Any]) -> tuple[set[str], set[str]]:
    """The names in the JSON that the route takes, and those that it needs."""
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" not in content:
        return set(), set()
    schema = content["application/json"]["schema"]
    return set(schema["properties"]), set(schema["required"])


def test_a_request_of_the_right_form_is_not_refused_for_it(
    client: InProcess, rows: Session, everything: Mapping[str, str]
) -> None:
    # Last, for it ends the session.
    in_turn = sorted(FORMS, key=lambda route: route.startswith("DELETE"))
    sent = send(client, (rightly(route, FORMS[route]) for route in in_turn), everything)
    answers = dict(zip(in_turn, map(refused, sent), strict=True))

    assert {route: answer for route, answer in answers.items() if answer.rpartition("/")[2] in OF_THE_FORM} == {}


@on_one_database
def test_what_is_wrong_in_one_place_is_refused_for_that_before_it_is_looked_for(
    client: InProcess, everything: Mapping[str, str]
) -> None:
    wrong = {
        f"{route}: {what}": (answer, named(route, problem))
        for route, form in FORMS.items()
        for what, answer, problem in answered(client, list(in_one_way(route, form)), everything)
        if answer != named(route, problem)
    }

    assert wrong == {}


def answered(
    client: InProcess, ways: Sequence[Wrong], headers: Mapping[str, str]
) -> Iterator[tuple[str, str, type[Problem]]]:
    """What is wrong, how it is refused, and the problem that it should be refused with."""
    answers = send(client, (request for _, request, _ in ways), headers)
    for (what, _, problem), answer in zip(ways, answers, strict=True):
        yield what, refused(answer), problem


@on_one_database
def test_without_a_token_nothing_is_said_of_what_else_is_wrong(client: InProcess) -> None:
    guarded = [route for route, row in TABLE.items() if row.without_session == Unauthenticated.status]

    answers = dict(zip(guarded, map(refused, send(client, map(in_every_way, guarded), {})), strict=True))

    assert answers == {route: named(route, Unauthenticated) for route in guarded}


@on_one_database
def test_without_a_role_nothing_is_said_of_what_else_is_wrong(client: InProcess, nothing: Mapping[str, str]) -> None:
    guarded = [route for route, row in TABLE.items() if row.for_staff and row.needs_role]

    answers = dict(zip(guarded, map(refused, send(client, map(in_every_way, guarded), nothing)), strict=True))

    assert answers == {route: named(route, Forbidden) for route in guarded}
