"""Templates of answers over HTTP."""

from typing import Annotated

from fastapi import Response

from app.casework.templates import service
from app.casework.templates.schemas import TemplatesIn, TemplatesOut
from app.casework.templates.service import Shown
from app.http import Actor, Db, IfNoneMatch, Now, Router, etag, problems, requires
from app.people.shared_keys.service import KEY_HOLDERS
from app.problems import NotAnEnvelope, NotFound, StaleVersion
from app.protocol.statements import KeyKind
from app.vocabulary import Role

router = Router("/templates", tag="templates")

Holder = Annotated[Actor, requires(*KEY_HOLDERS[KeyKind.DESK])]
Supervisor = Annotated[Actor, requires(Role.SUPERVISOR)]


@router.get("", responses=problems(NotFound))
def get_templates(database: Db, actor: Holder, _: IfNoneMatch, response: Response) -> TemplatesOut:
    """All templates of answers, sealed, for whoever holds their key; who holds that of today alone reads that there
    are some. No fetch is recorded: beside an answer it would say how that was written."""
    with database.read() as session:
        return _answer(service.get(session, actor), response)


@router.put("", responses=problems(NotAnEnvelope, StaleVersion, service.NotUnderDeskKey))
def write_templates(
    database: Db, actor: Supervisor, request: TemplatesIn, now: Now, response: Response
) -> TemplatesOut:
    """Keep the version that follows the last, as a supervisor who holds its key. Sent again, it changes nothing."""
    with database.write() as session:
        kept = service.write(session, actor, version=request.version, key_id=request.key, file=request.file, now=now)
        return _answer(kept, response)


def _answer(shown: Shown, response: Response) -> TemplatesOut:
    if shown.sealed_file is not None:  # without it the answer is another, though the version is the same
        response.headers["ETag"] = etag(shown.version)
    return TemplatesOut.model_validate(shown)
