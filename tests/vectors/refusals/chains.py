"""Chains of which a link may be missing, changed or another's: the members of a case, the acts of staff."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from app.protocol import audit_chain, members
from app.protocol.audit_chain import GENESIS
from app.protocol.documents import Header, signed
from app.protocol.members import MemberList
from app.protocol.opening import Opened
from tests.vectors.make import CASE, CASE_KEY, CASEWORKER, HOUR, ORG, STRANGER, SUPERVISOR, TRIAGER, Person
from tests.vectors.refusals.vector import Vector, malformed, not_authentic, rollback


def member_lists() -> Iterator[Vector]:
    """Given are the lists of a case in their order, each with the hash of its file, and the mark that was seen.

    Gives the present members.
    """
    rule = "each list names the one before, and is by somebody on it"
    genesis = _link(1, [CASEWORKER], by=CASEWORKER)
    second = _link(2, [CASEWORKER, TRIAGER], by=CASEWORKER, after=genesis)
    third = _link(3, [TRIAGER], by=CASEWORKER, after=second)
    whole = [genesis, second, third]
    for length in (1, 2, 3):
        people = sorted(members.read(whole[length - 1].document.header.body).members)
        yield Vector(rule, f"{length} lists", _chain(whole[:length]), gives=people)
    gone = _link(4, [CASEWORKER], by=CASEWORKER, after=third)
    for name, chain, reason in (
        ("none", [], "members-chain"),
        ("the first missing", [second, third], "members-chain"),
        ("the first by somebody who is not on it", [_link(1, [CASEWORKER], by=TRIAGER)], "members-author"),
    ):
        yield Vector(rule, name, _chain(chain), not_authentic(reason))

    rule = "a later list that does not follow, or is by a stranger, keeps its place and changes nothing"
    empty = replace(second, document=signed(replace(second.document.header, body={"members": []}), CASEWORKER.signer))
    for name, chain, person in (
        ("one missing", [genesis, third], CASEWORKER),
        ("two in the other order", [genesis, third, second], CASEWORKER),
        ("one twice", [genesis, genesis], CASEWORKER),
        ("one that follows another", [_link(1, [TRIAGER], by=TRIAGER), second], TRIAGER),
        ("a number left out", [genesis, _link(3, [TRIAGER], by=CASEWORKER, after=genesis)], CASEWORKER),
        ("of another form", [genesis, empty], CASEWORKER),
        ("by a stranger", [genesis, _link(2, [STRANGER], by=STRANGER, after=genesis)], CASEWORKER),
        (
            "by somebody who adds themselves",
            [genesis, _link(2, [CASEWORKER, TRIAGER], by=TRIAGER, after=genesis)],
            CASEWORKER,
        ),
        ("by somebody who had left", [*whole, gone], TRIAGER),
        (
            "by a supervisor who is not on it",
            [genesis, _link(2, [CASEWORKER], by=SUPERVISOR, after=genesis)],
            CASEWORKER,
        ),
        (
            "one after junk, which it follows",
            [genesis, empty, _link(3, [TRIAGER], by=CASEWORKER, after=empty)],
            TRIAGER,
        ),
    ):
        yield Vector(rule, name, _chain(chain), gives=[person.id])

    rule = "opener and owner go by themselves, or by two, and so does the case from its owner"
    opened = _link(1, [CASEWORKER, TRIAGER, SUPERVISOR], by=CASEWORKER, owner=TRIAGER)
    agreed = _link(
        2, [CASEWORKER, TRIAGER, SUPERVISOR], by=SUPERVISOR, after=opened, owner=TRIAGER, agreement=[TRIAGER]
    )
    for name, chain, present in (
        (
            "the opener, by one",
            [opened, _link(2, [TRIAGER, SUPERVISOR], by=TRIAGER, after=opened, owner=TRIAGER)],
            [CASEWORKER, TRIAGER, SUPERVISOR],
        ),
        (
            "the owner, by one",
            [opened, _link(2, [CASEWORKER, SUPERVISOR], by=CASEWORKER, after=opened)],
            [CASEWORKER, TRIAGER, SUPERVISOR],
        ),
        (
            "the owner, by one who took the case before",
            [
                opened,
                took := _link(2, [CASEWORKER, TRIAGER, SUPERVISOR], by=CASEWORKER, after=opened, owner=CASEWORKER),
                _link(3, [CASEWORKER, SUPERVISOR], by=CASEWORKER, after=took, owner=CASEWORKER),
            ],
            [CASEWORKER, TRIAGER, SUPERVISOR],
        ),
        (
            "the owner, by two",
            [opened, agreed, _link(3, [CASEWORKER, SUPERVISOR], by=CASEWORKER, after=agreed, owner=CASEWORKER)],
            [CASEWORKER, SUPERVISOR],
        ),
        (
            "the opener, where the two agreed about the owner",
            [opened, agreed, _link(3, [TRIAGER, SUPERVISOR], by=TRIAGER, after=agreed, owner=TRIAGER)],
            [CASEWORKER, TRIAGER, SUPERVISOR],
        ),
        (
            "the owner, by the one who agreed",
            [opened, agreed, _link(3, [CASEWORKER, SUPERVISOR], by=SUPERVISOR, after=agreed)],
            [CASEWORKER, TRIAGER, SUPERVISOR],
        ),
        (
            "the owner, who hands the case on",
            [opened, _link(2, [CASEWORKER, SUPERVISOR], by=TRIAGER, after=opened, owner=CASEWORKER)],
            [CASEWORKER, SUPERVISOR],
        ),
        (
            "another, by one",
            [opened, _link(2, [CASEWORKER, TRIAGER], by=TRIAGER, after=opened, owner=TRIAGER)],
            [CASEWORKER, TRIAGER],
        ),
    ):
        yield Vector(rule, name, _chain(chain), gives=sorted(person.id for person in present))

    rule = "a list names people, each once, in their order"
    for name, body in (
        ("nobody", {"members": []}),
        ("somebody twice", {"members": [CASEWORKER.id, CASEWORKER.id]}),
        ("another order", {"members": [TRIAGER.id, CASEWORKER.id]}),
        ("something else than people", {"members": [CASE, CASEWORKER.id]}),
        ("no list", {"members": CASEWORKER.id}),
        ("null", {"members": None}),
        ("something more", {"more": 1}),
        ("an owner who is not on it", {"owner": TRIAGER.id}),
        ("an owner who is nobody", {"owner": 1}),
        ("an agreement about something else than people", {"agreement": [CASE]}),
        ("no agreement", {"agreement": None}),
    ):
        header = replace(genesis.document.header, body={**genesis.document.header.body, **body})
        yield Vector(rule, name, _chain([replace(genesis, document=signed(header, CASEWORKER.signer))]), malformed())

    rule = "a chain contains, at its place, the list that this client has seen last"
    other = _link(1, [TRIAGER], by=TRIAGER)
    longer = [other, *(_link(n, [TRIAGER], by=TRIAGER, after=other) for n in range(2, 3))]
    for link in whole:
        people = sorted(members.read(third.document.header.body).members)
        version = link.document.header.version
        yield Vector(rule, f"list {version} was seen", _chain(whole, seen=_mark(link)), gives=people)
    for name, chain, seen in (
        ("a shorter one", whole[:2], _mark(third)),
        ("another one, as long", longer, _mark(second)),
        ("another one, longer", longer, _mark(genesis)),
        ("none", [], _mark(genesis)),
    ):
        yield Vector(rule, name, _chain(chain, seen=seen), rollback("members-chain"))


def audit_chains() -> Iterator[Vector]:
    """Given are events, and the number and hash of one verified before; gives the hash of the last."""
    rule = "each act carries its number and the hash of the one before, over all its fields"
    events: list[dict[str, Any]] = []
    for number, (action, hash_) in enumerate(
        (("case.opened", None), ("case.moved", "c" * 64), ("key.fetched", None)), 1
    ):
        events.append(_event(number, action, hash_, previous=events[-1]["hash"] if events else GENESIS))
    first, second, third = events
    yield Vector(rule, "from the first", _acts(events), gives=third["hash"])
    yield Vector(rule, "from one that was verified", _acts(events[2:], after=second), gives=third["hash"])
    yield Vector(rule, "none", _acts([]), gives=GENESIS)
    for name, listed, after in (
        ("the first missing", [second, third], None),
        ("one missing", [first, third], None),
        ("the other order", [second, first, third], None),
        ("one twice", [first, second, second], None),
        ("behind another one", [third], first),
        ("with another number, hashed anew", [first, _event(3, "case.moved", None, previous=first["hash"])], None),
        ("with another hash before, hashed anew", [first, _event(2, "case.moved", None, previous="0" * 64)], None),
        *(
            (f"{key} changed", [first, {**second, key: value}, third], None)
            for key, value in (
                ("seq", 3),
                ("hour", "2026-06-15T10:00Z"),
                ("actor", STRANGER.id),
                ("action", "case.opened"),
                ("object", TRIAGER.id),
                ("object_hash", None),
                ("previous", "0" * 64),
                ("hash", "0" * 64),
            )
        ),
    ):
        yield Vector(rule, name, _acts(listed, after=after), not_authentic("audit-chain"))


def _link(
    version: int,
    people: Sequence[Person],
    *,
    by: Person,
    after: Opened | None = None,
    owner: Person | None = None,
    agreement: Sequence[Person] = (),
) -> Opened:
    said = MemberList(
        frozenset(person.id for person in people),
        owner.id if owner else None,
        frozenset(person.id for person in agreement),
    )
    header = Header.new(
        "members",
        CASE,
        said.body(),
        org=ORG,
        author=by.id,
        at=HOUR,
        to=CASE_KEY.recipient,
        generation=1,
        after=after.mark if after else None,
    )
    header = replace(header, version=version)
    # A file's hash that is known before it is sealed, and another for each file.
    return Opened(signed(header, by.signer), f"{version}{by.id[-1]}" * 32, None)


def _chain(chain: Sequence[Opened], *, seen: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"chain": [{"text": link.document.text.decode(), "sha256": link.sha256} for link in chain], "seen": seen}


def _mark(link: Opened) -> dict[str, Any]:
    return {"version": link.document.header.version, "sha256": link.sha256, "generation": 1}


def _event(seq: int, action: str, object_hash: str | None, *, previous: str) -> dict[str, Any]:
    said: dict[str, Any] = {"seq": seq, "hour": HOUR, "actor": CASEWORKER.id, "action": action}
    hash_ = audit_chain.event_hash(**said, object_=CASE, object_hash=object_hash, previous=previous)
    return {**said, "object": CASE, "object_hash": object_hash, "previous": previous, "hash": hash_}


def _acts(events: Sequence[dict[str, Any]], *, after: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"events": list(events), "seq": after["seq"] if after else 0, "head": after["hash"] if after else GENESIS}
