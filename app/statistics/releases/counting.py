"""From cards to exact counts of persons (RELEASES § 1, "Bounding"). The counts leave this module only for the noise.

A person has one contribution token, or several that were joined, and is in at most m cells of a table: what bounds the
sensitivity of every table is this module and nothing else.
"""

import hashlib
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from typing import Self, TypeAlias

from app.protocol.card import Choice, StatCard
from app.protocol.periods import year_of
from app.vocabulary import Bound, Dimension, Level, Table, Workload, codes, group_of

# One code a dimension.
_Cell: TypeAlias = tuple[str, ...]
# In which cells of a dimension a card is.
_Read: TypeAlias = Callable[[StatCard], tuple[str, ...]]

_MOST_KINDS = 5


def count(persons: Iterable[Sequence[StatCard]], workload: Workload, *, period: str) -> dict[str, tuple[int, ...]]:
    """Persons in every cell of every table, in the order of `Table.cells`.

    `persons` are the distinct cards of each, whose order does not matter. `period` is that of the release.
    """
    dims = [(dim.name, _bounded(dim, _reader(dim, period))) for dim in workload.dims()]
    plans = [_Plan.of(table) for table in workload.tables]
    for cards in persons:
        person = _in_order(cards)
        values = {name: read(person) for name, read in dims}
        acts: dict[tuple[object, ...], list[_Cell]] = {}
        for plan in plans:
            for cell in plan.cells_of(values, person, acts):
                plan.counts[cell] += 1
    return {plan.name: tuple(plan.counts.values()) for plan in plans}


def _in_order(cards: Sequence[StatCard]) -> Sequence[StatCard]:
    """By card id and, should one id stand on two cards, by the rest of the card."""
    return sorted(cards, key=_order) if len(cards) > 1 else cards


def _order(card: StatCard) -> tuple[str, bytes]:
    return card.id, card.line


@dataclass(frozen=True, slots=True)
class _Plan:
    """A table as it is counted. `order` says for each of its dimensions where its code stands: among those of the
    person, or after them among those of the acts."""

    name: str
    m: int
    of_person: tuple[str, ...]
    of_acts: tuple[str, ...]
    order: tuple[int, ...]
    always: frozenset[str]
    counts: dict[_Cell, int]

    @classmethod
    def of(cls, table: Table) -> Self:
        acts = table.of_acts()
        pinned = [dim for dim in table.dims if dim.of_person]
        places = {dim.name: place for place, dim in enumerate([*pinned, *acts])}
        return cls(
            name=table.name,
            m=table.m,
            of_person=tuple(dim.name for dim in pinned),
            of_acts=tuple(dim.name for dim in acts),
            order=tuple(places[dim.name] for dim in table.dims),
            always=frozenset[str]().union(*(dim.kept for dim in acts)),
            counts=dict.fromkeys(table.cells(), 0),
        )

    def cells_of(
        self,
        values: Mapping[str, Sequence[tuple[str, ...]]],
        person: Sequence[StatCard],
        acts: dict[tuple[object, ...], list[_Cell]],
    ) -> list[_Cell]:
        """At most m: what the person-level dimensions say, with each of the acts that are kept.

        `acts` holds what other tables of the same acts and m have kept of this person: so they agree on their margins.
        """
        pinned: _Cell = ()
        for name in self.of_person:
            (cell,) = values[name]
            if not cell:
                return []
            pinned += cell
        if not self.of_acts:
            return [tuple([pinned[place] for place in self.order])]
        key = (self.of_acts, self.m)
        kept = acts.get(key)
        if kept is None:
            acts[key] = kept = self._kept([values[name] for name in self.of_acts], person)
        if not pinned:
            return kept
        return [tuple([(pinned + act)[place] for place in self.order]) for act in kept]

    def _kept(self, values: Sequence[Sequence[tuple[str, ...]]], person: Sequence[StatCard]) -> list[_Cell]:
        """The m distinct cells whose hash with the id of a card is least, after those that are always kept.

        Any order that favours no code would do; that of the lists kept the first ones and lost the last.
        """
        by_card = [list(itertools.product(*said)) for said in zip(*values, strict=True)]
        distinct = set(itertools.chain.from_iterable(by_card))
        if len(distinct) <= self.m:
            return list(distinct)
        hashes: dict[_Cell, bytes] = {}
        for card, cells in zip(person, by_card, strict=True):
            for cell in cells:
                hash_ = hashlib.sha256("\n".join([card.id, *self.of_acts, *cell]).encode()).digest()
                hashes[cell] = min(hashes.get(cell, hash_), hash_)
        return sorted(distinct, key=lambda cell: (self.always.isdisjoint(cell), hashes[cell], cell))[: self.m]


