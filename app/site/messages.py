"""The catalogues: what there is to translate, and whether a language has all of it.

`python -m app.site.messages` writes `catalogues/messages.pot` from the templates and brings every `.po` up to it;
with a language behind it, it begins that language's.
"""

import functools
import io
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from gettext import NullTranslations
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from babel.support import Translations

from app.site.languages import PSEUDO, SOURCE, WANTED, locale
from app.site.rendering import HERE, LISTS, TEMPLATES, choices_of
from app.vocabulary import code, label

CATALOGUES = HERE / "catalogues"
VOCABULARY = "vocabulary"  # the context of labels that the code lists lack in a language

# What stays as it is in every translation: {names}, %(names)s and the tags around words.
_FIXED = re.compile(r"\{\w+\}|%\(\w+\)s|</?\w+>")
_DATED = re.compile(
    rb'"(POT-Creation-Date|PO-Revision-Date|Generated-By|Report-Msgid-Bugs-To|Last-Translator|Language-Team)'
)
_KEYWORDS = {"_": None, "ngettext": (1, 2), "forms": (2, 3)}
_WHERE = re.compile(r"\{# WHERE: (.*?) #\}")


def template() -> Catalog:
    """Every message of the templates, with where it stands, and every label that some language may lack."""
    catalog = Catalog(project="Tern", header_comment=_HEADER, charset="utf-8")
    for path in sorted(TEMPLATES.glob("*.html")):
        for words, notes in _messages_of(path.read_bytes()):
            catalog.add(words, locations=[(f"templates/{path.name}", 0)], auto_comments=notes)
    for list_name, of in _labels():
        catalog.add(
            label(list_name, of), context=VOCABULARY, auto_comments=[f"A choice of the form ({list_name}: {of})."]
        )
    return catalog


@functools.cache  # every language asks it of the same templates
def _messages_of(source: bytes) -> tuple[tuple[str | tuple[str, ...], tuple[str, ...]], ...]:
    """The messages of a template, in one or two forms, and of each where it stands and what its translator is told."""
    places = _places(source.decode())
    match = extract(
        "jinja2",
        io.BytesIO(source),
        keywords=_KEYWORDS,
        comment_tags=["NOTE:"],
        options={"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"},
    )
    found = []
    for line, words, notes, _ in match:
        where = next((place for start, place in reversed(places) if start <= line), "")
        found.append((words, (*filter(None, [where]), *notes)))
    return tuple(found)


def needed(language: str) -> Catalog:
    """The part of the template that this language has to translate: no label that the code lists have."""
    catalogue = template()
    for list_name, of in _labels():
        if language in code(list_name, of).labels and not _lacked_elsewhere(language, label(list_name, of)):
            catalogue.delete(label(list_name, of), context=VOCABULARY)
    return catalogue


def lacks(language: str) -> list[str]:
    """Why a language is not offered: what is not translated, marked fuzzy, or has lost a {name}."""
    if language == SOURCE:
        return []
    path = CATALOGUES / f"{language}.po"
    if not path.exists():
        return ["there is no catalogue"]
    translation = read(path, language)
    return [
        f"{why}: {message.id!r}"
        for message in needed(language)
        if message.id
        for why in _shortcomings(message, translation.get(message.id, context=message.context))
    ]


def read(path: Path, language: str) -> Catalog:
    """Raises `FileNotFoundError`, and what Babel raises for a file that is no catalogue."""
    with path.open("rb") as lines:
        return read_po(lines, locale=str(locale(language)))


def reviewed(language: str) -> bool:
    """Whether a speaker has read the words and put their name, or a pseudonym, into the catalogue's header."""
    if language in {SOURCE, PSEUDO}:
        return True
    with (CATALOGUES / f"{language}.po").open("rb") as lines:
        return bool(re.search(rb'^"X-Reviewed-By: *[^ \\]', lines.read(), re.MULTILINE))


def write(path: Path, catalog: Catalog) -> None:
    """The same bytes for the same catalogue: without dates, line numbers or messages that are gone."""
    target = io.BytesIO()
    write_po(target, catalog, width=120, include_lineno=False, ignore_obsolete=True)
    # Dates would change with every run and say when somebody worked.
    lines = [line for line in target.getvalue().splitlines(keepends=True) if not _DATED.match(line)]
    path.write_bytes(b"".join(lines))


