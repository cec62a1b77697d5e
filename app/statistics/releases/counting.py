"""From cards to exact counts of persons (RELEASES § 1, "Bounding"). The counts leave this module only for the noise.

A person is one contribution token, and is in at most m cells of a table: what bounds the sensitivity of every table is
this module and nothing else.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from app.protocol.card import StatCard
from app.vocabulary import Bound, Dimension, Table, Workload

# What one person counts as: a value for each card, in the order of the cards, by dimension.
_Values = Mapping[str, list[str | None]]


def count(cards: Iterable[StatCard], workload: Workload) -> dict[str, tuple[int, ...]]:
    """Persons in every cell of every table, in the order of `Table.cells`.

    A function of the set of cards: order and repetition do not matter.
    """
    places = {table.name: {cell: place for place, cell in enumerate(table.cells())} for table in workload.tables}
    counts = {name: [0] * len(cells) for name, cells in places.items()}
    dims = workload.dims()
    for person in _persons(cards):
        values = {dim.name: _values(dim, person) for dim in dims}
        for table in workload.tables:
            for cell in _cells_of(table, values, cards=len(person)):
                counts[table.name][places[table.name][cell]] += 1
    return {name: tuple(column) for name, column in counts.items()}


def _persons(cards: Iterable[StatCard]) -> Iterable[list[StatCard]]:
    """The cards of each token, ordered by card id and, should one id stand on two cards, by the rest of the card."""
    by_token: defaultdict[bytes, set[StatCard]] = defaultdict(set)
    for card in cards:
        by_token[card.token].add(card)
    for own in by_token.values():
        yield sorted(own, key=_order) if len(own) > 1 else list(own)


def _order(card: StatCard) -> tuple[str, bytes]:
    return card.id, card.line


def _values(dim: Dimension, person: list[StatCard]) -> list[str | None]:
    own = [dim.cell_of(getattr(card, dim.field)) for card in person]
    if dim.bound is Bound.FIRST_DISTINCT:
        return own
    return [_one_cell(dim, own)] * len(own)


def _one_cell(dim: Dimension, own: list[str | None]) -> str | None:
    if dim.bound is Bound.HIGHEST:
        return next((cell for cell in dim.cells() if cell in own), None)
    return Counter(own).most_common(1)[0][0]  # of those equally frequent, the first met


def _cells_of(table: Table, values: _Values, *, cards: int) -> list[tuple[str, ...]]:
    """The first m distinct cells in the order of the cards, leaving out cards that have none in this table."""
    cells: dict[tuple[str, ...], None] = {}
    for number in range(cards):
        cell = tuple(value for dim in table.dims if (value := values[dim.name][number]) is not None)
        if len(cell) == len(table.dims):
            cells[cell] = None
        if len(cells) == table.m:
            break
    return list(cells)
