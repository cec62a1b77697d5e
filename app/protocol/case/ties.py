"""One human being in two cases, or twice in one: how that is said, taken back and signed (RELEASES § 0)."""

from collections.abc import Mapping
from dataclasses import replace

from app.protocol import card
from app.protocol.card import SignedCard, new_card_id
from app.protocol.case.cards import sent_of
from app.protocol.case.errors import RuleBroken
from app.protocol.case.file import CaseFile
from app.protocol.case.parts import Tie
from app.protocol.documents import Signature, Signer
from app.protocol.errors import NotAuthentic


def tied(file: CaseFile, person: str, *, token: str, by: str) -> CaseFile:
    """With what `by` says of a person of this case: somebody of another has this token of their own, and they are one.

    Nothing changes where that is said. Raises `RuleBroken` where it is their own token.
    """
    before = _tie(file, person, token)
    if before is None:
        if file.person(person).token == token:
            raise RuleBroken("tie")
        return file.with_tie(Tie(person, token, new_card_id(), 0, by))
    return file if before.joins else file.with_tie(_next(before, by))


def untied(file: CaseFile, person: str, *, token: str, by: str) -> CaseFile:
    """With what `by` says now: they are not one. Nothing changes where nobody says that they are."""
    before = _tie(file, person, token)
    return file.with_tie(_next(before, by)) if before and before.joins else file


def signed_tie(file: CaseFile, tie: Tie, signatures: Mapping[tuple[str, int], Signature], signer: Signer) -> Tie:
    """The tie under both signatures; as it is where it has them, or was approved otherwise or not at all.

    `signatures` are of who approved, by card and revision. A parting only with all cards of the person, which go back
    to their own token.
    """
    content = tie.content(file.person(tie.person).token)
    signature = signatures.get((content.id, content.revision))
    if tie.signed or signature is None or signature.by == tie.by:
        return tie
    theirs = sent_of(file, tie.person)
    if not tie.joins and not all(note.written and (note.id, note.revision) in signatures for note in theirs):
        return tie
    signed = SignedCard(content, card.sign(content, signer), signature)
    try:
        signed.check_signed(lambda _, __: True)  # whose the keys are is for a client to say
    except NotAuthentic:
        return tie
    return replace(tie, signed=(signed.writer, signed.approver))


def _tie(file: CaseFile, person: str, token: str) -> Tie | None:
    return next((tie for tie in file.ties if (tie.person, tie.token) == (person, token)), None)


def _next(tie: Tie, by: str) -> Tie:
    before = tie.card if tie.signed else tie.before
    return Tie(tie.person, tie.token, new_card_id(), tie.revision + 1, by, before=before)
