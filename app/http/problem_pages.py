"""The page of each type of problem, to which the `type` of a refusal leads."""

from html import escape
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from app.problems import NotFound, Problem, catalogue


def problem_pages() -> list[Route]:
    """What answers at /problems/…. Nothing of a request is repeated, and nothing but text is in the pages."""
    kinds = {kind.type: kind for kind in catalogue()}

    async def answer(request: Request) -> HTMLResponse:
        kind = kinds.get(request.path_params["type"])
        if kind is None:
            raise NotFound
        return HTMLResponse(_html(kind))

    return [Route("/problems/{type}", answer, methods=["GET"])]


def _html(kind: type[Problem]) -> str:
    title = escape(kind.title)
    paragraphs = "\n".join(f"<p>{escape(part)}</p>" for part in kind.advice())
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<h1>{title}</h1>
<p><code>/problems/{kind.type}</code>, {kind.status} {HTTPStatus(kind.status).phrase}</p>
{paragraphs}
</html>
"""
