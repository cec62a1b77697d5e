"""Makes the shapes of maps (`app/protocol/release/shapes.json`) from Natural Earth, as npm's `world-atlas` has it.

`npm pack world-atlas@2.0.2`, unpacked; then `python -m tests.vectors.make_shapes PACKAGE`. Projected by Equal Earth
(Šavrič, Patterson, Jenny 2018), in which areas are true; parts of the world are dissolved out of their countries.
Small states, which the coarse shapes lack, are points.
"""

import itertools
import json
import math
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from app import vocabulary
from app.vocabulary import lists
from app.vocabulary.workloads import Level

PLACE: Final = Path(__file__).parents[2] / "app" / "protocol" / "release" / "shapes.json"
SOURCES: Final = {
    "countries-110m.json": "2516c915867c7baf18ddec727aec46c315541a07cfb3d79a6559b05d5e94eee8",
    "countries-50m.json": "04342cdc1e3016bcd7db1630de95684d67b79fe3c8c460321e87aef469502394",
}
WIDTH: Final = 640
# What lies further south is ice and nobody.
SOUTHMOST: Final = -56.0
NORTHMOST: Final = 84.0
_A: Final = (1.340264, -0.081106, 0.000893, 0.003796)
# What the atlas calls otherwise than the vocabulary.
NAMES: Final = {
    "Antigua and Barb.": "AG", "Bosnia and Herz.": "BA", "Br. Indian Ocean Ter.": "IO", "British Virgin Is.": "VG",
    "Cabo Verde": "CV", "Cayman Is.": "KY", "Central African Rep.": "CF", "Congo": "CG", "Cook Is.": "CK",
    "Côte d'Ivoire": "CI", "Dem. Rep. Congo": "CD", "Dominican Rep.": "DO", "Eq. Guinea": "GQ", "Faeroe Is.": "FO",
    "Falkland Is.": "FK", "Fr. Polynesia": "PF", "Fr. S. Antarctic Lands": "TF", "Heard I. and McDonald Is.": "HM",
    "Macedonia": "MK", "Marshall Is.": "MH", "Myanmar": "MM", "N. Cyprus": "CY", "N. Mariana Is.": "MP",
    "Pitcairn Is.": "PN", "S. Geo. and the Is.": "GS", "S. Sudan": "SS", "Saint Helena": "SH", "Saint Lucia": "LC",
    "Solomon Is.": "SB", "Somaliland": "SO", "St-Barthélemy": "BL", "St-Martin": "MF", "St. Kitts and Nevis": "KN",
    "St. Pierre and Miquelon": "PM", "St. Vin. and Gren.": "VC", "São Tomé and Principe": "ST",
    "Trinidad and Tobago": "TT", "Turkey": "TR", "Turks and Caicos Is.": "TC", "U.S. Virgin Is.": "VI",
    "United States of America": "US", "Vatican": "VA", "W. Sahara": "EH", "Wallis and Futuna Is.": "WF",
    "eSwatini": "SZ", "Åland": "AX",
}  # fmt: skip

Ring = list[int]  # arcs in their order; `~n` is arc n from its end to its start
Point = tuple[float, float]


class Atlas:
    """One TopoJSON file: its arcs as degrees, and the rings of each country."""

    def __init__(self, content: bytes) -> None:
        topology = json.loads(content)
        (self._scale, self._origin) = (topology["transform"][name] for name in ("scale", "translate"))
        self.arcs = [self._degrees(arc) for arc in topology["arcs"]]
        self.rings: dict[str, list[Ring]] = {}
        codes = {lists.label("country", code, "en"): code for code in vocabulary.codes("country")} | NAMES
        for each in topology["objects"]["countries"]["geometries"]:
            code = codes.get(each["properties"]["name"])
            if code is not None and code != "AQ":
                polygons = each["arcs"] if each["type"] == "MultiPolygon" else [each["arcs"]]
                self.rings.setdefault(code, []).extend(ring for polygon in polygons for ring in polygon)

    def _degrees(self, arc: Iterable[tuple[int, int]]) -> list[Point]:
        points, x, y = list[Point](), 0, 0
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * self._scale[0] + self._origin[0], y * self._scale[1] + self._origin[1]))
        return points

    def points(self, ring: Ring) -> list[Point]:
        """The corners of a ring, the first of which is the last too."""
        found: list[Point] = []
        for arc in ring:
            corners = self.arcs[arc] if arc >= 0 else self.arcs[~arc][::-1]
            found += corners[1 if found else 0 :]
        return found

    def dissolved(self, codes: Iterable[str]) -> list[Ring]:
        """The outline of several countries: what two of them share is no border of both together."""
        arcs = [arc for code in codes for ring in self.rings.get(code, []) for arc in ring]
        times = Counter(arc if arc >= 0 else ~arc for arc in arcs)
        left = [arc for arc in arcs if times[arc if arc >= 0 else ~arc] == 1]
        starting: dict[Point, list[int]] = {}
        for arc in left:
            starting.setdefault(self.points([arc])[0], []).append(arc)
        rings: list[Ring] = []
        for first in left:
            if first not in starting[self.points([first])[0]]:
                continue
            ring, at = list[int](), self.points([first])[0]
            while starting.get(at):
                arc = starting[at].pop(0)
                ring.append(arc)
                at = self.points([arc])[-1]
            rings.append(ring)
        return rings


