"""What every column and every code of a release means, in English."""

from collections.abc import Mapping
from typing import Final

from app.protocol.release.counts import NoisyCounts
from app.vocabulary import Dimension, Level

COLUMNS: Final[Mapping[str, str]] = {
    "period": "The quarter or year in which the persons' cards were recorded",
    "table": "The table of the workload; _T in a dimension means that the table does not have it",
    "value": "Rounded estimate of persons, for grades A and B; empty for the others",
    "lower": "Lower bound of the 95 % interval, rounded down",
    "upper": "Upper bound of the 95 % interval, rounded up",
    "sd": "Standard deviation of value_adjusted, in persons",
    "grade": "A, quoted as it is; B, as rough; C, its interval alone; D, not clear, which never means zero",
    "status": "E: estimated (grades A and B); U: only the interval may be used (C and D)",
    "value_adjusted": "Estimate consistent between tables, to be used for sums; unbiased, may be negative",
    "value_raw": "Count of persons with its noise, as drawn; may be negative",
}
BREAK: Final = "B: a break, in every row of a table with another bound m than before: compare it with nothing before"
_MEANINGS: Final = {
    Level.CODE: "A code of the list {list}, vocabulary field {field}",
    Level.GROUP: "A group of codes of the list {list}, vocabulary field {field}",
    Level.REGION: "The UN M49 sub-region of the country, vocabulary field {field}",
    Level.PART: "The UN M49 region of the country, vocabulary field {field}",
    Level.DEFINED: "Cells of the workload's own, told from several codes of a card",
    Level.KINDS: "In how many groups of acts a person was met",
    Level.PERIOD: "When an act was, told from the year of the release",
}


def dictionary(counts: NoisyCounts, *, breaks: bool) -> list[list[str]]:
    """The rows of `dictionary.csv`, its head first. `breaks`: whether a status may be `B`."""
    columns = {**COLUMNS, "status": f"{COLUMNS['status']}; {BREAK}"} if breaks else COLUMNS
    rows = [["column", "code", "alpha3", "meaning"]]
    rows += [[column, "", "", text] for column, text in columns.items()]
    for dim in counts.workload.dims():
        rows.append([dim.column, "", "", meaning(dim)])
        if dim.alpha3_column:
            rows.append([dim.alpha3_column, "", "", f"The country of {dim.column} by its alpha-3 code (column alpha3)"])
        rows += [[dim.column, cell, dim.alpha3(cell) or "", dim.label(cell)] for cell in dim.cells()]
    return rows


def meaning(dim: Dimension) -> str:
    """What a column of codes tells."""
    return _MEANINGS[dim.level].format(list=dim.list_name, field=dim.field)
