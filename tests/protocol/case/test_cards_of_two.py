"""Which cards somebody is asked to approve: each of a coding that is not theirs, once, and none that does not count."""

from dataclasses import replace

import pytest

from app import vocabulary
from app.protocol.case import CaseFile, Incident, RuleBroken, Verdict, asked, card_or_none, drawn
from app.vocabulary import ConsentStatus, VerificationStatus
from tests.protocol.case.scene import CODER, COLLEAGUE, DECLINED, FILE, GIVEN, INCIDENT, NOTE, PERSON, incident, judged

OTHER = "per_" + "9" * 32


def case(*incidents: Incident, statistics: ConsentStatus = GIVEN) -> CaseFile:
    """These acts against one person, of which no card was drawn."""
    person = replace(PERSON, statistics=statistics)
    return replace(FILE, persons=(person,), incidents=incidents, cards=())


def test_each_incident_has_one_card_and_one_revision_for_whoever_is_asked() -> None:
    first, second = incident(), incident()

    file = drawn(case(first, second), COLLEAGUE, correct=False)

    assert [(note.incident, note.revision, note.asked_of, note.written) for note in file.cards] == [
        (first.id, 0, COLLEAGUE, False),
        (second.id, 0, COLLEAGUE, False),
    ]
    assert [(card.id, card.revision) for card in asked(file, COLLEAGUE)] == [(note.id, 0) for note in file.cards]
    assert asked(file, OTHER) == ()


def test_what_another_is_asked_for_or_was_written_keeps_none_behind_it_back() -> None:
    file = drawn(case(incident(), incident(), incident()), COLLEAGUE, correct=False)
    first, second, third = file.cards
    notes = (replace(first, asked_of=OTHER), replace(second, written=True), third)

    assert [card.id for card in asked(replace(file, cards=notes), COLLEAGUE)] == [third.id]


def test_a_card_of_an_incident_that_the_case_does_not_have_is_no_card() -> None:
    with pytest.raises(RuleBroken):
        card_or_none(case(), NOTE)


def test_who_is_asked_instead_approves_the_next_revision_of_the_same_card() -> None:
    file = drawn(drawn(case(INCIDENT), COLLEAGUE, correct=False), OTHER, correct=False)

    (note,) = file.cards
    assert (note.revision, note.asked_of) == (1, OTHER)
    assert asked(file, COLLEAGUE) == ()


@pytest.mark.parametrize(("correct", "revision", "written"), [(False, 1, True), (True, 2, False)])
def test_a_card_that_was_written_is_drawn_again_as_a_correction_alone(
    correct: bool, revision: int, written: bool
) -> None:
    file = drawn(replace(case(INCIDENT), cards=(NOTE,)), COLLEAGUE, correct=correct)

    (note,) = file.cards
    assert (note.id, note.revision, note.written) == (NOTE.id, revision, written)
    assert len(asked(file, COLLEAGUE)) == int(correct)


def test_a_card_that_was_withdrawn_is_not_asked_for_and_another_takes_its_place() -> None:
    withdrawn = replace(NOTE, withdrawn=True)

    file = drawn(replace(case(INCIDENT), cards=(withdrawn,)), COLLEAGUE, correct=True)

    assert file.cards[0] == withdrawn
    assert [note.revision for note in file.cards[1:]] == [0]
    assert asked(replace(file, cards=(replace(withdrawn, written=False),)), withdrawn.asked_of) == ()


def test_one_that_is_not_for_this_person_keeps_no_other_back() -> None:
    theirs = incident(coder=COLLEAGUE)

    file = drawn(case(theirs, INCIDENT), COLLEAGUE, correct=False)

    assert [note.incident for note in file.cards] == [INCIDENT.id]


@pytest.mark.parametrize("status", [VerificationStatus.VERIFIED, VerificationStatus.FALSELY_ATTRIBUTED])
def test_a_verdict_of_two_is_approved_by_the_second_whom_it_names(status: VerificationStatus) -> None:
    before = Verdict(status, CODER, OTHER)
    act = replace(judged(status), verdicts=(before, *judged(status).verdicts))

    assert [note.asked_of for note in drawn(case(act), COLLEAGUE, correct=False).cards] == [COLLEAGUE]
    assert drawn(case(act), OTHER, correct=False).cards == ()


def test_nobody_is_asked_for_what_may_not_be_counted() -> None:
    assert drawn(case(INCIDENT, statistics=DECLINED), COLLEAGUE, correct=False).cards == ()
    assert drawn(case(judged(VerificationStatus.REFUTED)), COLLEAGUE, correct=False).cards == ()


def test_what_was_drawn_and_may_not_be_counted_any_more_is_passed_over() -> None:
    file = drawn(case(incident(), incident()), COLLEAGUE, correct=False)
    refuted = replace(judged(VerificationStatus.REFUTED), id=file.incidents[0].id)

    assert len(asked(replace(file, incidents=(refuted, file.incidents[1])), COLLEAGUE)) == 1


@pytest.mark.parametrize(
    ("act", "rule"),
    [
        (replace(INCIDENT, coder=COLLEAGUE), "own-coding"),
        (replace(INCIDENT, verdicts=(Verdict(VerificationStatus.VERIFIED, CODER, OTHER),)), "second-person"),
    ],
)
def test_who_is_asked_against_the_rule_is_told_which(act: Incident, rule: str) -> None:
    note = replace(NOTE, asked_of=COLLEAGUE, written=False)

    with pytest.raises(RuleBroken, match=rule):
        asked(replace(case(act), cards=(note,)), COLLEAGUE)


def test_codes_of_another_vocabulary_are_not_approved() -> None:
    note = replace(NOTE, asked_of=COLLEAGUE, written=False, vocabulary="0.0.0")
    assert note.vocabulary != vocabulary.vocabulary().version

    with pytest.raises(RuleBroken, match="vocabulary"):
        asked(replace(case(INCIDENT), cards=(note,)), COLLEAGUE)
