"""How many codings one person approves in a day: who plants cards by the thousand needs many days, and is seen.

Approvals are bounded, and never cards: a rule that looked at the cards of two persons together would break the proof of
what releases promise.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.actor import Actor
from app.casework.approvals.models import ApprovalDay
from app.database import insert_or_ignore
from app.duties import Duty
from app.problems import Problem
from app.protocol.duties import DutyKind
from app.vocabulary import Role

# Ten minutes for each are more than sixteen hours.
MOST_A_DAY: Final = 100
# How long supervisors are told of a day on which somebody came to the bound.
SEEN: Final = timedelta(days=14)


class TooManyApprovals(Problem):
    """Nobody approves more than a hundred codings on one day, and supervisors see who came so far.

    Go on tomorrow, or let somebody else approve.
    """

    type, status, title = "too-many-approvals", 409, "You have approved as many codings today as one person may"


def count(session: Session, person_id: str, today: date) -> None:
    """One more. Raises `TooManyApprovals`."""
    insert_or_ignore(session, ApprovalDay, [{"person_id": person_id, "day": today, "number": 0}])
    of_day = (ApprovalDay.person_id == person_id, ApprovalDay.day == today, ApprovalDay.number < MOST_A_DAY)
    one_more = update(ApprovalDay).where(*of_day).values(number=ApprovalDay.number + 1)
    if session.scalar(one_more.returning(ApprovalDay.number)) is None:
        raise TooManyApprovals


def duties(session: Session, actor: Actor) -> Iterator[Duty]:
    """A supervisor is told who came to the bound, and asks them about it."""
    if Role.SUPERVISOR not in actor.roles:
        return
    reached = select(ApprovalDay).where(ApprovalDay.day >= actor.today - SEEN, ApprovalDay.number >= MOST_A_DAY)
    for each in session.scalars(reached.order_by(ApprovalDay.day, ApprovalDay.person_id)):
        if each.person_id != actor.id:
            yield Duty(DutyKind.LOOK_AT_APPROVALS, each.person_id, each.day)


def forget(session: Session, today: date) -> None:
    """What nobody is told of any more."""
    session.execute(delete(ApprovalDay).where(ApprovalDay.day < today - SEEN))