def catalogue_bytes(language: str) -> bytes:
    """The catalogue as programs read it (.mo)."""
    catalog = read(CATALOGUES / f"{language}.po", language)
    # Babel would write the minute in which it read it, and two builds would differ.
    catalog.creation_date = datetime.fromtimestamp(0, UTC)
    target = io.BytesIO()
    write_mo(target, catalog)
    return target.getvalue()


def translations(language: str, compiled_catalogue: bytes | None) -> NullTranslations:
    """What templates ask for their words; None where they are in its words."""
    if language == PSEUDO:
        return Pseudo()
    if compiled_catalogue is None:
        return NullTranslations()
    return Translations(io.BytesIO(compiled_catalogue))


class Pseudo(NullTranslations):
    """English with accents, 40 % longer and in brackets: shows what is cut off, and what no catalogue knows."""

    def gettext(self, message: str) -> str:
        return pseudo(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return pseudo(msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:  # noqa: ARG002  # gettext's signature
        return pseudo(message)


_ACCENTS = str.maketrans("aceginorsuyzACEGINORSUYZ", "áçéğíñóřšúýžÁÇÉĞÍÑÓŘŠÚÝŽ")
_PADDING = "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor "


def pseudo(message: str) -> str:
    """The message in accented letters and two fifths longer, with its {names} and tags as they are."""
    parts = re.split(f"({_FIXED.pattern})", message)
    text = "".join(part if _FIXED.fullmatch(part) else part.translate(_ACCENTS) for part in parts)
    more = (len(message) * 2 + 4) // 5
    return f"[{text} {(_PADDING * (more // len(_PADDING) + 1))[:more].strip()}]"


def _labels() -> Iterator[tuple[str, str]]:
    """The labels that one of the wanted languages lacks in the code lists."""
    for list_name in LISTS:
        for of in (*choices_of(list_name), *(["unknown"] if list_name == "imminence" else [])):
            if any(language not in code(list_name, of).labels for language in WANTED):
                yield list_name, of


def _lacked_elsewhere(language: str, english: str) -> bool:
    """Two lists may share a label; it stays while one of them lacks it."""
    return any(
        label(list_name, of) == english and language not in code(list_name, of).labels for list_name, of in _labels()
    )


def _places(source: str) -> list[tuple[int, str]]:
    return [(source.count("\n", 0, match.start()) + 1, match[1]) for match in _WHERE.finditer(source)]


def _shortcomings(message: Message, translation: Message | None) -> Iterator[str]:
    if translation is None or not translation.string or not all(_forms(translation)):
        yield "not translated"
        return
    if translation.fuzzy:
        yield "fuzzy"
    for form in _forms(translation):
        ours, theirs = sorted(_FIXED.findall(_forms_of_id(message)[-1])), sorted(_FIXED.findall(form))
        # A form for one or two may say the number as a word.
        if theirs != ours and not (message.pluralizable and set(theirs) < set(ours)):
            yield f"has {theirs} for {ours}"


def _forms(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def _forms_of_id(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


_HEADER = """\
# The words of Tern's pages for reporters.
#
# Readers are afraid, tired, perhaps on a small phone, perhaps watched. Write short sentences, active, "you" and "we",
# for a reading age of about 12; no idioms. One word for one thing: report, team, reply, words (the 12 words that open
# the mailbox). Never the words for victim, perpetrator, dissident or repression; never "are you sure", "invalid" or
# "failed". Use the polite form that a good helpline of your language uses, the same everywhere, and a form that fits
# women and men alike. Nothing may promise safety or a result. What stands in {braces} or <tags> stays as it is.
# Buttons: as short as the English. Sentences may be up to 40 % longer.
# When a speaker has read everything, add a header line "X-Reviewed-By: name or pseudonym\\n"."""


def main() -> None:
    """Bring every catalogue up to the templates; a language that is named as an argument gets its first."""
    CATALOGUES.mkdir(exist_ok=True)
    write(CATALOGUES / "messages.pot", template())
    for language in WANTED:
        path = CATALOGUES / f"{language}.po"
        if path.exists():
            catalog = read(path, language)
        elif language in sys.argv[1:]:
            catalog = Catalog(locale=locale(language), project="Tern", charset="utf-8")
        else:
            continue
        catalog.update(needed(language), no_fuzzy_matching=True, update_header_comment=True)
        write(path, catalog)


if __name__ == "__main__":
    main()
