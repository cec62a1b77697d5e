"""The stories that the demo tells: what each reporter writes, and what ought to become of it."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from app.protocol.card import may_be_counted
from app.protocol.periods import number_of, numbered, quarter_of
from app.protocol.selectors import NotASelector, Selector
from app.vocabulary import ConsentScope, ConsentStatus, Priority, Relation, ReportState, VerificationStatus

SAMPLES = Path(__file__).with_name("samples.json")


@dataclass(frozen=True)
class File:
    """An attachment, which is made up to its size."""

    name: str
    media_type: str
    size: int


@dataclass(frozen=True)
class Story:
    """One reporter's report, and what is expected of the staff. `incidents` are codings with `affected` and `card`."""

    id: str
    document: dict[str, Any]
    files: tuple[File, ...]
    disposition: ReportState
    priority: Priority | None
    incidents: tuple[dict[str, Any], ...]
    selectors: tuple[Selector, ...]
    duplicate_of: str | None


def load(path: Path) -> list[Story]:
    """The stories in a file of the form of `samples.json`. Raises `ValueError` where it has another."""
    try:
        return [_story(entry) for entry in json.loads(path.read_bytes())]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path.name} is no file of stories: {error}") from None


def told_on(stories: Sequence[Story], day: date) -> list[Story]:
    """The same stories where the last quarter of which they tell has begun by that day: else all happened earlier."""
    told = [number_of(facts["quarter"]) for story in stories for facts in story.incidents if facts.get("quarter")]
    to_come = max(0, max(told, default=0) - number_of(quarter_of(day)))
    return [replace(story, incidents=tuple(_earlier(each, to_come) for each in story.incidents)) for story in stories]


def _earlier(facts: dict[str, Any], quarters: int) -> dict[str, Any]:
    quarter = facts.get("quarter")
    return {**facts, "quarter": numbered(number_of(quarter) - quarters)} if quarter else facts


def _story(entry: dict[str, Any]) -> Story:
    outcome = entry["expected"]
    return Story(
        id=entry["id"],
        document={key: entry[key] for key in ("language", "text", "answers")},
        files=tuple(File(each["name"], each["media_type"], each["bytes"]) for each in entry["attachments"]),
        disposition=ReportState(outcome["disposition"]),
        priority=Priority(outcome["priority"]) if outcome.get("priority") else None,
        incidents=tuple(_incident(entry, each) for each in outcome.get("incidents", ())),
        selectors=tuple(_selectors(entry, outcome.get("selectors", ()))),
        duplicate_of=outcome.get("duplicate_of"),
    )


def _selectors(entry: dict[str, Any], entries: Iterable[dict[str, Any]]) -> Iterator[Selector]:
    """What the actors used. What has no one spelling, such as a national number of no country, is left out."""
    for each in entries:
        # Where a handle is, the caseworker reads in the story.
        platform = each.get("normalised", "").partition(":")[0] if each["type"] == "handle" else None
        with suppress(NotASelector):
            yield Selector.of(each["type"], each["value"], country=entry["answers"].get("where_now"), platform=platform)


def _incident(entry: dict[str, Any], outcome: dict[str, Any]) -> dict[str, Any]:
    """The incident, with whom it affected and whether it has a card where the file leaves that to the rules.

    Then the reporter's statistics consent decides, for themselves and for relatives who cannot safely be asked.
    """
    relation = Relation(outcome["relation_of_target_to_reporter"])
    consents = entry["answers"].get("consent", ())
    answer = ConsentStatus.GIVEN if ConsentScope.STATISTICS in consents else ConsentStatus.DECLINED
    may_count = may_be_counted(
        relation, own=answer if relation is Relation.SELF else None, reporters=answer, can_be_asked=False
    )
    did_happen = outcome["verification_status"] != VerificationStatus.REFUTED
    return {"affected": f"{entry['id']}/{relation}", "card": may_count and did_happen, **outcome}
