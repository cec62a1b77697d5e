"""The service is what docs/openapi.json says it is, for requests that nobody thought of."""

import json
import re
import secrets
from collections.abc import Callable, Iterator
from functools import cache
from string import ascii_letters, digits
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.database import Base
from app.protocol.sizes import Kind
from app.site.site import Site
from app.vocabulary import Role
from tests import factories
from tests.access.scene import Scene, standing
from tests.access.table import OWNER
from tests.api.badly import rightly
from tests.api.description import DESCRIPTION, OPERATIONS, SCHEMAS
from tests.api.forms import FORMS

_Case = Case[Any]
_SCHEMA_OF = {
    schema["properties"]["type"]["const"]: name for name, schema in SCHEMAS.items() if name.endswith("Problem")
}
_CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
# Those of every answer, of which the description speaks as a whole.
_EVERYWHERE = {
    *("cache-control", "content-length", "content-security-policy", "content-type", "cross-origin-opener-policy"),
    *("cross-origin-resource-policy", "permissions-policy", "referrer-policy", "x-content-type-options"),
    *("date", "x-frame-options", "x-request-id"),
}
_TAKES_NOTHING = {"GET /v1/health", "GET /v1/intake", "GET /v1/ledger", "GET /v1/staff-log/head", "OPTIONS /v1/uploads"}
# Whatever else is asked of them, who asks is nobody.
_OF_STAFF = {
    label for label, found in OPERATIONS.items() if found.get("security", DESCRIPTION["security"]) == [{"session": []}]
}
_READING = sorted(label for label in OPERATIONS if label.startswith(("GET ", "HEAD ", "OPTIONS ")))
_FEW = 3
_EXAMPLES = {"sqlite": 8, "postgresql": _FEW}

for kind in (Kind.GRANT, Kind.SLOT, Kind.TASK, Kind.MESSAGE, Kind.JOURNAL, Kind.PART):
    schemathesis.openapi.format(f"sealed-{kind}", st.just(factories.in_json(kind)))
schemathesis.openapi.format("sealed-keys", st.just(factories.KEY_COPY))
schemathesis.openapi.media_type(
    "application/offset+octet-stream",
    st.sampled_from([form.part for form in FORMS.values() if form.part]),
)
schemathesis.openapi.media_type(
    "application/octet-stream",
    st.sampled_from([rightly(route, form).content for route, form in FORMS.items() if form.files]),
)

# Ids, digests, keys, signatures: drawn by the pattern, each comes letter by letter, and a list of them takes seconds.
_LETTERS = {"[0-9a-f]": "0123456789abcdef", "[A-Za-z0-9_-]": f"{ascii_letters}{digits}_-"}
_SPELLED = re.compile(
    r"\^((?P<one>[a-z]+)_|\((?P<some>[a-z|]+)\)_|(?P<any>\[a-z\]\{3,7\})_)?"
    rf"(?P<letters>{'|'.join(map(re.escape, _LETTERS))})\{{(?P<length>\d+)\}}\$"
)


@cache
def _operations(mode: GenerationMode) -> dict[str, APIOperation[Any, Any, Any, Any]]:
    """What shall be wrong may be so by every word of the description; what shall be right is drawn quickly."""
    description = _drawn_quickly(DESCRIPTION) if mode is GenerationMode.POSITIVE else DESCRIPTION
    found = schemathesis.openapi.from_dict(description).get_all_operations()
    return {each.ok().label: each.ok() for each in found if isinstance(each, Ok)}


def _drawn_quickly(part: Any) -> Any:
    """The same description, in which a pattern that spells an id or the like has a format beside it."""
    if isinstance(part, list):
        return [_drawn_quickly(each) for each in part]
    if not isinstance(part, dict):
        return part
    pattern = part.get("pattern")
    if isinstance(pattern, str) and _makes_format(pattern):
        return part | {"format": pattern}
    return {name: _drawn_quickly(each) for name, each in part.items()}


