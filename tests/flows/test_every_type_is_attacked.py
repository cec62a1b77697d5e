"""For each type of the table, a test shows a client something that the service made, and something older."""

from collections.abc import Iterator
from inspect import isfunction

import pytest

from app.protocol.types import TYPES, SealedType
from tests.client.intake import test_pages
from tests.client.people import test_machines, test_memories
from tests.client.statistics import test_cards
from tests.flows import test_evil_audit, test_evil_custodians, test_evil_server, test_evil_server_and_a_case
from tests.statistics.releases import test_draws

NOT_OPENED = {
    "comment": "no client writes or opens one yet",
}
# What a client takes although there is a newer one (docs/protocol.md, section 16).
OLDER_NOT_NOTICED = {
    "thread-state": "a reporter's machine remembers nothing",
    "state": "a reporter's machine remembers nothing",
}


def attacked() -> Iterator[tuple[str, bool]]:
    """The types that the tests of these modules say that they attack, and whether with what is older."""
    modules = (test_evil_audit, test_evil_custodians, test_evil_server, test_evil_server_and_a_case)
    for module in (*modules, test_pages, test_machines, test_memories, test_cards, test_draws):
        for test in filter(isfunction, vars(module).values()):
            for mark in getattr(test, "pytestmark", ()):
                if mark.name == "attacks":
                    yield mark.args[0], mark.kwargs.get("older", False)


FORGED = {type_ for type_, older in attacked() if not older}
OLDER = {type_ for type_, older in attacked() if older}


@pytest.mark.parametrize("of", TYPES.values(), ids=TYPES)
def test_a_client_is_shown_something_of_each_type_that_the_service_made(of: SealedType) -> None:
    assert (of.name in FORGED) != (of.name in NOT_OPENED), f"type {of.name} has no attack"


@pytest.mark.parametrize("of", TYPES.values(), ids=TYPES)
def test_a_client_is_shown_an_older_one_of_each_type_that_has_versions(of: SealedType) -> None:
    if of.chained:
        assert (of.name in OLDER) != (of.name in OLDER_NOT_NOTICED), f"type {of.name} has no attack with an older one"


def test_no_attack_is_on_a_type_that_there_is_not() -> None:
    assert (FORGED | OLDER | NOT_OPENED.keys() | OLDER_NOT_NOTICED.keys()) <= TYPES.keys()
