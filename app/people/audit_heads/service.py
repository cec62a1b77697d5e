"""The audit chain's daily head: signed by the service, and countersigned by supervisors who have followed the chain."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.actor import Actor
from app.audit import service as audit
from app.database import insert_or_ignore
from app.duties import Duty
from app.keyring import Keyring
from app.people.audit_heads.models import AuditHeadDocument, Countersignature
from app.people.staff import service as staff
from app.problems import NotFound, Problem
from app.protocol import audit_heads
from app.protocol.audit_heads import AuditHead
from app.protocol.documents import parse_document
from app.protocol.duties import DutyKind
from app.protocol.errors import ProtocolError
from app.vocabulary import Role

_COUNTERSIGNED_WITHIN: Final = timedelta(days=3)


class NotACountersignature(Problem):
    """It names a head of the audit chain, and is signed by the supervisor who sends it.

    Read the heads anew, follow the chain up to the newest, and sign that.
    """

    type, status, title = "not-a-countersignature", 422, "The document countersigns no head of the audit chain"


@dataclass(frozen=True)
class Countersigned:
    """Which head it is of, as an id and as it is."""

    id: str
    version: int


def sign_daily(session: Session, keyring: Keyring, now: datetime) -> None:
    """Sign the head of the day, if nobody has: there is nothing to sign before the organisation has its root."""
    event = audit.last_event(session)
    if event is None or not staff.has_root(session):
        return
    newest = session.scalar(every().order_by(AuditHeadDocument.version.desc()).limit(1))
    if newest is not None and newest.day >= now.date():
        return
    document = audit_heads.state_head(
        day=now.date(),
        event=event,
        org=staff.organisation(session).id,
        signer=keyring.signer,
        after=_head(newest) if newest else None,
    )
    mark = AuditHead.read(document).mark
    row = {"version": mark.version, "sha256": mark.sha256, "day": now.date(), "document": document.text.decode()}
    insert_or_ignore(session, AuditHeadDocument, [row])


def every(*, first: int = 1) -> Select[AuditHeadDocument]:
    """All heads, from this version on."""
    return select(AuditHeadDocument).where(AuditHeadDocument.version >= first)


def countersignatures(session: Session, versions: Collection[int]) -> dict[int, list[str]]:
    """The documents of those who countersigned each of these heads, in the order of their ids."""
    found: dict[int, list[str]] = {each: [] for each in versions}
    made = select(Countersignature.version, Countersignature.document).where(Countersignature.version.in_(versions))
    for version, document in session.execute(made.order_by(Countersignature.person_id)):
        found[version].append(document)
    return found


def countersign(session: Session, actor: Actor, document: str) -> Countersigned:
    """Keep a supervisor's countersignature, once for each head. Raises `NotACountersignature`."""
    try:
        seen = parse_document(document.encode())
        of_hash = select(AuditHeadDocument).where(AuditHeadDocument.sha256 == audit_heads.read_seen(seen))
        row = session.scalar(of_hash)
        if row is None:
            raise NotACountersignature
        author = audit_heads.check_seen(seen, _head(row), staff.trust_in_everybody(session))
    except ProtocolError:
        raise NotACountersignature from None
    if author.person != actor.id:
        raise NotACountersignature
    new = {"version": row.version, "person_id": actor.id, "document": document}
    insert_or_ignore(session, Countersignature, [new])
    return Countersigned(str(row.version), row.version)


def countersigned(session: Session, id_: str) -> Countersigned:
    """What `countersign` answered. Raises `NotFound`."""
    if session.get(AuditHeadDocument, int(id_)) is None:
        raise NotFound
    return Countersigned(id_, int(id_))


def duties(session: Session, actor: Actor) -> Iterator[Duty]:
    """As a supervisor to follow the chain, where nobody's machine has for days: each sign-in of one does."""
    if Role.SUPERVISOR not in actor.roles:
        return
    last = session.scalar(select(func.max(Countersignature.version))) or 0
    first = session.scalar(every(first=last + 1).order_by(AuditHeadDocument.version).limit(1))
    if first is not None and first.day + _COUNTERSIGNED_WITHIN <= actor.today:
        yield Duty(DutyKind.COUNTERSIGN, "audit", first.day)


def _head(row: AuditHeadDocument) -> AuditHead:
    return AuditHead.read(parse_document(row.document.encode()))
