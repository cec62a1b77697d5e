"""The statistics card that a case may write of an incident."""

from dataclasses import asdict

from app.protocol.card import TOKEN_SIZE, StatCard, may_be_counted
from app.protocol.case.errors import RuleBroken
from app.protocol.case.file import CaseFile
from app.protocol.case.values import plain
from app.protocol.encoding import canonical, sha256_hex, unb64
from app.vocabulary import VerificationStatus


def coding_sha256(file: CaseFile) -> str:
    """The hash of all that cards of a case say, and of whom: what an approval of its coding is about.

    Words, of which no card has any, may change meanwhile.
    """
    persons = [{name: value for name, value in asdict(each).items() if name != "note"} for each in file.persons]
    incidents = [
        {
            "id": each.id,
            "affected": each.affected,
            "coding": each.coding,
            "verdicts": [asdict(v) for v in each.verdicts],
        }
        for each in file.incidents
    ]
    return sha256_hex(canonical(plain({"persons": persons, "incidents": incidents})))


def card_of(file: CaseFile, incident_id: str, *, card_id: str) -> StatCard:
    """The card of an incident whose coding another person has approved.

    It names no actor where the attribution is disputed. Raises `RuleBroken` without the consent of the affected person,
    and for what was found not to have happened.
    """
    incident = file.incident(incident_id)
    person = file.person(incident.affected)
    if not may_be_counted(
        person.relation, own=person.statistics, reporters=person.by_reporter, can_be_asked=person.can_be_asked
    ):
        raise RuleBroken("no-statistics-consent")
    if incident.verification is VerificationStatus.REFUTED:
        raise RuleBroken("refuted")
    coding = {**incident.coding, "verification_status": incident.verification}
    return StatCard.of_coding(coding, card_id=card_id, token=unb64(person.token, TOKEN_SIZE))
