"""The member list of a case: a chain of signed statements, each by somebody on the list before (SEALING)."""

from collections.abc import Iterable, Sequence
from typing import Any

from app import age
from app.protocol.documents import Document, Header, Signer, recipient_sha256, signed
from app.protocol.encoding import check_id
from app.protocol.errors import Malformed, NotAuthentic, Rollback
from app.protocol.opening import Mark, Opened


def state(
    members: Iterable[str],
    case: str,
    recipient: age.HybridRecipient,
    *,
    org: str,
    previous: Opened | None,
    generation: int,
    at: str,
    signer: Signer,
) -> Document:
    """The list as it is from now on; the first is the genesis, by the opener of the case."""
    header = Header(
        type="members",
        org=org,
        subject=case,
        version=previous.document.header.version + 1 if previous else 1,
        previous=previous.sha256 if previous else None,
        generation=generation,
        sealed_to=recipient_sha256(recipient),
        author=signer.person,
        at=at,
        body={"members": sorted(members)},
    )
    return signed(header, signer)


def read(body: dict[str, Any]) -> frozenset[str]:
    """The ids of the members. Raises `Malformed`."""
    match body:
        case {"members": list(members), **rest} if members and not rest:
            found = [check_id("per", member) for member in members]
            if found == sorted(set(found)):
                return frozenset(found)
    raise Malformed("a member list of another form")


def members_of(chain: Sequence[Opened], seen: Mark | None = None) -> frozenset[str]:
    """The present members, from the genesis on. Raises `NotAuthentic` where a link is missing or by a stranger.

    `seen` is the last link that this client saw. A chain that does not contain it, however long, is another one, whose
    genesis anybody certified can sign: `Rollback`.
    """
    if seen and (len(chain) < seen.version or chain[seen.version - 1].sha256 != seen.sha256):
        raise Rollback("members-chain")
    members, previous = frozenset[str](), None
    for version, link in enumerate(chain, start=1):
        header = link.document.header
        if header.version != version or header.previous != (previous.sha256 if previous else None):
            raise NotAuthentic("members-chain")
        after = read(header.body)
        allowed = members if previous else after
        if header.author not in allowed:
            raise NotAuthentic("members-author")
        members, previous = after, link
    if previous is None:
        raise NotAuthentic("members-chain")
    return members
