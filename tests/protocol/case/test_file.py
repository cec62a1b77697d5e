"""What a case document says, how it is read, and what holds for each version by itself."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.protocol import card
from app.protocol.case import (
    CaseFile,
    RuleBroken,
)
from app.protocol.encoding import canonical, parse_object
from app.protocol.errors import Malformed
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
)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample["id"])
def test_each_story_is_a_case_with_its_priority(sample: dict[str, Any]) -> None:
    file = file_of(sample)

    assert canonical(again(file).body()) == canonical(file.body())
    assert file.priority == sample["expected"]["priority"]


def test_what_is_written_is_read() -> None:
    assert canonical(again(FILE).body()) == canonical(FILE.body())
    assert again(FILE).persons == FILE.persons
    assert again(FILE).selectors == FILE.selectors
    assert again(FILE).incidents[0].assertions == (SAID,)


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
        (replace(FILE, incidents=()), "no-such-incident"),
        (replace(FILE, reports=FILE.reports * 2), "report-twice"),
        (replace(FILE, reports=(*FILE.reports, replace(FILE.reports[0], sha256="f" * 64))), "report-twice"),
        (replace(FILE, persons=(PERSON, PERSON)), "person-twice"),
        (replace(FILE, persons=(PERSON, affected(token=PERSON.token))), "token-twice"),
        (replace(FILE, incidents=(INCIDENT, INCIDENT)), "incident-twice"),
        (replace(FILE, cards=(NOTE, replace(NOTE, withdrawn=True))), "card-twice"),
        (replace(FILE, cards=(replace(NOTE, revision=-1),)), "card-revision"),
        (replace(FILE, cards=(replace(NOTE, revision=1000),)), "card-revision"),
        (replace(FILE, cards=(NOTE, replace(NOTE, id=card.new_card_id()))), "two-cards-of-one"),
        (replace(FILE, incidents=(replace(INCIDENT, coding=CODING | {"harm": ["none"]}),)), "code-harm"),
    ],
)
def test_a_case_that_breaks_a_rule_is_neither_written_nor_read(file: CaseFile, rule: str) -> None:
    with pytest.raises(RuleBroken, match=f"^{rule}$"):
        file.check()
    with pytest.raises(RuleBroken, match=f"^{rule}$"):
        again(file)


def test_a_card_may_be_written_anew_after_the_first_was_withdrawn() -> None:
    withdrawn = replace(NOTE, withdrawn=True)

    replace(FILE, cards=(withdrawn, replace(NOTE, id=card.new_card_id()))).check()


CHANGES: list[Callable[[dict[str, Any]], object]] = [
    lambda body: body.pop("title"),
    lambda body: body.pop("selectors"),
    lambda body: body.update(title=None),
    lambda body: body.update(note=""),
    lambda body: body.update(reports=["rep_" + "0" * 32]),
    lambda body: body["reports"][0].update(id="case_" + "0" * 32),
    lambda body: body["reports"][0].update(sha256="0"),
    lambda body: body["reports"][0].pop("sha256"),
    lambda body: body.update(persons={}),
    lambda body: body.update(cards=None),
    lambda body: body["persons"][0].update(token="AAAA"),
    lambda body: body["persons"][0].update(token=None),
    lambda body: body["persons"][0].update(relation="neighbour"),
    lambda body: body["persons"][0].update(statistics="yes"),
    lambda body: body["persons"][0].update(can_be_asked="no"),
    lambda body: body["persons"][0].update(name="Lin Haoran"),
    lambda body: body["incidents"][0].update(coder="somebody"),
    lambda body: body["incidents"][0].update(coding=[]),
    lambda body: body["incidents"][0].update(narrative=7),
    lambda body: body["incidents"][0].update(confidence=None),
    lambda body: body["incidents"][0].update(verdicts=[{}]),
    lambda body: body["incidents"][0]["verdicts"][0].update(by="somebody"),
    lambda body: body["incidents"][0]["verdicts"][0].update(second="somebody"),
    lambda body: body["incidents"][0]["verdicts"][0].update(status="true"),
    lambda body: body["incidents"][0]["assertions"][0].update(text=None),
    lambda body: body["incidents"][0]["assertions"][0].update(weight=1),
    lambda body: body["incidents"][0]["assertions"].append("he said"),
    lambda body: body["cards"][0].update(withdrawn=0),
    lambda body: body["cards"][0].update(revision="1"),
    lambda body: body["cards"][0].update(revision=True),
    lambda body: body["cards"][0].update(id="card"),
    lambda body: body["selectors"][0].update(normalised="030"),
]


@pytest.mark.parametrize("number", range(len(CHANGES)))
def test_a_body_of_another_form_is_malformed(number: int) -> None:
    body = parse_object(canonical(FILE.body()))
    CHANGES[number](body)

    with pytest.raises(Malformed):
        CaseFile.read(body)


@given(st.data())
def test_whatever_stands_in_a_body_it_is_a_case_or_refused(data: st.DataObject) -> None:
    body = parse_object(canonical(FILE.body()))
    part = data.draw(
        st.sampled_from(
            [body, body["persons"][0], body["incidents"][0], body["incidents"][0]["coding"], body["cards"][0]]
        )
    )
    key = data.draw(st.sampled_from(sorted(part)))
    part[key] = data.draw(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just([]) | st.just([[{}]]) | st.just({})
    )

    try:
        found = CaseFile.read(body)
    except (Malformed, RuleBroken):
        return
    assert parse_object(canonical(found.body())) == body


def test_no_repr_shows_what_was_typed_or_coded() -> None:
    shown = repr(FILE) + repr(INCIDENT) + repr(SAID) + repr(OPINION) + repr(PERSON) + repr(NOTE)

    for word in ("Rooms", "station", "hoax", "under_review", "actor_said_so", PERSON.token, NOTE.id, "self", "23125"):
        assert word not in shown
