"""One field of a case is set, by its name: what it is of, and which values it may have."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, Final, TypeVar

from app import vocabulary
from app.protocol.case import CODED, NOT_ASSESSED, Affected, CaseFile, Identity, Incident, list_of, takes_several
from app.vocabulary import ConsentStatus, Relation

_T = TypeVar("_T", CaseFile, Affected, Identity, Incident)

# The fields of each kind of thing that are words, and those that are a code of a list beside the coding.
WORDS: Final = {
    "case": ("title", "summary"),
    "person": ("note",),
    "incident": ("narrative", "when", "place"),
    "identity": ("names", "contacts", "safe_contact"),
}
_LISTS: Final = {
    "person": {
        "relation": "relation_of_target_to_reporter",
        "statistics": "consent_status",
        "by_reporter": "consent_status",
    },
    "incident": {"place_is": "sensitivity_of_place", "confidence": "attribution_confidence"},
}
_CODED: Final = tuple(name for name in (*CODED, "quarter", "imminence") if name != "verification_status")
_YES_NO: Final = {"yes": True, "no": False}


class NoSuchField(Exception):
    """What is named is none of the fields; the words say which there are, the nearest first."""


class NoSuchCode(Exception):
    """The value is none that the field takes; the words say which is nearest."""


@dataclass(frozen=True)
class Target:
    """What a field is of: `case`, or the person or incident of this number on the case's page, from 1.

    An identity has the number of its person.
    """

    kind: str
    number: int = 0

    @property
    def fields(self) -> tuple[str, ...]:
        """All that can be set of it."""
        coded = ("affected", *_CODED) if self.kind == "incident" else ()
        asked = ("can_be_asked", "told_by") if self.kind == "person" else ()
        return (*WORDS[self.kind], *_LISTS.get(self.kind, ()), *asked, *coded)


def set_(file: CaseFile, target: Target, field: str, values: Sequence[str], *, coder: str) -> CaseFile:
    """The case with one field more, or otherwise. No value clears it.

    A coding that changes is the work of `coder`. Raises `NoSuchField`, `NoSuchCode`, and `RuleBroken` where there is
    no such person or incident.
    """
    if field not in target.fields:
        raise NoSuchField(_nearest(f"there is no field {field}", field, target.fields))
    if target.kind == "case":
        return _with(file, field, _words(field, values))
    if target.kind == "person":
        person = numbered(file.persons, target)
        changed = _with(person, field, _reports(file, values) if field == "told_by" else _of_person(field, values))
        return replace(file, persons=tuple(changed if each == person else each for each in file.persons))
    if target.kind == "identity":
        of = numbered(file.persons, replace(target, kind="person"))
        return file.with_identity(_with(file.identity(of.id) or Identity(of.id), field, _words(field, values)))
    incident = numbered(file.incidents, target)
    return file.with_incident(_of_incident(file, incident, field, values, coder=coder))


def numbered(entries: Sequence[Any], target: Target) -> Any:
    """The person or incident that is meant. Raises `NoSuchField` where the page has none of this number."""
    if not 0 < target.number <= len(entries):
        raise NoSuchField(f"the case has no {target.kind} {target.number}: it has {len(entries)}")
    return entries[target.number - 1]


def code(list_name: str, value: str) -> str:
    """The value, if it is a code of the list. Raises `NoSuchCode`, which offers the nearest."""
    codes = vocabulary.codes(list_name)
    if value not in codes:
        raise NoSuchCode(_nearest(f"{value} is no code of {list_name}", value, codes))
    return value


def _reports(file: CaseFile, begun: Sequence[str]) -> tuple[str, ...]:
    """The reports of the case whose ids begin so, each of which must be one."""
    ids = [each.id for each in file.reports]
    found = {begin: [id_ for id_ in ids if id_.startswith(begin)] for begin in begun}
    for begin, meant in found.items():
        if len(meant) != 1:
            raise NoSuchCode(f"{begin} is how no one report of the case begins; there are: {', '.join(ids)}")
    return tuple(sorted({id_ for meant in found.values() for id_ in meant}))


def _of_incident(file: CaseFile, incident: Incident, field: str, values: Sequence[str], *, coder: str) -> Incident:
    if field == "affected":
        [number] = _one(field, values)
        person: Affected = numbered(file.persons, Target("person", int(number) if number.isdecimal() else 0))
        return replace(incident, affected=person.id, coder=coder)
    if field in _CODED:
        return replace(incident, coding={**incident.coding, field: _coded(field, values)}, coder=coder)
    if field in WORDS["incident"]:
        return _with(incident, field, _words(field, values))
    value = _coded(field, values, list_name=_LISTS["incident"][field])
    return _with(incident, field, NOT_ASSESSED if value is None and field == "confidence" else value)


def _of_person(field: str, values: Sequence[str]) -> object:
    if field in WORDS["person"]:
        return _words(field, values)
    if field == "can_be_asked":
        [answer] = _one(field, values)
        if answer not in _YES_NO:
            raise NoSuchCode(f"{field} is yes or no")
        return _YES_NO[answer]
    value = _coded(field, values, list_name=_LISTS["person"][field])
    if field == "relation":
        return Relation(_one(field, values)[0])
    return None if value is None else ConsentStatus(str(value))


def _coded(field: str, values: Sequence[str], *, list_name: str | None = None) -> str | list[str] | None:
    if not values:
        return None
    if field == "quarter":
        return _one(field, values)[0]  # whose form the rules of a coding hold
    checked = [code(list_name or list_of(field), value) for value in values]
    return checked if takes_several(field) else _one(field, checked)[0]


def _with(entry: _T, field: str, value: object) -> _T:
    changes: dict[str, Any] = {field: value}
    return replace(entry, **changes)


def _words(field: str, values: Sequence[str]) -> str:
    return _one(field, values)[0] if values else ""


def _one(field: str, values: Sequence[str]) -> Sequence[str]:
    if len(values) != 1:
        raise NoSuchCode(f"{field} takes one value")
    return values


def _nearest(sentence: str, value: str, among: Sequence[str]) -> str:
    near = get_close_matches(value, among, n=3, cutoff=0.5) or [
        each for each in among if value and (value in each or each in value)
    ]
    return f"{sentence}; the nearest: {', '.join(near[:3])}" if near else f"{sentence}; there are: {', '.join(among)}"
