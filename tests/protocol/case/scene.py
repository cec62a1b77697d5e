"""One case, in its ordinary state: a test names what differs."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import app.cli.demo
from app import vocabulary
from app.protocol import card
from app.protocol.case import (
    CODED,
    Affected,
    Assertion,
    Assessment,
    CardNote,
    CaseFile,
    Closing,
    Identity,
    Incident,
    Note,
    SafetyPlan,
    Said,
    Task,
    Verdict,
    put_together,
    take_apart,
)
from app.protocol.encoding import b64, canonical, new_id, parse_object
from app.protocol.journal import ReportNote
from app.protocol.selectors import Selector
from app.vocabulary import (
    CaseStage,
    ConsentStatus,
    Outcome,
    Relation,
    RetentionClass,
    RiskLevel,
    SafetyPlanStatus,
    TaskType,
    VerificationStatus,
)

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
NOTE = CardNote(card.new_card_id(), INCIDENT.id, 1, "per_" + "5" * 32, vocabulary.vocabulary().version, written=True)
FILE = CaseFile(
    title="Rooms",
    summary="Rooms that nobody booked.",
    reports=(ReportNote(new_id("rep"), "0" * 64),),
    persons=(PERSON,),
    incidents=(INCIDENT,),
    cards=(NOTE,),
    selectors=(Selector.of("phone", "+49 30 23125 417"),),
    identities=(Identity(PERSON.id, "Lin Wei", "+49 30 23125 999", "After seven, and never by voice."),),
    assessment=Assessment(RiskLevel.HIGH, date(2026, 6, 29), reasoning="They know her name."),
    plan=SafetyPlan(SafetyPlanStatus.AGREED, "She shows hotels a letter.", "To that.", "To write."),
    tasks=(Task(new_id("task"), TaskType.DOCUMENT, "Write the letter."),),
    notes=(Note(new_id("note"), "The letter is what she asked for.", CaseStage.PLANNING),),
    closing=Closing("plan_completed", Outcome.SAFER, RetentionClass.SHORT, "No more rooms."),
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
    return replace(
        FILE, persons=tuple(persons.values()), incidents=tuple(incidents), cards=(), selectors=(), identities=()
    )


def said_of(file: CaseFile, *, by: str = CODER) -> list[Said]:
    """The parts of a case after they were sealed and opened; verdicts are by those who gave them."""
    verdicts = iter([verdict.by for incident in file.incidents for verdict in incident.verdicts])
    return [
        Said(
            part=new_id("part"),
            type=name.type,
            body=parse_object(canonical(body)),
            author=next(verdicts) if name.type == "part.verdict" else by,
        )
        for name, body in take_apart(file).items()
    ]


def again(file: CaseFile) -> CaseFile:
    """The case after it was taken apart, sealed, opened and put together."""
    return put_together(said_of(file), file.reports).file
