"""Who works on a case, as entries of its journal say, and whom nobody puts out alone (SEALING, "A case in parts")."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any

from app.protocol.encoding import check_id
from app.protocol.errors import Malformed, NotAuthentic


@dataclass(frozen=True)
class MemberList:
    """The whole list as it is from an entry on, and who owns the case."""

    members: frozenset[str]
    owner: str | None = None

    def body(self) -> dict[str, Any]:
        """As it stands in an entry; `read` takes it back."""
        return {"members": sorted(self.members), "owner": self.owner}


def read(body: dict[str, Any]) -> MemberList:
    """Raises `Malformed`."""
    match body:
        case {"members": list(members), "owner": None | str() as owner, **rest} if (
            members and not rest and (owner is None or owner in members)
        ):
            checked = [check_id("per", each) for each in members]
            if checked != sorted(set(checked)):
                raise Malformed("people of a list stand in their order, each once")
            return MemberList(frozenset(checked), owner)
    raise Malformed("a member list of another form")


@dataclass(frozen=True)
class Members:
    """Who works on a case now, who ever did, who opened and who owns it."""

    present: frozenset[str]
    ever: frozenset[str]
    opener: str
    owner: str | None

    def joined_by(self, people: AbstractSet[str]) -> MemberList:
        """The list that an entry says, where these come and nobody goes."""
        return MemberList(self.present | people, self.owner)


def first(said: MemberList, author: str) -> Members:
    """The list of the first entry. Raises `NotAuthentic` where its author is not on it."""
    if author not in said.members:
        raise NotAuthentic("members-author")
    return Members(said.members, said.members, author, said.owner)


def after(before: Members, said: MemberList) -> Members:
    """The list once an entry that counts has said so."""
    return replace(before, present=said.members, ever=before.ever | said.members, owner=said.owner)


def put_out(before: Members, said: MemberList, author: str) -> frozenset[str]:
    """Of opener and owner those whom `author` takes off the list, or takes the case from: not themselves."""
    gone = {before.opener} & (before.present - said.members)
    if before.owner and said.owner != before.owner:  # as it is where they are put out
        gone |= {before.owner}
    return frozenset(gone) - {author}
