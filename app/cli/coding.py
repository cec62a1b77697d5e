"""The file from which `tern case code` adds persons and incidents to a case (docs/cli.md, "A coding")."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import typer

from app.client import cases
from app.client.desk import Staff
from app.protocol.case import Affected, Assertion, CaseFile
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
        incident = cls(**entry)
        return replace(
            incident,
            coding=dict(incident.coding),
            assertions=tuple(Assertion(**each) for each in entry.get("assertions", ())),
            status=VerificationStatus(incident.status),
        )


@dataclass(frozen=True)
class Coding:
    """New persons by the name that this file gives them, which goes nowhere else, and new incidents."""

    persons: Mapping[str, Affected] = field(repr=False)
    incidents: tuple[NewIncident, ...] = field(repr=False)

    def added_to(self, file: CaseFile, *, by: Staff) -> CaseFile:
        """The next version of the case. Raises `RuleBroken` for a code of no list, or a person nobody knows."""
        added = replace(file, persons=(*file.persons, *self.persons.values()))
        for new in self.incidents:
            person = self.persons.get(new.affected) or added.person(new.affected)
            added = added.with_incident(
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
        return added


def read(text: str) -> Coding:
    """Raises `typer.BadParameter`, which quotes nothing of the file."""
    try:
        found = json.loads(text)
        persons = {str(name): _person(entry) for name, entry in found.pop("persons", {}).items()}
        incidents = tuple(NewIncident.read(entry) for entry in found.pop("incidents", ()))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise typer.BadParameter("this is no coding as docs/cli.md has it") from None
    if found:
        raise typer.BadParameter("a coding has persons and incidents, and nothing else")
    return Coding(persons, incidents)


def _person(entry: Mapping[str, Any]) -> Affected:
    fields = dict(entry)
    person = cases.affected(
        Relation(fields.pop("relation")),
        statistics=_status(fields.pop("statistics", None)),
        by_reporter=_status(fields.pop("by_reporter", None)),
        can_be_asked=fields.pop("can_be_asked", True) is True,
        note=str(fields.pop("note", "")),
    )
    if fields:
        raise ValueError("a person has other fields")
    return person


def _status(text: str | None) -> ConsentStatus | None:
    return None if text is None else ConsentStatus(text)
