"""Saved views: what somebody asks a list for, by a name, in the sealed memory of their machines.

No service learns a name, or that there is one. Of one name what was saved last counts; machines that saved at once
agree. The list of cases and the queue have names of their own.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from app.client.machine.staff import Staff
from app.protocol.encoding import canonical
from app.protocol.labels import Label
from app.protocol.lists import CaseOrder
from app.protocol.memory import OF
from app.vocabulary import CaseStage, HandlingMark, Priority, ReportState

LONGEST: Final = 60  # characters of a name
MOST: Final = 50  # that are there at once, of one list


class NoSuchView(Exception):
    """Nothing is saved under this name."""


class TooManyViews(Exception):
    """As many are there as there may be."""


@dataclass(frozen=True)
class View:
    """What the list of cases is asked for; whatever is none is not asked."""

    stage: CaseStage | None = None
    priority: Priority | None = None
    label: Label | None = None
    handling: HandlingMark | None = None
    sort: CaseOrder | None = None

    @property
    def asked(self) -> dict[str, str]:
        """As a machine remembers it, and as the service is asked."""
        return {name: each.value for name, each in vars(self).items() if each is not None}


@dataclass(frozen=True)
class QueueView:
    """What the queue is asked for: reports in these states, or whatever waits, where there are none."""

    states: tuple[ReportState, ...] = ()

    @property
    def asked(self) -> dict[str, list[str]]:
        """As a machine remembers it."""
        return {"states": [each.value for each in self.states]} if self.states else {}


_View = TypeVar("_View", bound=View | QueueView)


def views(staff: Staff, of: type[_View]) -> dict[str, _View]:
    """All that this person has of a list, by their names."""
    return {name: view for name, (_, view) in sorted(_newest(staff, of).items()) if view is not None}


def named(staff: Staff, name: str, of: type[_View]) -> _View:
    """Raises `NoSuchView`."""
    view = views(staff, of).get(name)
    if view is None:
        raise NoSuchView(name)
    return view


def save(staff: Staff, name: str, view: View | QueueView) -> None:
    """Under a name of a few words, in the place of what was there. Raises `ValueError` or `TooManyViews`."""
    if not 0 < len(name) <= LONGEST or not name.isprintable():
        raise ValueError(f"a name has at most {LONGEST} characters, on one line")
    before = views(staff, type(view))
    if name not in before and len(before) >= MOST:
        raise TooManyViews
    _write(staff, name, type(view), view.asked)


def forget(staff: Staff, name: str, of: type[View] | type[QueueView]) -> None:
    """Raises `NoSuchView`."""
    named(staff, name, of)
    _write(staff, name, of, None)


def _states(values: object) -> tuple[ReportState, ...]:
    if not isinstance(values, list):
        raise ValueError("not states")
    return tuple(map(ReportState, values))


# Of each list the type of its entries, and what each word of what is asked is.
_TYPES: Final[Mapping[type, str]] = {View: "view", QueueView: "queue-view"}
_ASKED: Final[Mapping[type, Mapping[str, Callable[[Any], Any]]]] = {
    View: {"stage": CaseStage, "priority": Priority, "label": Label, "handling": HandlingMark, "sort": CaseOrder},
    QueueView: {"states": _states},
}


def _write(staff: Staff, name: str, of: type[View] | type[QueueView], asked: Mapping[str, object] | None) -> None:
    number, _ = _newest(staff, of).get(name, (0, None))
    entry = canonical({"name": name, "number": number + 1, "asked": asked}).decode()
    staff.seen.add_to_list(_TYPES[of], staff.person, entry)


def _newest(staff: Staff, of: type[_View]) -> dict[str, tuple[int, _View | None]]:
    """Of each name the number of what counts, and that; none where it was forgotten."""
    found = dict[str, tuple[int, _View | None]]()
    for name, number, view in sorted(_all(staff, of), key=lambda each: (each[1], repr(each[2]))):
        found[name] = number, view
    return found


def _all(staff: Staff, of: type[_View]) -> Iterator[tuple[str, int, _View | None]]:
    """What this version of Tern can read of what any ever saved."""
    for each in staff.seen.everything():
        if each.type == f"{_TYPES[of]}{OF}{staff.person}":
            try:
                yield _read(json.loads(each.subject), of)
            except ValueError:
                continue  # by a newer one


def _read(saved: Any, of: type[_View]) -> tuple[str, int, _View | None]:
    words = _ASKED[of]
    match saved:
        case {"name": str(name), "number": int(number), "asked": None}:
            return name, number, None
        case {"name": str(name), "number": int(number), "asked": dict(asked)} if asked.keys() <= words.keys():
            return name, number, of(**{key: words[key](value) for key, value in asked.items()})
    raise ValueError("not a view")
