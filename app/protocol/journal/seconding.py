"""The second of two persons: their signed approval, which an entry holds whole, and who they may be."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from typing import Final

from app.protocol import statements
from app.protocol.certified import Certified
from app.protocol.documents import Document, parse_document
from app.protocol.encoding import check_at
from app.protocol.errors import NotAuthentic, ProtocolError
from app.protocol.journal.acts import AGREED_FOR, Act, Ending, Moving
from app.protocol.journal.state import Journal, Seconded
from app.protocol.opening import Opened
from app.protocol.types import TYPES
from app.vocabulary import ApprovalState, Role

_TYPE: Final = "approval"


@dataclass(frozen=True)
class Authority:
    """The organisation as a reader knows it, and their day, which decides about no entry: it tells a wrong clock.

    `author_of` gives who signed a document, whenever they were certified with that key, `ended_by` whom a certificate
    leaves without a role, whenever that was. Both raise `NotAuthentic`.
    """

    today: date
    was_certified: Callable[[str, date], bool]
    author_of: Callable[[Document], Certified]
    ended_by: Callable[[Document], str]


def check(
    before: Journal, act: Act, document: Opened, text: str | None, *, about: AbstractSet[str], by: Authority
) -> Seconded:
    """The word of the second on this act, as the entry in `document` holds it. `about` are those whom the act puts out.

    It is of this case and this act, a yes, and was used for no other; that parts end, it says for fourteen days. Raises
    `NotAuthentic`.
    """
    if text is None:
        raise NotAuthentic("second-person")
    header = document.document.header
    try:
        approval = parse_document(text.encode())
        word = statements.read_approval(approval.header.body)
        age = check_at(header.at) - check_at(approval.header.at)
    except ProtocolError:
        raise NotAuthentic("approval") from None
    if isinstance(act, Ending) and age > AGREED_FOR:
        raise NotAuthentic("approval")
    place = (before.case, approval.header.generation or 0)
    if (approval.header.type, approval.header.org, approval.header.subject) != (_TYPE, header.org, before.case):
        raise NotAuthentic("approval")
    if before.keys.get(place) != approval.header.sealed_to:
        raise NotAuthentic("approval")
    if (word.subject, word.object, word.of, word.cards) != (act.subject, before.case, act.sha256(before.case), ()):
        raise NotAuthentic("approval")
    is_used = word.approval in {each.approval for each in before.seconded}
    if is_used and not _goes_on(before, act, word.approval, header.author):
        raise NotAuthentic("approval")
    if word.decision is not ApprovalState.APPROVED:
        raise NotAuthentic("approval")
    second = by.author_of(approval)
    if not may_second(before, second, author=header.author, about=about):
        raise NotAuthentic("approval")
    return Seconded(word.approval, second.person, document.mark.version)


def check_arrival(before: Journal, origin: str, document: Opened, text: str | None, *, by: Authority) -> None:
    """The word of the second that parts of the case `origin` come into this one, as the entry in `document` holds it:
    else whoever kept what colleagues had once signed could let them say it again. Raises `NotAuthentic`.

    Its members are the same, so whoever agreed there is one of them here.
    """
    header = document.document.header
    if text is None:
        raise NotAuthentic("second-person")
    try:
        approval = parse_document(text.encode())
        word = statements.read_approval(approval.header.body)
    except ProtocolError:
        raise NotAuthentic("approval") from None
    if (approval.header.type, approval.header.org, approval.header.subject) != (_TYPE, header.org, origin):
        raise NotAuthentic("approval")
    act = Moving(before.case)
    said = (word.subject, word.object, word.of, word.decision)
    if said != (act.subject, origin, act.sha256(origin), ApprovalState.APPROVED):
        raise NotAuthentic("approval")
    if not may_second(before, by.author_of(approval), author=header.author, about=frozenset()):
        raise NotAuthentic("approval")


def _goes_on(before: Journal, act: Act, approval: str, author: str | None) -> bool:
    """Whether the entry goes on with what the one before it moves: no entry holds all parts of a case."""
    last = before.seconded[-1]
    is_next = (last.approval, last.entry, before.author) == (approval, before.mark.version, author)
    return isinstance(act, Moving) and is_next


def may_second(before: Journal, person: Certified, *, author: str | None, about: AbstractSet[str]) -> bool:
    """Whether this is the second of two: another member, or a supervisor where there is none."""
    if not person.roles & TYPES[_TYPE].roles or person.person in {author, *about}:
        return False
    others = before.members.present - {author, *about}
    return person.person in others or (not others and Role.SUPERVISOR in person.roles)
