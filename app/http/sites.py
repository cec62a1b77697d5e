"""Which requests another site made a browser send, as the browser says itself.

Fetch Metadata Request Headers (W3C), "Sec-Fetch-Site", and before it the Fetch standard's `Origin`.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers

_OURS = frozenset({"same-origin", "none"})  # none: a person asked for it, with no page at all


def comes_from_another_site(headers: Headers) -> bool:
    """Whether the browser marks the request as one of another site's, or of a neighbour's under the same domain.

    What says nothing is no browser, or one that is older than both headers, and no mark. Nor is the origin `null`: our
    own pages send it too, for they tell nobody where they stand (`Referrer-Policy`). A proxy may leave out the port of
    `Host`, so it is not compared.
    """
    places = [place.strip().lower() for value in headers.getlist("sec-fetch-site") for place in value.split(",")]
    if any(places):
        return not _OURS.issuperset(places)
    host = _host(f"//{headers.get('host', '')}")
    return any(origin.strip().lower() != "null" and _host(origin) != host for origin in headers.getlist("origin"))


def _host(address: str) -> str | None:
    """Nothing where it is no address."""
    try:
        return urlsplit(address.strip()).hostname
    except ValueError:
        return None
