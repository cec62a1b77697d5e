"""A person's directory."""

from pathlib import Path

import pytest

from app import age
from app.client.machine.directory import About, Machine, NoMachine, WrongPassphrase, write_atomically
from tests.strength import WORK_FACTOR

PASSPHRASE = "a passphrase"
ABOUT = About("https://tern.example", "anna")


def test_the_passphrase_unlocks_the_keys_that_were_locked(tmp_path: Path) -> None:
    machine = Machine.create(tmp_path / "anna", ABOUT, PASSPHRASE, work_factor=WORK_FACTOR)

    once, again = machine.unlock(PASSPHRASE), machine.unlock(PASSPHRASE)

    assert (once.recipient, once.public_key) == (again.recipient, again.public_key)


def test_another_passphrase_unlocks_nothing(tmp_path: Path) -> None:
    machine = Machine.create(tmp_path, ABOUT, PASSPHRASE, work_factor=WORK_FACTOR)

    with pytest.raises(WrongPassphrase):
        machine.unlock("another one")


def test_the_keys_are_an_ordinary_identity_file_under_the_passphrase(tmp_path: Path) -> None:
    machine = Machine.create(tmp_path, ABOUT, PASSPHRASE, work_factor=WORK_FACTOR)

    text = age.decrypt((tmp_path / "keys.age").read_bytes(), [age.Passphrase(PASSPHRASE)]).decode()
    (identity,) = age.parse_identities(text)

    assert str(identity) == str(machine.unlock(PASSPHRASE).identity)


def test_nobody_else_reads_the_machine(tmp_path: Path) -> None:
    machine = Machine.create(tmp_path / "anna", ABOUT, PASSPHRASE, work_factor=WORK_FACTOR)
    machine.remember_session("a token")

    modes = {path.name: path.stat().st_mode & 0o777 for path in machine.directory.iterdir()}

    assert machine.directory.stat().st_mode & 0o777 == 0o700
    assert modes == {"machine.json": 0o600, "keys.age": 0o600, "session": 0o600, "outbox": 0o700}


def test_keys_are_never_written_over(tmp_path: Path) -> None:
    Machine.create(tmp_path, ABOUT, PASSPHRASE, work_factor=WORK_FACTOR)

    with pytest.raises(FileExistsError):
        Machine.create(tmp_path, ABOUT, PASSPHRASE, work_factor=WORK_FACTOR)


def test_an_empty_directory_is_no_machine(tmp_path: Path) -> None:
    with pytest.raises(NoMachine):
        Machine(tmp_path).unlock(PASSPHRASE)


def test_a_write_that_fails_leaves_the_old_file_and_no_draft(tmp_path: Path) -> None:
    path = tmp_path / "session"
    write_atomically(path, b"old")

    with pytest.raises(TypeError):
        write_atomically(path, "not bytes")  # type: ignore[arg-type]  # it fails half way

    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("session", b"old")]
