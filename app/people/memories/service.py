"""What the machines of a person have seen: each adds what it knows to what the others left, and no session can alone.

Two machines that write at once are told apart by the number: the slower reads what the faster left, and adds to that.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.actor import Actor
from app.people.copies import service as copies
from app.people.memories.models import Memory
from app.people.staff.models import Person
from app.people.staff.service import Standing
from app.problems import NotFound, StaleVersion
from app.protocol.encoding import sha256_hex
from app.protocol.memory import MEMORY

KEPT: Final = 3


def keep(session: Session, actor: Actor, *, number: int, file: bytes, signature: str, today: date) -> Memory:
    """Keep the version that follows the last, and of those before it two. The same again changes nothing.

    Raises `NotTheirSignature`, and `StaleVersion` where another machine was faster.
    """
    person = session.get_one(Person, actor.id, with_for_update=True)
    copies.check_signature(person, MEMORY.name, file, signature)
    before, sha256 = of_person(session, person.id), sha256_hex(file)
    if before and (before[0].number, before[0].sha256) == (number, sha256):
        return before[0]
    last = before[0].number if before else 0
    if number != last + 1:
        raise StaleVersion(version=last)
    for each in before[KEPT - 1 :]:
        session.delete(each)
    new = Memory(person_id=person.id, number=number, sha256=sha256, file=file, kept_on=today)
    session.add(new)
    session.flush()
    return new


def of_person(session: Session, person_id: str) -> Sequence[Memory]:
    """Those that are kept, the newest first."""
    theirs = select(Memory).where(Memory.person_id == person_id)
    return session.scalars(theirs.order_by(Memory.number.desc())).all()


def get(session: Session, actor: Actor, number: int) -> Memory:
    """One of the actor's own. Raises `NotFound`."""
    row = session.get(Memory, (actor.id, number))
    if row is None:
        raise NotFound
    return row


def destroy(session: Session, person_id: str) -> None:
    """The person has left, or has new keys: their memory goes, with the copy of their keys and its tokens."""
    session.execute(delete(Memory).where(Memory.person_id == person_id))
    copies.destroy(session, person_id)


def curtail(session: Session, standing: Standing) -> None:
    """Of who has left there is neither memory nor copy, nor anything that fetches one."""
    if not standing.roles:
        destroy(session, standing.person_id)
