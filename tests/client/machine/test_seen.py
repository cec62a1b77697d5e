"""What a machine has seen, whatever process of it saw it."""

import sqlite3
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app import age
from app.client.machine.seen import Lost, SeenMarks
from app.protocol.chain import Mark, check_contains
from app.protocol.documents import Signer
from app.protocol.errors import Rollback
from app.protocol.losses import Loss, state_loss
from app.protocol.memory import Remembered

MINE = age.generate()
TODAY = date(2026, 6, 15)
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


def test_what_is_put_in_the_place_of_the_file_counts_at_once(seen: SeenMarks, tmp_path: Path) -> None:
    seen.record("case", "case_1", Mark(2, "ab"))
    SeenMarks(tmp_path / "other.sqlite", MINE).record("case", "case_1", Mark(5, "cd"))

    (tmp_path / "other.sqlite").replace(tmp_path / "seen.sqlite")

    assert seen.highest("case", "case_1") == Mark(5, "cd")
    (tmp_path / "seen.sqlite").unlink()
    assert seen.highest("case", "case_1") is None


def test_a_list_that_lacks_something_leaves_the_next_writer_no_lock_to_wait_for(
    seen: SeenMarks, tmp_path: Path
) -> None:
    seen.hold_list("consent", "case_1", {"a"}, reason="consents")

    with pytest.raises(Rollback):
        seen.hold_list("consent", "case_1", {"b"}, reason="consents")

    SeenMarks(tmp_path / "seen.sqlite", MINE).record("case", "case_1", Mark(1, "ab"))
    seen.hold_list("consent", "case_1", {"a"}, reason="consents")


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

    assert seen.merge([Remembered("journal", "case_1", theirs)], on=TODAY) == []
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
        seen.merge(
            [Remembered("journal", "case_1", Mark(2, "b")), Remembered("journal", "case_1", Mark(3, "c"))], on=TODAY
        )

    assert seen.marks("journal", "case_1") == (Mark(2, "b"), Mark(3, "c"))
    assert set(seen.everything()) == {Remembered("journal", "case_1", each) for each in (Mark(2, "b"), Mark(3, "c"))}


def test_of_two_files_under_one_mark_a_machine_keeps_its_own_and_takes_the_rest(seen: SeenMarks) -> None:
    seen.record("journal", "case_1", Mark(3, "c"))
    other, more = Remembered("journal", "case_1", Mark(3, "x")), Remembered("journal", "case_2", Mark(1, "a"))

    assert seen.merge([other, more], on=TODAY) == [other]
    assert (seen.highest("journal", "case_1"), seen.highest("journal", "case_2")) == (Mark(3, "c"), Mark(1, "a"))


def test_a_list_holds_what_another_machine_saw_in_it(seen: SeenMarks, tmp_path: Path) -> None:
    other = SeenMarks(tmp_path / "other.sqlite", MINE)
    seen.hold_list("consent", "case_1", {"a"}, reason="consents")
    other.hold_list("consent", "case_1", {"a", "b"}, reason="consents")

    seen.merge(other.everything(), on=TODAY)

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


class Days:
    """A machine on whatever day it is, and losses that are accepted."""

    def __init__(self, path: Path) -> None:
        self.day = TODAY
        self.seen = SeenMarks(path, MINE, lambda: self.day)

    def see(self, *versions: int, type_: str = "journal") -> None:
        """One a day."""
        for version in versions:
            self.seen.record(type_, "case_1", of(version))
            self.day += timedelta(days=1)

    def accept(self, *days: date) -> None:
        """The backups of these days were put back."""
        accepted = [loss(number, day) for number, day in enumerate(days, start=1)]
        self.seen.hold("key-log", "org", lambda _: None, accepted=accepted)

    def hold(self, shown: int, *, other_than: int = 0) -> None:
        """A chain of so many versions is shown, those behind a number being others than were seen."""
        chain_ = [of(each) if each <= (other_than or shown) else Mark(each, "another") for each in range(1, shown + 1)]
        self.seen.hold("journal", "case_1", lambda mark: check_contains(chain_, mark, reason="journal"))


@pytest.fixture
def days(tmp_path: Path) -> Days:
    return Days(tmp_path / "seen.sqlite")


def of(version: int) -> Mark:
    return Mark(version, f"{version:064x}")


def loss(number: int, day: date) -> Loss:
    signer = Signer(f"per_{number:032x}", Ed25519PrivateKey.generate())
    return Loss.read(state_loss(day=day, key_log=of(1), audit=of(1), org="0" * 64, signer=signer, on=day))


def test_what_is_missing_is_said_with_the_day_since_when_it_was_seen(days: Days) -> None:
    days.see(1, 2, 3, 4)

    with pytest.raises(Rollback) as behind:
        days.hold(2)

    assert behind.value.since == TODAY + timedelta(days=2)
    assert days.seen.highest("journal", "case_1") == of(4)


def test_a_loss_lowers_a_mark_once_to_what_is_shown(days: Days) -> None:
    days.see(1, 2, 3, 4)
    days.accept(TODAY + timedelta(days=1))

    days.hold(3, other_than=2)

    assert days.seen.highest("journal", "case_1") == of(2)
    assert days.seen.lost() == [Lost("journal", "case_1", TODAY + timedelta(days=2), 4)]
    with pytest.raises(Rollback):
        days.hold(1)


