"""Pages for people: HTML that no cache keeps and that may do what it must, and nothing else."""

from http import HTTPStatus

from fastapi.responses import HTMLResponse, RedirectResponse

# Nothing from elsewhere, nothing inline. The one policy of Trusted Types makes the address of the worker.
_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types tern"
)
PAGE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": _CONTENT_SECURITY_POLICY,
    "Cross-Origin-Embedder-Policy": "require-corp",
}

# Chromium puts a page aside as it is, with all that was typed, and shows it to whoever goes back, though no cache may
# keep it; but only one that came with 200. To everybody else this status says the same.
NOT_PUT_ASIDE = HTTPStatus.NON_AUTHORITATIVE_INFORMATION


def leads_to(path: str) -> RedirectResponse:
    """What answers a form: the browser asks for the page at `path`, and forgets what it sent."""
    return RedirectResponse(path, HTTPStatus.SEE_OTHER, headers=PAGE_HEADERS)


def page(html: str, status: int = 200) -> HTMLResponse:
    """A page, with its headers; those that every answer carries come after (`answers`)."""
    return HTMLResponse(html, status, headers=PAGE_HEADERS)
