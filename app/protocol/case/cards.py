"""The statistics cards of a case: which are drawn for approval, and what each of them says.

With them go those that join a person's tokens, or part them: whoever approves the one sees the other.
"""

from dataclasses import replace
from typing import Final

from app import vocabulary
from app.protocol.card import TOKEN_SIZE, StatCard, may_be_counted, new_card_id
from app.protocol.case.coding import SECOND_PERSON
from app.protocol.case.errors import RuleBroken
from app.protocol.case.file import CaseFile
from app.protocol.case.parts import CardNote, Incident, Tie
from app.protocol.encoding import unb64
from app.vocabulary import VerificationStatus

# Why an incident has no card, where that is as it should be.
NOT_COUNTED: Final = frozenset({"no-statistics-consent", "refuted"})


def drawn(file: CaseFile, approver: str, *, correct: bool) -> CaseFile:
    """The case with a note for each card that this person is to approve: those that were not written yet.

    With `correct` those too that were, as their next revision; and all of somebody whose tie to another case is taken
    back, for they go back to a token of their own by it. What they coded or said themselves, or what names another
    second person, is for somebody else.
    """
    anew = {tie.person for tie in file.ties if not tie.joins and not tie.signed}
    notes = {note.id: note for note in file.cards}
    before = {note.incident: note for note in file.cards if not note.withdrawn}
    version = vocabulary.vocabulary().version
    for incident in file.incidents:
        note = before.get(incident.id)
        again = correct or incident.affected in anew
        if (note and note.written and not again) or not _may_approve(approver, incident):
            continue
        if note is None:
            note = CardNote(new_card_id(), incident.id, 0, approver, version)
        else:
            note = replace(note, revision=note.revision + 1, asked_of=approver, vocabulary=version, written=False)
        if card_or_none(file, note) is not None:
            notes[note.id] = note
    ties = tuple(each if each.signed or each.by == approver else replace(each, asked_of=approver) for each in file.ties)
    return replace(file, cards=tuple(notes.values()), ties=ties)


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


def asked_ties(file: CaseFile, approver: str) -> tuple[Tie, ...]:
    """Whose joining or parting this person is asked to sign. Raises `RuleBroken` for what they said themselves.

    A parting only where they are asked for all cards that go back to the person's own token.
    """
    mine = [tie for tie in file.ties if tie.asked_of == approver and not tie.signed]
    if any(tie.by == approver for tie in mine):
        raise RuleBroken("one-person")
    return tuple(
        tie
        for tie in mine
        if tie.joins or all(not note.written and note.asked_of == approver for note in sent_of(file, tie.person))
    )


def sent_of(file: CaseFile, person: str) -> list[CardNote]:
    """The notes of somebody's cards of which a revision may have left, and that were not taken back."""
    incidents = {each.id for each in file.incidents if each.affected == person}
    return [
        note
        for note in file.cards
        if note.incident in incidents and not note.withdrawn and (note.written or note.revision > 0)
    ]


def card_or_none(file: CaseFile, note: CardNote) -> StatCard | None:
    """The card of a note; None where its person may not be counted, or it did not happen. Raises `RuleBroken`."""
    try:
        return card_of(file, note.incident, card_id=note.id, revision=note.revision)
    except RuleBroken as broken:
        if broken.rule not in NOT_COUNTED:
            raise
        return None


def not_counted(file: CaseFile) -> frozenset[str]:
    """The ids of incidents that have no card, or none any more: of who may not be counted, and what did not happen."""
    return frozenset(each.id for each in file.incidents if not _may_be_counted(file, each) or _is_refuted(each))


def _may_be_counted(file: CaseFile, incident: Incident) -> bool:
    person = file.person(incident.affected)
    return may_be_counted(
        person.relation, own=person.statistics, reporters=person.by_reporter, can_be_asked=person.can_be_asked
    )


def _is_refuted(incident: Incident) -> bool:
    return incident.verification is VerificationStatus.REFUTED


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
    if not _may_be_counted(file, incident):
        raise RuleBroken("no-statistics-consent")
    if _is_refuted(incident):
        raise RuleBroken("refuted")
    coding = {**incident.coding, "verification_status": incident.verification}
    token = unb64(file.token_of(person.id), TOKEN_SIZE)
    return StatCard.of_coding(coding, card_id=card_id, token=token, revision=revision)
