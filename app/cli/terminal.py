"""How the terminal is written to: by rich, which takes long to import, so `console` imports this when it prints.

What comes here has passed `plain_text`, and reaches rich as `Text`, of which it makes no markup, emoji or links.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest
from typing import Final, Self

from rich.cells import cell_len
from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
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
    made = _Table.of(columns, rows)
    if made.least_width > OUT.width:
        return False
    OUT.print(Text(title, "italic"))
    OUT.print(Text("\n" + "\n".join(made.head(OUT.width)), "bold"), soft_wrap=True)
    # Past rich, to which every line would be several objects: of ten thousand, seconds.
    OUT.file.write("".join(f"{line}\n" for line in made.lines(OUT.width)) + "\n")
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
        made = _Table.of(columns, rows)
        lines = ["", *made.head(OUT.width), *made.lines(OUT.width)]
        below = Text("\n".join(lines), no_wrap=True, overflow="crop")
        self._live.update(Group(line, Text(self._title, "italic"), below), refresh=True)
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


@dataclass(frozen=True)
class _Table:
    """A table of text that is `visible` already. Codes, days and refs keep their width, so that what is narrow is wide
    enough to be read and typed as one; what there is beside them, the others share."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    least: Sequence[int]
    most: Sequence[int]

    @classmethod
    def of(cls, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Self:
        columns = [column.replace("_", " ") for column in columns]
        shown = [[visible(cell) for cell in row] for row in rows]
        least, most = list[int](), list[int]()
        for place, column in enumerate(columns):
            cells = {row[place] for row in shown}
            word = _longest(word for cell in (column, *cells) for word in cell.split())
            are_tokens = all(map(_is_token, cells))
            least.append(word if are_tokens else min(word, _TOKEN))
            most.append(
                word if are_tokens else _longest(line for cell in (column, *cells) for line in cell.split("\n"))
            )
        return cls(columns, shown, least, most)

    @property
    def least_width(self) -> int:
        """Of the table in which no word is broken but one that is longer than a code ever is."""
        return sum(each + _BETWEEN for each in self.least)

    def head(self, width: int) -> Iterator[str]:
        """The names of the columns, and a rule."""
        widths = self._widths(width)
        folded = list(map(_folded, self.columns, widths))
        height = max(map(len, folded))
        yield from _beside([[""] * (height - len(each)) + each for each in folded], widths)
        rule = "-" if OUT.options.ascii_only else "\u2500"
        yield " " + rule * (sum(widths) + _BETWEEN * (len(widths) - 1))

    def lines(self, width: int) -> Iterator[str]:
        """The rows, each on as many lines as it needs."""
        widths = self._widths(width)
        for row in self.rows:
            yield from _beside(list(map(_folded, row, widths)), widths)

    def _widths(self, width: int) -> list[int]:
        """Of each column; none is given more than it needs, and what is left goes to those that need more."""
        widths, spare = list(self.least), max(0, width - self.least_width)
        wants = sorted(
            (most - least, place) for place, (least, most) in enumerate(zip(self.least, self.most, strict=True))
        )
        for after, (wanted, place) in enumerate(wants):
            more = min(wanted, spare // (len(wants) - after))
            widths[place] += more
            spare -= more
        return widths


def _beside(cells: Sequence[list[str]], widths: Sequence[int]) -> Iterator[str]:
    for parts in zip_longest(*cells, fillvalue=""):
        line = (" " * _BETWEEN).join(
            part + " " * (width - _len(part)) for part, width in zip(parts, widths, strict=True)
        )
        yield f" {line}".rstrip()


def _folded(cell: str, width: int) -> list[str]:
    """The lines of a cell, none wider than its column."""
    if cell.isprintable() and _len(cell) <= width:
        return [cell]
    return _wrapped(cell, width)


@lru_cache(maxsize=1024)  # of ten thousand rows many say the same, and each takes rich a third of a millisecond
def _wrapped(cell: str, width: int) -> list[str]:
    return [str(line) for line in Text(cell).wrap(OUT, width, overflow="fold")]


def _longest(parts: Iterable[str]) -> int:
    return max(map(_len, parts), default=0)


def _len(text: str) -> int:
    """How many columns of the terminal it takes."""
    return len(text) if text.isascii() else cell_len(text)


def _is_token(cell: str) -> bool:
    """A code, a day, a ref, a handle: what is read and typed as one."""
    return len(cell) <= _TOKEN and cell.isascii() and " " not in cell
