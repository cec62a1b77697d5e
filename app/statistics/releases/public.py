"""Published releases for everybody, as a list for programs and as pages for people.

No sign-in, no cookie, no script, and nothing is noted of who reads.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from fastapi import Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.http import Db, Page, Paging, Router, leads_to, unless_seen
from app.problems import NotFound
from app.protocol.encoding import sha256_hex
from app.protocol.release.frame import PAGE, named
from app.protocol.release.listing import NOTICES, Listed, languages_in, listing_files, notices
from app.protocol.release.signatures import SIGNATURES, SIGNERS
from app.protocol.release.sums import SUMS, hashes
from app.protocol.release.words import SUFFIXES
from app.statistics.releases import folders
from app.statistics.releases.models import PUBLIC, Release, ReleaseFile
from app.statistics.releases.schemas import PublishedFileOut, PublishedReleaseOut

router = Router("/releases", tag="pages")
list_router = Router("/releases", tag="releases")

_MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".jsonld": "application/ld+json",
    ".md": "text/markdown; charset=utf-8",
    ".parquet": "application/vnd.apache.parquet",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xml": "application/vnd.sdmx.structure+xml",
    ".yaml": "application/yaml",
    ".atom": "application/atom+xml; charset=utf-8",
}
# Its own style and pictures, and nothing else. Pictures have their looks in attributes.
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)


@list_router.get("")
def list_releases(database: Db, paging: Paging) -> Page[PublishedReleaseOut]:
    """What has been published, the newest period first, with the addresses of all files. It is for everybody."""

    def show(release: Release) -> PublishedReleaseOut:
        return PublishedReleaseOut(**facts(session, release, f"{router.prefix}/{release.id}/"))

    published = select(Release).where(Release.state.in_(PUBLIC))
    with database.read() as session:
        return paging.page(session, published, by=(Release.period, Release.id), show=show, newest=True)


@router.get("")
def leads_to_published() -> Response:
    """People copy addresses by hand, and forget a slash."""
    return leads_to("/releases/")


@router.get("/")
def list_published(database: Db, request: Request) -> Response:
    """The page that leads to each."""
    with database.read() as session:
        content = listing_files(_published(session))[PAGE]
    return _answer(request, PAGE, content)


@router.get("/{path}")
def get_listing_file(database: Db, request: Request, path: str) -> Response:
    """What stands beside the page, or the way from the name of a folder to its page."""
    with database.read() as session:
        published = _published(session)
    for each in published:
        if each.id == path:
            return leads_to(f"/releases/{path}/{each.entrance()}")
    content = listing_files(published).get(path)
    if content is None:
        raise NotFound
    return _answer(request, path, content)


@router.get("/{release_id}/{path:path}")
def get_published_file(database: Db, request: Request, release_id: str, path: str) -> Response:
    """A file of a folder, as two have signed it; or the word that is to be read before."""
    public = select(Release).where(Release.id == release_id, Release.state.in_(PUBLIC))
    with database.read() as session:
        release = session.scalar(public)
        if release is None:
            raise NotFound
        listed = _listed(session, release)
        path = path or listed.entrance()
        content = _notice(session, listed, path) or folders.content_of(session, release, path)
    if content is None:
        raise NotFound
    return _answer(request, path, content)


def facts(session: Session, release: Release, folder: str) -> dict[str, Any]:
    """What is told of a release, whose files stand at the address `folder`."""
    sums_file = session.get_one(ReleaseFile, (release.id, SUMS)).content
    sums_sha256, listed = sha256_hex(sums_file), _listed(session, release)
    every = {**hashes(sums_file), SUMS: sums_sha256}
    return {
        "id": release.id,
        "kind": release.kind,
        "period": release.period,
        "workload": release.workload,
        "page": folder + PAGE,
        "sums_sha256": sums_sha256,
        "signature": folder + SIGNATURES,
        "signers": folder + SIGNERS,
        "supersedes": release.supersedes,
        "correction": listed.correction,
        "superseded_by": listed.superseded_by,
        "note": listed.note,
        "files": [PublishedFileOut(address=folder + path, hash=hash_) for path, hash_ in every.items()],
    }


def media_type(path: str) -> str:
    """Of a file in a release."""
    return _MEDIA_TYPES.get(PurePosixPath(path).suffix, "text/plain; charset=utf-8")


def _published(session: Session) -> list[Listed]:
    published = session.scalars(select(Release).where(Release.state.in_(PUBLIC)))
    return _in_languages(session, [_listed(session, each) for each in published])


def _listed(session: Session, release: Release) -> Listed:
    """Without the languages of its page, which few ask for."""
    in_its_place = select(Release.id).where(Release.supersedes == release.id, Release.state.in_(PUBLIC))
    return Listed(
        id=release.id,
        kind=release.kind,
        period=release.period,
        sums_sha256=release.sums_sha256 or "",
        correction=release.correction,
        superseded_by=session.scalar(in_its_place),
        note=release.warning,
    )


def _in_languages(session: Session, listed: Sequence[Listed]) -> list[Listed]:
    """The same with the languages of their pages, all found at once by the key of the folders' files."""
    ids, pages = [each.id for each in listed], [named(PAGE, language) for language in SUFFIXES]
    of_folders = select(ReleaseFile.release_id, ReleaseFile.path)
    there = defaultdict[str, set[str]](set)
    for release_id, path in session.execute(
        of_folders.where(ReleaseFile.release_id.in_(ids), ReleaseFile.path.in_(pages))
    ):
        there[release_id].add(path)
    return [replace(each, languages=languages_in(there[each.id])) for each in listed]


def _notice(session: Session, listed: Listed, path: str) -> bytes | None:
    """What is to be read before this release, where that is what is asked for."""
    if not listed.is_noted or path not in NOTICES:
        return None
    (listed,) = _in_languages(session, [listed])
    return notices(listed)[path]


def _answer(request: Request, path: str, content: bytes) -> Response:
    """What is published never changes, so who has it need not fetch it again."""
    headers = {"Cache-Control": "no-cache", "Content-Security-Policy": _POLICY}
    return unless_seen(request, Response(content, media_type=media_type(path), headers=headers))
