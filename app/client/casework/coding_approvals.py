"""Approvals of a coding: another person makes the same cards from the case as they open it, and signs each apart."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from app.client.casework import approvals, cases, ties, words
from app.client.casework.approvals import Approval
from app.client.casework.cases import OpenCase
from app.client.casework.ties import AskedTie
from app.client.machine import sealed
from app.client.machine.staff import Staff
from app.protocol import card as cards_
from app.protocol import case as rules
from app.protocol import statements
from app.protocol.card import StatCard, TokenCard
from app.protocol.case import RuleBroken
from app.protocol.chain import Mark
from app.protocol.documents import Signature
from app.protocol.encoding import b64, unb64
from app.protocol.errors import NotAuthentic
from app.protocol.statements import CardSignature
from app.vocabulary import ApprovalState, ApprovalSubject, Role

# Who may approve a coding, besides not having made it.
APPROVERS = frozenset({Role.CASEWORKER, Role.SUPERVISOR})

# In what this machine has seen: the lines that it showed of a request.
_LINES: Final = "coding-lines"


@dataclass(frozen=True)
class Review:
    """What an approver decides about: the cards, made by their own client from the case as they opened it.

    `taken_back` are the ids of people of whom there is none, as nobody agrees any more to their being counted. `ties`
    are people whom somebody found in another case that the approver may open, `unknown_ties` how many there are of
    whom this approver cannot know.
    """

    approval: Approval
    case: OpenCase = field(repr=False)
    cards: tuple[StatCard, ...] = field(repr=False)
    taken_back: frozenset[str] = frozenset()
    ties: tuple[AskedTie, ...] = field(default=(), repr=False)
    unknown_ties: int = 0

    @property
    def signed(self) -> tuple[StatCard | TokenCard, ...]:
        """All that a yes signs."""
        return (*self.cards, *(each.card for each in self.ties))


@dataclass(frozen=True)
class Approved:
    """What another person has signed of a coding: by the id and revision of each card."""

    by: str
    signatures: Mapping[tuple[str, int], Signature] = field(repr=False)


def request(staff: Staff, case: OpenCase, approver: str, *, correct: bool = False) -> str:
    """Ask somebody to approve the coding, and with it each card that was not written yet; the id of the request. Also
    who is a person of another case too, where they did not say so themselves.

    What the reporters have said since is written into the case, and none is asked for whose reporter has said *no*.
    The cards are drawn first, so that their lines are whole: the case has a next version by it. With `correct` those
    that were written are asked for again, as their next revision. Who is no member holds the key until they have
    decided.
    """
    file = rules.drawn(words.heard(staff, case), approver, correct=correct)
    case = cases.write(staff, case, file, is_typed=False)
    lend = approver not in case.members
    if lend:
        case = cases.lend(staff, case, approver)
    head = case.journal.mark
    return approvals.request(staff, ApprovalSubject.CODING, case.key, approver, of=None, lend=lend, head=head)


def review(staff: Staff, approval: str) -> Review:
    """Open what one is asked to approve. Raises `RuleBroken` where it is not for this person, or not as it was shown.

    What has changed otherwise in the case since one was asked changes nothing. Raises `Rollback` where this machine was
    shown another request under this id.
    """
    record = _get(staff, approval)
    approvals.is_known(staff, record)
    case = cases.whole(staff, cases.open_(staff, record.object))
    said = words.heard(staff, case)
    ties.check_signers(staff, said)
    found, unknown = ties.asked(staff, said)
    shown = Review(record, case, rules.asked(said, staff.person), words.taken_back(said), found, unknown)
    approvals.remember(staff, record)
    _hold_to_shown(staff, approval, cards_.lines_sha256(shown.signed))
    return shown


def decide(staff: Staff, review: Review, *, approved: bool) -> None:
    """Sign the decision, and where it is a yes each card.

    Raises `RuleBroken` for a person whose contribution token somebody has changed: they would be counted as two. Also
    where the key turns first, and this person has it lent.
    """
    cases.check_history(staff, review.case)
    cards = [CardSignature(each.id, each.revision, b64(cards_.sign(each, staff.signer).sig)) for each in review.signed]
    approvals.decide(
        staff,
        review.approval,
        cases.current(staff, review.case).key,
        of=cards_.lines_sha256(review.signed),
        approved=approved,
        cards=cards if approved else (),
    )


def approved(staff: Staff, case: OpenCase, approval: str) -> Approved:
    """What another person has signed, from their statement. Whether a card is still as they signed it, it shows itself.

    Who they are, the client that asked has chosen. On another machine, which only has the service's word for it, the
    statement of a member counts: it may be that nobody ever asked, and lent the key to, somebody else.

    Raises `RuleBroken` where it is not approved, and `NotAuthentic`.
    """
    record = _get(staff, approval)
    if not approvals.is_known(staff, record) and record.approver not in case.members:
        raise NotAuthentic("not-a-writer")
    if record.statement is None:
        raise RuleBroken("not-approved")
    # A case has many approvals, none of which is the next version of another.
    statement = sealed.read(staff, case.key, "approval", record.statement, writers={record.approver})
    word = statements.read_approval(statement.document.header.body)
    if (word.approval, word.subject, word.object) != (approval, record.subject, case.id):
        raise NotAuthentic("approval")
    if word.decision is not ApprovalState.APPROVED:
        raise RuleBroken("not-approved")
    author = statement.author
    if author is None or not author.roles & APPROVERS:
        raise NotAuthentic("role")
    return Approved(
        author.person,
        {(each.id, each.revision): Signature(author.person, author.key, unb64(each.sig, 64)) for each in word.cards},
    )


def _hold_to_shown(staff: Staff, approval: str, lines: str) -> None:
    """What is signed in one run is what was shown in the one before. Raises `RuleBroken` once where it has changed."""
    shown = staff.seen.highest(_LINES, approval)
    if shown is None or shown.sha256 != lines:
        staff.seen.record(_LINES, approval, Mark(shown.version + 1 if shown else 1, lines))
    if shown is not None and shown.sha256 != lines:
        raise RuleBroken("changed-since")


def _get(staff: Staff, approval: str) -> Approval:
    # Whatever the service calls it, and says that it is of.
    return replace(approvals.get(staff, approval), subject=ApprovalSubject.CODING, of=None)
