"""The member list of a case: a chain of signed statements, each by somebody on the list before (SEALING)."""

from collections.abc import Iterable, Sequence
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


def members_of(links: Sequence[Opened], seen: Mark | None = None) -> frozenset[str]:
    """The present members, from the genesis on. Raises `NotAuthentic` where a link is missing or by a stranger.

    `seen` is the last link that this client saw. A chain that does not contain it is another one, whose genesis anybody
    certified can sign: `Rollback`.
    """
    chain.check_whole([link.link for link in links], reason="members-chain")
    chain.check_contains([link.mark for link in links], seen, reason="members-chain")
    members = frozenset[str]()
    for link in links:
        after = read(link.document.header.body)
        if link.document.header.author not in (members or after):
            raise NotAuthentic("members-author")
        members = after
    if not members:
        raise NotAuthentic("members-chain")
    return members
