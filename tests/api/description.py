"""docs/openapi.json, as the tests of this folder look at it."""

import json
from typing import Any

from docs.generate import HERE

DESCRIPTION: dict[str, Any] = json.loads((HERE / "openapi.json").read_text())


def whole(part: Any) -> Any:
    """The part, or what it refers to, with all that is within it."""
    if isinstance(part, list):
        return [whole(each) for each in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        kind, name = part["$ref"].removeprefix("#/components/").split("/")
        return whole(DESCRIPTION["components"][kind][name])
    return {name: whole(each) for name, each in part.items()}


OPERATIONS: dict[str, dict[str, Any]] = {
    f"{method.upper()} {path}": whole(operation)
    for path, methods in DESCRIPTION["paths"].items()
    for method, operation in methods.items()
}
SCHEMAS: dict[str, dict[str, Any]] = DESCRIPTION["components"]["schemas"]
