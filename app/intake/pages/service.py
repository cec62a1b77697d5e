"""What a browser asks of the pages: a language, and a form in which the bytes travel."""

import gzip
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from app.site.site import Site

DEFAULT = "en"

# What devices say for a script that they do not name (the likely subtags of CLDR).
_ALIASES = {"zh": "zh-hans", "zh-tw": "zh-hant", "zh-hk": "zh-hant", "zh-mo": "zh-hant", "ku": "kmr", "prs": "fa"}

# What most people read who ask for a language that is not offered, the likeliest first: from school, or as it is close
# to their own. English, which browsers add by themselves, would lose them.
_READ_TOO = {
    "az": ("tr", "ru"),
    "az-arab": ("fa",),
    "azb": ("fa",),
    "be": ("ru",),
    "kk": ("ru", "tr"),
    "kk-arab": ("zh-hans", "ug"),
    "kk-cn": ("zh-hans", "ug"),
    "ky": ("ru", "tr"),
    "tk": ("tr", "ru"),
    "uz": ("ru", "tr"),
    "uz-arab": ("fa",),
}

_RANGE = re.compile(r"\s*([A-Za-z0-9*-]{1,40})\s*(?:;\s*q=([01](?:\.[0-9]{0,3})?)\s*)?")
# No browser lists more, and nobody else decides how long this takes.
_LONGEST = 1000


def language_of(header: str, languages: Sequence[str]) -> str:
    """The offered language that an Accept-Language asks for first (RFC 4647, "Lookup"); else English, or the first.

    Who asks for a language that does not exist here yet is led to one that they are likely to read.
    """
    by_tag = {language.lower(): language for language in languages}
    asked = [[_ALIASES.get(tag, tag) for tag in _wider(name)] for name in _names(header)]
    for tags in asked:
        read_too = next((_READ_TOO[tag] for tag in tags if tag in _READ_TOO), ())
        # Among these, one that the browser names too is better than a guess.
        named = [tag for each in asked for tag in each if tag in read_too] if read_too else []
        match = next((by_tag[tag] for tag in (*tags, *named, *read_too) if tag in by_tag), None)
        if match is not None:
            return match
    return DEFAULT if DEFAULT in languages else languages[0]


def _wider(tag: str) -> Iterator[str]:
    """A tag, and what is left of it as its end is cut off part by part."""
    while tag:
        yield tag
        tag = tag.rpartition("-")[0]
        if tag[-2:-1] == "-":  # a letter that begins an extension goes with what it began
            tag = tag[:-2]


def no_page(site: Site, header: str) -> str:
    """The page that says that there is none, in the language that an Accept-Language asks for."""
    return _no_page(site, language_of(header, site.languages))


@lru_cache(maxsize=64)
def _no_page(site: Site, language: str) -> str:
    return site.render("plain_error.html", language, key="no-page")


def takes(header: str, coding: str) -> bool:
    """Whether an Accept-Encoding names this coding."""
    return coding in _names(header)


@lru_cache(maxsize=512)
def gzip_of(content: bytes) -> bytes:
    """The same bytes each time. Browsers take Brotli over TLS alone, so at an onion address this is what travels."""
    return gzip.compress(content, mtime=0)


def _names(header: str) -> list[str]:
    """The names in a header that are not refused, the most wanted first."""
    by_weight = []
    for part in header[:_LONGEST].split(","):
        match = _RANGE.fullmatch(part)
        weight = float(match[2] or 1) if match else 0
        if match and weight > 0:
            by_weight.append((weight, match[1].lower()))
    return [name for _, name in sorted(by_weight, key=lambda each: -each[0])]
