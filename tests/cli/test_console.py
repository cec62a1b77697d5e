"""Whatever is printed stays text: the one place that prints is tried here, and that nothing else prints."""

import ast
import inspect
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from app.cli import console, terminal
from app.cli.main import app
from app.cli.plain_text import visible

APP = Path(inspect.getfile(console)).parents[1]
SIGN = re.compile(r"<U\+([0-9A-F]+)>")

# What has commanded terminals, broken tables and misled readers.
HOSTILE = (
    "[/x]",
    r"\[/x]",
    "[b]bold[/b]",
    "[link=https://evil.test]here[/link]",
    ":cd:",
    "https://evil.test",
    "\x1b]52;c;cm0gLXJm\x07",
    "\x1b]8;;https://evil.test\x1b\\here\x1b]8;;\x1b\\",
    "\x1b[2J\x9b2J",
    "accepted\rrefused\b\b",
    "photo\u202egpj.exe",
    "an\u200bna\u2060\ufeff",
    "half \ud800 a pair",
    "one\u2028two\u0085three\x0bfour",
    "<U+202E>",
)
text = st.lists(
    st.sampled_from(HOSTILE) | st.text(st.characters(exclude_characters="\n\t"), max_size=8), max_size=4
).map("".join)
keep = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)

PRINTERS: dict[str, Callable[[str], None]] = {
    "show": lambda words: console.show({"text": words}, as_json=False),
    "show, within": lambda words: console.show({"answers": {words: [words]}}, as_json=False),
    "show, a name": lambda words: console.show({words: "text"}, as_json=False),
    "show_text": console.show_text,
    "say": console.say,
    "fail": console.fail,
}


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "1000")


@pytest.mark.parametrize("printer", PRINTERS)
@keep
@given(words=text)
def test_what_others_wrote_is_printed_as_text(printer: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    PRINTERS[printer](words)

    shown = "".join(capsys.readouterr())
    assert _commands(shown) == set()
    expected = json.dumps(words, ensure_ascii=False)[1:-1] if "within" in printer else words
    assert expected in _read_back(shown)


@keep
@given(words=text)
def test_a_cell_of_a_table_is_text_and_the_rows_beside_it_stay(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"id": "rep_1", "text": words}, {"id": "rep_2", "text": "all is well"}]

    console.show_list("Reports", ["id", "text"], rows, as_json=False)

    shown = capsys.readouterr().out
    assert _commands(shown) == set()
    assert words.strip() in _read_back(shown)
    assert "all is well" in shown


