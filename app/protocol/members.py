"""The member list of a case: a chain of signed statements, each by somebody on the list before (SEALING)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from app.protocol import chain
from app.protocol.chain import Mark
from app.protocol.encoding import check_id
from app.protocol.errors import Malformed, NotAuthentic
from app.protocol.opening import Opened


def body(members: Iterable[str]) -> dict[str, Any]:
    """The whole list as it is from now on; the first is the genesis, by the opener of the case."""
    return {"members": sorted(members)}


def read(body: dict[str, Any]) -> frozenset[str]:
    """The ids of the members. Raises `Malformed`."""
    match body:
        case {"members": list(members), **rest} if members and not rest:
            ids = [check_id("per", member) for member in members]
            if ids == sorted(set(ids)):
                return frozenset(ids)
    raise Malformed("a member list of another form")


@dataclass(frozen=True)
class Statement:
    """What lies at one place of the chain: a file with this hash, and the authentic statement in it, if one is."""

    sha256: str
    document: Opened | None


@dataclass(frozen=True)
class Members:
    """Who works on a case now, who ever did, and the mark of the chain's last file, which the next statement follows.

    `passed_over` are the places of files that count for nothing: junk, or by a stranger. They keep their places.
    """

    present: frozenset[str]
    ever: frozenset[str]
    mark: Mark
    passed_over: tuple[int, ...] = ()


def members_of(statements: Sequence[Statement], seen: Mark | None = None) -> Members:
    """What the chain comes to, from the genesis on. Raises `NotAuthentic` where there is no genesis.

    A later file that is no statement, does not follow or is by a stranger changes nothing: any member can store one,
    and would else close the case to everybody. `seen` is the last link that this client saw. A chain that does not
    contain it is another one, whose genesis anybody certified can sign: `Rollback`.
    """
    marks = [Mark(version, each.sha256) for version, each in enumerate(statements, start=1)]
    chain.check_contains(marks, seen, reason="members-chain")
    present, ever, passed_over = frozenset[str](), frozenset[str](), list[int]()
    for statement, mark, last in zip(statements, marks, [None, *marks], strict=False):
        try:
            after = _after(present, statement, last)
            present, ever = after, ever | after
        except NotAuthentic:
            if last is None:
                raise
            passed_over.append(mark.version)
    if not marks:
        raise NotAuthentic("members-chain")
    return Members(present, ever, marks[-1], tuple(passed_over))


def _after(present: frozenset[str], statement: Statement, last: Mark | None) -> frozenset[str]:
    if statement.document is None:
        raise NotAuthentic("members-chain")
    chain.check_next(statement.document.link, last, reason="members-chain")
    after = read(statement.document.body)
    if statement.document.document.header.author not in (present or after):
        raise NotAuthentic("members-author")
    return after
