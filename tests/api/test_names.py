"""What the API's description calls things stays as it is when a file moves, and is all that a foreign client needs."""

import re
from typing import Any

import pytest

from tests.api.test_bad_input import DESCRIPTION

OPERATIONS: dict[str, dict[str, Any]] = {
    f"{method.upper()} {path}": operation
    for path, methods in DESCRIPTION["paths"].items()
    for method, operation in methods.items()
}
SCHEMAS: dict[str, dict[str, Any]] = DESCRIPTION["components"]["schemas"]


def test_no_two_operations_have_one_name() -> None:
    names = [operation["operationId"] for operation in OPERATIONS.values()]

    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("route", OPERATIONS)
def test_an_operation_is_called_by_words_and_not_by_its_path(route: str) -> None:
    name = OPERATIONS[route]["operationId"]

    assert re.fullmatch(r"[a-z]+(_[a-z]+){0,3}", name)
    assert "v1" not in name


@pytest.mark.parametrize("route", OPERATIONS)
def test_every_operation_has_a_sentence(route: str) -> None:
    assert re.fullmatch(r"[A-Z].{15,150}\.", OPERATIONS[route]["summary"])


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_called_by_one_name_of_its_own(name: str) -> None:
    assert re.fullmatch(r"[A-Z][A-Za-z0-9]+", name)
    assert SCHEMAS[name].get("title", name) == name
