"""How all tables of a release are written."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

# What stands in the column of a dimension that a table does not have.
TOTAL: Final = "_T"


def write_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """ASCII or UTF-8, a line feed after every row, quotes only where they are needed."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
