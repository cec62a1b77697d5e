"""Templates and catalogues become pages here, at build time and (for the page without script) at run time."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from gettext import NullTranslations
from pathlib import Path
from typing import TYPE_CHECKING, Final

from babel.dates import format_date
from babel.numbers import format_decimal
from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup, escape

from app.site.languages import SOURCE, Language, direction, locale, own_name
from app.vocabulary import ReportState, code, code_list, codes, groups, label

if TYPE_CHECKING:
    from types import CodeType

# CLDR has no Tibetan name for every fourth country; who reads Tibetan can read how Dzongkha writes it, and not English.
_SAME_SCRIPT: Final[Mapping[str, tuple[str, ...]]] = {"bo": ("dz",)}
HERE = Path(__file__).parent
TEMPLATES = HERE / "templates"
EMERGENCY = HERE / "emergency.json"
WEB = HERE.parent / "web"  # the TypeScript, and what bundles it

# The lists that the form takes, and whether it asks for their groups alone.
LISTS = (
    "imminence",
    "relation_of_target_to_reporter",
    "incident_type",
    "channel",
    "suspected_actor_role",
    "host_response",
    "consent_scope",
)
# The sentences that scripts may need, by key; `templates/sentences.html` has their words.
SENTENCES = (
    "unreachable",
    "busy",
    "enough-for-today",
    "too-large",
    "no-room",
    "closed",
    "clock",
    "not-authentic",
    "write-to",
    "not-set-up",
    "refused",
    "no-mailbox",
    "not-taken",
    "cancelled",
    "no-word-list",
    "nothing-told",
    "danger-missing",
    "nothing-to-send",
    "words-count",
    "words-unknown",
    "words-nearest",
    "words-checksum",
    "words-ambiguous",
    "file-too-large",
    "too-many-files",
    "file-unreadable",
    "too-long",
)
# Babel writes the separators of these numbering systems, and not their digits.
_DIGITS = {
    "arab": str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"),
    "arabext": str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"),
}
# Nobody learns that somebody else reported: a duplicate is shown as accepted.
STATES = tuple(state for state in ReportState if state is not ReportState.DUPLICATE)


@dataclass(frozen=True, slots=True)
class Asset:
    """A built file that pages name: its path without the leading slash, and its subresource integrity."""

    path: str
    integrity: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One choice of a list. `lang` is an attribute where the words are in another language than the page."""

    code: str
    label: str
    lang: Markup


@dataclass(frozen=True, slots=True)
class Numbers:
    """The emergency numbers of one country. `lang` is an attribute for a label that is not in the page's language."""

    code: str
    label: str
    lang: Markup
    police: str
    ambulance: str
    fire: str


def choices_of(list_name: str) -> tuple[str, ...]:
    """The codes that a reporter chooses from: groups where there are groups, "unknown" apart."""
    of_list = groups(list_name) if list_name == "incident_type" else codes(list_name)
    return tuple(one for one in of_list if one not in {"unknown", "ZZ"} and not code(list_name, one).retired)


# Of a field: neither the browser nor a known extension (Grammarly, LanguageTool, password managers) sends or keeps it.
_UNTOUCHED: Final = Markup(
    'translate="no" autocomplete="off" spellcheck="false" writingsuggestions="false" data-gramm="false"'
    ' data-gramm_editor="false" data-enable-grammarly="false" data-lt-active="false" data-1p-ignore="true"'
    ' data-lpignore="true" data-bwignore="true"'
)


class _Compiled(BytecodeCache):
    """What a template was compiled to, for every language: only what it finds in its environment differs."""

    def __init__(self) -> None:
        self._code_of: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code_of.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._code_of[bucket.key, bucket.checksum] = bucket.code


_COMPILED: Final = _Compiled()


def environment(
    language: Language, translations: NullTranslations, assets: Mapping[str, Asset], languages: Iterable[Language]
) -> Environment:
    """Everything that a template may ask, in one language."""
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        undefined=StrictUndefined,
        bytecode_cache=_COMPILED,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]  # added by the extension
    words = _Words(language, translations)
    templates.globals.update(
        language=language,
        languages_offered=tuple(languages),
        assets=assets,
        sentence_keys=SENTENCES,
        states=STATES,
        choices=words.choices,
        unknown=words.unknown,
        countries=words.countries,
        answer_languages=words.answer_languages,
        emergency=words.emergency,
        forms=words.forms,
        chosen=_chosen,
        fill=words.fill,
        in_digits=words.in_digits,
        day_in_words=words.day_in_words,
        untouched=_UNTOUCHED,
    )
    return templates


