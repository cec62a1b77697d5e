"""`tern identity`, `tern backup` and `tern restore` at the command line."""

import json
from pathlib import Path

import pytest

from app.age import X25519Identity
from tests.cli.command import tern


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A service that has just begun."""
    made = {"TERN_DATA_DIR": str(tmp_path / "data")}
    assert tern("init", environment=made).code == 0
    return made


def test_a_new_service_goes_into_a_backup_and_comes_back(environment: dict[str, str], tmp_path: Path) -> None:
    key, backup = str(tmp_path / "backup.key"), str(tmp_path / "backup")
    (tmp_path / "backup.pub").write_text(tern("identity", key).out)

    made = tern("backup", backup, "-R", str(tmp_path / "backup.pub"), "--json", environment=environment)
    there = {"TERN_DATA_DIR": str(tmp_path / "there")}
    restored = tern("restore", backup, "--identity", key, "--json", environment=there)

    for checked in (
        tern("check", "--since", backup, "--json", environment=environment),
        tern("check", backup, "--identity", key, "--json"),
    ):
        assert (checked.code, json.loads(checked.out)) == (0, {"reports": 0, "files": 0, "left_over": 0, "wrong": 0})
    outside = tern("check", backup, "--json")
    assert (outside.code, json.loads(outside.out)) == (0, {"files": 0, "left_over": 0, "wrong": 0})

    assert (made.code, json.loads(made.out)) == (0, {"reports": 0, "files": 0, "files_copied": 0})
    assert (restored.code, json.loads(restored.out)["reports"]) == (0, 0)
    assert tern("sweep", environment=there).code == 0
    again = tern("restore", backup, "--identity", key, environment=there)
    assert (again.code, again.err.count("\n")) == (1, 1)
    assert "empty place" in again.err


def test_a_key_of_backups_is_for_its_owner_alone_and_takes_the_place_of_none(tmp_path: Path) -> None:
    file = tmp_path / "backup.key"
    made = tern("identity", str(file))
    content = file.read_text()

    assert made.out.startswith("age1pq1")
    assert made.out.strip() in content
    assert file.stat().st_mode & 0o777 == 0o600
    assert tern("identity", str(file)).code == 1
    assert file.read_text() == content


@pytest.mark.parametrize("recipient", [[], ["-r", "age1nobody"], ["-r", str(X25519Identity(bytes(32)).recipient)]])
def test_nothing_is_sealed_to_nobody_or_to_a_key_that_will_not_hold(
    environment: dict[str, str], tmp_path: Path, recipient: list[str]
) -> None:
    ended = tern("backup", str(tmp_path / "backup"), *recipient, environment=environment)

    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert "tern identity" in ended.err
    assert not (tmp_path / "backup").exists()


def test_what_is_not_what_it_was_is_named_and_ends_with_one_line(environment: dict[str, str], tmp_path: Path) -> None:
    key, backup = str(tmp_path / "backup.key"), tmp_path / "backup"
    recipient = tern("identity", key).out.strip()
    tern("backup", str(backup), "-r", recipient, environment=environment)
    (state,) = (backup / "sealed").glob("state-*")
    state.write_bytes(state.read_bytes()[:-1])
    (tmp_path / "data" / "keyring.json").write_text(json.dumps({"secret": "00" * 32}))

    torn = tern("check", str(backup))
    foreign = tern("check", environment=environment)

    assert torn.code == 1
    assert torn.err.endswith(f"tern: not all is what it was (1 found): {state.name} is not what was written\n")
    assert (foreign.code, foreign.err.count("\n")) == (1, 1)
