"""What reporters have posted and the caller has not read, over HTTP."""

from typing import Annotated

from app.casework.news import service
from app.casework.news.schemas import NewsOut, ReadIn, ReadOut
from app.casework.roles import MEMBER_ROLES
from app.http import Actor, Db, Page, Paging, Router, problems, requires
from app.intake.sights.models import Unread
from app.problems import NotFound, StaleVersion

router = Router("", tag="triage")

Reader = Annotated[Actor, requires(*MEMBER_ROLES)]


@router.get("/news")
def list_news(database: Db, actor: Reader, paging: Paging) -> Page[NewsOut]:
    """The reports whose reporters have posted what the caller has not read, in their cases and among those claimed."""
    with database.read() as session:
        found = paging.page(session, service.of(actor), by=[Unread.report_id], show=lambda row: row)
        cases = service.cases_of(session, found.items)
        items = [
            NewsOut(
                id=each.report_id,
                case=cases[each.report_id],
                wrote=each.wrote,
                changed_consent=each.changed_consent,
                took_back=each.took_back,
            )
            for each in found.items
        ]
        return Page(items=items, next=found.next, prev=found.prev)


@router.put("/reports/{report_id}/reading", responses=problems(NotFound, StaleVersion))
def say_read(database: Db, actor: Reader, report_id: str, request: ReadIn) -> ReadOut:
    """The caller has read so many posts of the report. Where there are more by now, it stays news."""
    with database.write() as session:
        service.read(session, actor, report_id, posts=request.posts)
        return ReadOut(id=report_id)
