"""Noise comes from one place. A generator made for games would undo the promise, and a second sampler might."""

import ast
from pathlib import Path

import app.statistics

FORBIDDEN = {"random", "numpy", "secrets", "scipy"}
PACKAGE = Path(app.statistics.__path__[0])


def imported(source: str) -> set[str]:
    """The packages that a module imports, at its head or anywhere below."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_statistics_draw_from_no_generator_but_the_library_s() -> None:
    modules = list(PACKAGE.rglob("*.py"))

    assert len(modules) > 5
    assert {path.name: found for path in modules if (found := imported(path.read_text()) & FORBIDDEN)} == {}


def test_only_two_modules_know_the_library() -> None:
    users = {path.name for path in PACKAGE.rglob("*.py") if "opendp" in imported(path.read_text())}

    assert users == {"noise.py", "accounting.py"}


def test_an_import_inside_a_function_is_found_too() -> None:
    assert imported("def f():\n    from numpy.random import normal\n") == {"numpy"}