@keep
@given(words=text)
def test_a_program_gets_json_that_commands_nothing(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    console.show_list("Reports", ["text"], [{"text": words}], as_json=True)

    shown = capsys.readouterr().out
    assert _commands(shown) == set()
    assert json.loads(shown) == [{"text": words}]


def test_a_table_breaks_no_code_and_where_it_would_each_thing_is_a_block(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    row = {"ref": "XV6RFCAV", "received_on": "2026-11-23", "state": "awaiting_reporter", "note": "they may answer"}
    rows = [row | {"no": str(number)} for number in range(2)]

    def shown(width: int) -> str:
        monkeypatch.setattr(terminal.OUT, "_width", width)
        console.show_list("Reports", list(rows[0]), rows, as_json=False)
        return capsys.readouterr().out

    for width in (80, 58, 40):
        out = shown(width)
        assert all(out.count(row[each]) == len(rows) for each in ("ref", "received_on", "state"))
        assert all(len(line.rstrip()) <= width for line in out.splitlines())
    assert "received on  2026-11-23" in out
    assert "XV6RFCAV  2026-11-23" in shown(58)


def test_columns_stand_below_each_other_however_wide_the_letters_are_and_however_long_a_cell(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal.OUT, "_width", 40)
    rows = [
        {"ref": "\u77ed\u3044", "note": "| one and | two and | three and | four and", "due": "|2026-06-15"},
        {"ref": "R2", "note": "|", "due": "|"},
    ]

    console.show_list("Reports", ["ref", "note", "due"], rows, as_json=False)

    lines = [line for line in capsys.readouterr().out.splitlines() if "|" in line]
    assert len(lines) > len(rows)
    assert len({cell_len(line.partition("|")[0]) for line in lines}) == 1
    assert all(cell_len(line) <= 40 for line in lines)
    assert len({cell_len(line.rpartition("|")[0]) for line in (lines[0], lines[-1])}) == 1


def test_a_list_that_is_being_read_shows_the_first_in_order_meanwhile_and_is_whole_at_its_end(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("_force_terminal", True), ("is_interactive", True), ("_width", 60), ("_height", 10)):
        monkeypatch.setattr(terminal.OUT, name, value)
    monkeypatch.setattr(terminal, "_LOOK_SECONDS", 0)
    monkeypatch.setenv("TERM", "xterm")
    meanwhile = list[str]()

    def coming() -> Iterator[int]:
        for number in (5, 4, 3, 2, 1):
            yield number
            meanwhile.append(capsys.readouterr().out)

    def row(number: int) -> dict[str, object]:
        return {"ref": f"REF{number}", "note": None}

    console.show_list_as_it_comes("Reports", ["ref", "note"], coming(), row, order=int, as_json=False)

    whole = capsys.readouterr().out
    assert [re.findall("REF.", each) for each in meanwhile[1:3]] == [["REF4", "REF5"], ["REF3", "REF4", "REF5"]]
    assert re.findall("REF.", meanwhile[-1]) == ["REF1", "REF2", "REF3"]
    assert "5 read, and more are being read" in meanwhile[-1]
    assert re.findall("REF.", whole)[-5:] == [f"REF{number}" for number in range(1, 6)]


def test_where_there_is_nothing_to_list_it_says_none(capsys: pytest.CaptureFixture[str]) -> None:
    console.show_list("Reports", ["ref", "note"], [], as_json=False)

    assert capsys.readouterr().out == "Reports: none\n"


def test_no_line_of_a_value_passes_for_the_next_fact(capsys: pytest.CaptureFixture[str]) -> None:
    console.show({"text": "hello\nwithdrawn  true", "withdrawn": False}, as_json=False)

    assert capsys.readouterr().out == "text  hello\n    withdrawn  true\nwithdrawn  false\n"


def test_a_failure_is_one_line_whatever_it_quotes(capsys: pytest.CaptureFixture[str]) -> None:
    console.fail("first\nsecond\x1b[2J")

    assert capsys.readouterr().err == "tern: first<U+000A>second<U+001B>[2J\n"


def test_every_command_prints_through_the_console_alone() -> None:
    files = [
        file
        for file in APP.rglob("*.py")
        if file.relative_to(APP).as_posix() not in ("cli/console.py", "cli/terminal.py", "site/build.py")
    ]

    assert {Path(inspect.getfile(command)) for command in _commands_of(typer.main.get_command(app))} <= set(files)
    assert [f"{file}: {found}" for file in files for found in _printing(file)] == []


@pytest.mark.parametrize(
    "line",
    [
        "print(1)",
        "import rich",
        "from rich.table import Table",
        "typer.echo(1)",
        "typer.secho(1)",
        "from typer import prompt",
        "sys.stderr.write('')",
        "from sys import stdout",
        "os.write(1, b'')",
        "warnings.warn('')",
        "traceback.print_exc()",
    ],
)
def test_the_law_sees_whatever_prints(tmp_path: Path, line: str) -> None:
    (tmp_path / "command.py").write_text(line)

    assert list(_printing(tmp_path / "command.py"))


_WRITES = {
    *(("typer", name) for name in ("echo", "secho", "prompt", "confirm", "progressbar", "launch", "echo_via_pager")),
    *(("sys", name) for name in ("stdout", "stderr", "__stdout__", "__stderr__")),
    *(("os", name) for name in ("write", "system")),
    *(("traceback", name) for name in ("print_exc", "print_exception", "print_tb", "print_stack")),
    ("warnings", "warn"),
}


def _printing(file: Path) -> Iterator[str]:
    """Whatever in a module could write to a terminal."""
    for node in ast.walk(ast.parse(file.read_text())):
        match node:
            case ast.Name(id="print" | "pprint"):
                yield node.id
            case ast.Attribute(value=ast.Name(id=module), attr=name) if (module, name) in _WRITES:
                yield f"{module}.{name}"
            case ast.ImportFrom(module=str(module), names=names):
                yield from (f"{module}.{each.name}" for each in names if (module, each.name) in _WRITES)
                yield from (module for _ in names[:1] if module.partition(".")[0] in _PRINTERS)
            case ast.Import(names=names):
                yield from (each.name for each in names if each.name.partition(".")[0] in _PRINTERS)


_PRINTERS = {"rich", "click", "pprint", "curses", "colorama"}


def _commands_of(command: Any) -> Iterator[Callable[..., None]]:
    below = getattr(command, "commands", None)
    if below is None:
        yield inspect.unwrap(command.callback)
        return
    for each in below.values():
        yield from _commands_of(each)


def _commands(shown: str) -> set[str]:
    """What a terminal would obey, or a reader not see; the sign of a line alone is none of it."""
    return {letter for letter in shown if letter != "\n" and visible(letter) != letter}


def _read_back(shown: str) -> str:
    return SIGN.sub(lambda sign: chr(int(sign[1], 16)), shown)
