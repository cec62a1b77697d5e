"""The workloads: which tables a release has, fixed in advance and never changed once used (RELEASES §§ 1 and 8)."""

import hashlib
import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import NotRequired, TypedDict

from app.vocabulary import lists
from app.vocabulary.lists import UnknownCodeError, codes, groups

# What a card says, by field, of which all must hold: the codes of which one is enough.
Condition = Mapping[str, frozenset[str]]


class WorkloadError(Exception):
    """The data of a workload does not fit its code lists: it may not be used."""


class ReleaseKind(StrEnum):
    """Whose budget a release is charged to: each kind has its own in a year."""

    QUARTER = "quarter"
    YEAR = "year"
    RESERVE = "reserve"


class Level(StrEnum):
    """What the cells of a dimension are.

    The codes of a list, their groups, the regions or parts of the world of countries, cells that conditions define,
    how many groups of acts somebody met, or when an act was, told from the year of the release.
    """

    CODE = "code"
    GROUP = "group"
    REGION = "region"
    PART = "part"
    DEFINED = "defined"
    KINDS = "kinds"
    PERIOD = "period"


class Bound(StrEnum):
    """How a person's several cards become one cell of a dimension, or at most m of a table."""

    MOST_FREQUENT = "most_frequent"
    HIGHEST = "highest"
    DISTINCT = "distinct"


@dataclass(frozen=True, slots=True)
class OwnCell:
    """A cell that no list of the vocabulary has; a card is in it where one of the conditions holds."""

    code: str
    labels: Mapping[str, str]
    conditions: tuple[Condition, ...] = ()
    regions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)  # each is made once, and is itself
class Dimension:
    """One column of tables: what of the card it reads, the cells it may fall in, and what a card without it counts as.

    `unknown` is the cell of a card that says nothing, at the level of the codes; where it is None, such a card stands
    in no cell. `kept` are cells that a person never loses to the others of a table.
    """

    name: str
    field: str | None
    list_name: str
    level: Level
    bound: Bound
    unknown: str | None
    kept: frozenset[str]
    column: str
    hxl: str
    own: Mapping[str, OwnCell]

    @property
    def of_person(self) -> bool:
        """Whether a person is in one cell of it at most, whatever their cards say."""
        return self.bound is not Bound.DISTINCT

    @property
    def reads_a_code(self) -> bool:
        """Whether its cell is told by one code of its field."""
        return self.level in (Level.CODE, Level.GROUP, Level.REGION, Level.PART)

    @property
    def alpha3_column(self) -> str | None:
        """Where a country stands beside this column once more, by a code that no program takes for *not available*."""
        return f"{self.column}_alpha3" if self.list_name == "country" else None

    @property
    def alpha3_hxl(self) -> str:
        """The tag of that column."""
        return self.hxl.replace("+iso2", "+iso3")

    def cells(self) -> tuple[str, ...]:
        """Every value, also those that nobody has."""
        if self.own:
            return tuple(self.own)
        return groups(self.list_name) if self.level is Level.GROUP else codes(self.list_name)

    def label(self, cell: str, language: str = "en") -> str:
        """The cell in words; in English where the language has none yet."""
        if not self.own:
            return lists.label(self.list_name, cell, language)
        return self.own[cell].labels.get(language, self.own[cell].labels["en"])

    def alpha3(self, cell: str) -> str | None:
        """A country's other code."""
        return lists.code("country", cell).alpha3 if self.list_name == "country" else None

    def of_code(self, code: str) -> str:
        """The cell in which a code of the vocabulary falls, for all levels that are told by one code."""
        match self.level:
            case Level.GROUP:
                return lists.group_of(code)
            case Level.REGION:
                return lists.region_of(code)
            case Level.PART:
                region = lists.region_of(code)
                return next(cell.code for cell in self.own.values() if region in cell.regions)
            case _:
                return code


@dataclass(frozen=True, slots=True)
class Table:
    """A person is in at most `m` of its cells; `weight` is its share of the release's rho."""

    name: str
    dims: tuple[Dimension, ...]
    m: int
    weight: Fraction

    def cells(self) -> tuple[tuple[str, ...], ...]:
        """One tuple of codes a cell, in list order; a table without dimensions has the one cell `()`."""
        return _product(self.dims)

    def label(self, cell: Sequence[str], language: str = "en") -> str:
        """A cell in words, those of its dimensions beside one another; none for the one cell of a table without any."""
        return " · ".join(dim.label(code, language) for dim, code in zip(self.dims, cell, strict=True))

    def of_acts(self) -> tuple[Dimension, ...]:
        """The dimensions in which a person can be several times."""
        return tuple(dim for dim in self.dims if not dim.of_person)

    @property
    def counts_in_full(self) -> bool:
        """Whether nothing of a person is left out, however many cells they met."""
        most = 1
        for dim in self.of_acts():
            most *= len(dim.cells())
        return self.m >= most


@dataclass(frozen=True, slots=True)
class Margin:
    """Two tables that give the same numbers when both are summed up to the cells of `to`."""

    tables: tuple[Table, Table]
    to: tuple[Dimension, ...]


@dataclass(frozen=True, slots=True)
class Workload:
    """`rho` is the budget of one release in millionths; `sha256` names this very content, code lists included."""

    id: str
    version: int
    kind: ReleaseKind
    rho: int
    tables: tuple[Table, ...]
    margins: tuple[Margin, ...]
    sha256: str

    def dims(self) -> tuple[Dimension, ...]:
        """The dimensions of all tables, each once, in the workload's order."""
        return tuple(dict.fromkeys(dim for table in self.tables for dim in table.dims))


