"""The languages of the pages: how each names itself, which way it runs, in which words it gives a receipt."""

from dataclasses import dataclass
from functools import cache

from babel import Locale, UnknownLocaleError

from app.vocabulary import code, codes

SOURCE = "en"  # the language in which the templates are written; the others are catalogues
WANTED = ("en", "zh-Hans", "zh-Hant", "ug", "fa", "ru", "ar", "tr", "bo", "vi", "fr", "es", "ko", "km", "tg", "kmr")
PSEUDO = "en-XA"  # for tests of the layout; never offered

# CLDR has the name of the spoken language, with the mark that parts syllables at its end; these pages are written.
_OWN_NAMES = {"bo": "བོད་ཡིག"}
# Kurmanji is CLDR's `ku`; Babel has no locale that is called `kmr`.
_IN_CLDR = {"kmr": "ku", PSEUDO: "en"}


@dataclass(frozen=True, slots=True)
class Language:
    """`receipt_words` is the language of the twelve words; `countries` are codes in the order of its alphabet."""

    code: str
    name: str
    direction: str
    receipt_words: str
    reviewed: bool
    countries: tuple[str, ...]


def locale(language: str) -> Locale:
    """What CLDR knows of a language; English where it knows nothing."""
    try:
        return Locale.parse(_IN_CLDR.get(language, language), sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale.parse(SOURCE)


@cache
def own_name(language: str) -> str:
    """A language as it calls itself, alone in a list: "Français", "中文（简体）"."""
    if language == PSEUDO:
        return language
    if language in _OWN_NAMES:
        return _OWN_NAMES[language]
    base = _IN_CLDR.get(language, language).split("-")[0]
    name: str = locale(language).languages.get(base, code("language", language).labels[SOURCE])
    if "-" in language:
        name = f"{name} ({locale(language).scripts[language.split('-')[1]]})"
    return name[0].upper() + name[1:]


def direction(language: str) -> str:
    """`ltr` or `rtl`, from the code list; a language that is not in it runs to the right."""
    return (code("language", language).direction if language in codes("language") else None) or "ltr"


def receipt_words(language: str) -> str:
    """The language itself where there is a list of words for receipts, else English."""
    return language if language in codes("language") and code("language", language).wordlist else SOURCE
