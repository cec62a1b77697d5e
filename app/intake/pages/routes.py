"""The reporter's pages: built files, each with the headers that keep it to itself.

They lie outside `/v1` and its description, take nothing but GET and HEAD, and look at no token. One address beside them
hears that somebody leaves.
"""

from collections.abc import Collection, Iterator
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from app.http import NOT_PUT_ASIDE, PAGE_HEADERS, page
from app.intake.pages import service
from app.intake.pages.nowhere import nowhere
from app.problems import NotFound
from app.settings import Settings
from app.site.site import File, Site

PLAIN = "plain/"

# What an organisation adds to the built files: its name and pin, and the manifest that its supervisor signed.
_OWN = {"organisation.json": "application/json", "manifest.txt": "text/plain; charset=utf-8"}


def routes(site: Site, settings: Settings) -> list[Route]:
    """One for each file, and no pattern: what is not there is `elsewhere`."""
    own = (_route(name, _Own(settings.data_dir / "site" / name, media_type)) for name, media_type in _OWN.items())
    return [*_built(site, settings.onion, no_script_pages=settings.no_script_pages), *own]


def elsewhere(site: Site, pages: Collection[Route], beside: ASGIApp) -> ASGIApp:
    """What stands at every address that no route knows. `beside` answers for the interface, and where no pages are.

    People copy addresses by hand: a forgotten slash leads on, and any other slip to a page that they can read.
    """
    paths = {route.path for route in pages}

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or not site.languages or f"{path}/".startswith("/v1/"):
            await beside(scope, receive, send)
        elif f"{path}/" in paths:
            leads = RedirectResponse(f"{path}/", HTTPStatus.PERMANENT_REDIRECT, headers=PAGE_HEADERS)
            await leads(scope, receive, send)
        else:
            response = await nowhere(site, Request(scope))
            await response(scope, receive, send)

    return answer


@lru_cache(maxsize=4)
def _built(site: Site, onion: str, *, no_script_pages: bool) -> tuple[Route, ...]:
    """Those that know of no application, so that all of a process share them: making hundreds takes a while."""
    return tuple(_routes(site, onion, no_script_pages=no_script_pages))


def _routes(site: Site, onion: str, *, no_script_pages: bool) -> Iterator[Route]:
    for path, file in site.files.items():
        language, _, place = path.partition("/")
        if place.startswith(PLAIN) and not no_script_pages:
            yield _route(path, _Closed(site, language))
        else:
            yield _route(path, _Built(path, file, onion))
    if site.languages:
        yield Route("/leave", _leave, methods=["POST"])
        yield _route("", _Choice(site.languages))
        for place in (PLAIN, f"{PLAIN}replies/"):  # where the page without script takes forms in any language
            yield _route(f"{{language}}/{place}", _Nowhere(site))


async def _leave(_: Request) -> Response:
    """Tell a browser to drop what it has of these pages. What its history remembers is not in our hands."""
    return Response(status_code=HTTPStatus.NO_CONTENT, headers=PAGE_HEADERS | {"Clear-Site-Data": '"cache", "storage"'})


def _route(path: str, answer: "_Built | _Closed | _Own | _Choice | _Nowhere") -> Route:
    return Route(f"/{path}", answer.answer, methods=["GET"])  # which Starlette takes as HEAD too


class _Built:
    """A file that was built. Its compressed form travels where the browser takes it."""

    def __init__(self, path: str, file: File, onion: str) -> None:
        self._file = file
        # Without a script nothing wipes what was typed when somebody leaves.
        self._status = NOT_PUT_ASIDE if path.partition("/")[2].startswith(PLAIN) else HTTPStatus.OK
        # No cache on the disk keeps even a script: its name there would say that somebody was here.
        self._headers = dict(PAGE_HEADERS)
        if file.brotli is not None:
            self._headers["Vary"] = "Accept-Encoding"
        if onion and path.endswith("/"):
            self._headers["Onion-Location"] = f"http://{onion}/{path}"

    async def answer(self, request: Request) -> Response:
        content, coding = self._content(request.headers.get("Accept-Encoding", ""))
        headers = self._headers | ({"Content-Encoding": coding} if coding else {})
        return Response(content, self._status, headers=headers, media_type=self._file.media_type)

    def _content(self, encodings: str) -> tuple[bytes, str]:
        if self._file.brotli is None:
            return self._file.content, ""
        if service.takes(encodings, "br"):
            return self._file.brotli, "br"
        if service.takes(encodings, "gzip"):
            return service.gzip_of(self._file.content), "gzip"
        return self._file.content, ""


class _Closed:
    """Stands where the page without script would be, if the operator had not closed it."""

    def __init__(self, site: Site, language: str) -> None:
        self._html = site.render("plain_error.html", language, key="not-set-up")

    async def answer(self, _: Request) -> Response:
        return page(self._html, HTTPStatus.NOT_FOUND)


class _Own:
    """A file of the organisation's, read anew each time: a supervisor may sign another while the service runs."""

    def __init__(self, path: Path, media_type: str) -> None:
        self._path, self._media_type = path, media_type

    async def answer(self, _: Request) -> Response:
        try:
            content = await run_in_threadpool(self._path.read_bytes)
        except FileNotFoundError:
            raise NotFound from None
        return Response(content, headers=PAGE_HEADERS, media_type=self._media_type)


class _Choice:
    """The address that people are given: it leads to the page in their language."""

    def __init__(self, languages: tuple[str, ...]) -> None:
        self._languages = languages

    async def answer(self, request: Request) -> Response:
        language = service.language_of(request.headers.get("Accept-Language", ""), self._languages)
        headers = PAGE_HEADERS | {"Vary": "Accept-Language"}
        return RedirectResponse(f"/{language}/", status_code=303, headers=headers)


class _Nowhere:
    """Stands where there is no page."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def answer(self, request: Request) -> Response:
        return await nowhere(self._site, request)
