"""Saved views: what somebody asks the list of cases for, by a name, in the sealed memory of their machines.

No service learns a name, or that there is one. Of one name what was saved last counts; machines that saved at once
agree.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from app.client.machine.staff import Staff
from app.protocol.encoding import canonical
from app.protocol.labels import Label
from app.protocol.memory import OF
from app.vocabulary import CaseStage, Priority

LONGEST: Final = 60  # characters of a name
MOST: Final = 50  # that are there at once
_TYPE: Final = "view"
_ASKED: Final[dict[str, Any]] = {"stage": CaseStage, "priority": Priority, "label": Label}


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


def views(staff: Staff) -> dict[str, View]:
    """All of this person's, by their names."""
    return {name: view for name, (_, view) in sorted(_newest(staff).items()) if view is not None}


def named(staff: Staff, name: str) -> View:
    """Raises `NoSuchView`."""
    view = views(staff).get(name)
    if view is None:
        raise NoSuchView(name)
    return view


def save(staff: Staff, name: str, view: View) -> None:
    """Under a name of a few words, in the place of what was there. Raises `ValueError` or `TooManyViews`."""
    if not 0 < len(name) <= LONGEST or not name.isprintable():
        raise ValueError(f"a name has at most {LONGEST} characters, on one line")
    before = views(staff)
    if name not in before and len(before) >= MOST:
        raise TooManyViews
    _write(staff, name, {key: each.value for key, each in vars(view).items() if each is not None})


def forget(staff: Staff, name: str) -> None:
    """Raises `NoSuchView`."""
    named(staff, name)
    _write(staff, name, None)


def _write(staff: Staff, name: str, asked: dict[str, str] | None) -> None:
    number, _ = _newest(staff).get(name, (0, None))
    staff.seen.add_to_list(
        _TYPE, staff.person, canonical({"name": name, "number": number + 1, "asked": asked}).decode()
    )


def _newest(staff: Staff) -> dict[str, tuple[int, View | None]]:
    """Of each name the number of what counts, and that; none where it was forgotten."""
    found = dict[str, tuple[int, View | None]]()
    for name, number, view in sorted(_all(staff), key=lambda each: (each[1], repr(each[2]))):
        found[name] = number, view
    return found


def _all(staff: Staff) -> Iterator[tuple[str, int, View | None]]:
    """What this version of Tern can read of what any ever saved."""
    for each in staff.seen.everything():
        if each.type == f"{_TYPE}{OF}{staff.person}":
            try:
                yield _read(json.loads(each.subject))
            except ValueError:
                continue  # by a newer one


def _read(saved: Any) -> tuple[str, int, View | None]:
    match saved:
        case {"name": str(name), "number": int(number), "asked": None}:
            return name, number, None
        case {"name": str(name), "number": int(number), "asked": dict(asked)} if asked.keys() <= _ASKED.keys():
            return name, number, View(**{key: _ASKED[key](value) for key, value in asked.items()})
    raise ValueError("not a view")
