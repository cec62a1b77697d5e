"""Where a list looks: ranges of indexes, each in the list's order, of which the first rows are read and no more.

A list that is one query with an OR over what somebody may see is answered by reading all that is there. Here every way
in which they may see something is a range of its own, and the ranges are merged as they are read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, CompoundSelect, Select, select, tuple_, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

_AT_ONCE: Final = 100  # ranges in one statement; SQLite takes 500

_Merged = Select[Any] | CompoundSelect[Any]


@dataclass(frozen=True)
class Range:
    """The rows of which `where` holds, in the order of the columns `place`, of which the last is a unique id.

    An index begins with the columns that `where` compares, and goes on with those of `place`.
    """

    place: Sequence[InstrumentedAttribute[Any]]
    where: ColumnElement[bool]


def first(
    session: Session, ranges: Sequence[Range], *, after: Sequence[object] | None, descending: bool, number: int
) -> list[tuple[Any, ...]]:
    """The first places of all ranges `after` one, at most `number`, in their order or, `descending`, against it.

    A row that lies in two ranges comes twice.
    """
    statement = _MERGED[session.get_bind().dialect.name]
    parts = [_part(each, after, descending=descending) for each in ranges]
    found = [
        tuple(row)
        for begin in range(0, len(parts), _AT_ONCE)
        for row in session.execute(statement(parts[begin : begin + _AT_ONCE], number, descending=descending))
    ]
    return sorted(found, reverse=descending)[:number]


def is_there(row: Select[Any]) -> ColumnElement[bool]:
    """Whether a query that is asked for each row of another finds anything: by one probe of an index.

    It is not an EXISTS, of which PostgreSQL makes a list of all that there is, where it expects it short.
    """
    return row.limit(1).scalar_subquery().is_not(None)


def _part(of: Range, after: Sequence[object] | None, *, descending: bool) -> Select[Any]:
    names = [column.label(f"place_{number}") for number, column in enumerate(of.place)]
    part = select(*names).where(of.where)
    if after is not None:
        then = tuple(after)
        part = part.where(tuple_(*of.place) < then if descending else tuple_(*of.place) > then)
    return part


def _merged(parts: Sequence[_Merged], number: int, *, descending: bool) -> _Merged:
    """SQLite merges what is ordered as a whole, and knows no order of one part."""
    return _ordered(parts[0] if len(parts) == 1 else union_all(*parts), number, descending=descending)


def _merged_on_postgresql(parts: Sequence[Select[Any]], number: int, *, descending: bool) -> _Merged:
    """PostgreSQL would sort all that there is, but for parts of which each is ordered and has an end."""
    each_ends = [_ordered(part, number, descending=descending) for part in parts]
    return each_ends[0] if len(parts) == 1 else _merged(each_ends, number, descending=descending)


def _ordered(whole: _Merged, number: int, *, descending: bool) -> _Merged:
    place = whole.selected_columns
    return whole.order_by(*(each.desc() if descending else each.asc() for each in place)).limit(number)


_MERGED: Final = {"sqlite": _merged, "postgresql": _merged_on_postgresql}