def workload(workload_id: str) -> Workload:
    """Raises `UnknownCodeError` where there is no such workload."""
    result = all_workloads().get(workload_id)
    if result is None:
        raise UnknownCodeError("there is no such workload")
    return result


@cache
def all_workloads() -> Mapping[str, Workload]:
    """Every workload by its id. Raises `WorkloadError` where a code list is not what they were made for."""
    raw: _Raw = json.loads(resources.files("app.vocabulary").joinpath("workloads.json").read_bytes())
    by_name = {dim["name"]: dim for dim in raw["dimensions"]}
    dims = {name: _dimension(dim, raw["lists"]) for name, dim in by_name.items()}
    return MappingProxyType({entry["id"]: _workload(entry, by_name, dims) for entry in raw["workloads"]})


def coarsened(table: Table, to: Sequence[Dimension]) -> tuple[tuple[str, ...], ...]:
    """For each cell of a table the cell of `to` in which it is summed up."""
    places = [_place(table, dim) for dim in to]
    return tuple(
        tuple(dim.of_code(cell[place]) if table.dims[place] is not dim else cell[place] for dim, place in places)
        for cell in table.cells()
    )


def definition_sha256(dim: "_RawDimension", own: Mapping[str, Sequence["_RawCell"]]) -> str:
    """The hash of all that decides which cell a card falls in, words apart: SHA-256 over lines of JSON."""
    cells: list[object] = [
        {name: value for name, value in cell.items() if name != "label"} for cell in own.get(dim["list"], ())
    ] or [[code, lists.code(dim["list"], code).parent] for code in codes(dim["list"])]
    if dim["level"] in (Level.REGION, Level.PART):
        cells += [[country, lists.region_of(country)] for country in codes("country")]
    if dim["level"] == Level.KINDS:
        cells += [[code, lists.group_of(code)] for code in codes("incident_type")]
    about = {name: value for name, value in dim.items() if name not in ("sha256", "column", "hxl")}
    return hashlib.sha256("".join(json.dumps(line) + "\n" for line in [about, *cells]).encode()).hexdigest()


class _RawCell(TypedDict):
    code: str
    label: dict[str, str]
    any: NotRequired[list[dict[str, list[str]]]]
    regions: NotRequired[list[str]]


class _RawDimension(TypedDict):
    name: str
    field: str | None
    list: str
    level: str
    bound: str
    unknown: str | None
    kept: NotRequired[Sequence[str]]
    column: str
    hxl: str
    sha256: str


class _RawTable(TypedDict):
    name: str
    dims: list[str]
    m: int
    weight: str


class _RawMargin(TypedDict):
    of: list[str]
    to: list[str]


class _RawWorkload(TypedDict):
    id: str
    version: int
    kind: str
    rho_millionths: int
    tables: list[_RawTable]
    margins: NotRequired[list[_RawMargin]]


class _Raw(TypedDict):
    lists: dict[str, list[_RawCell]]
    dimensions: list[_RawDimension]
    workloads: list[_RawWorkload]


def _dimension(raw: _RawDimension, own: Mapping[str, Sequence[_RawCell]]) -> Dimension:
    if definition_sha256(raw, own) != raw["sha256"]:
        raise WorkloadError(f"what {raw['name']} counts has changed: it needs a new version of its workloads")
    return Dimension(
        name=raw["name"],
        field=raw["field"],
        list_name=raw["list"],
        level=Level(raw["level"]),
        bound=Bound(raw["bound"]),
        unknown=raw["unknown"],
        kept=frozenset(raw.get("kept", ())),
        column=raw["column"],
        hxl=raw["hxl"],
        own=MappingProxyType({cell["code"]: _own_cell(cell) for cell in own.get(raw["list"], ())}),
    )


def _own_cell(raw: _RawCell) -> OwnCell:
    return OwnCell(
        code=raw["code"],
        labels=MappingProxyType(raw["label"]),
        conditions=tuple(
            MappingProxyType({name: frozenset(among) for name, among in each.items()}) for each in raw.get("any", ())
        ),
        regions=frozenset(raw.get("regions", ())),
    )


def _workload(raw: _RawWorkload, by_name: dict[str, _RawDimension], dims: dict[str, Dimension]) -> Workload:
    names = dict.fromkeys(name for table in raw["tables"] for name in table["dims"])
    content = {"dimensions": [by_name[name] for name in names], "workload": raw}
    line = json.dumps(content, separators=(",", ":"), sort_keys=True)
    tables = {
        table["name"]: Table(
            name=table["name"],
            dims=tuple(dims[name] for name in table["dims"]),
            m=table["m"],
            weight=Fraction(table["weight"]),
        )
        for table in raw["tables"]
    }
    return Workload(
        id=raw["id"],
        version=raw["version"],
        kind=ReleaseKind(raw["kind"]),
        rho=raw["rho_millionths"],
        tables=tuple(tables.values()),
        margins=tuple(
            Margin(
                tables=(tables[margin["of"][0]], tables[margin["of"][1]]), to=tuple(dims[name] for name in margin["to"])
            )
            for margin in raw.get("margins", ())
        ),
        sha256=hashlib.sha256(line.encode()).hexdigest(),
    )


@cache
def _product(dims: tuple[Dimension, ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(itertools.product(*(dim.cells() for dim in dims)))


def _place(table: Table, dim: Dimension) -> tuple[Dimension, int]:
    """Where the table has this dimension, or the countries of which this one has the regions."""
    for place, own in enumerate(table.dims):
        if own is dim or (dim.level is Level.REGION and own.level is Level.CODE and own.field == dim.field):
            return dim, place
    raise WorkloadError(f"{table.name} cannot be summed up to {dim.name}")
