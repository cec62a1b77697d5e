"""A person's directory."""

import unicodedata
from pathlib import Path

import pytest

from app import age
from app.client.machine.directory import About, Machine, NoMachine, write_atomically
from app.client.machine.passphrases import WeakPassphrase, WrongPassphrase, check_strength, decrypt
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


SPELLINGS = [
    unicodedata.normalize("NFC", "Đêm qua ở Huế"),
    unicodedata.normalize("NFD", "Đêm qua ở Huế"),
    "Đêm\N{NO-BREAK SPACE}qua ở Huế",
]


@pytest.mark.parametrize("made", SPELLINGS)
@pytest.mark.parametrize("typed", SPELLINGS)
def test_every_keyboard_types_the_same_passphrase(tmp_path: Path, made: str, typed: str) -> None:
    machine = Machine.create(tmp_path, ABOUT, made, work_factor=WORK_FACTOR)

    assert machine.unlock(typed).recipient == machine.unlock(made).recipient


@pytest.mark.parametrize("written", SPELLINGS[:2])
@pytest.mark.parametrize("typed", SPELLINGS[:2])
def test_a_file_of_stock_age_opens_under_what_its_keyboard_wrote(written: str, typed: str) -> None:
    assert decrypt(age.encrypt(b"keys", [age.Passphrase(written, WORK_FACTOR)]), typed) == b"keys"


@pytest.mark.parametrize(
    "weak", ["", "right", "password1234", "anna anna anna", "qwertyuiop", "a" * 72, "correct horse"]
)
def test_a_passphrase_that_would_be_guessed_is_refused_in_words_that_do_not_repeat_it(weak: str) -> None:
    with pytest.raises(WeakPassphrase, match="would be guessed") as refusal:
        check_strength(weak, known=("anna",))

    assert not weak or weak not in str(refusal.value)


@pytest.mark.parametrize(
    "strong",
    [
        "five gulls over the grey harbour",
        "Đêm qua ở Huế",
        "昨夜的雨下在旧港口上空",
        "fog " + "salt wind over the pier " * 5,
    ],
)
def test_a_passphrase_of_several_words_is_taken_in_any_language(strong: str) -> None:
    check_strength(strong, known=("anna",))


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
