"""What lies on paper alone: shown once, or written where it is printed from."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from app.cli.console import show_text
from app.client.machine.directory import write_atomically
from app.client.people.copies import Sheet

Sheets = Annotated[
    Path | None,
    typer.Option("--sheets", help="Write what is for paper into this directory, to be printed, instead of showing it."),
]


def numbered(words: str) -> list[str]:
    """A line a word."""
    return [f"{number:2}  {word}" for number, word in enumerate(words.split(), start=1)]


def write(directory: Path, name: str, lines: Iterable[str]) -> Path:
    """A page to print, which its owner alone may read."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = directory / f"{name}.txt"
    write_atomically(file, "\n".join([*lines, ""]).encode())
    return file


def hand_out(sheet: Sheet, sheets: Path | None) -> None:
    """Show somebody their sheet once, or write it where they print it from."""
    lines = _lines(sheet)
    if sheets is None:
        for line in lines:
            show_text(line)
        return
    file = write(sheets, f"sheet-{sheet.handle}", lines)
    show_text(f"Print {file}, keep it away from your machine, and delete the file.")


def facts(sheet: Sheet, sheets: Path | None) -> dict[str, object]:
    """The same for a program: the words, or the file that they were written to."""
    if sheets is None:
        return {"account_key": sheet.words}
    return {"sheet": str(write(sheets, f"sheet-{sheet.handle}", _lines(sheet)))}


def _lines(sheet: Sheet) -> list[str]:
    return [
        f"Tern: the sheet of {sheet.handle}, of {sheet.made_on}",
        "",
        *numbered(sheet.words),
        "",
        "These twelve words are your account key. With them and your passphrase a machine becomes yours, when the one",
        f"that you have is gone: tern machine add --handle {sheet.handle} --server {sheet.server}",
        "",
        f"The pin of your organisation: {sheet.pin}",
        "",
        "Keep it where your machine is not, and write the passphrase on no paper. An earlier sheet opens nothing any",
        "more: burn it. If somebody may have seen this one: tern machine sheet",
    ]
