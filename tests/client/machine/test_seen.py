"""What a machine has seen, whatever process of it saw it."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from app import age
from app.client.machine.seen import SeenMarks
from app.protocol.chain import Mark
from app.protocol.errors import Rollback
from app.protocol.memory import Remembered

MINE = age.generate()
# Records its marks, and each version from 1 to 20 of one subject that all processes see.
PROCESS = """
import sys, time
from pathlib import Path
from app import age
from app.client.machine.seen import SeenMarks
from app.protocol.chain import Mark

directory, number, identity = Path(sys.argv[1]), *sys.argv[2:]
seen = SeenMarks(directory / "seen.sqlite", age.parse_identity(identity))
(directory / f"ready-{number}").touch()
while len(list(directory.glob("ready-*"))) < 2:
    time.sleep(0.001)
for version in range(1, 21):
    seen.record("case", f"case_{number}_{version}", Mark(version, "own"))
    seen.record("case", "case_of_both", Mark(version, f"file {version}"))
"""


@pytest.fixture
def seen(tmp_path: Path) -> SeenMarks:
    return SeenMarks(tmp_path / "seen.sqlite", MINE)


def test_what_was_seen_is_remembered_by_the_next_process(seen: SeenMarks, tmp_path: Path) -> None:
    seen.record("case", "case_1", Mark(3, "ab", 1))

    later = SeenMarks(tmp_path / "seen.sqlite", MINE)

    assert later.highest("case", "case_1") == Mark(3, "ab", 1)
    assert later.highest("members", "case_1") is None


def test_a_process_sees_what_another_has_recorded_since(seen: SeenMarks, tmp_path: Path) -> None:
    assert seen.highest("case", "case_1") is None

    SeenMarks(tmp_path / "seen.sqlite", MINE).record("case", "case_1", Mark(2, "ab"))

    assert seen.highest("case", "case_1") == Mark(2, "ab")


def test_processes_that_record_at_the_same_time_lose_nothing_of_each_other(seen: SeenMarks, tmp_path: Path) -> None:
    processes = [
        subprocess.Popen([sys.executable, "-c", PROCESS, str(tmp_path), number, str(MINE)]) for number in ("1", "2")
    ]
    for process in processes:
        process.wait(timeout=120)

    assert [process.returncode for process in processes] == [0, 0]
    assert seen.highest("case", "case_of_both") == Mark(20, "file 20")
    for number in ("1", "2"):
        for version in range(1, 21):
            assert seen.highest("case", f"case_{number}_{version}") == Mark(version, "own")


def test_a_mark_is_never_lowered(seen: SeenMarks) -> None:
    seen.record("case", "case_1", Mark(3, "ab"))

    seen.record("case", "case_1", Mark(2, "cd"))

    assert seen.highest("case", "case_1") == Mark(3, "ab")


def test_two_files_of_one_version_are_an_alarm(seen: SeenMarks) -> None:
    seen.record("case", "case_1", Mark(3, "ab"))

    with pytest.raises(Rollback, match="version"):
        seen.record("case", "case_1", Mark(3, "cd"))

    assert seen.highest("case", "case_1") == Mark(3, "ab")


@pytest.mark.parametrize(
    ("shown", "is_caught"),
    [
        ({"a", "b"}, False),
        ({"a", "b", "c"}, False),
        ({"a"}, True),
        ({"b"}, True),
        ({"a", "c"}, True),
        ({"a", "c", "d"}, True),
        (set(), True),
    ],
)
def test_a_list_holds_what_was_in_it_before(seen: SeenMarks, tmp_path: Path, shown: set[str], is_caught: bool) -> None:
    seen.hold_list("consent", "case_1", {"a"}, reason="consents")
    seen.add_to_list("consent", "case_1", "b")
    another_process = SeenMarks(tmp_path / "seen.sqlite", MINE)
    another_process.hold_list("consent", "case_2", shown, reason="consents")  # a list of its own

    if is_caught:
        with pytest.raises(Rollback, match="consents"):
            another_process.hold_list("consent", "case_1", shown, reason="consents")
    else:
        another_process.hold_list("consent", "case_1", shown, reason="consents")


def test_what_is_added_twice_counts_once(seen: SeenMarks) -> None:
    for _ in range(2):
        seen.add_to_list("consent", "case_1", "a")

    seen.hold_list("consent", "case_1", {"a"}, reason="consents")


def test_what_was_seen_is_sealed_and_named_so_that_nobody_else_finds_it(seen: SeenMarks, tmp_path: Path) -> None:
    seen.record("case", "case_1", Mark(1, "ab", 1))
    seen.record("message.staff", "rep_1", Mark(12345, "ab" * 32))
    seen.hold_list("consent", "case_1", {"cons_1"}, reason="consents")

    with sqlite3.connect(tmp_path / "seen.sqlite") as database:
        rows = database.execute("SELECT name, mark FROM seen").fetchall()
    database.close()

    for name, mark in rows:
        age.check_envelope(mark)
        assert len(name) == 32
    assert len({len(mark) for _, mark in rows}) == 1
    assert b"case" not in (tmp_path / "seen.sqlite").read_bytes().removeprefix(b"SQLite format 3")
    assert SeenMarks(tmp_path / "seen.sqlite", age.generate()).highest("case", "case_1") is None


def test_nobody_else_reads_what_was_seen(seen: SeenMarks, tmp_path: Path) -> None:
    seen.record("case", "case_1", Mark(1, "ab"))

    assert (tmp_path / "seen.sqlite").stat().st_mode & 0o777 == 0o600


def test_what_another_machine_has_seen_stands_beside_ones_own_until_one_chain_holds_both(seen: SeenMarks) -> None:
    mine, theirs = Mark(2, "b"), Mark(3, "c")
    seen.record("journal", "case_1", mine)

    assert seen.merge([Remembered("journal", "case_1", theirs)]) == []
    assert seen.marks("journal", "case_1") == (mine, theirs)
    seen.record("journal", "case_1", Mark(4, "d"))
    with pytest.raises(Rollback, match="fork"):
        seen.hold_chain("journal", "case_1", [Mark(1, "a"), Mark(2, "x"), theirs], reason="fork")
    seen.hold_chain("journal", "case_1", [theirs, Mark(4, "d")], reason="fork")
    assert seen.marks("journal", "case_1") == (mine, Mark(4, "d"))
    seen.hold_chain("journal", "case_1", [Mark(1, "a"), mine, theirs], reason="fork")
    assert seen.marks("journal", "case_1") == (Mark(4, "d"),)


def test_an_earlier_mark_of_another_machine_is_kept_too_and_the_same_one_is_known(seen: SeenMarks) -> None:
    seen.record("journal", "case_1", Mark(3, "c"))

    for _ in range(2):
        seen.merge([Remembered("journal", "case_1", Mark(2, "b")), Remembered("journal", "case_1", Mark(3, "c"))])

    assert seen.marks("journal", "case_1") == (Mark(2, "b"), Mark(3, "c"))
    assert set(seen.everything()) == {Remembered("journal", "case_1", each) for each in (Mark(2, "b"), Mark(3, "c"))}


def test_of_two_files_under_one_mark_a_machine_keeps_its_own_and_takes_the_rest(seen: SeenMarks) -> None:
    seen.record("journal", "case_1", Mark(3, "c"))
    other, more = Remembered("journal", "case_1", Mark(3, "x")), Remembered("journal", "case_2", Mark(1, "a"))

    assert seen.merge([other, more]) == [other]
    assert (seen.highest("journal", "case_1"), seen.highest("journal", "case_2")) == (Mark(3, "c"), Mark(1, "a"))


def test_a_list_holds_what_another_machine_saw_in_it(seen: SeenMarks, tmp_path: Path) -> None:
    other = SeenMarks(tmp_path / "other.sqlite", MINE)
    seen.hold_list("consent", "case_1", {"a"}, reason="consents")
    other.hold_list("consent", "case_1", {"a", "b"}, reason="consents")

    seen.merge(other.everything())

    with pytest.raises(Rollback, match="consents"):
        seen.hold_list("consent", "case_1", {"a"}, reason="consents")
    seen.hold_list("consent", "case_1", {"a", "b"}, reason="consents")


def test_a_list_of_what_was_destroyed_is_forgotten_and_no_other(seen: SeenMarks) -> None:
    for of in ("rep_1", "rep_2"):
        seen.hold_list("message.reporter", of, {"a"}, reason="thread")

    for _ in range(2):
        seen.drop("message.reporter", "rep_1")

    seen.hold_list("message.reporter", "rep_1", set(), reason="thread")
    with pytest.raises(Rollback, match="thread"):
        seen.hold_list("message.reporter", "rep_2", set(), reason="thread")
