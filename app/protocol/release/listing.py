"""What stands above the folders of published releases: a page that leads to each, and a feed that tells of new ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from app.protocol.periods import day_after, in_words, last_day
from app.protocol.release.page import PAGE, STYLE, STYLE_SHEET

FEED: Final = "feed.atom"
# In a folder, beside what is signed, where there is a word to say of it.
NOTICE: Final = "notice.html"

_KINDS: Final = {"quarter": "tables of a quarter", "year": "tables of a year", "reserve": "the total"}


@dataclass(frozen=True, slots=True)
class Listed:
    """A published release; `sums_sha256` is the hash of its `SHA256SUMS`, by which the feed names it.

    `correction` is why it stands in the place of another, `superseded_by` the release that stands in its own; `note`
    says why nobody should rely on it.
    """

    id: str
    kind: str
    period: str
    sums_sha256: str
    correction: str | None = None
    superseded_by: str | None = None
    note: str | None = None

    @property
    def title(self) -> str:
        return f"Persons recorded {in_words(self.period)}: {_KINDS[self.kind]}"

    @property
    def is_noted(self) -> bool:
        """Whether its page is not to be read without a word before."""
        return self.superseded_by is not None or self.note is not None

    @property
    def entrance(self) -> str:
        """The page by which its folder is entered."""
        return NOTICE if self.is_noted else PAGE

    @property
    def told(self) -> str:
        """Its title, with what became of it."""
        became = {
            "corrected since": self.superseded_by,
            "not to be relied on": self.note,
            "a correction": self.correction,
        }
        words = ", ".join(word for word, holds in became.items() if holds is not None)
        return f"{self.title} ({words})" if words else self.title


def listing_files(releases: Sequence[Listed]) -> dict[str, bytes]:
    """The page, its style and the feed, for releases whose folders lie beside them under their ids."""
    newest = sorted(releases, key=lambda each: (last_day(each.period), each.id), reverse=True)
    return {PAGE: _page(newest).encode(), STYLE: STYLE_SHEET.encode(), FEED: _feed(newest).encode()}


def notice(release: Listed) -> bytes:
    """What is said before the page of a release that was corrected, or on which nobody should rely. The page itself is
    signed, and stays as it was."""
    lines = []
    if release.superseded_by is not None:
        lines.append(f'It was corrected: read <a href="../{release.superseded_by}/{PAGE}">the folder in its place</a>.')
    if release.note is not None:
        lines.append(f"Do not rely on it: {escape(release.note)}")
    lines.append(f'What was published stays as it was: <a href="{PAGE}">the page of this release</a>.')
    said = "\n".join(f"<p>{line}</p>" for line in lines)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(release.told)}</title>
<link rel="stylesheet" href="{STYLE}">
</head>
<body>
<main>
<h1>{escape(release.told)}</h1>
{said}
</main>
</body>
</html>
""".encode()


def _page(releases: Sequence[Listed]) -> str:
    links = "\n".join(f'<li><a href="{each.id}/{each.entrance}">{escape(each.told)}</a></li>' for each in releases)
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
<title>{escape(each.told)}</title>
<updated>{_after(each)}</updated>
<link href="{each.id}/{each.entrance}"/>
{f"<summary>{escape(summary)}</summary>" if (summary := each.note or each.correction) else ""}</entry>
{_entry_of_a_note(each) if each.note else ""}"""


def _entry_of_a_note(each: Listed) -> str:
    """A reader of feeds shows what is new: a word on what it has shown before is an entry of its own."""
    return f"""<entry>
<id>urn:x-tern:note:{each.sums_sha256}</id>
<title>Do not rely on: {escape(each.title)}</title>
<updated>{_after(each)}</updated>
<link href="{each.id}/{NOTICE}"/>
<summary>{escape(each.note or "")}</summary>
</entry>
"""


def _after(each: Listed) -> str:
    return f"{day_after(each.period)}T00:00:00Z"
