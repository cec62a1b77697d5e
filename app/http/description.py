"""The API's description (OpenAPI): what FastAPI tells of it, said once and in words that were chosen for it."""

import inspect
import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import BaseModel, Field, create_model
from pydantic.json_schema import models_json_schema

from app.problems import Problem, StaleVersion, Unauthenticated, catalogue

PROBLEM_JSON = "application/problem+json"
NEEDED = "x-needed"
"""Marks the schema of a header that a route asks for itself, because its absence has a problem of its own."""
REFUSED = "x-refused"
"""In the `responses` of a route, the types of the problems of one status."""
ETAG_HEADER = {"$ref": "#/components/headers/ETag"}
_ETAG = {"description": "The version", "required": True, "schema": {"type": "string"}}

ABOUT = """Sealed reporting, casework under encryption and safe publishing.

Every answer has an `X-Request-Id`, which says nothing of who asked, and headers that keep it out of caches, frames and
other pages; those to staff have the service's `Date`, against which clients hold their clock. Whatever is refused is
`application/problem+json` (RFC 9457); each `type` is the address of a page that says what it means and what to do. A
body needs a `Content-Length`. A query parameter that a route does not know is refused.
"""

_SCHEMAS = "#/components/schemas/"


def described(description: dict[str, Any]) -> dict[str, Any]:
    """FastAPI's description with each thing said once. Raises `ValueError` where two schemas have one name."""
    _call_by_title(description)
    _drop_titles(description)
    components = description["components"]
    components["responses"] = {}
    components["headers"] = {"ETag": _ETAG}
    description["security"] = [{"session": []}]
    types: set[str] = set()
    for method, operation in _operations(description):
        for parameter in operation.get("parameters", ()):
            if parameter["schema"].pop(NEEDED, False):
                parameter["required"] = True
        if operation.get("description") == operation["summary"]:  # the docstring is one sentence
            del operation["description"]
        if operation.get("security") == description["security"]:
            del operation["security"]
        for code, response in operation["responses"].items():
            if REFUSED in response:
                types |= set(response[REFUSED])
                operation["responses"][code] = _refusal(components["responses"], response, has_body=method != "head")
    components["schemas"] |= _problem_schemas(types)
    components["parameters"] = _shared_parameters(description)
    for kind in components:
        components[kind] = dict(sorted(components[kind].items()))
    return description


def _call_by_title(description: dict[str, Any]) -> None:
    """Call each schema what its class is called: FastAPI's own names have the module where two classes share one."""
    schemas = description["components"]["schemas"]
    titles = {name: schema["title"] for name, schema in schemas.items()}
    if len(set(titles.values())) != len(titles):
        raise ValueError("two schemas have one name")
    description["components"]["schemas"] = {titles[name]: schema for name, schema in schemas.items()}
    for part in _parts(description):
        if part.get("$ref", "").startswith(_SCHEMAS):
            part["$ref"] = _SCHEMAS + titles[part["$ref"].removeprefix(_SCHEMAS)]


def _drop_titles(value: object) -> None:
    """Those that repeat a name."""
    for part in _parts(value):
        schemas = [*part.get("properties", {}).values(), part.get("schema")]
        for schema in schemas:
            if isinstance(schema, dict):
                schema.pop("title", None)


def _refusal(components: dict[str, Any], response: Mapping[str, Any], *, has_body: bool) -> dict[str, Any]:
    """A response that refuses, by its name among those that are shared; it is called by its problems."""
    kinds = [kind for kind in catalogue() if kind.type in response[REFUSED]]
    headers = dict(response.get("headers", {}))
    name = ".".join([*(kind.type for kind in kinds), *map(str.lower, headers), *([] if has_body else ["head"])])
    if Unauthenticated.status == kinds[0].status:
        headers["WWW-Authenticate"] = {"required": True, "schema": {"const": "Bearer"}}
    if any("retry_after_seconds" in _members(kind) for kind in kinds):
        headers["Retry-After"] = {"description": "Seconds", "schema": {"type": "string"}}
    if any(kind.quota for kind in kinds):
        headers["RateLimit-Policy"] = {"description": "What was spent", "schema": {"type": "string"}}
    if StaleVersion in kinds:
        headers["ETag"] = _ETAG | {"description": "The present version, where it is known", "required": False}
    refusal: dict[str, Any] = {"description": " ".join(f"{kind.title}." for kind in kinds)}
    if headers:
        refusal["headers"] = headers
    if has_body:
        schemas = [{"$ref": f"{_SCHEMAS}{_schema_name(kind)}"} for kind in kinds]
        refusal["content"] = {PROBLEM_JSON: {"schema": schemas[0] if len(schemas) == 1 else {"oneOf": schemas}}}
    components[name] = refusal
    return {"$ref": f"#/components/responses/{name}"}


def _schema_name(kind: type[Problem]) -> str:
    return f"{kind.__name__}Problem"


def _members(kind: type[Problem]) -> Mapping[str, inspect.Parameter]:
    """What the answer tells beside its type, title and status."""
    return inspect.signature(kind).parameters


def _problem_schemas(types: set[str]) -> dict[str, Any]:
    models = [_problem_model(kind) for kind in catalogue() if kind.type in types]
    _, whole = models_json_schema([(model, "serialization") for model in models], ref_template=_SCHEMAS + "{model}")
    _drop_titles(whole)
    schemas: dict[str, Any] = whole["$defs"]
    return schemas


def _problem_model(kind: type[Problem]) -> type[BaseModel]:
    fields: dict[str, Any] = {
        "type": Literal[f"/problems/{kind.type}"],
        "title": str,
        "status": Literal[kind.status],
    }
    for name, each in _members(kind).items():
        is_needed = each.default is each.empty
        fields[name] = (each.annotation, ... if is_needed else Field(None, json_schema_extra=_may_be_left_out))
    return create_model(_schema_name(kind), __doc__=f"{kind.title}.", **fields)


def _may_be_left_out(schema: dict[str, Any]) -> None:
    del schema["default"]


def _shared_parameters(description: dict[str, Any]) -> dict[str, Any]:
    """Move there each parameter that is the same wherever its name stands, where that is in more than one place."""
    texts_of: dict[str, list[str]] = {}
    for _, operation in _operations(description):
        for parameter in operation.get("parameters", ()):
            texts_of.setdefault(parameter["name"], []).append(json.dumps(parameter, sort_keys=True))
    common = {name: json.loads(texts[0]) for name, texts in texts_of.items() if len(texts) > 1 and len(set(texts)) == 1}
    for _, operation in _operations(description):
        if "parameters" in operation:
            operation["parameters"] = [
                {"$ref": f"#/components/parameters/{each['name']}"} if each["name"] in common else each
                for each in operation["parameters"]
            ]
    return common


def _operations(description: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in description["paths"].values():
        yield from path.items()


def _parts(value: object) -> Iterator[dict[str, Any]]:
    """Every object in the JSON."""
    if isinstance(value, dict):
        yield value
    inner: Any = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for child in inner:
        yield from _parts(child)
