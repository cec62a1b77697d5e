"""Lists: a page at a time, after a key and never after a number, with cursors that nobody else can make."""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Annotated, Any, Generic, Literal, TypeVar

from fastapi import Depends, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy import Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.database import ranges
from app.database.ranges import Range
from app.http.state import ServiceKeyring
from app.http.versions import IfNoneMatch
from app.problems import InvalidCursor
from app.protocol.lists import COUNTED

_MAC_SIZE = 16

_Row = TypeVar("_Row")
_Item = TypeVar("_Item")


class Page(BaseModel, Generic[_Item]):
    """Part of a list, with the cursors of its neighbours. There is no total: it would count what one may not see."""

    items: list[_Item]
    next: str | None
    prev: str | None

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """`ReportPage`, where its items are `ReportOut`: a name that the description can have."""
        return f"{params[0].__name__.removesuffix('Out')}Page"


class Counted(BaseModel):
    """How many a list holds, on all of its pages. It is at least as many, where `capped`."""

    number: int = Field(le=COUNTED)
    capped: bool


class CountedPage(Page[_Item], Generic[_Item]):
    """The same of a list that is counted for whoever asks, as far as a thousand: of what the caller may know of."""

    count: Counted | None = None


@dataclass(frozen=True)
class _Paging:
    limit: int
    backwards: bool
    after: list[str | int] | None
    cursor_key: bytes
    scope: bytes

    def page(
        self,
        session: Session,
        query: Select[_Row],
        *,
        by: Sequence[InstrumentedAttribute[Any]],
        show: Callable[[_Row], _Item],
        newest: bool = False,
        among: Sequence[Range] | None = None,
        only: Callable[[_Row], bool] = lambda _: True,
    ) -> Page[_Item]:
        """The page that was asked for, in the order of `by` (or against it, `newest` first).

        `by` are columns of the selected entity that are never null, the last one unique. Where no index has what the
        query selects in this order, it is looked for `among` ranges, which hold it all; of what they hold besides, the
        query leaves out what may not be seen, and `only` what was not asked for. Raises `InvalidCursor`.
        """
        descending = newest is not self.backwards
        place = None
        if self.after is not None:
            if len(self.after) != len(by):
                raise InvalidCursor
            place = tuple(_value(column, value) for column, value in zip(by, self.after, strict=True))
        rows = (
            self._first(session, query, by, place, descending=descending)
            if among is None
            else self._first_among(session, query, by, place, among, only, descending=descending)
        )
        more, rows = len(rows) > self.limit, rows[: self.limit]
        if self.backwards:
            rows.reverse()
        has_next, has_prev = (True, more) if self.backwards else (more, self.after is not None)
        return Page(
            items=[show(row) for row in rows],
            next=self._cursor(rows[-1], by, backwards=False) if rows and has_next else None,
            prev=self._cursor(rows[0], by, backwards=True) if rows and has_prev else None,
        )

    def _first(
        self,
        session: Session,
        query: Select[_Row],
        by: Sequence[InstrumentedAttribute[Any]],
        place: tuple[object, ...] | None,
        *,
        descending: bool,
    ) -> list[_Row]:
        if place is not None:
            query = query.where(tuple_(*by) < place if descending else tuple_(*by) > place)
        query = query.order_by(*(column.desc() if descending else column.asc() for column in by))
        return list(session.scalars(query.limit(self.limit + 1)))

    def _first_among(
        self,
        session: Session,
        query: Select[_Row],
        by: Sequence[InstrumentedAttribute[Any]],
        place: Sequence[object] | None,
        among: Sequence[Range],
        only: Callable[[_Row], bool],
        *,
        descending: bool,
    ) -> list[_Row]:
        """Of what is found each row is asked for by its id: a query that named its state too would be answered by all
        that are in that state."""
        wanted, rows = self.limit + 1, list[_Row]()
        while among and len(rows) < wanted:
            found = ranges.first(session, among, after=place, descending=descending, number=wanted)
            at = {each[-1]: number for number, each in enumerate(found)}
            of_page = session.scalars(query.where(by[-1].in_(list(at)))) if at else ()
            rows += sorted(filter(only, of_page), key=lambda row: at[getattr(row, by[-1].key)])
            if len(found) < wanted:
                break
            place = found[-1]
        return rows[:wanted]

    def _cursor(self, row: object, by: Sequence[InstrumentedAttribute[Any]], *, backwards: bool) -> str:
        place = [_plain(getattr(row, column.key)) for column in by]
        text = json.dumps([backwards, *place], separators=(",", ":")).encode()
        return urlsafe_b64encode(mac_of(self.cursor_key, self.scope, text) + text).decode().rstrip("=")