def _chosen(kept: Mapping[str, str | Collection[str]], name: str, of: str) -> bool:
    """Whether a choice was made before; an answer is one code or several."""
    answer = kept.get(name, ())
    return of == answer if isinstance(answer, str) else of in answer


class _Words:
    """Labels and forms in the language of one page."""

    def __init__(self, language: Language, translations: NullTranslations) -> None:
        self._language = language
        self._locale = locale(language.code)
        self._translations = translations

    def choices(self, list_name: str) -> list[Entry]:
        return [self._entry(list_name, one) for one in choices_of(list_name)]

    def unknown(self, list_name: str) -> Entry:
        """ "I do not know", with the list's own code for it, or none where the answer is then left out."""
        own = {"country": "ZZ"}.get(list_name, "unknown" if "unknown" in codes(list_name) else "")
        entry = self._entry("imminence", "unknown")
        return Entry(own, entry.label, entry.lang)

    def countries(self) -> list[Entry]:
        return [self._country(one) for one in self._language.countries]

    def answer_languages(self) -> list[Entry]:
        """Every language by its own name, so that whoever speaks it finds it."""
        attributes = Markup(' lang="{}" dir="{}"')
        return [Entry(one, own_name(one), attributes.format(one, direction(one))) for one in codes("language")]

    def emergency(self) -> list[Numbers]:
        numbers = emergency_numbers()
        return [
            Numbers(country.code, country.label, country.lang, *numbers[country.code])
            for country in self.countries()
            if country.code in numbers
        ]

    def forms(self, key: str, singular: str, plural: str) -> Markup:
        """The plural forms of a word for scripts, each under the name that CLDR gives it."""
        lines = [
            Markup('<p data-word="{}" data-plural="{}">{}</p>').format(
                key,
                form,
                Markup(self._translations.ngettext(singular, plural, example)),  # noqa: S704  # our own words
            )
            for form, example in _examples(self._language.code).items()
        ]
        return Markup("\n").join(lines)

    def fill(self, words: str, values: Mapping[str, object]) -> Markup:
        """Put values in the place of their {names}, the items of a list with what the language puts between them."""
        text = str(words).strip()
        for name, value in values.items():
            text = text.replace(f"{{{name}}}", str(escape(self._written(value))))
        return Markup(text)  # noqa: S704  # our own words; what came from outside is escaped above

    def in_digits(self, number: int) -> str:
        """As scripts write it in this language."""
        written = format_decimal(number, locale=self._locale, numbering_system="default")
        return written.translate(self._digits)

    def day_in_words(self, day: str) -> str:
        """A day that is written `2026-06-15`, as the language writes it; as it is where CLDR knows no such language."""
        if self._locale.language == SOURCE and not self._language.code.startswith(SOURCE):
            return day
        return format_date(date.fromisoformat(day), "long", locale=self._locale).translate(self._digits)

    @property
    def _digits(self) -> dict[int, int]:
        return _DIGITS.get(self._locale.default_numbering_system, {})

    def _written(self, value: object) -> str:
        match value:
            case int():
                return self.in_digits(value)
            case list():
                # Words of another direction turn nothing around them.
                return f"\u2068{self._translations.gettext(', ').join(value)}\u2069"
            case _:
                return str(value)

    def _entry(self, list_name: str, of: str) -> Entry:
        english = label(list_name, of)
        own = code(list_name, of).labels.get(self._language.code)
        return self._with_lang(of, own or self._translations.pgettext("vocabulary", english), english)

    def _country(self, of: str) -> Entry:
        return self._with_lang(of, country_name(self._language.code, of), label("country", of))

    def _with_lang(self, of: str, words: str, english: str) -> Entry:
        foreign = words == english and not self._language.code.startswith(SOURCE)
        return Entry(of, words, Markup(' lang="en"') if foreign else Markup(""))


def country_name(language: str, of: str) -> str:
    """The vocabulary's name of a country, else CLDR's, else the English one."""
    labels = code_list("country").codes[of].labels
    written = (locale(each).territories.get(of) for each in (language, *_SAME_SCRIPT.get(language, ())))
    name: str = labels.get(language) or next(filter(None, written), labels[SOURCE])
    return name


def emergency_numbers() -> dict[str, tuple[str, str, str]]:
    """Police, ambulance and fire by country."""
    return {country: tuple(numbers) for country, numbers in json.loads(EMERGENCY.read_bytes())["numbers"].items()}


def _examples(language: str) -> dict[str, int]:
    """The smallest number that takes each plural form of CLDR."""
    rule = locale(language).plural_form
    examples: dict[str, int] = {}
    for number in (*range(201), 1_000_000):
        examples.setdefault(rule(number), number)
    examples.setdefault("other", 200)  # French and Russian have it for fractions alone; scripts fall back to it
    return examples
