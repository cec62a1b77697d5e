"""Answers that an organisation keeps ready in several languages, all in one document (docs/protocol.md, section 8).

A template is retired by the version that has it no more. Its `revision` counts how often its words were changed; words
of an earlier revision may say something else than those of the latest.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from app import vocabulary
from app.protocol.encoding import check_number
from app.protocol.errors import Malformed
from app.protocol.mailbox import NUMBERS, STAFF_SLOTS, split

MOST: Final = 200
NAME_LENGTH: Final = 60  # characters
_BLANK: Final = re.compile(r"\{([a-z][a-z0-9_]{0,29})\}")
_JOINERS: Final = str.maketrans("", "", "\u200c\u200d")  # without which Persian and Indic scripts are misspelt


@dataclass(frozen=True)
class Words:
    """What is said in one language since a revision of its template."""

    text: str = field(repr=False)
    revision: int

    @property
    def blanks(self) -> frozenset[str]:
        """The names that stand in braces, to be filled by whoever sends it."""
        return frozenset(_BLANK.findall(self.text))

    def filled(self, with_: Mapping[str, str]) -> str:
        """With these words in the place of its blanks, whatever stands in them. Raises `KeyError` where one is left."""
        return _BLANK.sub(lambda blank: with_[blank[1]], self.text)


@dataclass(frozen=True)
class Template:
    """The same answer in some languages, each with the same blanks."""

    name: str
    revision: int
    words: Mapping[str, Words]

    @property
    def blanks(self) -> frozenset[str]:
        return next(iter(self.words.values())).blanks

    @property
    def outdated(self) -> list[str]:
        """The languages whose words are older than some other's, so that nobody knows whether they say the same."""
        return [language for language, words in self.words.items() if words.revision < self.revision]

    def said_as(self, texts: Mapping[str, str]) -> "Template":
        """With these words in these languages, which say the same.

        Where one changes what was there before, those that are not among them are of an earlier revision from then on.
        """
        is_changed = any(language in self.words and self.words[language].text != texts[language] for language in texts)
        revision = self.revision + is_changed
        said = {language: Words(text, revision) for language, text in texts.items()}
        return replace(self, revision=revision, words={**self.words, **said})

    def body(self) -> dict[str, Any]:
        """As it stands in the document."""
        words = {language: {"revision": each.revision, "text": each.text} for language, each in self.words.items()}
        return {"name": self.name, "revision": self.revision, "words": dict(sorted(words.items()))}


def is_on_one_line(text: str) -> bool:
    """Whether it says something, on one line, and holds nothing that commands a terminal or turns the text around."""
    shown = text.translate(_JOINERS)
    return bool(shown.strip()) and shown.isprintable()


def body(templates: Iterable[Template]) -> dict[str, Any]:
    """As they stand in the document, by name; `read` takes it back. Raises `Malformed` for what it would not take."""
    found = {"templates": [each.body() for each in sorted(templates, key=lambda each: each.name)]}
    read(found)
    return found


def read(found: dict[str, Any]) -> dict[str, Template]:
    """Those of a version, by their names. Raises `Malformed`."""
    match found:
        case {"templates": list(entries), **rest} if not rest and len(entries) <= MOST:
            templates = [_template(each) for each in entries]
            names = [each.name for each in templates]
            if names == sorted(set(names)):
                return dict(zip(names, templates, strict=True))
    raise Malformed(f"templates are at most {MOST}, each with a name of its own, in their order")


def _template(entry: object) -> Template:
    match entry:
        case {"name": str(name), "revision": int(revision), "words": dict(words), **rest} if not rest and words:
            if len(name) > NAME_LENGTH or not is_on_one_line(name):
                raise Malformed(f"a template's name has at most {NAME_LENGTH} characters, on one line")
            if not words.keys() <= {*vocabulary.codes("language")}:
                raise Malformed("a template is in languages of the list alone")
            template = Template(
                name,
                check_number(revision, NUMBERS),
                {language: _words(each, revision) for language, each in sorted(words.items())},
            )
            if len({each.blanks for each in template.words.values()}) > 1:
                raise Malformed("the words of a template have the same blanks in each language")
            return template
    raise Malformed("a template of another form")


def _words(entry: object, newest: int) -> Words:
    match entry:
        case {"revision": int(revision), "text": str(text), **rest} if not rest:
            if not text.strip() or len(split(text)) > STAFF_SLOTS:
                raise Malformed("a template says something, and fits a mailbox")
            if re.search("[{}]", _BLANK.sub("", text)):
                raise Malformed("a brace that is no blank: a blank is {name}, of a-z, 0-9 and _")
            return Words(text, check_number(revision, range(1, newest + 1)))
    raise Malformed("words of another form")
