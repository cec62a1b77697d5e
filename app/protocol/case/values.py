"""Values as JSON has them, each held to its type (`TypeError`): the form of the whole is its reader's matter."""

from collections.abc import Mapping
from typing import Any


def text(value: object) -> str:
    """Raises `TypeError`, as all of these do."""
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def text_or_none(value: object) -> str | None:
    """A text, or null where there is none."""
    return None if value is None else text(value)


def number(value: object) -> int:
    """A whole number; `true` is none."""
    if type(value) is not int:
        raise TypeError("not a number")
    return value


def yes_or_no(value: object) -> bool:
    """`true` or `false`, and no number for it."""
    if not isinstance(value, bool):
        raise TypeError("neither true nor false")
    return value


def plain(value: Any) -> Any:
    """Lists for tuples, as JSON has them."""
    if isinstance(value, Mapping):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value
