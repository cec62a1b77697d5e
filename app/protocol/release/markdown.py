"""The few signs of Markdown that a methodology uses, as HTML: headings, paragraphs, lists, tables, code and stress."""

import re
from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby
from typing import Final

_CODE: Final = re.compile(r"`([^`]+)`")
_STRONG: Final = re.compile(r"\*\*(.+?)\*\*")
_STRESSED: Final = re.compile(r"\*(.+?)\*")
_RULE: Final = re.compile(r"\|[-|]+\|")


def to_html(text: str) -> str:
    """A text whose blocks are parted by empty lines, each a heading, a list, a table or a paragraph."""
    return "\n".join(_block(block.split("\n")) for block in text.strip().split("\n\n"))


def _block(lines: Sequence[str]) -> str:
    first = lines[0]
    if first.startswith("#"):
        level = len(first) - len(first.lstrip("#"))
        return f"<h{level}>{_inline(first[level + 1 :])}</h{level}>"
    if first.startswith("- "):
        items = "\n".join(f"<li>{_inline(item)}</li>" for item in _items(lines))
        return f"<ul>\n{items}\n</ul>"
    if first.startswith("|"):
        return _table([line for line in lines if not _RULE.fullmatch(line)])
    return f"<p>{_inline(' '.join(lines))}</p>"


def _items(lines: Sequence[str]) -> Iterator[str]:
    """Of a list; what follows in further lines belongs to the item before."""
    numbers = list[int]()
    for line in lines:
        numbers.append((numbers[-1] if numbers else 0) + line.startswith("- "))
    for _, of_item in groupby(zip(numbers, lines, strict=True), key=lambda each: each[0]):
        yield " ".join(line.removeprefix("- ").strip() for _, line in of_item)


def _table(lines: Sequence[str]) -> str:
    head, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    names = "".join(f'<th scope="col">{_inline(cell)}</th>' for cell in head)
    body = "".join(
        f'<tr><th scope="row">{_inline(first)}</th>{"".join(f"<td>{_inline(cell)}</td>" for cell in cells)}</tr>\n'
        for first, *cells in rows
    )
    # What is wider than a telephone is moved by itself, with keys too.
    table = f"<table>\n<thead><tr>{names}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>"
    return f'<div class="wide" tabindex="0">{table}</div>'


def _inline(text: str) -> str:
    parts = _CODE.split(text)  # every second one is code
    return "".join(
        f"<code>{escape(part)}</code>" if number % 2 else _stressed(escape(part)) for number, part in enumerate(parts)
    )


def _stressed(text: str) -> str:
    return _STRESSED.sub(r"<em>\1</em>", _STRONG.sub(r"<strong>\1</strong>", text))
