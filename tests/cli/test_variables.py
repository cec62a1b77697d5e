"""Variables of the environment: those that Tern knows, and no others."""

import re
from pathlib import Path

import pytest

from app.cli import variables
from app.settings import Settings
from tests.cli.command import tern

ROOT = Path(__file__).parents[2]


def test_every_setting_of_the_service_is_known_and_no_other() -> None:
    assert {f"TERN_{name.upper()}" for name in Settings.model_fields} == variables.OF_THE_SERVICE


def test_every_variable_that_a_command_reads_is_known_and_told_of() -> None:
    commands = [each for each in (ROOT / "app/cli").rglob("*.py") if each.name != "variables.py"]
    read = {name for each in commands for name in re.findall(r"TERN_[A-Z_]+", each.read_text())}
    told = set(re.findall(r"TERN_[A-Z_]+", (ROOT / "docs/cli.md").read_text()))

    assert read - variables.OF_THE_SERVICE == variables.OF_A_PERSON
    assert told >= variables.OF_A_PERSON


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("TERN_SHRED_DIRS", "did you mean TERN_SHRED_DIR?"),
        ("TERN_PASPHRASE", "did you mean TERN_PASSPHRASE?"),
        ("TERN_QQQ", "docs/settings.md"),
        ("tern_shred_dirs", "did you mean TERN_SHRED_DIR?"),
        ("tern_machine", "did you mean TERN_MACHINE?"),  # read in capitals alone
        ("TERN_READYNESS_PORT", "did you mean TERN_READINESS_PORT?"),
    ],
)
@pytest.mark.parametrize("command", ["sweep", "fingerprint"])
def test_a_variable_with_a_wrong_letter_is_refused_and_its_value_is_not_repeated(
    tmp_path: Path, command: str, name: str, meant: str
) -> None:
    environment = {"TERN_DATA_DIR": str(tmp_path / "data"), "TERN_MACHINE": str(tmp_path), name: "hunter2"}

    ended = tern(command, environment=environment)

    assert ended.code == 1
    assert ended.err.startswith(f"tern: {name}: no such setting; ")
    assert (meant in ended.err, "hunter2" in ended.err, ended.err.count("\n")) == (True, False, 1)
    assert not (tmp_path / "data").exists()


def test_help_and_version_are_shown_all_the_same() -> None:
    assert [tern(each, environment={"TERN_QQQ": "1"}).code for each in ("--help", "--version")] == [0, 0]


def test_what_is_known_and_what_a_cluster_sets_by_itself_is_passed_over() -> None:
    known = {"TERN_DATA_DIR": "data", "tern_data_dir": "data", "TERN_PIN": "", "OTHER": "", "TERNARY": ""}
    cluster = {
        "TERN_SERVICE_HOST": "10.0.0.1",
        "TERN_SERVICE_PORT": "8470",
        "TERN_SERVICE_PORT_HTTP": "8470",
        "TERN_PORT": "tcp://10.0.0.1:8470",
        "TERN_PORT_8470_TCP": "tcp://10.0.0.1:8470",
        "TERN_PORT_8470_TCP_ADDR": "10.0.0.1",
        "TERN_DB_SERVICE_HOST": "10.0.0.2",
    }

    assert variables.unknown(known | cluster) is None
    assert variables.unknown({"TERN_PORT": "8470"}) is not None
