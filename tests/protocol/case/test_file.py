"""What a case says as its parts come to, and what holds for the whole."""

from dataclasses import replace
from typing import Any

import pytest

from app.protocol import card
from app.protocol.case import Affected, CaseFile, RuleBroken, take_apart
from app.protocol.encoding import new_id
from app.vocabulary import Priority
from tests.protocol.case.scene import (
    CODING,
    FILE,
    INCIDENT,
    NOTE,
    OPINION,
    PERSON,
    SAID,
    SAMPLES,
    affected,
    again,
    coded,
    file_of,
    incident,
)

# Who is written down, and nobody to whom anything happened.
STRANGER = replace(FILE.identities[0], person="psn_" + "9" * 32)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample["id"])
def test_each_story_is_a_case_with_its_priority(sample: dict[str, Any]) -> None:
    file = file_of(sample)

    file.check()
    assert take_apart(again(file)) == take_apart(file)
    assert file.priority == sample["expected"]["priority"]


def test_a_task_stands_in_the_place_of_how_it_was_told_before() -> None:
    [task] = FILE.tasks
    more = replace(task, id=new_id("task"))
    file = FILE.with_task(more)

    assert file.tasks == (task, more)
    assert file.with_task(replace(task, text="Send it.")).tasks == (replace(task, text="Send it."), more)


def test_an_incident_stands_in_the_place_of_its_earlier_self() -> None:
    other, changed = incident(), replace(INCIDENT, narrative="Three rooms.")
    file = FILE.with_incident(other)

    assert file.incidents == (INCIDENT, other)
    assert file.with_incident(changed).incidents == (changed, other)


def test_who_somebody_is_stands_in_the_place_of_what_was_written_down_of_them_and_of_nobody_else() -> None:
    other, named = replace(STRANGER, person=new_id("psn")), replace(FILE.identities[0], names="Wei Lin")
    file = FILE.with_identity(other)

    assert file.with_identity(named).identities == (other, named)
    assert (file.identity(PERSON.id), file.identity(other.person)) == (FILE.identities[0], other)
    assert file.identity(STRANGER.person) is None


def test_who_is_told_of_by_none_of_the_reports_alone_is_told_of_by_each() -> None:
    one, other = sorted(new_id("rep") for _ in range(2))

    assert affected().is_told_by(one)
    assert affected(told_by=(one,)).is_told_by(one)
    assert not affected(told_by=(one,)).is_told_by(other)
    told = vars(affected(told_by=(one, other)))
    for wrong in ([other, one], [one, one]):
        with pytest.raises(ValueError, match="not in their order"):
            Affected.read({**told, "told_by": wrong})


def test_the_worst_incident_gives_the_priority() -> None:
    calm, urgent = coded(severity="limited", imminence="none"), coded(severity="life_or_liberty", imminence="now")
    unasked = coded(severity=None, imminence=None)

    assert replace(FILE, incidents=()).priority is Priority.P4
    assert replace(FILE, incidents=(calm,)).priority is Priority.P4
    assert replace(FILE, incidents=(calm, unasked)).priority is Priority.P2  # unknown counts as days and serious
    assert replace(FILE, incidents=(calm, urgent, unasked)).priority is Priority.P1


@pytest.mark.parametrize(
    ("file", "rule"),
    [
        (replace(FILE, persons=()), "no-such-person"),
        (replace(FILE, identities=(STRANGER,)), "no-such-person"),
        (replace(FILE, incidents=(INCIDENT, incident(affected=STRANGER.person))), "no-such-person"),
        (replace(FILE, incidents=()), "no-such-incident"),
        (replace(FILE, reports=FILE.reports * 2), "report-twice"),
        (replace(FILE, reports=(*FILE.reports, replace(FILE.reports[0], sha256="f" * 64))), "report-twice"),
        (replace(FILE, persons=(PERSON, PERSON)), "person-twice"),
        (replace(FILE, persons=(PERSON, affected(token=PERSON.token))), "token-twice"),
        (replace(FILE, incidents=(INCIDENT, INCIDENT)), "incident-twice"),
        (replace(FILE, selectors=FILE.selectors * 2), "selector-twice"),
        (replace(FILE, cards=(NOTE, replace(NOTE, withdrawn=True))), "card-twice"),
        (replace(FILE, cards=(replace(NOTE, revision=-1),)), "card-revision"),
        (replace(FILE, cards=(replace(NOTE, revision=1000),)), "card-revision"),
        (replace(FILE, cards=(NOTE, replace(NOTE, id=card.new_card_id()))), "two-cards-of-one"),
        (replace(FILE, incidents=(replace(INCIDENT, coding=CODING | {"harm": ["none"]}),)), "code-harm"),
    ],
)
def test_a_case_that_breaks_a_rule_is_not_written(file: CaseFile, rule: str) -> None:
    with pytest.raises(RuleBroken, match=f"^{rule}$"):
        file.check()


def test_a_card_has_as_many_revisions_as_its_signed_line_may_say() -> None:
    replace(FILE, cards=(replace(NOTE, revision=card.LAST_REVISION),)).check()


def test_a_card_may_be_written_anew_after_the_first_was_withdrawn() -> None:
    withdrawn = replace(NOTE, withdrawn=True)

    replace(FILE, cards=(withdrawn, replace(NOTE, id=card.new_card_id()))).check()


def test_no_repr_shows_what_was_typed_or_coded() -> None:
    shown = repr(FILE) + repr(INCIDENT) + repr(SAID) + repr(OPINION) + repr(PERSON) + repr(NOTE)

    for word in ("Rooms", "station", "hoax", "under_review", "actor_said_so", PERSON.token, NOTE.id, "self", "23125"):
        assert word not in shown
