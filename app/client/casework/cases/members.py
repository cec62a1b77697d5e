"""Who works on a case: its key, from somebody who may grant it, and the chain of statements that lists them."""

from collections.abc import Collection
from dataclasses import dataclass, field

from app.client.machine import sealed
from app.client.machine.sealed import Key, Sealed
from app.client.machine.staff import Staff
from app.protocol import members
from app.protocol.errors import NotAuthentic
from app.protocol.opening import Opened
from app.vocabulary import GrantKind


@dataclass(frozen=True)
class MemberList:
    """Who works on a case now, who ever did, and the statement that says so."""

    present: frozenset[str]
    ever: frozenset[str]
    last_statement: Opened = field(repr=False)


def open_list(staff: Staff, case: str) -> tuple[Key, MemberList]:
    """The key of a case and the authentic list of its members; what was seen is told by whoever believes the rest.

    Raises `NotGranted`, `NotMine` and `NotAuthentic`.
    """
    grant = staff.case_grant(case)
    key = Key(case, grant.identity, grant.header.generation)
    items = staff.service.items(f"/cases/{case}/members")
    chain = [sealed.read(staff, key, "members", item["statement"]) for item in items]
    ever = frozenset[str]().union(*(members.read(link.document.header.body) for link in chain))
    if grant.header.grantor not in ever:
        raise NotAuthentic("grantor")
    present = members.members_of(chain, staff.seen.highest("members", case))
    if grant.header.kind is GrantKind.APPROVAL and grant.header.grantor not in present:
        raise NotAuthentic("grantor")  # what somebody lent ends with their membership
    return key, MemberList(present, ever, chain[-1])


def state_list(staff: Staff, key: Key, people: Collection[str], *, after: Opened | None = None) -> Sealed:
    """The next statement of the chain, or its genesis."""
    last = after.mark if after else None
    return sealed.write(staff, key, "members", members.body(people), after=last)
