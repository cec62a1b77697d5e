"""Releases for partners: those that everybody reads, and with the right token those under embargo.

A file has the same bytes for everybody and at all times. What a token does not show is absent: no answer tells a
release under embargo from none.
"""

import math
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from fastapi import Request, Response, status
from sqlalchemy import ColumnElement, Select, delete, func, or_, select, update
from sqlalchemy.orm import Session

from app.database import insert_or_ignore
from app.http import Db, IfNoneMatch, Now, Page, Paging, PartnerToken, Router, Today, answered, problems, unless_seen
from app.people.partners import service as partners
from app.people.partners.models import PartnerScope
from app.people.partners.service import Admitted
from app.problems import NotFound, Problem
from app.statistics.releases import folders, public
from app.statistics.releases.models import PUBLIC, PartnerDownload, Release, ReleaseState
from app.statistics.releases.schemas import PartnerDownloadOut, PartnerReleaseOut, PartnerSelfOut

router = Router("/partner", tag="partner")

# Of one UTC day: every file of twenty releases.
FILES: Final = 2_000
KEPT: Final = timedelta(days=90)


class DownloadsSpent(Problem):
    """So many files are given to a partner in a UTC day, with whatever tokens. Nothing of them changes: keep a copy.

    Fetch the rest after `retry_after_seconds`. If you did not fetch them, ask for your token to be revoked.
    """

    type, status, title = "downloads-spent", 429, "The partner has fetched as many files as it may in a day"
    quota = f'"files";q={FILES};w=86400'

    def __init__(self, *, retry_after_seconds: int) -> None:
        super().__init__()
        self.members["retry_after_seconds"] = retry_after_seconds


@router.get("")
def get_own_agreement(database: Db, token: PartnerToken, today: Today) -> PartnerSelfOut:
    """Whose token this is, what it shows, and until when."""
    with database.read() as session:
        partner = partners.admitted(session, token, today)
        left = max(0, FILES - _fetched(session, partner, today))
        return PartnerSelfOut(handle=partner.handle, scope=partner.scope, until=partner.until, left=left)


@router.get("/releases")
def list_partner_releases(database: Db, token: PartnerToken, paging: Paging, today: Today) -> Page[PartnerReleaseOut]:
    """What the token shows, the newest period first, with the addresses of all files."""

    def show(release: Release) -> PartnerReleaseOut:
        folder = f"/v1/partner/releases/{release.id}/files/"
        return PartnerReleaseOut(public_on=release.public_on, **public.facts(session, release, folder))

    with database.read() as session:
        shown = shown_to(partners.admitted(session, token, today))
        return paging.page(session, shown, by=(Release.period, Release.id), show=show, newest=True)


@router.get(
    "/releases/{release_id}/files/{path:path}",
    response_class=Response,
    responses=problems(NotFound, DownloadsSpent) | answered("The file"),
)
def get_partner_file(
    database: Db, token: PartnerToken, request: Request, release_id: str, path: str, _: IfNoneMatch, now: Now
) -> Response:
    """One file of a release, with the bytes that everybody gets. It is counted by the day, for the partner to see."""
    with database.read() as session:
        shown = shown_to(partners.admitted(session, token, now.date()))
        release = session.scalar(shown.where(Release.id == release_id))
        content = None if release is None else folders.content_of(session, release, path)
    if content is None:
        raise NotFound
    headers = {"Cache-Control": "private, no-cache"}
    answer = unless_seen(request, Response(content, media_type=public.media_type(path), headers=headers))
    if answer.status_code == status.HTTP_200_OK:
        with database.write() as session:  # once it is known whose token it is: no stranger has others wait
            _count(session, partners.admitted(session, token, now.date(), for_update=True), release_id, now)
    return answer


@router.get("/downloads")
def list_partner_downloads(database: Db, token: PartnerToken, paging: Paging, today: Today) -> Page[PartnerDownloadOut]:
    """What was fetched in the partner's own name in the last ninety days. What you did not fetch, somebody else did."""
    with database.read() as session:
        own = select(PartnerDownload).where(PartnerDownload.partner_id == partners.admitted(session, token, today).id)
        order = (PartnerDownload.day, PartnerDownload.release_id)
        return paging.page(session, own, by=order, show=_download, newest=True)


def shown_to(partner: Admitted) -> Select[Release]:
    """What is published, and where the token is for that too, what is under embargo."""
    own: ColumnElement[bool] = Release.state.in_(PUBLIC)
    if partner.scope is PartnerScope.EMBARGOED:
        own = or_(own, Release.state == ReleaseState.EMBARGOED)
    return select(Release).where(own)


def forget(session: Session, today: date) -> None:
    """What was fetched ninety days ago is nobody's concern any more."""
    session.execute(delete(PartnerDownload).where(PartnerDownload.day < today - KEPT))


def _count(session: Session, partner: Admitted, release_id: str, now: datetime) -> None:
    """One file more. Raises `DownloadsSpent`; the caller's transaction then counts nothing."""
    today = now.date()
    if _fetched(session, partner, today) >= FILES:
        tomorrow = datetime.combine(today + timedelta(days=1), time(), UTC)
        raise DownloadsSpent(retry_after_seconds=math.ceil((tomorrow - now).total_seconds()))
    row = {"partner_id": partner.id, "day": today, "release_id": release_id}
    insert_or_ignore(session, PartnerDownload, [row | {"fetched": 0}])
    of_day = [getattr(PartnerDownload, name) == value for name, value in row.items()]
    session.execute(update(PartnerDownload).where(*of_day).values(fetched=PartnerDownload.fetched + 1))


def _fetched(session: Session, partner: Admitted, today: date) -> int:
    of_day = (PartnerDownload.partner_id == partner.id, PartnerDownload.day == today)
    return session.scalar(select(func.coalesce(func.sum(PartnerDownload.fetched), 0)).where(*of_day)) or 0


def _download(row: PartnerDownload) -> PartnerDownloadOut:
    return PartnerDownloadOut(day=row.day, release=row.release_id, fetched=row.fetched)