def _bounded(dim: Dimension, read: _Read) -> Callable[[Sequence[StatCard]], Sequence[tuple[str, ...]]]:
    """What a dimension says of a person: of acts the cells of each card, of the person one cell at most."""
    if dim.bound is Bound.DISTINCT:
        return lambda person: [read(card) for card in person]
    cells = dim.cells()

    def kinds(person: Sequence[StatCard]) -> Sequence[tuple[str, ...]]:
        number = len({group for card in person for group in read(card)})
        return [(cells[min(number, _MOST_KINDS) - 1],) if number else ()]

    def highest(person: Sequence[StatCard]) -> Sequence[tuple[str, ...]]:
        met = {cell for card in person for cell in read(card)}
        return [next(((cell,) for cell in cells if cell in met), ())]

    def most_frequent(person: Sequence[StatCard]) -> Sequence[tuple[str, ...]]:
        own = [read(card) for card in person]
        commonest = Counter(own).most_common(1)[0][0] if len(own) > 1 else own[0]  # of equals, the first met
        return [tuple([of_code[code] for code in commonest])]

    if dim.level is Level.KINDS:
        return kinds
    if dim.bound is Bound.HIGHEST:
        return highest
    of_code = {code: dim.of_code(code) for code in codes("country")}
    return most_frequent


def _reader(dim: Dimension, period: str) -> _Read:
    """In which cells of a dimension a card is, remembered by what the card says.

    Of a pinned place it is the country: a region is that of the country that is pinned, not one pinned by itself.
    """
    if dim.level is Level.DEFINED:
        fields = sorted({name for cell in dim.own.values() for each in cell.conditions for name in each})
        return _remembered(lambda *said: _defined(dim, dict(zip(fields, said, strict=True))), *fields)
    if dim.level is Level.PERIOD:
        return _remembered(lambda quarter: (_incident_period(dim, quarter, int(year_of(period))),), "quarter")
    of_code = group_of if dim.level is Level.KINDS else dim.of_code
    if dim.bound is Bound.MOST_FREQUENT:
        return _remembered(lambda said: _said(said, dim.unknown), dim.field or "")
    return _remembered(lambda said: tuple(map(of_code, _said(said, dim.unknown))), dim.field or "")


def _remembered(cells_of: Callable[..., tuple[str, ...]], *fields: str) -> _Read:
    cells_of = cache(cells_of)
    said = attrgetter(*fields)
    if len(fields) == 1:
        return lambda card: cells_of(said(card))
    return lambda card: cells_of(*said(card))


def _said(value: Choice, unknown: str | None) -> tuple[str, ...]:
    if value is None:
        return () if unknown is None else (unknown,)
    return value if isinstance(value, tuple) else (value,)


def _defined(dim: Dimension, said: Mapping[str, Choice]) -> tuple[str, ...]:
    cells = tuple(
        cell.code
        for cell in dim.own.values()
        if any(
            all(not among.isdisjoint(_said(said[name], None)) for name, among in each.items())
            for each in cell.conditions
        )
    )
    return cells or _said(None, dim.unknown)


def _incident_period(dim: Dimension, quarter: str | None, year: int) -> str:
    """An act that is told as of after the year of its release is of an unknown quarter."""
    q1, q2, q3, q4, year_before, earlier, unknown = dim.cells()
    if quarter is None:
        return unknown
    of, _, number = quarter.partition("-Q")
    if int(of) == year:
        return (q1, q2, q3, q4)[int(number) - 1]
    if int(of) > year:
        return unknown
    return year_before if int(of) == year - 1 else earlier