def test_a_mark_that_was_held_since_is_not_lowered_by_the_same_loss(days: Days) -> None:
    days.see(1, 2, 3)
    days.accept(TODAY)
    days.hold(3)

    with pytest.raises(Rollback):
        days.hold(2)


def test_what_is_written_in_the_place_of_what_a_loss_took_is_seen_in_its_place(days: Days) -> None:
    days.see(1, 2)
    days.accept(TODAY + timedelta(days=1))

    days.seen.record("journal", "case_1", Mark(2, "another"))

    assert days.seen.highest("journal", "case_1") == Mark(2, "another")
    assert days.seen.lost() == [Lost("journal", "case_1", TODAY + timedelta(days=1), 2)]
    with pytest.raises(Rollback):
        days.seen.record("journal", "case_1", of(2))


def test_no_loss_lets_another_be_written_in_the_place_of_what_was_seen_before_it(days: Days) -> None:
    days.see(1)
    days.accept(days.day)

    with pytest.raises(Rollback):
        days.seen.record("journal", "case_1", Mark(1, "another"))


def test_no_loss_lowers_a_mark_below_what_was_seen_before_the_day_of_the_backup(days: Days) -> None:
    days.see(1, 2, 3, 4)
    days.accept(TODAY + timedelta(days=2))

    with pytest.raises(Rollback):
        days.hold(1)
    days.hold(2)

    assert days.seen.highest("journal", "case_1") == of(2)


def test_who_missed_a_first_loss_is_led_back_by_both(days: Days) -> None:
    days.see(1, 2, 3, 4)
    days.accept(TODAY + timedelta(days=1), TODAY + timedelta(days=3))

    days.hold(1)

    assert days.seen.highest("journal", "case_1") == of(1)


def test_a_loss_that_is_shown_again_lowers_nothing(tmp_path: Path) -> None:
    days = Days(tmp_path / "seen.sqlite")
    accepted = [loss(1, TODAY)]
    days.seen.hold("key-log", "org", lambda _: None, accepted=accepted)
    days.see(1, 2)

    days.seen.hold("key-log", "org", lambda _: None, accepted=accepted)

    with pytest.raises(Rollback):
        days.hold(1)


def test_a_log_that_is_refused_brings_no_loss(days: Days) -> None:
    days.see(1, 2)
    days.seen.record("key-log", "org", of(9))

    def refuse(mark: Mark | None) -> None:
        raise Rollback("key-log")

    with pytest.raises(Rollback):
        days.seen.hold("key-log", "org", refuse, accepted=[loss(1, TODAY)])

    assert days.seen.losses() == []


def test_a_list_loses_once_what_was_not_in_it_before_the_day_of_the_backup(days: Days) -> None:
    days.seen.hold_list("message", "rep_1", ["a"], reason="thread")
    days.day += timedelta(days=1)
    days.seen.hold_list("message", "rep_1", ["a", "b"], reason="thread")
    days.accept(days.day)

    with pytest.raises(Rollback) as behind:
        days.seen.hold_list("message", "rep_1", ["b"], reason="thread")
    days.seen.hold_list("message", "rep_1", ["a", "c"], reason="thread")

    assert behind.value.since == TODAY
    assert days.seen.lost() == [Lost("message", "rep_1", days.day, 1)]
    with pytest.raises(Rollback):
        days.seen.hold_list("message", "rep_1", ["c"], reason="thread")


def test_of_many_days_a_machine_keeps_those_by_which_it_can_be_led_back_to_any_time(days: Days) -> None:
    days.see(*range(1, 101))
    shown = range(5, 100, 10)

    since = []
    for last in shown:
        with pytest.raises(Rollback) as behind:
            days.hold(last)
        since.append(behind.value.since)

    # It knows the day to as many days more as it is long ago.
    assert all(day and 0 <= (day - TODAY).days - last < 100 - last for day, last in zip(since, shown, strict=True))


@pytest.mark.parametrize(("theirs_knows", "kept"), [(True, of(2)), (False, of(4))])
def test_what_another_machine_saw_before_a_loss_says_nothing_to_one_that_has_looked_since(
    days: Days, tmp_path: Path, theirs_knows: bool, kept: Mark
) -> None:
    days.see(1, 2, 3, 4)
    accepted = [loss(1, TODAY)]
    other = Days(tmp_path / "other.sqlite")
    other.see(1, 2, 3) if not theirs_knows else other.see(1, 2)
    if theirs_knows:
        other.seen.hold("key-log", "org", lambda _: None, accepted=accepted)
    days.seen.hold("key-log", "org", lambda _: None, accepted=accepted)

    assert days.seen.merge(other.seen.everything(), on=days.day) == []

    assert days.seen.highest("journal", "case_1") == kept
    days.hold(2)
    assert days.seen.merge([Remembered("journal", "case_1", of(9))], on=days.day) == []
    assert days.seen.highest("journal", "case_1") == of(2)
