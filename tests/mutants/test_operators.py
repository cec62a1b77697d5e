"""What is changed, and that the tests which must notice are there."""

from pathlib import Path

import pytest

from tests.mutants.modules import PYTHON, TYPESCRIPT
from tests.mutants.operators import mutants

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("source", "changes"),
    [
        (
            "def f(a, b):\n    if a and b:\n        raise E\n",
            ["f: if a and b → if False", "f: a and b → b", "f: a and b → a"],
        ),
        (
            "def f(a):\n    return 1 <= a < 9\n",
            [
                "f: 1 <= a < 9 → 1 < a < 9",
                "f: 1 <= a < 9 → 1 <= a <= 9",
                "f: 1 → 2",
                "f: 9 → 10",
                "f: 9 → 11",
            ],
        ),
        ("CAP = 100\n", ["module: 100 → 101", "module: 100 → 125"]),
        ("__all__ = ['f', 'g']\n", []),
        ("KINDS = {A, B}\n", ["module: {A, B} → {B}", "module: {A, B} → {A}"]),
        ("def f(a):\n    check(a)\n    return a\n", ["f: check(a) → pass"]),
        (
            "def f(a):\n    match a:\n        case {'b': str(b), **rest} if not rest:\n            return b\n",
            [
                "f: case {'b': str(b), **rest} if not rest → case {'b': str(b), **rest}",
                "f: str(b) → b",
                "f: not rest → rest",
            ],
        ),
        ("def f():\n    raise NotAuthentic('pin')\n", ["f: 'pin' → 'another'"]),
        ("class C:\n    def f(self):\n        return all(self.each)\n", ["C.f: all(self.each) → any(self.each)"]),
        ("def f() -> int:\n    '''Words.'''\n    raise Malformed('more words')\n", []),
    ],
)
def test_a_rule_is_changed_in_these_ways(tmp_path: Path, source: str, changes: list[str]) -> None:
    file = tmp_path / "module.py"
    file.write_text(source)

    assert sorted(mutant.key for mutant in mutants(file)) == sorted(changes)


@pytest.mark.parametrize("pattern", [*PYTHON, *TYPESCRIPT])
def test_what_is_changed_is_there_and_has_tests(pattern: str) -> None:
    assert list(ROOT.glob(pattern))
    for tests in PYTHON.get(pattern, ()):
        assert (ROOT / tests).exists(), tests
