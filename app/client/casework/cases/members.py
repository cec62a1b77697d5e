"""Who works on a case: its key, from somebody who may grant it, and the chain of statements that lists them."""

from datetime import date
from functools import partial

from app.client.machine import sealed
from app.client.machine.sealed import Key, Sealed
from app.client.machine.staff import Staff
from app.protocol import members
from app.protocol.chain import Mark
from app.protocol.encoding import sha256_hex, unb64
from app.protocol.errors import NotAuthentic, ProtocolError
from app.protocol.members import MemberList, Members, Statement
from app.vocabulary import GrantKind


def open_list(staff: Staff, case: str) -> tuple[Key, Members]:
    """The key of a case and the authentic list of its members; what was seen is told by whoever believes the rest.

    Raises `NotGranted`, `NotMine` and `NotAuthentic`, for the genesis too; a later statement that is none is passed
    over.
    """
    grant = staff.case_grant(case)
    key = Key(case, grant.identity, grant.header.generation)
    items = list(staff.service.items(f"/cases/{case}/members"))
    statements = [_statement(staff, key, str(item["statement"]), genesis=n == 0) for n, item in enumerate(items)]
    found = members.members_of(
        statements,
        staff.seen.highest("members", case),
        is_certified=partial(was_certified, staff),
    )
    if grant.header.grantor not in found.ever:
        raise NotAuthentic("grantor")
    if grant.header.kind is GrantKind.APPROVAL and grant.header.grantor not in found.present:
        raise NotAuthentic("grantor")  # what somebody lent ends with their membership
    return key, found


def state_list(staff: Staff, key: Key, said: MemberList, *, after: Mark | None = None) -> Sealed:
    """The next statement of the chain, or its genesis."""
    return sealed.write(staff, key, "members", said.body(), after=after)


def after(staff: Staff, before: Members, statement: Sealed) -> Members:
    """The list once this person's own statement was taken, who may not be on it any more."""
    return members.after(before, statement.document, is_certified=partial(was_certified, staff))


def was_certified(staff: Staff, person: str, day: date) -> bool:
    """Whether the person was certified on that day, as far as this machine can know."""
    try:
        staff.with_trust(lambda trust: trust.certified(person, day))
    except NotAuthentic:
        return False
    return True


def _statement(staff: Staff, key: Key, file: str, *, genesis: bool) -> Statement:
    try:
        return Statement(sha256_hex(unb64(file)), sealed.read(staff, key, "members", file))
    except ProtocolError:
        if genesis:
            raise
        return Statement(sha256_hex(unb64(file)), None)
