"""Which tests run on SQLite alone: those that ask PostgreSQL nothing which others do not ask it."""

from pathlib import Path

from tests.statements import Asked, needed, on_sqlite_alone, whole

ROOT = Path(__file__).parents[1]


def test_what_is_left_on_both_asks_all_that_all_ask() -> None:
    tests = {
        "dear": Asked(seconds=9, asked={"a -> 0", "a -> 1", "b -> 1"}),
        "one": Asked(seconds=1, asked={"a -> 0", "b -> 1"}),
        "again": Asked(seconds=2, asked={"b -> 1"}),
        "other": Asked(seconds=1, asked={"a -> 1", "c -> IntegrityError"}),
        "of threads": Asked(seconds=5, stays=True, asked={"b -> 1"}),
    }

    assert needed(tests) == {"one", "other", "of threads"}


def test_every_test_that_runs_on_sqlite_alone_is_there() -> None:
    tests = [(path, test) for path, *_, test in (whole(name).split("::") for name in on_sqlite_alone())]
    texts = {path: (ROOT / path).read_text() for path, _ in tests}

    assert [test for path, test in tests if f"def {test}(" not in texts[path]] == []
