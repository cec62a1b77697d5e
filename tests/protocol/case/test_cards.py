"""What is counted of a case, and what is not."""

from dataclasses import replace
from typing import Any

import pytest

from app.protocol import card
from app.protocol.case import (
    Affected,
    CaseFile,
    RuleBroken,
    asked,
    card_of,
    not_counted,
)
from app.protocol.encoding import b64
from app.vocabulary import ConsentStatus, Relation, VerificationStatus
from tests.protocol.case.scene import (
    CODING,
    DECLINED,
    FILE,
    GIVEN,
    INCIDENT,
    NOTE,
    PERSON,
    SAMPLES,
    affected,
    file_of,
    incident,
    judged,
)


def test_the_stories_have_the_cards_that_they_ask_for() -> None:
    cards, persons = 0, set()
    for sample in SAMPLES:
        file = file_of(sample)
        for expected, each in zip(sample["expected"]["incidents"], file.incidents, strict=True):
            if not expected["card"]:
                with pytest.raises(RuleBroken, match="no-statistics-consent"):
                    card_of(file, each.id, card_id=card.new_card_id())
                continue
            written = card_of(file, each.id, card_id=card.new_card_id())
            assert written.incident_type == expected["incident_type"]
            cards += 1
            persons.add(expected["affected"])

    assert (cards, len(persons)) == (56, 30)


def test_a_card_says_what_was_coded_and_nothing_else() -> None:
    written = card_of(FILE, INCIDENT.id, card_id=NOTE.id)

    assert (written.id, b64(written.token)) == (NOTE.id, PERSON.token)
    assert (written.incident_type, written.host_country, written.quarter) == ("hoax_booking", "DE", "2026-Q2")
    assert written.suspected_actor_role == ("overseas_service_station",)
    assert written.verification_status == "under_review"
    assert INCIDENT.narrative.encode() not in written.line
    assert b"weeks" not in written.line  # imminence describes live danger


def test_no_word_changes_what_is_approved_and_every_code_token_and_consent_does() -> None:
    note = replace(NOTE, written=False)

    def lines(file: CaseFile) -> str:
        return card.lines_sha256(asked(replace(file, cards=(note,)), note.asked_of))

    def with_incident(**changes: Any) -> CaseFile:
        return FILE.with_incident(replace(INCIDENT, **changes))

    def with_person(**changes: Any) -> CaseFile:
        return replace(FILE, persons=(replace(PERSON, **changes),))

    approved = lines(FILE)
    for same in (
        replace(FILE, title="Another", summary="", selectors=(), reports=()),
        with_person(note="She moved."),
        with_incident(narrative="Three rooms.", when="in July", place="Hotel", place_is="home", assertions=()),
        replace(FILE, incidents=(INCIDENT, incident())),
    ):
        assert lines(same) == approved
    for other in (
        with_incident(coding=CODING | {"severity": "limited"}),
        with_incident(verdicts=()),
        with_person(statistics=DECLINED),
        with_person(token=b64(bytes(16))),
    ):
        assert lines(other) != approved


@pytest.mark.parametrize("status", [VerificationStatus.CONTESTED, VerificationStatus.FALSELY_ATTRIBUTED])
def test_a_disputed_attribution_keeps_the_act_and_drops_the_actor(status: VerificationStatus) -> None:
    file = replace(FILE, incidents=(judged(status),), cards=())

    written = card_of(file, file.incidents[0].id, card_id=NOTE.id)

    assert written.incident_type == "hoax_booking"
    assert written.suspected_actor_role is None


def test_what_did_not_happen_has_no_card() -> None:
    file = replace(FILE, incidents=(judged(VerificationStatus.REFUTED),), cards=())

    with pytest.raises(RuleBroken, match=r"^refuted$"):
        card_of(file, file.incidents[0].id, card_id=NOTE.id)


def test_who_may_not_be_counted_and_what_did_not_happen_are_named_and_no_other() -> None:
    silent, refuted = affected(statistics=DECLINED), replace(judged(VerificationStatus.REFUTED), affected=PERSON.id)
    of_silent = incident(affected=silent.id)

    file = replace(FILE, persons=(PERSON, silent), incidents=(INCIDENT, of_silent, refuted))

    assert not_counted(file) == {of_silent.id, refuted.id}


@pytest.mark.parametrize(
    ("person", "counted"),
    [
        (affected(), True),
        (affected(statistics=None, by_reporter=GIVEN), True),
        (affected(statistics=DECLINED, by_reporter=GIVEN), False),
        (affected(statistics=None), False),
        (affected(statistics=ConsentStatus.WITHDRAWN), False),
        (affected(statistics=ConsentStatus.ASKED), False),
        (affected(relation=Relation.PARENT_OR_SIBLING, statistics=None, by_reporter=GIVEN, can_be_asked=False), True),
        (affected(relation=Relation.PARENT_OR_SIBLING, statistics=None, by_reporter=GIVEN), False),
        (affected(relation=Relation.STRANGER, statistics=None, by_reporter=GIVEN, can_be_asked=False), False),
        (
            affected(relation=Relation.FRIEND_OR_COLLEAGUE, statistics=None, by_reporter=GIVEN, can_be_asked=False),
            False,
        ),
        (affected(relation=Relation.FRIEND_OR_COLLEAGUE), True),
        (affected(relation=Relation.ORGANISATION), False),
    ],
)
def test_nobody_is_counted_whose_consent_it_is_not(person: Affected, counted: bool) -> None:
    file = replace(FILE, persons=(person,), incidents=(incident(affected=person.id),), cards=())

    def written() -> object:
        return card_of(file, file.incidents[0].id, card_id=NOTE.id)

    if counted:
        written()
    else:
        with pytest.raises(RuleBroken, match="no-statistics-consent"):
            written()
