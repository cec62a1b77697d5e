"""Every command has its line in docs/cli.md, and every line its command."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from app.cli.main import app

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"
LINE = re.compile(r"^\| `tern (?P<name>[a-z -]+)` \| (?P<says>.+) \|$", re.MULTILINE)


def test_the_page_lists_the_commands_in_their_own_words() -> None:
    listed = {line["name"]: line["says"] for line in LINE.finditer(PAGE.read_text())}

    assert listed == dict(_commands(typer.main.get_command(app), ()))


def test_whatever_prints_something_prints_it_for_programs_too() -> None:
    silent = {
        "serve",
        "setup",
        "demo",
        "sign-in",
        "sign-out",
        "unlock",
        "lock",
        "machine end",
        "machine password",
        "custodian peel",
        "custodian grant",
        "custodian drill",
        "intake draft",
        "intake share",
        "mailbox answer",
        "mailbox withdraw",
        "mailbox consent",
        "triage claim",
        "triage release",
        "triage answer",
        "triage reopen",
        "template adopt",
        "template retire",
        "case set",
        "case add",
        "case say",
        "case judge",
        "case resume",
        "case consent",
        "case cancel",
        "case move",
        "case assess",
        "case plan",
        "case note",
        "case task",
        "case done",
        "case mark",
        "case close",
        "case unlink",
        "release approve",
        "release draw",
        "release accounts-lost",
        "release stand-in",
        "release cancel",
        "release sign",
        "release publish",
        "release download",
        "release export",
        "partner revoke",
    }

    without_json = {name for name, options in _options(typer.main.get_command(app), ()) if "--json" not in options}

    assert without_json == silent


def test_a_command_imports_nothing_that_only_others_need() -> None:
    """What all of them need together takes longer to import than most commands take."""
    program = "import sys; from app.cli.main import app; app(sys.argv[1:], standalone_mode=False); print(*sys.modules)"
    shown = subprocess.run([sys.executable, "-c", program, "triage", "--help"], capture_output=True, check=True)
    imported = set(shown.stdout.decode().splitlines()[-1].split())

    assert "app.cli.triage" in imported
    assert not imported & {"sqlalchemy", "jinja2", "opendp", "app.cli.releases", "app.cli.reporters"}


def _commands(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    return ((" ".join(name), str(leaf.help)) for name, leaf in _leaves(command, path))


def _options(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, set[str]]]:
    for name, leaf in _leaves(command, path):
        yield " ".join(name), {option for parameter in leaf.params for option in parameter.opts}


def _leaves(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The commands below a group, at any depth."""
    if not hasattr(command, "commands"):
        yield path, command
        return
    for name, below in command.commands.items():
        yield from _leaves(below, (*path, name))
