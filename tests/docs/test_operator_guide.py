"""The operator's guide is walked: its commands are run as they stand."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer.main

from app.cli.main import app
from app.server import CONNECTIONS, OTHER_FILES
from docs.generate import HERE
from tests.client.installation import PASSWORD
from tests.running import free_port, running

GUIDE = (HERE / "handbook/operator.md").read_text()
# `tern`, but that what lies under a passphrase is quick to make.
QUICK = f"""#!{sys.executable}
from app import age
from app.cli.main import main
from tests.strength import derive_quickly
age.Passphrase._wrap_key = derive_quickly
main()
"""
PASSPHRASE = "seven otters carry the old lantern"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.+?)^```$", GUIDE, re.DOTALL | re.MULTILINE)


def block_with(words: str) -> str:
    (found,) = [each for each in blocks("sh") if words in f"\n{each}"]
    return found


@dataclass(frozen=True)
class Machine:
    """Where the guide is followed: `/srv/tern` is a directory of the test, and the address its service's."""

    root: Path
    url: str

    def run(self, steps: str, *typed: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        for named, here in (("/srv/tern", self.root), ("/srv/backup", self.root / "backup")):
            steps = steps.replace(named, str(here))
        steps = steps.replace("https://tern.example", self.url)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TERN_")}
        ours = {
            "HOME": str(self.root / "home"),
            "PATH": f"{self.root / 'bin'}:{Path(sys.executable).parent}:{kept['PATH']}",
            "PYTHONPATH": str(HERE.parent),
            "TERN_DATA_DIR": str(self.root / "data"),
            "COLUMNS": "120",
        }
        return subprocess.run(
            ["bash", "-c", steps],
            input="".join(f"{line}\n" for line in typed),
            cwd=self.root / "home",
            env=kept | ours | environment,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    port = free_port()
    (tmp_path / "home").mkdir()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/tern").write_text(QUICK)
    (tmp_path / "bin/tern").chmod(0o755)
    return Machine(tmp_path, f"http://127.0.0.1:{port}")


@contextmanager
def started(machine: Machine) -> Iterator[None]:
    """What `systemctl enable --now tern` starts."""
    command = [sys.executable, "-m", "app.cli", "serve", "--port", machine.url.rpartition(":")[2]]
    with running(command, machine.url, environment=os.environ | {"TERN_DATA_DIR": str(machine.root / "data")}):
        yield


def test_the_guide_leads_from_nothing_to_an_open_intake(machine: Machine) -> None:
    waiting = machine.run(block_with("tern setup"), machine.url)
    assert "Nothing answers" in waiting.stderr
    assert waiting.stderr.endswith("tern: stopped\n")
    with started(machine):
        _walk(machine)


def _walk(machine: Machine) -> None:
    typed = ["y", "sara", PASSPHRASE, PASSWORD, "two papers", "Our helpline", "triager", ""]
    begun = machine.run(block_with("tern setup"), machine.url, *typed)
    assert begun.returncode == 0, begun.stderr
    pin, invitation = re.findall(r"^ *([0-9a-f]{64}|[\w-]{43})$", begun.stdout, re.MULTILINE)
    (join,) = re.findall(r"^ +(tern join .*)$", begun.stdout, re.MULTILINE)

    told = {"TERN_PASSPHRASE": PASSPHRASE, "TERN_PASSWORD": PASSWORD, "TERN_MACHINE": str(machine.root / "tim")}
    words = machine.run(
        f"{join.replace('NAME', 'tim')} >&2 && tern fingerprint --json", TERN_INVITATION=invitation, **told
    )
    spoken = re.findall(r'"fingerprint": ?"([^"]+)"', words.stdout)[0]
    again = machine.run(block_with("tern setup"), PASSPHRASE, PASSWORD, spoken, "triager", "")
    daily = machine.run(block_with("curl -fsS https://tern.example/v1/health\n"))
    worked = machine.run(block_with("tern worker"))
    numbers = machine.run(block_with("Authorization"))
    doctor = machine.run(f"{block_with('tern doctor').strip()} --json")
    signed = machine.run(block_with("tern client sign"), PASSPHRASE)
    _back_up_and_try_it(machine)

    assert f"--pin {pin}" in join
    assert "Intake is open until" in again.stderr
    assert daily.stdout.endswith('{"status":"ok"}'), daily.stderr
    assert "blobs_destroyed" in worked.stdout
    assert '"epoch_days_left":28' in numbers.stdout
    missing = [each["what"] for each in json.loads(doctor.stdout) if each["is"] == "not"]
    assert missing == ["supervisors", "triagers", "backup", "shred keys", "TLS"], doctor.stdout
    assert doctor.returncode == 1
    assert (signed.returncode, (machine.root / "home/site/manifest.txt").exists()) == (0, True), signed.stderr


def _back_up_and_try_it(machine: Machine) -> None:
    machine.run(block_with("tern identity"))
    (machine.root / "home/backup.pub").rename(machine.root / "backup.pub")
    backed_up = machine.run(block_with("tern backup"))
    restored = machine.run(block_with("\ntern restore"), TERN_DATA_DIR=str(machine.root / "elsewhere"))
    drill = machine.run(block_with("=drill tern restore"))
    looked = machine.run(block_with("tern check --since"))

    for ended in (backed_up, restored, drill, looked):
        assert (ended.returncode, "tern:" in ended.stderr) == (0, False), ended.stderr
    assert (machine.root / "elsewhere/tern.sqlite").exists()
    assert not (machine.root / "home/drill").exists()


@pytest.mark.parametrize("page", ["docs/handbook/operator.md", "docs/handbook/keys.md", "README.md"])
def test_every_command_that_a_page_names_takes_the_options_that_it_shows(page: str) -> None:
    text = (HERE.parent / page).read_text()
    named = re.findall(r"^(?:\w*\$ .*)?\btern ([^\n`]+)|`tern\s([^`]+)`", text, re.MULTILINE)
    root = typer.main.get_command(app)

    assert named
    for words in map("".join, named):
        command, rest = root, shlex.split(words, comments=True)
        while rest and (below := getattr(command, "commands", {}).get(rest[0])):
            command, rest = below, rest[1:]
        assert command is not root, words
        options = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in rest if word.startswith("--")} <= options, words


def test_the_readme_makes_what_is_served_before_it_serves_it() -> None:
    lines = re.findall(
        r"^\$ TERN_DATA_DIR=tern-data \S+/tern (\w+)", (HERE.parent / "README.md").read_text(), re.MULTILINE
    )

    assert lines == ["setup", "serve"]


UNITS = sorted((HERE.parent / "packaging/systemd").glob("*.service"))


def test_the_files_of_systemd_start_what_is_installed() -> None:
    starts = [re.findall(r"^ExecStart=(.+)$", each.read_text(), re.MULTILINE)[0].split()[:2] for each in UNITS]

    starts += [each.split()[:2] for each in re.findall(r"^ExecStart=(.+)$", "\n".join(blocks("ini")), re.MULTILINE)]

    assert starts == [["/srv/tern/venv/bin/tern", word] for word in ("serve", "backup")]
    assert all(each.parent.name in GUIDE for each in UNITS)


def test_whatever_ends_the_service_it_is_begun_again_within_its_bounds() -> None:
    (unit,) = [each.read_text() for each in UNITS if each.name == "tern.service"]
    said = dict(re.findall(r"^(\w+)=(.+)$", unit, re.MULTILINE))

    assert (said["Restart"], said["StartLimitIntervalSec"]) == ("always", "0")
    assert int(said["LimitNOFILE"]) >= OTHER_FILES + CONNECTIONS
    assert {"MemoryMax", "NoNewPrivileges", "ProtectSystem", "SystemCallFilter"} <= said.keys()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize("unit", UNITS, ids=[each.name for each in UNITS])
def test_systemd_finds_the_exposure_that_the_guide_names(unit: Path) -> None:
    said = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", str(unit)], capture_output=True, text=True, check=False
    )

    (exposure,) = re.findall(r"exposure level for \S+: ([0-9.]+)", said.stdout)
    assert f"exposure level {exposure}" in GUIDE
