"""What docs/onion.md tells an operator to write is what Tor takes."""

import re
import subprocess
from pathlib import Path

from docs.generate import HERE

TORRC = re.compile(r"^```torrc\n(.+?)^```$", re.DOTALL | re.MULTILINE)


def test_tor_takes_the_onion_service_of_the_page(tmp_path: Path) -> None:
    (snippet,) = TORRC.findall((HERE / "onion.md").read_text())
    torrc = tmp_path / "torrc"
    torrc.write_text(snippet)

    done = verified(torrc, tmp_path)

    warnings = [line for line in done.stdout.splitlines() if "[warn]" in line and "as root" not in line]
    assert (done.returncode, warnings) == (0, []), done.stdout


def test_a_word_that_tor_does_not_know_would_be_noticed(tmp_path: Path) -> None:
    torrc = tmp_path / "torrc"
    torrc.write_text("HiddenServiceDirectory /var/lib/tor/tern\n")

    assert verified(torrc, tmp_path).returncode != 0


def verified(torrc: Path, directory: Path) -> "subprocess.CompletedProcess[str]":
    command = ["tor", "--verify-config", "-f", str(torrc), "--defaults-torrc", "/dev/null"]
    return subprocess.run(
        [*command, "--DataDirectory", str(directory / "tor")], capture_output=True, text=True, check=False
    )