@cache
def _makes_format(pattern: str) -> bool:
    """Whether it spells one, and has a format of its name now, whose texts are drawn at once."""
    found = _SPELLED.fullmatch(pattern)
    if found is None:
        return False
    letters, length = _LETTERS[found["letters"]], int(found["length"])
    prefixes = [f"{each}_" for each in (found["one"] or found["some"] or "").split("|") if each]
    prefixes += ["per_", "abc_", "abcdefg_"] if found["any"] else []

    def spelled(prefix: str, number: int) -> str:
        return prefix + "".join(letters[number // len(letters) ** place % len(letters)] for place in range(length))

    numbers = st.integers(0, len(letters) ** length - 1)
    schemathesis.openapi.format(pattern, st.builds(spelled, st.sampled_from(prefixes or [""]), numbers))
    return True


# What is refused before anything is looked for is refused alike, whichever database there is.
on_one_database = pytest.mark.parametrize("url_of_file", ["sqlite"], indirect=True, scope="module")


@pytest.fixture
def scene(client: TestClient, rows: Session) -> Scene:
    """The scene of the rights, with an owner who may do everything to all that is in it."""
    scene = Scene(client, rows).set()
    _give_to_the_owner(scene)
    return scene


@pytest.fixture(scope="module")
def still(url_of_file: str, site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """The same, once for everything that changes nothing in it."""
    with standing(url_of_file, site, tmp_path_factory.mktemp("still")) as scene:
        _give_to_the_owner(scene)
        before = _told(scene.rows)
        yield scene
        assert _told(scene.rows) == before


def _give_to_the_owner(scene: Scene) -> None:
    owner = scene.people[OWNER]
    factories.certificate(scene.rows, owner, *Role, version=2)
    factories.grant(scene.rows, scene.ids["epoch_id"], owner.id)
    scene.rows.commit()


def _told(rows: Session) -> dict[str, set[str]]:
    """Every row but those of sessions, and of who asked for what and how often."""
    return {
        name: {str(row) for row in rows.execute(table.select())}
        for name, table in Base.metadata.tables.items()
        if name not in {"sessions", "audit_events", "audit_head", "refused_sign_ins", "reporter_acts", "posted"}
    }


@pytest.mark.parametrize("label", _READING)
def test_what_is_rightly_asked_for_is_answered_as_described(still: Scene, label: str) -> None:
    _ask_rightly(still, label)


@pytest.mark.both_databases  # each has its own limits to what it keeps
@pytest.mark.parametrize("label", sorted(OPERATIONS.keys() - {*_READING}))
def test_what_is_rightly_asked_to_change_is_answered_as_described(scene: Scene, label: str) -> None:
    _ask_rightly(scene, label)


def _ask_rightly(scene: Scene, label: str) -> None:
    headers = scene.headers(OWNER)

    def about_something_there(case: _Case) -> None:
        case.path_parameters = {name: scene.ids[name] for name in case.path_parameters or {}}
        described = {"If-Match": '"1"', "Idempotency-Key": secrets.token_hex(8), "Tus-Resumable": "1.0.0"}
        wanted = {parameter.name for parameter in case.operation.headers}
        case.headers.update({name: text for name, text in described.items() if name in wanted})
        _ask(scene, case, scene.headers(OWNER) if case.method == "DELETE" else headers)

    _examine(scene, label, GenerationMode.POSITIVE, about_something_there)


@on_one_database
@pytest.mark.parametrize("label", sorted(OPERATIONS.keys() - _TAKES_NOTHING))
def test_what_is_asked_wrongly_is_answered_as_described(still: Scene, label: str) -> None:
    headers = still.headers(OWNER)

    _examine(still, label, GenerationMode.NEGATIVE, lambda case: _ask(still, case, headers))


@on_one_database
@pytest.mark.parametrize("label", OPERATIONS)
def test_what_nobody_in_particular_asks_is_answered_as_described(still: Scene, label: str) -> None:
    most = _FEW if label in _OF_STAFF else None

    _examine(still, label, GenerationMode.POSITIVE, lambda case: _ask(still, case, {}), most=most)


def _examine(
    scene: Scene, label: str, mode: GenerationMode, ask: Callable[[_Case], None], *, most: int | None = None
) -> None:
    """`ask` for examples of the operation, always the same ones."""
    most = most or _EXAMPLES[scene.rows.get_bind().dialect.name]
    examples = given(_operations(mode)[label].as_strategy(generation_mode=mode))
    bounded = settings(max_examples=most, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    bounded(examples(ask))()


def _ask(scene: Scene, case: _Case, headers: dict[str, str]) -> None:
    answer = case.call(app=scene.client.app, headers=headers)
    case.validate_response(answer, checks=_CHECKS)
    described = OPERATIONS[f"{case.method} {case.operation.path}"]["responses"][str(answer.status_code)]
    assert answer.headers.keys() - _EVERYWHERE <= {name.lower() for name in described.get("headers", ())}
    assert ("content-type" in answer.headers) == ("content" in described) or case.method == "HEAD"
    if answer.headers.get("content-type") == ["application/problem+json"] and answer.content:  # which a HEAD has not
        told = json.loads(answer.content)
        assert told.keys() <= SCHEMAS[_SCHEMA_OF[told["type"]]]["properties"].keys()
