"""A table by countries or by parts of the world as a map, with true areas: what is not clear is hatched, never zero.

The shapes are Natural Earth's (`tests/vectors/make_shapes.py` made them). A map has no words, so that all languages
share it: they stand beside it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from app.protocol.release.grades import Grade, Shown
from app.vocabulary import Table

# From the fewest to the most; of an interval alone one does not know where it belongs.
SHADES: Final = ("#9cc3e0", "#4a86b5", "#123f66")
INTERVAL: Final = "#f2d9a0"
_HATCHED: Final = "url(#unclear)"
_BORDER: Final = 'stroke="#fff" stroke-width=".6"'


@dataclass(frozen=True, slots=True)
class Shade:
    """One colour of a map, for numbers from `lower` on and under `upper`; the darkest has no `upper`."""

    colour: str
    lower: int
    upper: int | None


def place_of(table: Table) -> str | None:
    """By which shapes a table of one dimension is drawn: `country`, `part`; none where it is of no places."""
    if len(table.dims) != 1:
        return None
    (dim,) = table.dims
    return dim.list_name if dim.list_name in ("country", "part") else None


def is_drawn(place: str, code: str) -> bool:
    """Whether the map has a shape or a point for it."""
    shapes = _shapes()
    return code in shapes[place] or (place == "country" and code in shapes["point"])


def shades(cells: Sequence[Shown]) -> list[Shade]:
    """The colours of a map: up to a quarter of its largest number, up to a half, and beyond; none without a number."""
    most = max((own.value for own in cells if own.value is not None), default=0)
    if not most:
        return []
    first, second = (max(1, _round(most * part // 4)) for part in (1, 2))
    return [Shade(SHADES[0], 0, first), Shade(SHADES[1], first, second), Shade(SHADES[2], second, None)]


def world(place: str, cells: Mapping[str, Shown]) -> bytes:
    """SVG of the cells by their codes. It refers to nothing."""
    shapes, colours = _shapes(), shades(list(cells.values()))
    drawn = [
        f'<path d="{path}" fill="{_colour(cells.get(code), colours)}" {_BORDER}/>'
        for code, path in shapes[place].items()
    ]
    points = shapes["point"] if place == "country" else {}
    drawn += [
        f'<circle cx="{x}" cy="{y}" r="3" fill="{_colour(cells[code], colours)}" {_BORDER}/>'
        for code, (x, y) in points.items()
        if code in cells and cells[code].grade is not Grade.D
    ]
    width, height = shapes["width"], shapes["height"]
    lines = "\n".join(drawn)
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">
<defs><pattern id="unclear" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">\
<rect width="4" height="4" fill="#f4f4f4"/><path d="M0 0V4" stroke="#8a8a8a" stroke-width="1.2"/></pattern></defs>
<rect width="{width}" height="{height}" fill="#fff"/>
{lines}
</svg>
""".encode()


def _colour(own: Shown | None, colours: Sequence[Shade]) -> str:
    if own is None or own.grade is Grade.D:
        return _HATCHED
    if own.value is None:
        return INTERVAL
    return next(shade.colour for shade in reversed(colours) if own.value >= shade.lower)


def _round(persons: int) -> int:
    """To two digits."""
    step: int = 10 ** max(0, len(str(persons)) - 2)
    return persons // step * step


@cache
def _shapes() -> dict[str, Any]:
    return dict(json.loads(resources.files("app.protocol.release").joinpath("shapes.json").read_text()))
