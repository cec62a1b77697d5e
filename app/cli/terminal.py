"""How the terminal is written to: by rich, which takes long to import, so `console` imports this when it prints.

What comes here has passed `plain_text`, and reaches rich as `Text`, of which it makes no markup, emoji or links.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Table
from rich.text import Text

from app.cli.plain_text import visible

OUT: Final = Console()
ERR: Final = Console(stderr=True)
_LOOK_SECONDS: Final = 0.25  # between two looks at a list that is read: more often nobody can follow
_BESIDE_ROWS: Final = 7  # lines of a table beside its rows: what is said above, title, head, a rule
_TOKEN: Final = 20  # letters, as of 2026-06-15T09:00:00Z
_BETWEEN: Final = 2  # columns of the terminal beside each of a table


def print_(console: Console, *parts: str | tuple[str, str]) -> None:
    """One line of a text and its parts with their style, broken by the terminal alone."""
    console.print(Text.assemble(*parts), soft_wrap=True)


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """A table on standard output; whether the terminal is wide enough for one of whole words, without which there is
    none."""
    if _least_width(columns, rows) > OUT.width:
        return False
    OUT.print(_table(title, columns, rows))
    return True


class Growing:
    """What is shown of a list while it is read: it goes when the list is whole, and is printed."""

    def __init__(self, title: str, live: Live) -> None:
        self._title = title
        self._live = live
        self._due = time.monotonic()

    @property
    def is_due(self) -> bool:
        """Whether the last look is some time ago."""
        return time.monotonic() >= self._due

    @property
    def room(self) -> int:
        """For how many rows the terminal has lines, where each takes one."""
        return max(1, OUT.height - _BESIDE_ROWS)

    def show(self, columns: Sequence[str], rows: Sequence[Sequence[str]], *, read: int) -> None:
        """The first rows so far, of so many."""
        # Above the table: of what is too long for the terminal, the end is cut off.
        line = Text(f"{read} read, and more are being read: the first of them so far", "dim")
        self._live.update(Group(line, _table(self._title, columns, rows)), refresh=True)
        self._due = time.monotonic() + _LOOK_SECONDS


@contextmanager
def growing(title: str) -> Iterator[Growing]:
    """Shows a list on standard output while it is read."""
    with Live(console=OUT, auto_refresh=False, transient=True, vertical_overflow="crop") as live:
        yield Growing(title, live)


@contextmanager
def bar_of_bytes(title: str, *, hidden: bool) -> Iterator[Progress]:
    """A bar on standard error where a person looks at it."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=ERR, disable=hidden or not ERR.is_terminal, transient=True) as bar:
        bar.add_task(title, total=None)
        yield bar


def bar_of_steps() -> Progress:
    """A bar on standard output, which goes when it ends."""
    return Progress(console=OUT, transient=True)


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """Codes, days and refs keep their width, so that what is narrow is wide enough to be read and typed as one."""
    made = Table(title=Text(title), title_justify="left", box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for place, column in enumerate(columns):
        cells = [row[place] for row in rows]
        width = _longest_word([column, *cells]) if all(map(_is_token, cells)) else None
        made.add_column(column.replace("_", " "), overflow="fold", width=width)
    for row in rows:
        made.add_row(*(Text(visible(cell)) for cell in row))
    return made


def _least_width(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """Of a table in which no word is broken but one that is longer than a code ever is."""
    longest = [_longest_word([column, *(row[place] for row in rows)]) for place, column in enumerate(columns)]
    return sum(min(each, _TOKEN) + _BETWEEN for each in longest)


def _longest_word(cells: Sequence[str]) -> int:
    head, *below = cells
    words = (word for cell in [head.replace("_", " "), *map(visible, below)] for word in cell.split())
    return max(map(cell_len, words), default=0)


def _is_token(cell: str) -> bool:
    """A code, a day, a ref, a handle: what is read and typed as one."""
    return len(cell) <= _TOKEN and cell.isascii() and " " not in cell
