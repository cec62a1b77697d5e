"""Pages for people: HTML that no cache keeps and that may do what it must, and nothing else."""

from fastapi.responses import HTMLResponse

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


def page(html: str, status: int = 200) -> HTMLResponse:
    """A page, with its headers; those that every answer carries come after (`answers`)."""
    return HTMLResponse(html, status, headers=PAGE_HEADERS)
