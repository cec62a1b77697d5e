"""Answers to forms, at addresses that are good once.

A browser keeps the body of a form in its session files for as long as the page that answered it is a step of its
history: the whole report, and the twelve words with which a mailbox was opened. So no form is answered with a page. The
page waits at an address of its own, sealed under a key that this address alone holds: any process of the service can
answer it, none can read it before, and it is gone with its first reading.
"""

import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app import age
from app.intake.no_script.models import OnceAnswer
from app.protocol.derivation import derive
from app.protocol.encoding import b64, unb64
from app.protocol.errors import Malformed

MINUTES: Final = 10
# Bytes of each size class. Whoever floods takes the places of older answers of the same class, and a browser asks at
# once: 2,000 receipts would have to be written between its two requests.
ROOM: Final = 64 * 2**20
_SMALLEST: Final = 32 * 1024

_KEY_SIZE: Final = 32


@dataclass(frozen=True)
class Answer:
    """A page and its status."""

    html: str = field(repr=False)
    status: int


@dataclass(frozen=True)
class _Key:
    """What stands in the address, and what HKDF-SHA256 (no salt) derives from it."""

    secret: bytes = field(repr=False)

    @property
    def id(self) -> str:
        """How the row is known, in hexadecimal."""
        return derive(self.secret, "once-id").hex()

    @property
    def identity(self) -> age.HybridIdentity:
        return age.identity_from_seed(derive(self.secret, "once-identity"))


def keep(session: Session, answer: Answer, *, now: datetime, room: int = ROOM) -> str:
    """Keep the answer for ten minutes. Returns the last part of the address at which it is read.

    `room` is how many bytes of its size class are kept.
    """
    key = _Key(secrets.token_bytes(_KEY_SIZE))
    line = json.dumps({"status": answer.status}).encode() + b"\n"
    content = line + answer.html.encode()
    size = _class_of(len(content))
    sealed = age.encrypt(content.ljust(size, b" "), [key.identity.recipient])
    session.execute(delete(OnceAnswer).where(OnceAnswer.until <= _minute(now)))
    _make_room(session, size, room // size)
    session.add(OnceAnswer(id=key.id, size=size, until=_minute(now) + MINUTES, sealed=sealed))
    return b64(key.secret)


def take(session: Session, address: str, *, now: datetime) -> Answer | None:
    """The answer at the address that ends so, which is gone then; None where there is none, or no more."""
    try:
        key = _Key(unb64(address, _KEY_SIZE))
    except Malformed:
        return None
    taken = delete(OnceAnswer).where(OnceAnswer.id == key.id).returning(OnceAnswer.until, OnceAnswer.sealed)
    row = session.execute(taken).one_or_none()
    if row is None or row.until <= _minute(now):
        return None
    line, _, html = age.decrypt(row.sealed, [key.identity]).partition(b"\n")
    return Answer(html.decode().rstrip(" "), json.loads(line)["status"])


def forget(session: Session, now: datetime) -> None:
    """What nobody has read in its time goes with the next answer too; this is for a service that gives none."""
    session.execute(delete(OnceAnswer).where(OnceAnswer.until <= _minute(now)))


def _make_room(session: Session, size: int, most: int) -> None:
    """The oldest of the class go where one more would be more than `most`."""
    count = session.scalar(select(func.count()).where(OnceAnswer.size == size)) or 0
    excess = count + 1 - most
    if excess > 0:
        oldest = select(OnceAnswer.id).where(OnceAnswer.size == size).order_by(OnceAnswer.until).limit(excess)
        session.execute(delete(OnceAnswer).where(OnceAnswer.id.in_(oldest)))


def _class_of(length: int) -> int:
    """A power of two: the length of a page would tell which it is, and how much somebody wrote."""
    return max(_SMALLEST, 1 << (length - 1).bit_length())


def _minute(now: datetime) -> int:
    return int(now.timestamp()) // 60
