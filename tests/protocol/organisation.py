"""An organisation for the tests: its people, its root, and one case with all that belongs to it."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app import age
from app.protocol.certificates import Certified, Trust, certificate, make_root, org_of
from app.protocol.chain import Mark
from app.protocol.documents import Document, Header, Signer, recipient_sha256, seal, signed
from app.protocol.encoding import new_id
from app.protocol.members import MemberList
from app.protocol.opening import Opened
from app.vocabulary import Role

DAY = date(2026, 6, 15)
HOUR = "2026-06-15T09:00Z"


@dataclass(frozen=True)
class Person:
    roles: frozenset[Role]
    id: str = field(default_factory=lambda: new_id("per"))
    identity: age.HybridIdentity = field(default_factory=age.generate)
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def signer(self) -> Signer:
        return Signer(self.id, self.key)

    @property
    def certified(self) -> Certified:
        return Certified(self.id, self.roles, self.identity.recipient, self.key.public_key().public_bytes_raw())


def person(*roles: Role) -> Person:
    return Person(frozenset(roles))


SUPERVISOR = person(Role.SUPERVISOR)
CASEWORKER = person(Role.CASEWORKER)
COLLEAGUE = person(Role.CASEWORKER, Role.TRIAGER)
ANALYST = person(Role.ANALYST)
STRANGER = person(Role.CASEWORKER)  # whom nobody certified

ROOT = make_root([SUPERVISOR.certified], SUPERVISOR.signer, on=DAY)
ORG = org_of(ROOT)


def certify(
    whom: Person,
    *,
    by: Person = SUPERVISOR,
    valid_from: date = DAY,
    valid_until: date = date(2026, 12, 31),
    previous: Document | None = None,
) -> Document:
    return certificate(
        whom.certified,
        org=ORG,
        signer=by.signer,
        valid_from=valid_from,
        valid_until=valid_until,
        previous=previous,
    )


TRUST = Trust.pinned(ROOT, ORG).with_certificates([certify(each) for each in (CASEWORKER, COLLEAGUE, ANALYST)])

CASE = new_id("case")
CASE_KEY = age.generate()
CASE_MEMBERS = frozenset({CASEWORKER.id, COLLEAGUE.id})


def case_header(**changes: Any) -> Header:
    """Line 1 of the case's first version."""
    ordinary = Header(
        type="case",
        org=ORG,
        subject=CASE,
        version=1,
        previous=None,
        generation=1,
        sealed_to=recipient_sha256(CASE_KEY.recipient),
        author=CASEWORKER.id,
        at=HOUR,
        body={"title": "Ein Ereignis · 事件"},
    )
    return replace(ordinary, **changes)


def case_file(*, by: Person = CASEWORKER, **changes: Any) -> bytes:
    """The case's first version, sealed; `changes` are to its line 1, before it is signed."""
    return seal(signed(case_header(author=by.id, **changes), by.signer), CASE_KEY.recipient)


def link(
    people: list[Person],
    *,
    by: Person,
    after: Opened | Mark | None = None,
    owner: Person | None = None,
    agreement: Collection[Person] = (),
) -> Opened:
    """A change of the case's member list, as it is once it was opened."""
    said = MemberList(
        frozenset(each.id for each in people), owner.id if owner else None, frozenset(each.id for each in agreement)
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
        after=after.mark if isinstance(after, Opened) else after,
    )
    document = signed(header, by.signer)
    return Opened(document, new_id("case").removeprefix("case_") * 2, by.certified)


class Memory:
    """What a client has seen, without the file that keeps it."""

    def __init__(self) -> None:
        self.marks: dict[tuple[str, str], Mark] = {}

    def highest(self, type_: str, subject: str) -> Mark | None:
        return self.marks.get((type_, subject))

    def record(self, type_: str, subject: str, mark: Mark) -> None:
        self.marks[type_, subject] = mark
