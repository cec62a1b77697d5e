"""Where the list of cases looks, in each of its orders. What may be seen of what is found, `visible_to` says alone."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any, Final

from sqlalchemy import ColumnElement, and_
from sqlalchemy.orm import InstrumentedAttribute

from app.actor import Actor
from app.casework.cases.models import Case, Membership
from app.database.ranges import Range
from app.problems import Problem
from app.protocol.labels import Label
from app.protocol.lists import CaseOrder
from app.vocabulary import CaseStage, HandlingMark, Priority, Role

# Of one table. More than a page would have to be read only to find where each begins.
MOST_RANGES: Final = 60
_EVERY: Final[Mapping[str, Collection[Any]]] = {
    "stage": tuple(CaseStage),
    "priority": tuple(Priority),
    "label": tuple(Label),
    "handling": tuple(HandlingMark),
}


class NotListedSo(Problem):
    """No index has the cases in this order for these filters together, or for so many values of them at once.

    Ask for fewer. Labels and handling marks are not asked for together, and in the orders `next_review` and `due`
    stages alone.
    """

    type, status, title = "not-listed-so", 422, "Cases are not listed in this order by these filters together"


@dataclass(frozen=True)
class Wanted:
    """Which cases, in which order: at these stages, of these priorities, with these labels, held so closely; whichever,
    where there are none."""

    stages: Collection[CaseStage] = ()
    priorities: Collection[Priority] = ()
    labels: Collection[Label] = ()
    handling: Collection[HandlingMark] = ()
    order: CaseOrder = CaseOrder.URGENCY

    @property
    def asked(self) -> dict[str, Collection[Any]]:
        """What is asked of each column of which anything is."""
        of_all = {
            "stage": self.stages,
            "priority": self.priorities,
            "label": self.labels,
            "handling": self.handling,
        }
        return {name: any_of for name, any_of in of_all.items() if any_of}

    def has(self, case: Case) -> bool:
        """Whether the case is one of them."""
        return all(getattr(case, name) in any_of for name, any_of in self.asked.items())


@dataclass(frozen=True)
class _Order:
    """By which columns, before the id, and how the indexes of this order begin behind whose the cases are.

    `of_some`: they hold those alone that have what they are ordered by.
    """

    by: tuple[str, ...]
    begins: tuple[tuple[str, ...], ...]
    of_some: bool = False


_SINCE: Final = _Order(
    ("stage_entered",),
    (
        ("priority",),
        ("stage", "priority"),
        ("label",),
        ("label", "stage", "priority"),
        ("handling",),
        ("handling", "stage", "priority"),
    ),
)
_ORDERS: Final = {
    CaseOrder.URGENCY: _Order(
        ("priority", "stage_entered"), ((), ("stage",), ("label", "stage"), ("handling", "stage"))
    ),
    CaseOrder.OLDEST: _SINCE,
    CaseOrder.NEWEST: _SINCE,
    CaseOrder.REVIEW: _Order(("next_review",), (("stage",),), of_some=True),
    CaseOrder.DUE: _Order(("due",), (("stage",),), of_some=True),
}


def place(order: CaseOrder) -> tuple[InstrumentedAttribute[Any], ...]:
    """The columns by which the cases lie in this order."""
    return _columns(Case, (*_ORDERS[order].by, "id"))


def ranges(actor: Actor, wanted: Wanted) -> list[Range]:
    """Where the list looks for what is visible, in its order: among the actor's cases and among those of their team.

    Raises `NotListedSo`.
    """
    found = _ranges(Membership, Membership.person_id == actor.id, Membership.case_id, wanted)
    if Role.SUPERVISOR in actor.roles:
        found += _ranges(Case, Case.team_id == actor.team_id, Case.id, wanted)
    return found


def _ranges(
    table: type[Case] | type[Membership], whose: ColumnElement[bool], id_: InstrumentedAttribute[str], wanted: Wanted
) -> list[Range]:
    """A range for each way in which a case can be one of those wanted."""
    order, asked = _ORDERS[wanted.order], wanted.asked
    compared = {name: asked.get(name, _EVERY[name]) for name in _begin(order, asked)}
    compared |= {name: asked[name] for name in order.by if name in asked}
    if _number(compared.values()) > MOST_RANGES:
        raise NotListedSo
    by, columns = _columns(table, order.by), _columns(table, compared)
    # Or the index of some would not be used.
    is_in_it = [column.is_not(None) for column in by if order.of_some]
    return [
        Range(
            [*by, id_], and_(whose, *is_in_it, *(column == each for column, each in zip(columns, values, strict=True)))
        )
        for values in product(*compared.values())
    ]


def _begin(order: _Order, asked: Mapping[str, Collection[Any]]) -> tuple[str, ...]:
    """Of the indexes that have what is asked the one of which fewest ranges are read. Labels have none of all cases."""
    found = [
        begin
        for begin in order.begins
        if asked.keys() <= {*begin, *order.by} and ("label" not in begin or "label" in asked)
    ]
    if not found:
        raise NotListedSo
    return min(found, key=lambda begin: _number(asked.get(name, _EVERY[name]) for name in begin))


def _number(compared: Iterable[Collection[Any]]) -> int:
    return prod(map(len, compared))


def _columns(table: type[Any], names: Iterable[str]) -> tuple[InstrumentedAttribute[Any], ...]:
    return tuple(getattr(table, name) for name in names)
