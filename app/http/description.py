"""The API's description (OpenAPI): what FastAPI tells of it, in words that were chosen for it."""

from collections.abc import Iterator
from typing import Any

_SCHEMAS = "#/components/schemas/"


def described(description: dict[str, Any]) -> dict[str, Any]:
    """FastAPI's description, with our names. Raises `ValueError` where two schemas have one name."""
    _by_title(description)
    return description


def _by_title(description: dict[str, Any]) -> None:
    """Call each schema what its class is called: FastAPI's own names have the module where two classes share one."""
    schemas = description["components"]["schemas"]
    titles = {name: schema["title"] for name, schema in schemas.items()}
    if len(set(titles.values())) != len(titles):
        raise ValueError("two schemas have one name")
    description["components"]["schemas"] = {titles[name]: schema for name, schema in schemas.items()}
    for part in _parts(description):
        if "$ref" in part:
            part["$ref"] = _SCHEMAS + titles[part["$ref"].removeprefix(_SCHEMAS)]


def _parts(value: object) -> Iterator[dict[str, Any]]:
    """Every object in the JSON."""
    if isinstance(value, dict):
        yield value
    inner: Any = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for child in inner:
        yield from _parts(child)