def counted_among(
    session: Session,
    query: Select[_Row],
    id_: InstrumentedAttribute[str],
    among: Sequence[Range],
    only: Callable[[_Row], bool],
) -> Counted:
    """How many of what the ranges hold the query selects, and `only` lets pass. Of each range no more is read than is
    counted, unless it holds what may not be seen."""
    seen, number = set[str](), 0
    for each in among:
        place = None
        while number <= COUNTED:
            found = ranges.first(session, [each], after=place, descending=False, number=COUNTED + 1)
            new = {row[-1] for row in found} - seen
            seen |= new
            number += sum(map(only, session.scalars(query.where(id_.in_(new))))) if new else 0
            if len(found) <= COUNTED:
                break
            place = found[-1]
    return Counted(number=min(number, COUNTED), capped=number > COUNTED)


async def paging(  # without a thread, which is not worth starting for it
    request: Request,
    keyring: ServiceKeyring,
    _: IfNoneMatch,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
) -> _Paging:
    """The place in a list that the request asks for. Where the caller has the page as it is, the answer is 304.

    A cursor holds only for the list, the filters and the person that it was made for. Raises `InvalidCursor`.
    """
    filters = sorted((name, value) for name, value in request.query_params.multi_items() if name not in _PLACE)
    actor = getattr(request.state, "actor", None)
    # Who is no person of staff is told by their token, if they have one.
    caller = actor.id if actor else sha256(request.headers.get("authorization", "").encode()).hexdigest()
    scope = json.dumps([request.url.path, filters, caller]).encode()
    key = keyring.key("cursor")
    if cursor is None:
        return _Paging(limit=limit, backwards=False, after=None, cursor_key=key, scope=scope)
    try:
        content = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except (Base64Error, ValueError):
        raise InvalidCursor from None
    mac, text = content[:_MAC_SIZE], content[_MAC_SIZE:]
    if not hmac.compare_digest(mac, mac_of(key, scope, text)):
        raise InvalidCursor
    backwards, *after = json.loads(text)
    return _Paging(limit=limit, backwards=backwards, after=after, cursor_key=key, scope=scope)


_PLACE = {"cursor", "limit", "count"}  # what does not say which there are


def mac_of(key: bytes, scope: bytes, text: bytes) -> bytes:
    """What nobody else makes: of a place in the list that `scope` names."""
    return hmac.digest(key, sha256(scope).digest() + text, "sha256")[:_MAC_SIZE]


def _plain(value: object) -> str | int:
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    if isinstance(value, str | int):
        return value
    raise TypeError("a list can be sorted by words, numbers, days and hours")


def _value(column: InstrumentedAttribute[Any], value: str | int) -> object:
    kind = column.type.python_type
    if isinstance(value, str) and issubclass(kind, datetime):
        return datetime.fromisoformat(value)
    if isinstance(value, str) and issubclass(kind, date):
        return date.fromisoformat(value)
    return value


Paging = Annotated[_Paging, Depends(paging)]
Count = Annotated[Literal["capped"] | None, Query(description="Say how many there are, as far as a thousand.")]
