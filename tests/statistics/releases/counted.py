"""Counts of cards that somebody has in their hands, as a draw makes them of those that it opens."""

from collections.abc import Iterable

from app.protocol.card import StatCard
from app.statistics.releases import counting
from app.statistics.releases.packed import Cards
from app.vocabulary import Workload


def count_of(cards: Iterable[StatCard], workload: Workload, *, period: str) -> dict[str, tuple[int, ...]]:
    """Of everybody who has cards among these, under one token."""
    return counting.count((own for _, own in Cards.of(cards).persons()), workload, period=period)
