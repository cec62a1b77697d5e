"""The workloads: which tables a release has, fixed in advance and never changed once used (RELEASES §§ 1 and 8)."""

import hashlib
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import TypedDict

from app.vocabulary.lists import UnknownCodeError, codes, group_of, groups


class WorkloadError(Exception):
    """The data of a workload does not fit its code lists: it may not be used."""


class ReleaseKind(StrEnum):
    """Whose budget a release is charged to: each kind has its own in a year."""

    QUARTER = "quarter"
    YEAR = "year"
    RESERVE = "reserve"


class Level(StrEnum):
    """Whether the cells are the codes of a list or their groups."""

    CODE = "code"
    GROUP = "group"


class Bound(StrEnum):
    """How a person's several cards become at most m cells of a table."""

    MOST_FREQUENT = "most_frequent"
    HIGHEST = "highest"
    FIRST_DISTINCT = "first_distinct"


@dataclass(frozen=True, slots=True)
class Dimension:
    """One column of tables: a field of the card, the cells it may fall in, and what a card without it counts as.

    `unknown` is the cell of a null field; where it is None, such a card stands in no cell of the table.
    """

    name: str
    field: str
    list_name: str
    level: Level
    bound: Bound
    unknown: str | None
    column: str
    hxl: str

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
        return groups(self.list_name) if self.level is Level.GROUP else codes(self.list_name)

    def cell_of(self, value: str | None) -> str | None:
        """The cell of a card's value. None where such a card stands in no cell of the table."""
        if value is None:
            return self.unknown
        return group_of(value) if self.level is Level.GROUP else value


@dataclass(frozen=True, slots=True)
class Table:
    """A person is in at most `m` of its cells; `weight` is its share of the release's rho."""

    name: str
    dims: tuple[Dimension, ...]
    m: int
    weight: Fraction

    def cells(self) -> tuple[tuple[str, ...], ...]:
        """One tuple of codes a cell, in list order; a table without dimensions has the one cell `()`."""
        return tuple(itertools.product(*(dim.cells() for dim in self.dims)))


@dataclass(frozen=True, slots=True)
class Workload:
    """`rho` is the budget of one release in millionths; `sha256` names this very content, code lists included."""

    id: str
    version: int
    kind: ReleaseKind
    rho: int
    tables: tuple[Table, ...]
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
    dims = {name: _dimension(dim) for name, dim in by_name.items()}
    return MappingProxyType({entry["id"]: _workload(entry, by_name, dims) for entry in raw["workloads"]})


def cells_sha256(cells: tuple[str, ...]) -> str:
    """The hash of a code list: SHA-256 over its codes in order, joined by LF."""
    return hashlib.sha256("\n".join(cells).encode()).hexdigest()


class _RawDimension(TypedDict):
    name: str
    field: str
    list: str
    level: str
    bound: str
    unknown: str | None
    column: str
    hxl: str
    sha256: str


class _RawTable(TypedDict):
    name: str
    dims: list[str]
    m: int
    weight: str


class _RawWorkload(TypedDict):
    id: str
    version: int
    kind: str
    rho_millionths: int
    tables: list[_RawTable]


class _Raw(TypedDict):
    dimensions: list[_RawDimension]
    workloads: list[_RawWorkload]


def _dimension(raw: _RawDimension) -> Dimension:
    dim = Dimension(
        name=raw["name"],
        field=raw["field"],
        list_name=raw["list"],
        level=Level(raw["level"]),
        bound=Bound(raw["bound"]),
        unknown=raw["unknown"],
        column=raw["column"],
        hxl=raw["hxl"],
    )
    if cells_sha256(dim.cells()) != raw["sha256"]:
        raise WorkloadError(f"the code list of {dim.name} has changed: it needs a new version of its workloads")
    return dim


def _workload(raw: _RawWorkload, by_name: dict[str, _RawDimension], dims: dict[str, Dimension]) -> Workload:
    names = dict.fromkeys(name for table in raw["tables"] for name in table["dims"])
    content = {"dimensions": [by_name[name] for name in names], "workload": raw}
    line = json.dumps(content, separators=(",", ":"), sort_keys=True)
    return Workload(
        id=raw["id"],
        version=raw["version"],
        kind=ReleaseKind(raw["kind"]),
        rho=raw["rho_millionths"],
        tables=tuple(
            Table(
                name=table["name"],
                dims=tuple(dims[name] for name in table["dims"]),
                m=table["m"],
                weight=Fraction(table["weight"]),
            )
            for table in raw["tables"]
        ),
        sha256=hashlib.sha256(line.encode()).hexdigest(),
    )
