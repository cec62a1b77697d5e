"""What reporters say of their reports, over HTTP."""

from typing import Annotated

from app.casework.roles import MEMBER_ROLES
from app.casework.triage import ranges
from app.casework.words import service
from app.casework.words.schemas import CaseWordsOut, ChangedOut, ReportWordsOut
from app.http import Actor, Db, Now, Page, Paging, Router, problems, requires
from app.intake.mailbox import service as mailbox
from app.intake.reports.models import Report
from app.problems import NotFound

router = Router("", tag="cases")

Worker = Annotated[Actor, requires(*MEMBER_ROLES)]


@router.get("/words")
def list_changed_words(database: Db, actor: Worker, paging: Paging) -> Page[ChangedOut]:
    """The reports of the caller's cases whose reporters have changed a consent since, or taken them back."""
    with database.read() as session:
        among = [ranges.changed(actor)]
        rows = paging.page(session, service.changed_for(actor), by=[Report.id], show=lambda report: report, among=among)
        posts = mailbox.changes_of(session, [report.id for report in rows.items])
        items = [ChangedOut(id=each.id, case=str(each.case_id), posts=posts[each.id]) for each in rows.items]
        return Page(items=items, next=rows.next, prev=rows.prev)


@router.get("/cases/{case_id}/words", responses=problems(NotFound))
def get_case_words(database: Db, actor: Worker, case_id: str, now: Now) -> CaseWordsOut:
    """What the reporters of a case have said, in their reports and since, for whoever may open the case.

    From it follows who may be counted. The fetch is recorded of each report.
    """
    with database.write() as session:
        words = service.of_case(session, actor, case_id, now=now)
        return CaseWordsOut(items=[ReportWordsOut.of(each) for each in words])
