"""A version adds and never unsays."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.protocol.case import (
    NOTHING,
    Assertion,
    CaseFile,
    Incident,
    RuleBroken,
    Verdict,
    check_successor,
)
from app.protocol.encoding import b64, new_id
from app.protocol.journal import ReportNote
from app.protocol.selectors import Selector
from app.vocabulary import VerificationStatus
from tests.protocol.case.scene import (
    CODER,
    CODING,
    COLLEAGUE,
    DENIED,
    FILE,
    INCIDENT,
    NOTE,
    OPINION,
    PERSON,
    SAID,
    affected,
    again,
    incident,
)


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        (replace(FILE, assessment=None), "work-lost"),
        (replace(FILE, plan=None), "work-lost"),
        (replace(FILE, closing=None), "work-lost"),
        (replace(FILE, tasks=()), "work-lost"),
        (replace(FILE, tasks=FILE.tasks * 2), "task-twice"),
        (replace(FILE, notes=()), "notes-changed"),
        (replace(FILE, notes=(replace(FILE.notes[0], text="Never."),)), "notes-changed"),
        (replace(FILE, notes=FILE.notes * 2), "note-twice"),
    ],
)
def test_what_the_work_left_is_followed_by_its_next_version_and_a_note_by_none(changed: CaseFile, rule: str) -> None:
    with pytest.raises(RuleBroken, match=f"^{rule}$"):
        check_successor(FILE, changed, author=CODER)


def test_what_the_work_has_not_come_to_yet_may_stay_out() -> None:
    early = replace(FILE, assessment=None, plan=None, closing=None)

    check_successor(early, replace(early, title="Three rooms"), author=CODER)


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        (incident(id=INCIDENT.id, assertions=()), "assertions-changed"),
        (incident(id=INCIDENT.id, assertions=(replace(SAID, text="He said nothing."),)), "assertions-changed"),
        (incident(id=INCIDENT.id, assertions=(DENIED, SAID)), "assertions-changed"),
        (incident(id=INCIDENT.id, verdicts=()), "verdicts-changed"),
        (incident(id=INCIDENT.id, verdicts=(replace(OPINION, second=COLLEAGUE),)), "verdicts-changed"),
        (
            incident(id=INCIDENT.id, verdicts=(OPINION, replace(OPINION, by=COLLEAGUE))),
            "verdict-of-another",
        ),
        (incident(id=INCIDENT.id, coder=COLLEAGUE), "coder"),
        (incident(coder=COLLEAGUE), "coder"),
    ],
)
def test_a_version_adds_and_never_unsays(changed: Incident, rule: str) -> None:
    with pytest.raises(RuleBroken, match=f"^{rule}$"):
        check_successor(FILE, FILE.with_incident(changed), author=CODER)


@pytest.mark.parametrize(
    ("after", "rule"),
    [
        (replace(FILE, reports=(ReportNote(new_id("rep"), "0" * 64),)), "reports-changed"),
        (replace(FILE, reports=(*FILE.reports, ReportNote(new_id("rep"), "0" * 64))), "reports-changed"),
        (replace(FILE, reports=()), "reports-changed"),
        (replace(FILE, incidents=(), cards=()), "incidents-lost"),
        (replace(FILE, cards=()), "cards-lost"),
        (replace(FILE, cards=(replace(NOTE, revision=0),)), "cards-lost"),
        (replace(FILE, cards=(replace(NOTE, written=False),)), "cards-lost"),
        (replace(FILE, persons=(replace(PERSON, token=b64(bytes(16))),)), "token-changed"),
        (replace(FILE, persons=(replace(PERSON, token=b64(bytes(16))), affected())), "token-changed"),
        (replace(FILE, identities=()), "identities-lost"),
        (replace(FILE, persons=()), "no-such-person"),
        (replace(FILE, persons=(affected(),), incidents=(), cards=(), identities=()), "persons-lost"),
        (replace(FILE, selectors=()), "selectors-lost"),
        (replace(FILE, selectors=(Selector.of("phone", "+49 30 23125 418"),)), "selectors-lost"),
    ],
)
def test_nothing_that_others_rely_on_is_lost(after: CaseFile, rule: str) -> None:
    with pytest.raises(RuleBroken, match=f"^{rule}$"):
        check_successor(FILE, after, author=CODER)


def test_a_card_stays_that_of_its_incident_and_stays_withdrawn() -> None:
    other = incident()
    withdrawn = replace(FILE, cards=(replace(NOTE, withdrawn=True),), incidents=(INCIDENT, other))

    with pytest.raises(RuleBroken, match="cards-lost"):
        check_successor(withdrawn, replace(withdrawn, cards=(NOTE,)), author=CODER)
    moved = replace(NOTE, incident=other.id, withdrawn=True)
    with pytest.raises(RuleBroken, match="cards-lost"):
        check_successor(withdrawn, replace(withdrawn, cards=(moved,)), author=CODER)


def test_what_is_first_said_is_said_in_nobody_elses_name() -> None:
    begun = replace(NOTHING, reports=FILE.reports)

    check_successor(begun, FILE, author=CODER)
    with pytest.raises(RuleBroken, match="verdict-of-another"):
        check_successor(begun, FILE, author=COLLEAGUE)


def test_a_colleague_may_add_what_is_theirs() -> None:
    theirs = replace(
        INCIDENT,
        narrative="Two rooms, and a third.",
        assertions=(SAID, DENIED),
        verdicts=(OPINION, Verdict(VerificationStatus.CONTESTED, COLLEAGUE, None)),
    )
    new = incident(coder=COLLEAGUE, verdicts=())

    check_successor(FILE, FILE.with_incident(theirs).with_incident(new), author=COLLEAGUE)


def test_whoever_codes_anew_is_its_coder_from_then_on() -> None:
    recoded = replace(INCIDENT, coding=CODING | {"host_country": "NL"})

    with pytest.raises(RuleBroken, match=r"^coder$"):
        check_successor(FILE, FILE.with_incident(recoded), author=COLLEAGUE)
    check_successor(FILE, FILE.with_incident(replace(recoded, coder=COLLEAGUE)), author=COLLEAGUE)


def test_a_version_after_it_was_opened_is_no_change_of_anything() -> None:
    tuples = FILE.with_incident(replace(INCIDENT, coding=CODING | {"channel": ("email", "booking_or_order_site")}))

    check_successor(again(tuples), tuples, author=COLLEAGUE)
    check_successor(tuples, again(tuples), author=COLLEAGUE)


@given(st.lists(st.sampled_from([SAID, DENIED]), max_size=4), st.lists(st.sampled_from([SAID, DENIED]), max_size=4))
def test_only_what_begins_with_all_that_was_said_comes_after_it(said: list[Assertion], then: list[Assertion]) -> None:
    before = FILE.with_incident(replace(INCIDENT, assertions=tuple(said)))
    after = FILE.with_incident(replace(INCIDENT, assertions=tuple(then)))

    if then[: len(said)] == said:
        check_successor(before, after, author=CODER)
    else:
        with pytest.raises(RuleBroken, match="assertions-changed"):
            check_successor(before, after, author=CODER)
