"""The case document: what may be written, what may never be unsaid, and what is counted."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import app.cli.demo
from app.protocol import card
from app.protocol.case import (
    CODED,
    NOTHING,
    SECOND_PERSON,
    Affected,
    Assertion,
    CardNote,
    CaseFile,
    Incident,
    ReportNote,
    RuleBroken,
    Verdict,
    card_of,
    check_coding,
    check_successor,
)
from app.protocol.encoding import b64, canonical, new_id, parse_object
from app.protocol.errors import Malformed
from app.protocol.selectors import Selector
from app.vocabulary import ConsentStatus, Priority, Relation, VerificationStatus

SAMPLES = json.loads((Path(app.cli.demo.__file__).parent / "samples.json").read_bytes())
CODER, COLLEAGUE = new_id("per"), new_id("per")
GIVEN, DECLINED = ConsentStatus.GIVEN, ConsentStatus.DECLINED

CODING: dict[str, Any] = {
    **dict.fromkeys([*CODED, "quarter", "imminence"]),
    "incident_type": "hoax_booking",
    "modality": ["reputational"],
    "channel": ["email", "booking_or_order_site"],
    "suspected_actor_role": ["overseas_service_station"],
    "origin_state": "CN",
    "host_country": "DE",
    "severity": "serious",
    "imminence": "weeks",
    "quarter": "2026-Q2",
}
del CODING["verification_status"]

SAID = Assertion(by="the reporter", text="He is from the station.", basis="actor_said_so", to="us", when="in June")
DENIED = Assertion("the embassy", "There is no station.", "denied", reliability="rel_d", credibility="cred_4")
OPINION = Verdict(VerificationStatus.UNDER_REVIEW, CODER, None)


def affected(**changes: Any) -> Affected:
    person = Affected(
        id=new_id("psn"),
        relation=Relation.SELF,
        token=b64(card.new_contribution_token()),
        statistics=GIVEN,
        by_reporter=None,
        can_be_asked=True,
    )
    return replace(person, **changes)


PERSON = affected()


def incident(**changes: Any) -> Incident:
    made = Incident(
        id=new_id("inc"),
        affected=PERSON.id,
        coder=CODER,
        coding=CODING,
        narrative="Two rooms, in her name.",
        assertions=(SAID,),
        verdicts=(OPINION,),
    )
    return replace(made, **changes)


def coded(**codes: Any) -> Incident:
    return incident(coding=CODING | codes)


def judged(status: VerificationStatus) -> Incident:
    return incident(verdicts=(Verdict(status, CODER, COLLEAGUE),))


INCIDENT = incident()
NOTE = CardNote(card.new_card_id(), INCIDENT.id, revision=1, withdrawn=False)
FILE = CaseFile(
    title="Rooms",
    summary="Rooms that nobody booked.",
    reports=(ReportNote(new_id("rep"), "0" * 64),),
    persons=(PERSON,),
    incidents=(INCIDENT,),
    cards=(NOTE,),
    selectors=(Selector.of("phone", "+49 30 23125 417"),),
)


def file_of(sample: dict[str, Any]) -> CaseFile:
    """The case that a story asks for: a person for each label, who may be counted where a card is expected."""
    persons: dict[str, Affected] = {}
    incidents = []
    for expected in sample["expected"]["incidents"]:
        counted = GIVEN if expected["card"] else DECLINED
        relation = Relation(expected["relation_of_target_to_reporter"])
        person = persons.setdefault(
            expected["affected"],
            affected(
                relation=relation,
                statistics=counted if relation is Relation.SELF else None,
                by_reporter=counted,
                can_be_asked=counted is DECLINED,
            ),
        )
        incidents.append(
            incident(
                affected=person.id,
                coding={name: expected.get(name) for name in CODING},
                assertions=tuple(Assertion("the reporter", "", basis) for basis in expected["attribution_basis"]),
                verdicts=(Verdict(VerificationStatus(expected["verification_status"]), CODER, None),),
            )
        )
    return replace(FILE, persons=tuple(persons.values()), incidents=tuple(incidents), cards=(), selectors=())


def again(file: CaseFile) -> CaseFile:
    """The document after it was sealed and opened."""
    return CaseFile.read(parse_object(canonical(file.body())))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample["id"])
def test_each_story_is_a_case_with_its_priority(sample: dict[str, Any]) -> None:
    file = file_of(sample)

    assert canonical(again(file).body()) == canonical(file.body())
    assert file.priority == sample["expected"]["priority"]


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
    ("made", "rule"),
    [
        (coded(incident_type="booking"), "code-incident-type"),
        (coded(incident_type=["hoax_booking"]), "code-incident-type"),
        (coded(channel="email"), "code-channel"),
        (coded(channel=["email", "email"]), "code-channel"),
        (coded(channel=["email", "pigeon"]), "code-channel"),
        (coded(channel=["email", "unknown"]), "code-channel"),
        (coded(channel=[["email"]]), "code-channel"),
        (coded(host_country="Utopia"), "code-host-country"),
        (coded(imminence="soon"), "code-imminence"),
        (coded(quarter="2026-Q5"), "code-quarter"),
        (coded(quarter="2026-06-15"), "code-quarter"),
        (coded(quarter=20262), "code-quarter"),
        (coded(name="Lin Haoran"), "coding-fields"),
        (coded(verification_status="verified"), "coding-fields"),
        (incident(coding={}), "coding-fields"),
        (incident(assertions=(replace(SAID, basis="gossip"),)), "code-attribution-basis"),
        (incident(assertions=(replace(SAID, reliability="A"),)), "code-source-reliability"),
        (incident(assertions=(replace(SAID, credibility="1"),)), "code-information-credibility"),
        (incident(place_is="garden"), "code-sensitivity-of-place"),
        (incident(confidence="sure"), "code-attribution-confidence"),
    ],
)
def test_a_coding_has_all_fields_of_the_card_each_from_its_list(made: Incident, rule: str) -> None:
    with pytest.raises(RuleBroken, match=f"^{rule}$"):
        check_coding(made)


@pytest.mark.parametrize(
    "made",
    [
        incident(),
        incident(verdicts=()),
        coded(channel=("email", "messenger")),
        coded(channel=["unknown"], host_country="ZZ", quarter=None),
        incident(when="15 June, at night", place="Hotel Exemplar", place_is="public_space"),
        incident(assertions=(SAID, DENIED)),
    ],
)
def test_what_is_not_known_may_stay_open(made: Incident) -> None:
    check_coding(made)


def test_a_caller_who_names_his_office_makes_no_attribution_likely() -> None:
    grounded = replace(SAID, basis="technical_analysis", text="The laboratory's report.")

    with pytest.raises(RuleBroken, match="confidence-without-ground"):
        check_coding(incident(confidence="likely"))
    with pytest.raises(RuleBroken, match="confidence-without-ground"):
        check_coding(incident(confidence="likely", assertions=(SAID, replace(grounded, text=""))))
    check_coding(incident(confidence="likely", assertions=(SAID, grounded)))


@pytest.mark.parametrize("status", VerificationStatus)
@pytest.mark.parametrize("second", [None, CODER, COLLEAGUE])
def test_some_verdicts_take_a_second_person(status: VerificationStatus, second: str | None) -> None:
    made = incident(verdicts=(OPINION, Verdict(status, CODER, second)))

    if status in SECOND_PERSON and second != COLLEAGUE:
        with pytest.raises(RuleBroken, match="second-person"):
            check_coding(made)
    else:
        check_coding(made)
        assert made.verification is status


def test_the_last_verdict_is_the_one_that_holds() -> None:
    both = (Verdict(VerificationStatus.VERIFIED, CODER, COLLEAGUE), Verdict(VerificationStatus.CONTESTED, CODER, None))

    assert incident(verdicts=both).verification is VerificationStatus.CONTESTED
    assert incident(verdicts=()).verification is VerificationStatus.UNVERIFIED


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
        (replace(FILE, reports=(ReportNote(new_id("rep"), "0" * 64),)), "reports-lost"),
        (replace(FILE, incidents=(), cards=()), "incidents-lost"),
        (replace(FILE, cards=()), "cards-lost"),
        (replace(FILE, cards=(replace(NOTE, revision=0),)), "cards-lost"),
        (replace(FILE, persons=(replace(PERSON, token=b64(bytes(16))),)), "token-changed"),
        (replace(FILE, persons=()), "no-such-person"),
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


def test_the_first_version_says_nothing_in_anothers_name() -> None:
    check_successor(NOTHING, FILE, author=CODER)
    with pytest.raises(RuleBroken, match="verdict-of-another"):
        check_successor(NOTHING, FILE, author=COLLEAGUE)


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


def test_a_card_says_what_was_coded_and_nothing_else() -> None:
    written = card_of(FILE, INCIDENT.id, card_id=NOTE.id)

    assert (written.id, b64(written.token)) == (NOTE.id, PERSON.token)
    assert (written.incident_type, written.host_country, written.quarter) == ("hoax_booking", "DE", "2026-Q2")
    assert written.suspected_actor_role == ("overseas_service_station",)
    assert written.verification_status == "under_review"
    assert INCIDENT.narrative.encode() not in card.encode(written)
    assert b"weeks" not in card.encode(written)  # imminence describes live danger


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
