"""What every page about releases has: its place, its head, its style, and the way to it in the other languages."""

from collections.abc import Iterable
from functools import cache
from html import escape
from importlib import resources
from typing import Final

from app.protocol.release.about import ANY_READER, COMPOSER
from app.protocol.release.counts import NoisyCounts
from app.protocol.release.markdown import to_html
from app.protocol.release.words import SUFFIXES, Words, words

PAGE: Final = "index.html"
STYLE: Final = "style.css"
METHOD: Final = "methodology.html"
# The composers from which on there is another style. Up to the fourth it is what the one before it was, and more.
_STYLES: Final = (1, 2, 4, 5)


def named(path: str, language: str) -> str:
    """The same file in another language: `index.zh.html`."""
    stem, dot, ending = path.rpartition(".")
    return f"{stem}{SUFFIXES[language]}{dot}{ending}"


@cache
def style_sheet(composer: int = COMPOSER) -> bytes:
    """The style of the pages that a composer makes."""
    own = [each for each in _STYLES if each <= composer]
    of_it = own if composer < ANY_READER else own[-1:]
    styles = resources.files("app.protocol.release").joinpath("styles")
    return b"".join(styles.joinpath(f"{each}.css").read_bytes() for each in of_it)


def text_page(text: str, *, language: str) -> bytes:
    """A text in Markdown that begins with its heading, as a page beside that of the release."""
    return f"""{head(language, _heading(text))}
<body>
<p><a href="{PAGE}">{PAGE}</a></p>
<main>
{to_html(text)}
</main>
</body>
</html>
""".encode()


def method_page(text: str, counts: NoisyCounts, *, language: str) -> bytes:
    """The methodology in a language of `SUFFIXES`. It leads to the page of the release, and to itself in the others."""
    own = words(language)
    above = own.say("page", "title", period=own.period(counts.period))
    return f"""{head(language, _heading(text))}
<body>
<header>
{languages(own, METHOD, SUFFIXES)}<p><a href="{named(PAGE, language)}">{above}</a></p>
</header>
<main>
{to_html(text)}
</main>
</body>
</html>
""".encode()


def _heading(text: str) -> str:
    """Of a text in Markdown that begins with it."""
    return text.partition("\n")[0].removeprefix("# ")


def head(language: str, title: str, more: str = "") -> str:
    """What stands before the body of every page, the links that are `more` included."""
    return f"""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<link rel="stylesheet" href="{STYLE}">
{more}</head>"""


def languages(own: Words, path: str, offered: Iterable[str]) -> str:
    """The way to the same page in the other languages that are offered."""
    others = [each for each in offered if each != own.language]
    if not others:
        return ""
    links = "".join(
        f'<li><a href="{named(path, each)}" lang="{each}" hreflang="{each}">{words(each).say("later", "own")}</a></li>'
        for each in others
    )
    return f'<nav class="languages" aria-label="{own.say("later", "languages")}"><ul>{links}</ul></nav>\n'
