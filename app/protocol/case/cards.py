"""The statistics cards of a case: which are drawn for approval, and what each of them says."""

from dataclasses import replace
from typing import Final

from app import vocabulary
from app.protocol.card import TOKEN_SIZE, StatCard, may_be_counted, new_card_id
from app.protocol.case.coding import SECOND_PERSON
from app.protocol.case.errors import RuleBroken
from app.protocol.case.file import CaseFile
from app.protocol.case.parts import CardNote, Incident
from app.protocol.encoding import unb64
from app.vocabulary import VerificationStatus

# Why an incident has no card, where that is as it should be.
NOT_COUNTED: Final = frozenset({"no-statistics-consent", "refuted"})


def drawn(file: CaseFile, approver: str, *, correct: bool) -> CaseFile:
    """The case with a note for each card that this person is to approve: those that were not written yet.

    With `correct` those too that were, as their next revision. What they coded themselves, or what names another
    second person, is for somebody else.
    """
    notes = {note.id: note for note in file.cards}
    before = {note.incident: note for note in file.cards if not note.withdrawn}
    version = vocabulary.vocabulary().version
    for incident in file.incidents:
        note = before.get(incident.id)
        if (note and note.written and not correct) or not _may_approve(approver, incident):
            continue
        if note is None:
            note = CardNote(new_card_id(), incident.id, 0, approver, version)
        else:
            note = replace(note, revision=note.revision + 1, asked_of=approver, vocabulary=version, written=False)
        if card_or_none(file, note) is not None:
            notes[note.id] = note
    return replace(file, cards=tuple(notes.values()))


def asked(file: CaseFile, approver: str) -> tuple[StatCard, ...]:
    """The cards that this person is asked to approve, as the case says them now.

    Raises `RuleBroken` where their codes are of another vocabulary than this client's, or where it is not for them.
    """
    cards = []
    for note in file.cards:
        if note.asked_of != approver or note.written or note.withdrawn:
            continue
        if note.vocabulary != vocabulary.vocabulary().version:
            raise RuleBroken("vocabulary")
        if file.incident(note.incident).coder == approver:
            raise RuleBroken("own-coding")
        if not _may_approve(approver, file.incident(note.incident)):
            raise RuleBroken("second-person")
        card = card_or_none(file, note)
        if card is not None:
            cards.append(card)
    return tuple(cards)


def card_or_none(file: CaseFile, note: CardNote) -> StatCard | None:
    """The card of a note; None where its person may not be counted, or it did not happen. Raises `RuleBroken`."""
    try:
        return card_of(file, note.incident, card_id=note.id, revision=note.revision)
    except RuleBroken as broken:
        if broken.rule not in NOT_COUNTED:
            raise
        return None


def _may_approve(approver: str, incident: Incident) -> bool:
    """Nobody approves their own coding; who is named second in a verdict says so themselves."""
    takes_second = incident.verification in SECOND_PERSON
    return incident.coder != approver and (not takes_second or incident.verdicts[-1].second == approver)


def card_of(file: CaseFile, incident_id: str, *, card_id: str, revision: int = 0) -> StatCard:
    """The card of an incident, to be signed by who writes it and by another person who approves the coding.

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
    return StatCard.of_coding(coding, card_id=card_id, token=unb64(person.token, TOKEN_SIZE), revision=revision)
