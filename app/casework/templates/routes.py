"""Templates of answers over HTTP."""

from typing import Annotated

from fastapi import Response

from app.casework.templates import service
from app.casework.templates.models import TemplatesVersion
from app.casework.templates.schemas import TemplatesIn, TemplatesOut
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
    """All templates of answers, sealed, for whoever holds their key. No fetch is recorded: beside an answer it would
    say how that was written."""
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


def _answer(kept: TemplatesVersion, response: Response) -> TemplatesOut:
    response.headers["ETag"] = etag(kept.version)
    return TemplatesOut(version=kept.version, key=kept.key_id, file=kept.file)
