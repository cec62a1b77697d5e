"""Consents: asked, given, declined, withdrawn. Every answer is kept; the newest of its consent id counts."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session, aliased

from app import transitions
from app.actor import Actor
from app.audit import service as audit
from app.audit.actions import Action
from app.casework.cases import service as cases
from app.casework.cases import turning
from app.casework.consents.machine import EDGES, Facts
from app.casework.consents.models import Consent
from app.problems import NotFound, StaleVersion
from app.protocol.encoding import new_id, sha256_hex
from app.vocabulary import ConsentMethod, ConsentStatus


@dataclass(frozen=True)
class NewConsent:
    """An answer, sealed in `file`. `number` counts those to one consent id, from 1."""

    person_id: str
    consent_id: str
    number: int
    status: ConsentStatus
    method: ConsentMethod
    file: bytes


def of_case(session: Session, actor: Actor, case_id: str) -> Select[Consent]:
    """Every answer in a case of which the actor is a member. Raises `NotFound`."""
    return select(Consent).where(Consent.case_id == cases.one(session, cases.of_member(actor), case_id).id)


def record(session: Session, actor: Actor, case_id: str, new: NewConsent, *, now: datetime) -> Consent:
    """Keep an answer.

    Raises `NotFound`, `CaseMerged`, `StaleVersion`, `NoSuchStep`, `GuardsFail` or `TurnFirst`.
    """
    # Held, or two answers at once would take one number.
    case = cases.locked(session, cases.of_member(actor), case_id)
    cases.check_goes_on(case)
    last = session.scalar(_newest().where(Consent.case_id == case.id, Consent.consent_id == new.consent_id))
    if new.number != (last.number + 1 if last else 1):  # sealed by somebody who had not read the last one
        raise StaleVersion
    facts = Facts(same_person=last is None or last.person_id == new.person_id)
    transitions.check(EDGES, last.status if last else None, new.status, facts)
    turning.check_turned(session, case, now.date())
    return _keep(session, actor, case.id, new, now=now)


def bring(session: Session, actor: Actor, case_id: str, new: Collection[NewConsent], *, now: datetime) -> None:
    """Answers of people who come from another case, each whatever it said last there. Raises `StaleVersion` where
    there is one under such an id."""
    ids = [each.consent_id for each in new]
    there = select(Consent.id).where(Consent.case_id == case_id, Consent.consent_id.in_(ids))
    if len(set(ids)) != len(ids) or session.scalar(there.limit(1)) is not None:
        raise StaleVersion
    for each in new:
        _keep(session, actor, case_id, each, now=now)


def get(session: Session, actor: Actor, answer_id: str) -> Consent:
    """Raises `NotFound`."""
    theirs = select(Consent).where(Consent.id == answer_id, cases.works_on(actor, Consent.case_id))
    consent: Consent | None = session.scalar(theirs)
    if consent is None:
        raise NotFound
    return consent


def destroy(session: Session, case_id: str, *, people: Collection[str] | None = None) -> None:
    """Forget the answers of these people of the case, or of all."""
    of_case = delete(Consent).where(Consent.case_id == case_id)
    session.execute(of_case if people is None else of_case.where(Consent.person_id.in_(people)))


def is_settled(session: Session, case_id: str) -> bool:
    """Whether somebody's last word under some consent id of the case is yes or no."""
    said = (ConsentStatus.GIVEN, ConsentStatus.DECLINED)
    settled = _newest().where(Consent.case_id == case_id, Consent.status.in_(said))
    return session.scalar(settled.limit(1)) is not None


def _keep(session: Session, actor: Actor, case_id: str, new: NewConsent, *, now: datetime) -> Consent:
    consent = Consent(
        id=new_id("con"),
        case_id=case_id,
        person_id=new.person_id,
        consent_id=new.consent_id,
        number=new.number,
        status=new.status,
        method=new.method,
        file=new.file,
    )
    session.add(consent)
    session.flush()
    audit.record(session, actor.id, Action.CONSENT_RECORDED, case_id, now=now, object_hash=sha256_hex(new.file))
    return consent


def _newest() -> Select[Consent]:
    later = aliased(Consent)
    followed = select(later.id).where(
        later.case_id == Consent.case_id, later.consent_id == Consent.consent_id, later.number > Consent.number
    )
    return select(Consent).where(~followed.exists())
