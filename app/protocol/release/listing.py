"""What stands above the folders of published releases: a page that leads to each, and a feed that tells of new ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from app.protocol.periods import day_after, in_words, last_day
from app.protocol.release.page import PAGE, STYLE, STYLE_SHEET

FEED: Final = "feed.atom"

_KINDS: Final = {"quarter": "tables of a quarter", "year": "tables of a year", "reserve": "the total"}


@dataclass(frozen=True, slots=True)
class Listed:
    """A published release; `sums_sha256` is the hash of its `SHA256SUMS`, by which the feed names it."""

    id: str
    kind: str
    period: str
    sums_sha256: str

    @property
    def title(self) -> str:
        return f"Persons recorded {in_words(self.period)}: {_KINDS[self.kind]}"


def listing_files(releases: Sequence[Listed]) -> dict[str, bytes]:
    """The page, its style and the feed, for releases whose folders lie beside them under their ids."""
    newest = sorted(releases, key=lambda each: (last_day(each.period), each.id), reverse=True)
    return {PAGE: _page(newest).encode(), STYLE: STYLE_SHEET.encode(), FEED: _feed(newest).encode()}


def _page(releases: Sequence[Listed]) -> str:
    links = "\n".join(f'<li><a href="{each.id}/{PAGE}">{escape(each.title)}</a></li>' for each in releases)
    listed = f"<ul>\n{links}\n</ul>" if releases else "<p>Nothing has been published yet.</p>"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Releases</title>
<link rel="stylesheet" href="{STYLE}">
<link rel="alternate" type="application/atom+xml" title="Releases" href="{FEED}">
</head>
<body>
<main>
<h1>Releases</h1>
{listed}
<p>Each says how it is cited, checked and added. What is published never changes. <a href="{FEED}">Feed</a></p>
</main>
</body>
</html>
"""


def _feed(releases: Sequence[Listed]) -> str:
    """Atom. Of when a release was published nobody keeps a note, so an entry bears the day after its period."""
    entries = "".join(map(_entry, releases))
    updated = _after(releases[0]) if releases else "2020-01-01T00:00:00Z"
    return f"""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">
<id>urn:x-tern:releases</id>
<title>Releases</title>
<updated>{updated}</updated>
<author><name>The organisation that publishes them</name></author>
<link rel="self" href="{FEED}"/>
{entries}</feed>
"""


def _entry(each: Listed) -> str:
    return f"""<entry>
<id>urn:sha256:{each.sums_sha256}</id>
<title>{escape(each.title)}</title>
<updated>{_after(each)}</updated>
<link href="{each.id}/{PAGE}"/>
</entry>
"""


def _after(each: Listed) -> str:
    return f"{day_after(each.period)}T00:00:00Z"
