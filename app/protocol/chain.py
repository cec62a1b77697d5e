"""The law of a version chain: versions count from 1, and each names the file of the one before it.

Whoever serves a chain can leave out its end, or serve another that is longer. So what a reader has seen is a `Mark`,
and every chain is held to it: where only the newest version is shown, by `check_not_older`, where all are, by
`check_whole` and `check_contains`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.protocol.errors import NotAuthentic, Rollback


@dataclass(frozen=True)
class Mark:
    """A version of a subject, the SHA-256 of its file (of its text where it is public), and its key's generation."""

    version: int
    sha256: str
    generation: int | None = None


@dataclass(frozen=True)
class Link:
    """A version in its chain, as its line 1 has it: its mark, and the hash that it names of the version before."""

    mark: Mark
    previous: str | None


def after(last: Mark | None) -> tuple[int, str | None]:
    """`version` and `previous` of the version that follows `last`, or of the first."""
    return (last.version + 1, last.sha256) if last else (1, None)


def check_next(link: Link, last: Mark | None, *, reason: str) -> None:
    """Raises `NotAuthentic` unless `link` follows `last`, or is the first where there is none."""
    if (link.mark.version, link.previous) != after(last):
        raise NotAuthentic(reason)


def check_whole(links: Sequence[Link], *, reason: str) -> None:
    """Raises `NotAuthentic` where one is missing or out of its place, from the first on. None is whole."""
    last = None
    for link in links:
        check_next(link, last, reason=reason)
        last = link.mark


def check_contains(marks: Sequence[Mark], seen: Mark | None, *, reason: str) -> None:
    """Raises `Rollback` unless a whole chain, by its marks, has at its place the version that was seen.

    One that does not, however long, is cut off or another one.
    """
    if seen and (len(marks) < seen.version or marks[seen.version - 1].sha256 != seen.sha256):
        raise Rollback(reason)


def check_same(mark: Mark, seen: Mark | None, *, reason: str) -> None:
    """Raises `Rollback` where another one was seen in its place."""
    if seen not in (None, mark):
        raise Rollback(reason)


def newest(seen: Mark | None, mark: Mark) -> Mark:
    """Of two marks of one subject, the one to remember. Raises `Rollback` for two files of one version."""
    if seen is None or mark.version > seen.version:
        return mark
    if mark.version == seen.version and mark.sha256 != seen.sha256:
        raise Rollback("version")
    return seen


def check_not_older(link: Link, seen: Mark | None) -> None:
    """Raises `Rollback` for less than was seen: an older version, another of the same, or a next that does not follow.

    What lies between a version that was seen and one further on, the reader asks for.
    """
    if seen is None:
        return
    mark = link.mark
    if mark.version < seen.version or (mark.version == seen.version and mark.sha256 != seen.sha256):
        raise Rollback("version")
    if mark.version == seen.version + 1 and link.previous != seen.sha256:
        raise Rollback("previous")
    if (mark.generation or 0) < (seen.generation or 0):
        raise Rollback("generation")
