"""The code lists: what every word of `vocabulary.json` means, in which ring it may stand, and in which order."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import TypedDict, cast

from app.vocabulary.enums import Imminence, Priority, Severity


class UnknownCodeError(LookupError):
    """No such list, or no such code in it."""


class Ring(StrEnum):
    """Who can read a code: see DESIGN § 1."""

    SEALED = "sealed"
    CODED = "coded"
    WORKFLOW = "workflow"


@dataclass(frozen=True, slots=True)
class Code:
    """One entry of a list; `parent`, `region`, `alpha3`, `direction` and `wordlist` only where its list has them."""

    code: str
    labels: Mapping[str, str]
    definition: str
    parent: str | None = None
    retired: bool = False
    replaced_by: str | None = None
    region: str | None = None
    alpha3: str | None = None
    direction: str | None = None
    wordlist: str | None = None


@dataclass(frozen=True, slots=True)
class CodeList:
    """One list and the ring it may stand in; `several` where an answer may have more than one of its codes."""

    name: str
    ring: Ring
    publishable: bool
    several: bool
    codes: Mapping[str, Code]


@dataclass(frozen=True, slots=True)
class CardField:
    """A field of the statistics card; `list_name` is None for the quarter."""

    name: str
    list_name: str | None
    several: bool


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All lists, what the statistics card has of them, and how a priority follows from severity and imminence."""

    version: str
    languages: tuple[str, ...]
    lists: Mapping[str, CodeList]
    card_fields: tuple[CardField, ...]
    priorities: Mapping[tuple[Severity, Imminence], Priority]


@cache
def vocabulary() -> Vocabulary:
    """The whole vocabulary, read once."""
    raw = json.loads(resources.files("app.vocabulary").joinpath("vocabulary.json").read_bytes())
    meta = cast("_Meta", raw["_meta"])
    return Vocabulary(
        version=meta["version"],
        languages=tuple(meta["languages"]),
        lists=MappingProxyType({name: _code_list(name, about, raw[name]) for name, about in meta["lists"].items()}),
        card_fields=tuple(
            CardField(field["name"], field["list"], field["several"]) for field in meta["card"]["fields"]
        ),
        priorities=MappingProxyType(_priorities(meta["priority_matrix"])),
    )


def code_list(list_name: str) -> CodeList:
    """Raises `UnknownCodeError` where there is no such list."""
    result = vocabulary().lists.get(list_name)
    if result is None:
        raise UnknownCodeError(f"there is no list {list_name!r}")
    return result


def codes(list_name: str) -> tuple[str, ...]:
    """Every code in list order, retired ones too: bitmaps count on the order."""
    return tuple(code_list(list_name).codes)


def code(list_name: str, of: str) -> Code:
    """Raises `UnknownCodeError` where the list has no such code."""
    result = code_list(list_name).codes.get(of)
    if result is None:
        raise UnknownCodeError(f"the list {list_name!r} has no such code")
    return result


def label(list_name: str, of: str, language: str = "en") -> str:
    """The code in words; in English where the language has none yet."""
    labels = code(list_name, of).labels
    return labels.get(language, labels["en"])


def groups(list_name: str = "incident_type") -> tuple[str, ...]:
    """The codes that have no parent, in list order."""
    return tuple(entry.code for entry in code_list(list_name).codes.values() if entry.parent is None)


def group_of(incident_type: str) -> str:
    """The group of a type of incident; a group is its own."""
    return code("incident_type", incident_type).parent or incident_type


def region_of(country: str) -> str:
    """The M49 sub-region of a country, `unknown` for `ZZ`."""
    return code("country", country).region or "unknown"


def priority_of(incidents: Iterable[tuple[Severity, Imminence]]) -> Priority:
    """The priority of a report: that of its worst incident, and `p4` where it tells of none."""
    return min((vocabulary().priorities[pair] for pair in incidents), default=Priority.P4)


class _About(TypedDict, total=False):
    ring: str
    publishable: bool
    several: bool


class _Field(TypedDict):
    name: str
    list: str | None
    several: bool


class _Card(TypedDict):
    fields: list[_Field]


class _Meta(TypedDict):
    version: str
    languages: list[str]
    lists: dict[str, _About]
    card: _Card
    priority_matrix: dict[str, dict[str, str] | str]


class _Entry(TypedDict, total=False):
    code: str
    label: dict[str, str]
    definition: str
    parent: str
    retired: bool
    replaced_by: str
    m49_region: str
    alpha3: str
    direction: str
    bip39_wordlist: str


def _code_list(name: str, about: _About, entries: list[_Entry]) -> CodeList:
    return CodeList(
        name=name,
        ring=Ring(about["ring"]),
        publishable=about["publishable"],
        several=about.get("several", False),
        codes=MappingProxyType({entry["code"]: _code(entry) for entry in entries}),
    )


def _code(entry: _Entry) -> Code:
    return Code(
        code=entry["code"],
        labels=MappingProxyType(entry["label"]),
        definition=entry["definition"],
        parent=entry.get("parent"),
        retired=entry.get("retired", False),
        replaced_by=entry.get("replaced_by"),
        region=entry.get("m49_region"),
        alpha3=entry.get("alpha3"),
        direction=entry.get("direction"),
        wordlist=entry.get("bip39_wordlist"),
    )


def _priorities(matrix: dict[str, dict[str, str] | str]) -> dict[tuple[Severity, Imminence], Priority]:
    unknown_severity = cast("str", matrix["unknown_severity_counts_as"])
    unknown_imminence = cast("str", matrix["unknown_imminence_counts_as"])
    result: dict[tuple[Severity, Imminence], Priority] = {}
    for severity in Severity:
        row = cast("dict[str, str]", matrix[unknown_severity if severity is Severity.UNKNOWN else severity])
        for imminence in Imminence:
            column = unknown_imminence if imminence is Imminence.UNKNOWN else imminence
            result[severity, imminence] = Priority(row[column])
    return result
