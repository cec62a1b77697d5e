"""What one vector is."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# The kind of the error by its name, and its reason.
Refusal = tuple[str, str]


@dataclass(frozen=True)
class Vector:
    """`given` breaks `rule` in the way that `name` says, and is refused with this error and reason; None: it is taken.

    `gives` is what the reader makes of what it takes, where that is not seen otherwise.
    """

    rule: str
    name: str
    given: Mapping[str, Any]
    refused: Refusal | None = None
    gives: object = None

    def told(self) -> dict[str, Any]:
        refused = self.refused and {"kind": self.refused[0], "reason": self.refused[1]}
        told = {"rule": self.rule, "name": self.name, "given": dict(self.given), "refused": refused}
        return told if self.gives is None else {**told, "gives": self.gives}


def malformed() -> Refusal:
    return "Malformed", "malformed"


def not_authentic(reason: str) -> Refusal:
    return "NotAuthentic", reason


def rollback(reason: str) -> Refusal:
    return "Rollback", reason


def not_mine() -> Refusal:
    return "NotMine", "not-mine"


def each(rule: str, given: Iterable[tuple[str, Mapping[str, Any]]], refused: Refusal | None = None) -> Iterator[Vector]:
    """Several ways to break one rule, or to keep it."""
    for name, one in given:
        yield Vector(rule, name, one, refused)
