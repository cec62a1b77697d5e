"""Intake epochs: the days whose reports are sealed to one key, and who was granted it."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.actor import Actor
from app.intake.epochs.models import Epoch
from app.people.grants import service as grants
from app.people.grants.models import Grant
from app.people.grants.service import NewGrant
from app.people.staff import service as staff
from app.problems import NotFound, Problem
from app.protocol import intake
from app.protocol.documents import Document
from app.vocabulary import GrantKind, Role

# Who may hold an intake key: those who read what nobody has judged yet.
INTAKE_HOLDERS = frozenset({Role.TRIAGER, Role.SUPERVISOR})


class EpochWithoutHolders(Problem):
    """An epoch whose key nobody holds would take reports that nobody can open.

    Send a grant of its key for each holder.
    """

    type, status, title = "epoch-without-holders", 422, "An intake document comes with the grants of its epoch's key"


def open_(session: Session, actor: Actor, document: Document, new: Sequence[NewGrant], *, now: datetime) -> None:
    """Open the epoch of an authentic intake document, and keep the grants of its key.

    Raises `EpochWithoutHolders`, and `NotCertified` for a grantee who may not hold the key.
    """
    if not new:
        raise EpochWithoutHolders
    statement = intake.read(document)
    session.add(
        Epoch(
            id=statement.epoch,
            sequence=document.header.version,
            document=document.text.decode(),
            accepts_from=statement.accepts_from,
            accepts_until=statement.accepts_until,
            destroyed_on=statement.destroyed_on,
        )
    )
    for each in new:
        if not INTAKE_HOLDERS & staff.certified_as(session, each.grantee, now.date()):
            raise staff.NotCertified
        grants.add_to_person(session, actor, each, subject=statement.epoch, kind=GrantKind.ASSIGNED, now=now)


def is_known(session: Session, epoch_id: str) -> bool:
    """Whether an epoch of this id was ever opened."""
    return session.get(Epoch, epoch_id) is not None


def taking_reports(session: Session, today: date) -> list[Epoch]:
    """The present epoch and the one before, as long as their keys exist, by their days and in the database.

    What was sealed before midnight, or before a rotation, is not lost. No client seals to an epoch out of its days.
    """
    granted = select(Grant.id).where(Grant.subject == Epoch.id, Grant.revoked.is_(False)).exists()
    epochs = select(Epoch, granted).where(Epoch.accepts_from <= today).order_by(Epoch.sequence.desc()).limit(2)
    return [
        epoch
        for epoch, is_granted in session.execute(epochs)
        if today < epoch.destroyed_on and epoch.ended_on is None and is_granted
    ]


def every() -> Select[Epoch]:
    """Every epoch there was: their documents are public."""
    return select(Epoch)


def get(session: Session, epoch_id: str) -> Epoch:
    """Raises `NotFound`."""
    found = session.get(Epoch, epoch_id)
    if found is None:
        raise NotFound
    return found
