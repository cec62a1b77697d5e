"""How all tables of a release are written."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

# What stands in the column of a dimension that a table does not have.
TOTAL: Final = "_T"

# One cell as it is published, by column; None is an empty field.
Row: TypeAlias = dict[str, str | int | float | None]


def write_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """ASCII or UTF-8, a line feed after every row, quotes only where they are needed."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def field(value: str | float | None) -> str:
    """A value as CSV has it: three decimals of what is no whole number."""
    if value is None:
        return ""
    return f"{value:.3f}" if isinstance(value, float) else str(value)
