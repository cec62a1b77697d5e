"""The Idempotency-Key: a request that is repeated acts once."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Annotated, Protocol, TypeVar

from fastapi import Depends, Header, Request
from pydantic import BaseModel, WithJsonSchema
from sqlalchemy import String, delete
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.database import Base, insert_or_ignore
from app.http.description import NEEDED
from app.http.state import Today
from app.problems import IdempotencyKeyRequired, IdempotencyKeyReused, MalformedRequest

_KEY = re.compile(r"[!-~]{1,255}")


class IdempotencyKey(Base):
    """What a request with this key made. The status is its route's, so it is not kept.

    Caller, route and key are only in hashes, so the table says nothing of who did what, or what a client calls it.
    """

    __tablename__ = "idempotency_keys"

    id_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    request_sha256: Mapped[str] = mapped_column(String(64))
    object_id: Mapped[str | None] = mapped_column(String(64))  # empty until the act is done, in the same transaction
    day: Mapped[date] = mapped_column(index=True)


class _HasId(Protocol):
    @property
    def id(self) -> str: ...


_T = TypeVar("_T", bound=_HasId)


@dataclass(frozen=True)
class _Once:
    route: str
    path: str
    key: str
    today: date

    def __call__(
        self,
        session: Session,
        caller: str,
        body: BaseModel | None,
        act: Callable[[], _T],
        again: Callable[[str], _T],
    ) -> _T:
        """What `act` makes; or, where this caller's key has been seen, `again(id)` of what it made then.

        `again` checks the caller's rights, so they are checked before a replay. A twin that is under way is waited
        for; an act that raises leaves no key behind. Raises `IdempotencyKeyReused` where the key came with another
        request.
        """
        id_sha256 = _digest(caller, self.route, self.key)
        # With the key, which nobody can guess: a request is a few ids and codes, which somebody with a copy could try.
        request_sha256 = _digest(self.key, self.path, "" if body is None else body.model_dump_json())
        new = {"id_sha256": id_sha256, "request_sha256": request_sha256, "object_id": None, "day": self.today}
        if insert_or_ignore(session, IdempotencyKey, [new]):
            result = act()
            session.get_one(IdempotencyKey, id_sha256).object_id = result.id
            return result
        earlier = session.get_one(IdempotencyKey, id_sha256)
        result = again(earlier.object_id or "")
        if earlier.request_sha256 != request_sha256:
            raise IdempotencyKeyReused
        return result


def forget(session: Session, today: date) -> None:
    """Drop the keys that are surely older than 24 hours."""
    session.execute(delete(IdempotencyKey).where(IdempotencyKey.day < today - timedelta(days=1)))


_Key = Annotated[
    str | None,
    Header(alias="Idempotency-Key", description="Chosen anew for each act. 400 without it."),
    WithJsonSchema({"type": "string", "pattern": f"^{_KEY.pattern}$", NEEDED: True}),
]


async def once(request: Request, today: Today, key: _Key = None) -> _Once:
    """Raises `IdempotencyKeyRequired` without a key, `MalformedRequest` for one that is not visible ASCII."""
    if key is None:
        raise IdempotencyKeyRequired
    if not _KEY.fullmatch(key):
        raise MalformedRequest
    return _Once(f"{request.method} {request.scope['route'].path}", request.url.path, key, today)


def _digest(*parts: str) -> str:
    return sha256("".join(f"{len(part)}:{part}" for part in parts).encode()).hexdigest()


Once = Annotated[_Once, Depends(once)]
