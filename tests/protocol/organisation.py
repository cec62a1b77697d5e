"""An organisation for the tests: its people, its root, and one case with all that belongs to it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import date
from secrets import token_hex
from typing import Any, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app import age
from app.protocol import journal
from app.protocol.certificates import Trust, certificate
from app.protocol.certified import Certified
from app.protocol.chain import Mark
from app.protocol.documents import Document, Header, Signer, recipient_sha256, seal, signed
from app.protocol.encoding import new_id
from app.protocol.errors import NotAuthentic
from app.protocol.journal import Act, Authority, Entry, Journal, KeyNote, Place
from app.protocol.members import MemberList
from app.protocol.opening import Opened
from app.protocol.roots import make_root, org_of
from app.protocol.statements import ApprovalStatement
from app.vocabulary import ApprovalState, Role

_T = TypeVar("_T")

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
    """Line 1 of the first of a chain about the case; what a journal numbers is tried in its own tests."""
    ordinary = Header(
        type="consent",
        org=ORG,
        subject=CASE,
        version=1,
        previous=None,
        generation=1,
        sealed_to=recipient_sha256(CASE_KEY.recipient),
        author=CASEWORKER.id,
        at=HOUR,
        body={"wording": "Ein Ereignis · 事件"},
    )
    return replace(ordinary, **changes)


def case_file(*, by: Person = CASEWORKER, **changes: Any) -> bytes:
    """That, sealed; `changes` are to its line 1, before it is signed."""
    return seal(signed(case_header(author=by.id, **changes), by.signer), CASE_KEY.recipient)


KEY_OF_CASE = KeyNote(CASE, 1, recipient_sha256(CASE_KEY.recipient))


def entry(
    said: Entry,
    *,
    by: Person = CASEWORKER,
    after: Opened | Mark | None = None,
    at: str = HOUR,
    to: age.HybridIdentity = CASE_KEY,
    generation: int = 1,
) -> Opened:
    """An entry of the case's journal, as it is once it was opened."""
    header = Header.new(
        "journal",
        CASE,
        said.body(),
        org=ORG,
        author=by.id,
        at=at,
        to=to.recipient,
        generation=generation,
        after=after.mark if isinstance(after, Opened) else after,
    )
    return Opened(signed(header, by.signer), token_hex(32), by.certified)


def link(
    people: list[Person],
    *,
    by: Person,
    after: Opened | Mark | None = None,
    owner: Person | None = None,
    at: str = HOUR,
    approval: Document | None = None,
    ended: Collection[Document] = (),
) -> Opened:
    """An entry that says who works on the case; the first names its key."""
    said = Entry(
        members=MemberList(frozenset(each.id for each in people), owner.id if owner else None),
        keys=() if after else (KEY_OF_CASE,),
        approval=approval.text.decode() if approval else None,
        ended=tuple(each.text.decode() for each in ended),
    )
    return entry(said, by=by, after=after, at=at)


def approved(act: Act, *, by: Person, **changes: Any) -> Document:
    """The word of `by` on an act in the case, sealed to its key; `changes` are to what it says."""
    word = ApprovalStatement(new_id("apr"), act.subject, CASE, act.sha256(CASE), ApprovalState.APPROVED)
    body = replace(word, **changes).body()
    return signed(case_header(type="approval", author=by.id, body=body), by.signer)


def is_certified(person: str, day: date) -> bool:
    """As the organisation's certificates say."""
    try:
        TRUST.certified(person, day)
    except NotAuthentic:
        return False
    return True


def authority(*, today: date = DAY, trust: Trust = TRUST) -> Authority:
    """A reader who knows these certificates, on this day."""
    return Authority(
        today=today,
        was_certified=is_certified,
        author_of=lambda document: trust.author_of(document, None),
        ended_by=trust.ended_by,
    )


def follow(*entries: Opened | str, by: Authority | None = None) -> Journal:
    """What these come to; a text is the hash of a file in which no authentic entry lies."""
    places = [Place(each, None) if isinstance(each, str) else Place(each.sha256, each) for each in entries]
    by = by or authority()
    return journal.follow(journal.begin(CASE, places[0], by=by), places[1:], by=by)


class Memory:
    """What a client has seen, without the file that keeps it."""

    def __init__(self) -> None:
        self.marks: dict[tuple[str, str], Mark] = {}

    def highest(self, type_: str, subject: str) -> Mark | None:
        return self.marks.get((type_, subject))

    def hold(self, type_: str, subject: str, check: Callable[[Mark | None], _T]) -> _T:
        return check(self.highest(type_, subject))

    def record(self, type_: str, subject: str, mark: Mark) -> None:
        self.marks[type_, subject] = mark
