"""What stands where there is no page."""

from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from app.http import page
from app.intake.pages import service
from app.site.site import Site


async def nowhere(site: Site, request: Request) -> Response:
    """A page that says so, in the language that the browser asks for."""
    languages = request.headers.get("Accept-Language", "")
    answer = page(await run_in_threadpool(service.no_page, site, languages), HTTPStatus.NOT_FOUND)
    answer.headers["Vary"] = "Accept-Language"
    return answer
