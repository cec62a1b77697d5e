"""What stands above the folders of published releases: a page that leads to each, and a feed that tells of new ones.

None of it is signed. The page stands in the languages of the releases' own pages, the feed in English.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import Final

from app.protocol.periods import day_after, last_day
from app.protocol.release.frame import PAGE, STYLE, head, languages, named, style_sheet
from app.protocol.release.words import SUFFIXES, Words, words

FEED: Final = "feed.atom"
# In a folder, beside what is signed, where there is a word to say of it.
NOTICE: Final = "notice.html"
NOTICES: Final = frozenset(named(NOTICE, each) for each in SUFFIXES)


@dataclass(frozen=True, slots=True)
class Listed:
    """A published release; `sums_sha256` is the hash of its `SHA256SUMS`, by which the feed names it.

    `correction` is why it stands in the place of another, `superseded_by` the release that stands in its own; `note`
    says why nobody should rely on it. `languages` are those of its page.
    """

    id: str
    kind: str
    period: str
    sums_sha256: str
    correction: str | None = None
    superseded_by: str | None = None
    note: str | None = None
    languages: Sequence[str] = ("en",)

    @property
    def is_noted(self) -> bool:
        """Whether its page is not to be read without a word before."""
        return self.superseded_by is not None or self.note is not None

    def page(self, language: str = "en") -> str:
        """Its page in a language, or else in English."""
        return named(PAGE, language) if language in self.languages else PAGE

    def entrance(self, language: str = "en") -> str:
        """The page by which its folder is entered."""
        return named(NOTICE, language) if self.is_noted else self.page(language)

    def title(self, own: Words) -> str:
        """What it is, in some language."""
        kind = own.say("listing", self.kind)
        return own.say("listing", "recorded", period=own.period(self.period), kind=kind)

    def told(self, own: Words) -> str:
        """Its title, with what became of it."""
        became = {"superseded": self.superseded_by, "not_relied_on": self.note, "a_correction": self.correction}
        said = [own.say("listing", name) for name, holds in became.items() if holds is not None]
        return self.title(own) + (
            own.say("listing", "became", words=own.say("listing", "and").join(said)) if said else ""
        )


def languages_in(paths: Iterable[str]) -> tuple[str, ...]:
    """In which languages the page of a folder with these files stands."""
    there = {*paths}
    return tuple(language for language in SUFFIXES if named(PAGE, language) in there)


def listing_files(releases: Sequence[Listed]) -> dict[str, bytes]:
    """The page, its style and the feed, for releases whose folders lie beside them under their ids."""
    newest = sorted(releases, key=lambda each: (last_day(each.period), each.id), reverse=True)
    pages = {named(PAGE, language): _page(newest, words(language)).encode() for language in SUFFIXES}
    return {**pages, STYLE: style_sheet(), FEED: _feed(newest).encode()}


def notices(release: Listed) -> dict[str, bytes]:
    """What is said before the page of a release that was corrected, or on which nobody should rely. The page itself is
    signed, and stays as it was. Nothing, where there is nothing to say."""
    if not release.is_noted:
        return {}
    return {named(NOTICE, language): _notice(release, words(language)).encode() for language in SUFFIXES}


def _notice(release: Listed, own: Words) -> str:
    say, page = partial(own.say, "listing"), release.page(own.language)
    lines = []
    if release.superseded_by is not None:
        lines.append(say("was_corrected", page=f"../{release.superseded_by}/{page}"))
    if release.note is not None:
        lines.append(say("do_not_rely", note=escape(release.note)))
    lines.append(say("stays", page=page))
    said = "\n".join(f"<p>{line}</p>" for line in lines)
    return f"""{head(own.language, release.told(own))}
<body>
<header>
{languages(own, NOTICE, SUFFIXES)}</header>
<main>
<h1>{escape(release.told(own))}</h1>
{said}
</main>
</body>
</html>
"""


def _page(releases: Sequence[Listed], own: Words) -> str:
    say = partial(own.say, "listing")
    links = "\n".join(
        f'<li><a href="{each.id}/{each.entrance(own.language)}">{escape(each.told(own))}</a></li>' for each in releases
    )
    listed = f"<ul>\n{links}\n</ul>" if releases else f"<p>{say('nothing')}</p>"
    feed = f'<link rel="alternate" type="application/atom+xml" title="{say("releases")}" href="{FEED}">\n'
    return f"""{head(own.language, say("releases"), feed)}
<body>
<header>
{languages(own, PAGE, SUFFIXES)}</header>
<main>
<h1>{say("releases")}</h1>
{listed}
<p>{say("each")} <a href="{FEED}" hreflang="en">{say("feed")}</a></p>
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
<title>{escape(each.told(words("en")))}</title>
<updated>{_after(each)}</updated>
<link href="{each.id}/{each.entrance()}"/>
{f"<summary>{escape(summary)}</summary>" if (summary := each.note or each.correction) else ""}</entry>
{_entry_of_a_note(each) if each.note else ""}"""


def _entry_of_a_note(each: Listed) -> str:
    """A reader of feeds shows what is new: a word on what it has shown before is an entry of its own."""
    return f"""<entry>
<id>urn:x-tern:note:{each.sums_sha256}</id>
<title>Do not rely on: {escape(each.title(words("en")))}</title>
<updated>{_after(each)}</updated>
<link href="{each.id}/{NOTICE}"/>
<summary>{escape(each.note or "")}</summary>
</entry>
"""


def _after(each: Listed) -> str:
    return f"{day_after(each.period)}T00:00:00Z"
