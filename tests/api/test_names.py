"""What the API's description calls things stays as it is when a file moves, and is all that a foreign client needs."""

import re

import pytest

from tests.api.description import OPERATIONS, SCHEMAS


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
