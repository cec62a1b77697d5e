"""Keys stay unlocked for a stretch of work, for their owner alone, and no longer."""

import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.client.machine import unlocked
from app.client.machine.directory import About, Machine
from tests.cli.command import tern
from tests.strength import WORK_FACTOR

PASSPHRASE = "the passphrase of a test"


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine.create(tmp_path / "anna", About("http://127.0.0.1:9", "anna"), PASSPHRASE, work_factor=WORK_FACTOR)
    yield made
    unlocked.forget(made)


def test_what_is_unlocked_is_asked_for_no_passphrase_until_it_is_locked(machine: Machine) -> None:
    home = ("--machine", str(machine.directory))
    fingerprint = tern("fingerprint", *home, typed=PASSPHRASE).out

    assert tern("unlock", *home, typed=PASSPHRASE).code == 0
    assert tern("fingerprint", *home).out == fingerprint
    assert tern("fingerprint", *home, environment={"TERN_PASSPHRASE": "another"}).code == 5
    assert "Locked." in tern("lock", *home).err

    assert tern("fingerprint", *home).code == 5
    assert "Nothing was unlocked" in tern("lock", *home).err


def test_a_wrong_passphrase_unlocks_nothing(machine: Machine) -> None:
    assert tern("unlock", "--machine", str(machine.directory), typed="wrong").code == 5
    assert unlocked.ask(machine) is None


def test_the_keys_are_those_of_the_file_that_was_unlocked(machine: Machine) -> None:
    keys = machine.unlock(PASSPHRASE)
    unlocked.keep(machine, keys, seconds=60)

    held = unlocked.ask(machine)
    assert held is not None
    assert held.text == keys.text
    (machine.directory / "keys.age").write_bytes(b"of somebody else")

    assert unlocked.ask(machine) is None


def test_time_ends_it_and_leaves_nothing_behind(machine: Machine) -> None:
    unlocked.keep(machine, machine.unlock(PASSPHRASE), seconds=1)
    assert unlocked.ask(machine) is not None

    for _ in range(100):
        if not (machine.directory / "unlocked" / "socket").exists():
            break
        time.sleep(0.05)

    assert unlocked.ask(machine) is None
    assert list((machine.directory / "unlocked").iterdir()) == []


def test_nobody_else_reaches_the_socket_and_nobody_else_is_answered(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlocked.keep(machine, machine.unlock(PASSPHRASE), seconds=60)

    directory = machine.directory / "unlocked"
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    with monkeypatch.context() as patch:
        patch.setattr(os, "getuid", lambda: 12345)  # whom the kernel names is another than this
        assert unlocked.ask(machine) is None
    assert unlocked.ask(machine) is not None
