"""The member list of a case: a chain of signed statements, each by somebody on the list before (SEALING)."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from app.protocol import chain
from app.protocol.chain import Mark
from app.protocol.encoding import check_at, check_id
from app.protocol.errors import Malformed, NotAuthentic
from app.protocol.opening import Opened


@dataclass(frozen=True)
class MemberList:
    """What a statement says: the whole list as it is from now on, who owns the case, and whom its author would let go.

    `agreement` holds those to whose removal, or to whose end as owner, the author agrees: the other of two persons.
    """

    members: frozenset[str]
    owner: str | None = None
    agreement: frozenset[str] = frozenset()

    def body(self) -> dict[str, Any]:
        """As it stands in a document; `read` takes it back."""
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
class Statement:
    """What lies at one place of the chain: a file with this hash, and the authentic statement in it, if one is."""

    sha256: str
    document: Opened | None


@dataclass(frozen=True)
class Members:
    """Who works on a case now, who ever did, who opened and who owns it, and the mark of the chain's last file.

    `agreements` are pairs of a member and whom they would let go. `passed_over` are the places of files that count for
    nothing: junk, by a stranger, or of one person alone where it takes two. They keep their places.
    """

    present: frozenset[str]
    ever: frozenset[str]
    opener: str
    owner: str | None
    mark: Mark
    agreements: frozenset[tuple[str, str]] = frozenset()
    passed_over: tuple[int, ...] = ()


def members_of(
    statements: Sequence[Statement],
    seen: Mark | None = None,
    *,
    is_certified: Callable[[str, date], bool] = lambda _person, _day: True,
) -> Members:
    """What the chain comes to, from the genesis on. Raises `NotAuthentic` where there is no genesis.

    A later file that is no statement, does not follow or is by a stranger changes nothing: any member can store one,
    and would else close the case to everybody. Nor does one by which somebody alone puts out the opener or the owner,
    or takes the case from its owner, where those were certified on the day of writing: another member agrees before.
    `seen` is the last link that this client saw. A chain that does not contain it is another one, whose genesis anybody
    certified can sign: `Rollback`.
    """
    marks = [Mark(version, each.sha256) for version, each in enumerate(statements, start=1)]
    chain.check_contains(marks, seen, reason="members-chain")
    if not statements:
        raise NotAuthentic("members-chain")
    found, passed_over = _genesis(statements[0], marks[0]), list[int]()
    for statement, mark in zip(statements[1:], marks[1:], strict=True):
        counted = None
        if statement.document is not None:
            with suppress(NotAuthentic):
                counted = after(found, statement.document, is_certified=is_certified)
        if counted is None:
            passed_over.append(mark.version)
        found = counted or replace(found, mark=mark)
    return replace(found, passed_over=tuple(passed_over))


def after(before: Members, statement: Opened, *, is_certified: Callable[[str, date], bool]) -> Members:
    """The list once this statement counts. Raises `NotAuthentic` where it does not."""
    chain.check_next(statement.link, before.mark, reason="members-chain")
    said, header = read(statement.body), statement.document.header
    author, day = header.author, check_at(header.at)
    if author is None or author not in before.present:
        raise NotAuthentic("members-author")
    if need_second_person(before, said, author, is_certified=lambda person: is_certified(person, day)):
        raise NotAuthentic("members-author")
    agreements = before.agreements | {(author, about) for about in said.agreement}
    return replace(
        before,
        present=said.members,
        ever=before.ever | said.members,
        owner=said.owner,
        mark=Mark(statement.mark.version, statement.sha256),
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


def _genesis(statement: Statement, mark: Mark) -> Members:
    if statement.document is None:
        raise NotAuthentic("members-chain")
    chain.check_next(statement.document.link, None, reason="members-chain")
    first, opener = read(statement.document.body), statement.document.document.header.author
    if opener is None or opener not in first.members:
        raise NotAuthentic("members-author")
    return Members(first.members, first.members, opener, first.owner, mark)
