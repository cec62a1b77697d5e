"""What goes with a report that its reporter took back out of a case, and what they are told in the end."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from app.client.casework.cases import OpenCase
from app.client.casework.cases.ending import incidents_of
from app.client.casework.words import Word
from app.protocol.case import Affected
from app.protocol.report import Form, Report
from app.vocabulary import Relation

_SENTENCES: Final = Path(__file__).with_name("last_words.json")
_SOURCE: Final = "en"


@dataclass(frozen=True)
class Leaving:
    """A report that was taken back: `people` and `incidents` of the case end with it, all where no other `goes_on`."""

    report: str
    goes_on: bool
    people: frozenset[str]
    incidents: frozenset[str]
    said: Report = field(repr=False)


def leaving(case: OpenCase, words: Collection[Word]) -> list[Leaving]:
    """Every report of the case whose reporter has shown the secret, which nobody else has.

    That the service calls one withdrawn, or destroyed, proves nothing: no more ends by that.
    """
    there = [each for each in words if not each.is_gone]
    return [_leaving(case, each.report, each.said, there) for each in there if each.taken_back and each.said]


def _leaving(case: OpenCase, report: str, said: Report, there: Collection[Word]) -> Leaving:
    goes_on = len(there) > 1
    people = frozenset(_ended(case, there) if goes_on else (each.id for each in case.file.persons))
    incidents = incidents_of(case, people) if goes_on else frozenset(each.id for each in case.file.incidents)
    return Leaving(report, goes_on, people, incidents, said)


def _ended(case: OpenCase, there: Collection[Word]) -> Iterator[str]:
    """Those of whom only reports tell that were taken back; and who took back what they had told of themselves,
    whoever else tells of them.
    """
    back = {each.report for each in there if each.taken_back}
    of_themselves = {each.report for each in there if each.of_themselves}
    every = tuple(each.id for each in case.file.reports)
    for person in case.file.persons:
        told_by = set(person.told_by or every)
        own = told_by & of_themselves if person.relation is Relation.SELF else set[str]()
        if told_by <= back or (own and own <= back):
            yield person.id


def without(person: Affected, report: str) -> tuple[str, ...]:
    """Who else tells of somebody who stays; nothing where that is not known."""
    return tuple(each for each in person.told_by if each != report)


def last_words(form: Form, *, were_counted: bool) -> str:
    """What their reporter reads: fixed sentences, in the language of the report if there are some, and in English else.

    They say nothing of a case, and are the same whether or not somebody else has reported.
    """
    sentences = _sentences()
    language = str(form.answers.get("answer_language", form.language))
    found = sentences.get(language, sentences[_SOURCE])
    counted = "taken_back" if were_counted else "not_counted"
    return "\n\n".join(found[each] for each in ("stopped", counted, "destroyed", "closes"))


@cache
def _sentences() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads(_SENTENCES.read_text(encoding="utf-8"))
    return found
