"""`tern template`: answers that are ready in several languages, for whoever cannot write in one."""

import re
from pathlib import Path
from typing import Annotated, Final

import typer

from app.cli.console import HOME, Home, Json, agrees, say, show, show_list, show_text, staff, text_of
from app.cli.stopped import Stopped
from app.client.casework import templates
from app.client.machine.staff import Staff
from app.protocol.templates import Template

template = typer.Typer(help="Answers to reporters that are ready in several languages.", no_args_is_help=True)

_Name = Annotated[str, typer.Argument(help="The template's name.")]
_WITH: Final = re.compile(r"([a-z][a-z0-9_]*)=(.*)", re.DOTALL)


@template.command("list")
def list_(machine: Home = HOME, as_json: Json = False) -> None:
    """What is ready, and in which languages; which of them say perhaps something else than the latest."""
    found = templates.library(staff(machine)).templates
    rows = [
        {
            "name": name,
            "languages": list(each.words),
            "outdated": each.outdated,
            "blanks": sorted(each.blanks),
        }
        for name, each in found.items()
    ]
    columns = ["name", "languages", "outdated", "blanks"]
    show_list(
        "Templates",
        columns,
        rows,
        as_json=as_json,
        words=lambda row: {each: _joined(row[each]) for each in columns[1:]},
    )


@template.command("show")
def show_(name: _Name, machine: Home = HOME, as_json: Json = False) -> None:
    """The words of a template, in each language that it has."""
    found = templates.named(staff(machine), name)
    if as_json:
        show(found.body(), as_json=True)
        return
    for language, words in found.words.items():
        show_text(f"{language}{_note(found, language)}\n\n{words.text.strip()}\n")


@template.command()
def add(
    name: _Name,
    language: Annotated[
        list[str], typer.Option(metavar="LANGUAGE=FILE", help="Its words in a language, from a file; may be repeated.")
    ],
    anew: Annotated[
        bool, typer.Option("--anew", help="Begin anew where what is there does not open; nothing of it is kept.")
    ] = False,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Keep words ready, as a supervisor, or change them. All that are given at once say the same."""
    texts = dict(map(_text, language))
    made = templates.put(staff(machine), name, texts, anew=anew)
    show(made.body(), as_json=as_json) if as_json else None
    if made.outdated:
        say(f"{_joined(made.outdated)}: older than what you wrote. Whoever reads both gives it again, changed or not.")


@template.command()
def retire(name: _Name, machine: Home = HOME) -> None:
    """Let nobody be answered by a template any more, as a supervisor."""
    templates.retire(staff(machine), name)


@template.command()
def adopt(machine: Home = HOME) -> None:
    """Stand behind what somebody wrote last who is a supervisor no more, once you have read it all."""
    supervisor = staff(machine)
    read = templates.left_behind(supervisor)
    for each in read.templates.values():
        for language, words in each.words.items():
            show_text(f"{each.name}, {language}{_note(each, language)}\n\n{words.text.strip()}\n")
    if not agrees("Shall reporters be answered with this?"):
        raise Stopped("nothing was sealed")
    templates.adopt(supervisor, read)


def preview(person: Staff, name: str, *, language: str, mine: str, with_: list[str] | None, sends: bool) -> str:
    """The words of a template for a reporter, once this person has read them in their own language beside.

    Raises `Stopped` where they do not agree; `sends`, they have agreed already.
    """
    found, values = templates.named(person, name), _values(with_)
    words, own = templates.filled(found, language, values), templates.filled(found, mine, values)
    if language != mine:
        show_text(f"{mine}{_note(found, mine)}\n\n{own.strip()}\n")
    show_text(f"{language}{_note(found, language)}\n\n{words.strip()}\n")
    if not sends and not agrees("Send this to the reporter?"):
        raise Stopped("nothing was sent")
    return words


def _note(template: Template, language: str) -> str:
    return " (older than the words in another language: they may say something else)" * (language in template.outdated)


def _text(given: str) -> tuple[str, str]:
    language, equals, file = given.partition("=")
    if not equals:
        raise typer.BadParameter("words are given as LANGUAGE=FILE")
    return language, text_of(Path(file), "Its words")


def _values(given: list[str] | None) -> dict[str, str]:
    found = [_WITH.fullmatch(each) for each in given or ()]
    if not all(found):
        raise typer.BadParameter("a blank is filled as NAME=WORDS")
    return {each[1]: each[2] for each in found if each}


def _joined(several: object) -> str | None:
    return ", ".join(several) if isinstance(several, list) and several else None