def projected(point: Point) -> Point:
    """Equal Earth, in the width of the picture, from its top left."""

    def plain(longitude: float, latitude: float) -> Point:
        t = math.asin(math.sqrt(3) / 2 * math.sin(math.radians(latitude)))
        a1, a2, a3, a4 = _A
        slope = 9 * a4 * t**8 + 7 * a3 * t**6 + 3 * a2 * t**2 + a1
        x = 2 * math.sqrt(3) * math.radians(longitude) * math.cos(t) / (3 * slope)
        return x, t * (a4 * t**8 + a3 * t**6 + a2 * t**2 + a1)

    scale = WIDTH / 2 / plain(180, 0)[0]
    x, y = plain(*point)
    return WIDTH / 2 + scale * x, scale * (plain(0, NORTHMOST)[1] - y)


def cut(ring: list[Point]) -> list[list[Point]]:
    """A ring that goes over the edge of the map, as one on each side."""
    whole = ring[:1]
    for longitude, latitude in ring[1:]:
        turns = round((whole[-1][0] - longitude) / 360)
        whole.append((longitude + 360 * turns, latitude))
    if max(longitude for longitude, _ in whole) <= 180 and min(longitude for longitude, _ in whole) >= -180:
        return [whole]
    edge = 180 if max(longitude for longitude, _ in whole) > 180 else -180
    inner, outer = (_beside(whole, edge, is_left=edge > 0 if side == 0 else edge < 0) for side in (0, 1))
    return [inner, [(longitude - 2 * edge, latitude) for longitude, latitude in outer]]


def _beside(ring: list[Point], edge: float, *, is_left: bool) -> list[Point]:
    """What of a ring lies left or right of a meridian (Sutherland and Hodgman)."""
    kept = list[Point]()
    for (x0, y0), (x, y) in itertools.pairwise(ring):
        was, is_ = ((each <= edge) if is_left else (each >= edge) for each in (x0, x))
        if was is not is_:
            kept.append((edge, y0 + (y - y0) * (edge - x0) / (x - x0)))
        if is_:
            kept.append((x, y))
    return [*kept, kept[0]] if kept else []


def path(atlas: Atlas, rings: Iterable[Ring]) -> str:
    """Of an SVG, in whole units: what is no larger than one is left out."""
    drawn = []
    for ring in (part for whole in rings for part in cut(atlas.points(whole))):
        corners = [(round(x), round(y)) for x, y in map(projected, ring)]
        corners = [each for place, each in enumerate(corners) if place == 0 or each != corners[place - 1]]
        if len(set(corners)) > 2 and corners[0][1] <= projected((0, SOUTHMOST))[1]:
            steps = [f"{x - x0} {y - y0}" for (x0, y0), (x, y) in itertools.pairwise(corners[:-1])]
            drawn.append(f"M{corners[0][0]} {corners[0][1]}l{' '.join(steps)}z".replace(" -", "-"))
    return "".join(drawn)


def middle(atlas: Atlas, rings: Iterable[Ring]) -> list[int]:
    """The middle of the largest ring's box."""
    boxes = []
    for ring in (part for whole in rings for part in cut(atlas.points(whole))):
        xs, ys = zip(*map(projected, ring), strict=True)
        boxes.append(((max(xs) - min(xs)) * (max(ys) - min(ys)), max(xs) + min(xs), max(ys) + min(ys)))
    _, x, y = max(boxes)
    return [round(x / 2), round(y / 2)]


def shapes(coarse: Atlas, fine: Atlas) -> Mapping[str, Any]:
    """All that a map is drawn of."""
    paths = {code: path(coarse, rings) for code, rings in sorted(coarse.rings.items())}
    paths = {code: drawn for code, drawn in paths.items() if drawn}
    parts = {}
    (part,) = {dim for dim in vocabulary.workload("L").dims() if dim.level is Level.PART}
    for cell in part.own.values():
        own = [code for code in coarse.rings if lists.region_of(code) in cell.regions]
        if own:
            parts[cell.code] = path(coarse, coarse.dissolved(sorted(own)))
    return {
        "source": {"npm": "world-atlas 2.0.2", "of": "Natural Earth, public domain", "sha256": SOURCES},
        "width": WIDTH,
        "height": math.ceil(projected((0, SOUTHMOST))[1]),
        "country": paths,
        "part": parts,
        "point": {code: middle(fine, rings) for code, rings in sorted(fine.rings.items()) if code not in paths},
    }


def main(package: Path) -> None:
    """Write them."""
    contents = {name: (package / name).read_bytes() for name in SOURCES}
    for name, content in contents.items():
        if sha256(content).hexdigest() != SOURCES[name]:
            raise SystemExit(f"{name} is another than world-atlas 2.0.2 has")
    coarse, fine = (Atlas(content) for content in contents.values())
    PLACE.write_text(json.dumps(shapes(coarse, fine), ensure_ascii=False, indent=0) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
