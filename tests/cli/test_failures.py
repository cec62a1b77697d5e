"""How a command ends that fails."""

import importlib
import pkgutil
from collections.abc import Iterator

import app.client
import app.protocol
from app.cli import failures
from app.client.casework.cases import Collision


def exceptions() -> Iterator[type[Exception]]:
    """All that the SDK can raise of its own."""
    for package in (app.client, app.protocol):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            module = importlib.import_module(found.name)
            yield from (
                each
                for each in vars(module).values()
                if isinstance(each, type) and issubclass(each, Exception) and each.__module__ == module.__name__
            )


def test_whatever_the_sdk_raises_is_told_as_what_it_is_and_not_as_a_fault_of_tern() -> None:
    unknown = {
        each.__qualname__ for each in exceptions() if not any(issubclass(each, kinds) for kinds, _ in failures._CODES)
    }

    assert unknown == set()


def test_a_race_that_a_colleague_has_won_is_a_refusal_and_says_so() -> None:
    """Whichever command it ends: coding is asked for and cards are sent by others than those that show both texts."""
    lost = Collision({})

    assert failures.code(lost) == failures.REFUSED
    assert "a colleague has changed the same" in failures.sentence(lost)
