"""Consents over HTTP."""

from typing import Annotated

from fastapi import status

from app.casework.cases.turning import TurnFirst
from app.casework.consents import service
from app.casework.consents.models import Consent
from app.casework.consents.schemas import ConsentIn, ConsentOut
from app.casework.roles import MEMBER_ROLES
from app.http import Actor, Db, Now, Once, Page, Paging, Router, problems, requires
from app.problems import NotAnEnvelope, NotFound, StaleVersion
from app.transitions import GuardsFail, NoSuchStep

router = Router("/cases/{case_id}/consents", tag="consents")

Worker = Annotated[Actor, requires(*MEMBER_ROLES)]


@router.get("", responses=problems(NotFound))
def list_consents(database: Db, actor: Worker, case_id: str, paging: Paging) -> Page[ConsentOut]:
    """Every answer that persons of the case have given. Those of one consent id are counted from 1."""
    with database.read() as session:
        answers = service.of_case(session, actor, case_id)
        by = [Consent.consent_id, Consent.number]
        return paging.page(session, answers, by=by, show=ConsentOut.model_validate)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    responses=problems(NotFound, NotAnEnvelope, StaleVersion, NoSuchStep, GuardsFail, TurnFirst),
)
def record_consent(database: Db, actor: Worker, once: Once, case_id: str, request: ConsentIn, now: Now) -> ConsentOut:
    """A new answer: asked, given, declined, or the end of one that was given."""
    new = service.NewConsent(
        person_id=request.person,
        consent_id=request.consent,
        number=request.number,
        status=request.status,
        method=request.method,
        file=request.file,
    )
    with database.write() as session:
        consent = once(
            session,
            actor.id,
            request,
            act=lambda: service.record(session, actor, case_id, new, now=now),
            again=lambda id_: service.get(session, actor, id_),
        )
        return ConsentOut.model_validate(consent)
