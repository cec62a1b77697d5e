"""The file from which `tern case code` adds persons, incidents and selectors to a case (docs/cli.md, "A coding")."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import typer

from app.client.casework import cases
from app.client.machine.staff import Staff
from app.protocol.case import Affected, Assertion, CaseFile, Identity, RuleBroken, values
from app.protocol.encoding import check_id
from app.protocol.errors import Malformed
from app.protocol.selectors import Selector
from app.vocabulary import ConsentStatus, Relation, VerificationStatus


@dataclass(frozen=True)
class NewIncident:
    """`affected` is the name of a new person in this file, or the id of one whom the case knows."""

    affected: str
    coding: Mapping[str, Any] = field(repr=False)
    narrative: str = field(default="", repr=False)
    assertions: tuple[Assertion, ...] = field(default=(), repr=False)
    status: VerificationStatus = VerificationStatus.UNVERIFIED
    second: str | None = None

    @classmethod
    def read(cls, entry: Mapping[str, Any]) -> Self:
        """Raises `TypeError`, `KeyError` or `ValueError` for another form."""
        incident = cls(**entry)
        return replace(
            incident,
            coding=dict(incident.coding),
            assertions=tuple(Assertion(**each) for each in entry.get("assertions", ())),
            status=VerificationStatus(incident.status),
        )


@dataclass(frozen=True)
class Coding:
    """New persons by the name that this file gives them, which goes nowhere else, new incidents, new selectors.

    `identities` are of the new persons.
    """

    persons: Mapping[str, Affected] = field(repr=False)
    identities: tuple[Identity, ...] = field(repr=False)
    incidents: tuple[NewIncident, ...] = field(repr=False)
    selectors: tuple[Selector, ...] = field(repr=False)

    def added_to(self, file: CaseFile, *, by: Staff) -> CaseFile:
        """The next version of the case. Raises `RuleBroken` for a code of no list, and for who is not there."""
        selectors: dict[tuple[str, str], Selector] = {}
        for each in (*file.selectors, *self.selectors):
            selectors.setdefault((each.type, each.normalised), each)
        tellers, reports = cases.tellers(file), {each.id for each in file.reports}
        if not reports.issuperset(each for person in self.persons.values() for each in person.told_by):
            raise RuleBroken("no-such-report")
        persons = (each if each.told_by else replace(each, told_by=tellers) for each in self.persons.values())
        after = replace(
            file,
            persons=(*file.persons, *persons),
            identities=(*file.identities, *self.identities),
            selectors=tuple(selectors.values()),
        )
        for new in self.incidents:
            person = self.persons.get(new.affected) or after.person(new.affected)
            after = after.with_incident(
                cases.incident(
                    by,
                    person,
                    new.coding,
                    narrative=new.narrative,
                    assertions=new.assertions,
                    status=new.status,
                    second=new.second,
                )
            )
        return after


def read(text: str) -> Coding:
    """Raises `typer.BadParameter`, and `NotASelector` for a value of no one spelling; neither quotes the file."""
    try:
        document = json.loads(text)
        entries = {str(name): dict(entry) for name, entry in document.pop("persons", {}).items()}
        said = {name: entry.pop("identity", None) for name, entry in entries.items()}
        persons = {name: _person(entry) for name, entry in entries.items()}
        identities = tuple(_identity(persons[name].id, entry) for name, entry in said.items() if entry is not None)
        incidents = tuple(NewIncident.read(entry) for entry in document.pop("incidents", ()))
        selectors = tuple(_selector(entry) for entry in document.pop("selectors", ()))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, Malformed):
        raise typer.BadParameter("this is no coding as docs/cli.md has it") from None
    if document:
        raise typer.BadParameter("a coding has persons, incidents and selectors, and nothing else")
    return Coding(persons, identities, incidents, selectors)


def _person(entry: Mapping[str, Any]) -> Affected:
    fields = dict(entry)
    person = cases.affected(
        Relation(fields.pop("relation")),
        statistics=_status(fields.pop("statistics", None)),
        by_reporter=_status(fields.pop("by_reporter", None)),
        can_be_asked=fields.pop("can_be_asked", True) is True,
        note=str(fields.pop("note", "")),
        told_by=[check_id("rep", each) for each in fields.pop("told_by", ())],
    )
    if fields:
        raise ValueError("a person has other fields")
    return person


def _identity(person: str, entry: Mapping[str, Any]) -> Identity:
    fields = {name: values.text(value) for name, value in entry.items()}
    return Identity(**fields, person=person)


def _selector(entry: Mapping[str, Any]) -> Selector:
    fields = dict(entry)
    type_, value = fields.pop("type"), fields.pop("value")
    selector = Selector.of(type_, value, country=fields.pop("country", None), platform=fields.pop("platform", None))
    if fields:
        raise ValueError("a selector has other fields")
    return selector


def _status(text: str | None) -> ConsentStatus | None:
    return None if text is None else ConsentStatus(text)
