"""Who works on a case, as entries of its journal say, and what nobody changes alone (SEALING, "A case in parts")."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from app.protocol.encoding import check_id
from app.protocol.errors import Malformed, NotAuthentic


@dataclass(frozen=True)
class MemberList:
    """The whole list as it is from an entry on, who owns the case, and whom the entry's author would let go.

    `agreement` holds those to whose removal, or to whose end as owner, the author agrees: the other of two persons.
    """

    members: frozenset[str]
    owner: str | None = None
    agreement: frozenset[str] = frozenset()

    def body(self) -> dict[str, Any]:
        """As it stands in an entry; `read` takes it back."""
        return {"members": sorted(self.members), "owner": self.owner, "agreement": sorted(self.agreement)}


def read(body: dict[str, Any]) -> MemberList:
    """Raises `Malformed`."""
    match body:
        case {
            "members": list(members),
            "owner": None | str() as owner,
            "agreement": list(agreement),
            **rest,
        } if members and not rest and (owner is None or owner in members):
            return MemberList(_people(members), owner, _people(agreement))
    raise Malformed("a member list of another form")


def _people(ids: list[Any]) -> frozenset[str]:
    checked = [check_id("per", each) for each in ids]
    if checked != sorted(set(checked)):
        raise Malformed("people of a list stand in their order, each once")
    return frozenset(checked)


@dataclass(frozen=True)
class Members:
    """Who works on a case now, who ever did, who opened and who owns it.

    `agreements` are pairs of a member and whom they would let go.
    """

    present: frozenset[str]
    ever: frozenset[str]
    opener: str
    owner: str | None
    agreements: frozenset[tuple[str, str]] = frozenset()


def first(said: MemberList, author: str) -> Members:
    """The list of the first entry. Raises `NotAuthentic` where its author is not on it."""
    if author not in said.members:
        raise NotAuthentic("members-author")
    return Members(said.members, said.members, author, said.owner)


def after(before: Members, said: MemberList, author: str, *, is_certified: Callable[[str], bool]) -> Members:
    """The list once a member has said so. Raises `NotAuthentic` where it takes a second person and none agreed.

    `is_certified` tells whether a person was certified on the day of writing: who is not any more needs nobody's word.
    """
    if need_second_person(before, said, author, is_certified=is_certified):
        raise NotAuthentic("members-author")
    agreements = before.agreements | {(author, about) for about in said.agreement}
    return replace(
        before,
        present=said.members,
        ever=before.ever | said.members,
        owner=said.owner,
        agreements=frozenset(each for each in agreements if said.members.issuperset(each)),
    )


def need_second_person(
    before: Members, said: MemberList, author: str, *, is_certified: Callable[[str], bool]
) -> frozenset[str]:
    """Whom `author` puts out, or takes the case from, with nobody who agreed: opener and owner, but not themselves."""
    put_out = set[str | None]({before.opener} & (before.present - said.members))
    if said.owner != before.owner:  # as it is where they are put out
        put_out.add(before.owner)
    agreed = {about for by, about in before.agreements if by not in (author, about)}
    return frozenset(each for each in put_out - agreed - {author} if each is not None and is_certified(each))
