"""What a command imports before it asks the service anything: nearly all of its time from the shell to there."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.start_speed import COMMANDS, FORM, environment_of

# Says what was imported when something connects, and ends there.
_TOLD = """
import os, sys

def tell(event, arguments):
    if event == "socket.connect":
        print(*sys.modules, flush=True)
        os._exit(0)

sys.addaudithook(tell)
from app.cli.__main__ import main
main()
"""
# httpx2 brings the parser and the loop that it might be asked through.
LIBRARIES = {
    *("annotated_doc", "shellingham", "typer"),
    *("anyio", "h11", "httpcore2", "httpx2", "idna", "truststore"),
    *("cryptography", "mnemonic", "typing_extensions"),
}
OF_OTHERS = {"app.client.casework.cases", "app.client.intake.reporter", "app.protocol.case", "app.protocol.journal"}


@pytest.mark.parametrize(
    "command", ["triage list", "audit verify", "people list", "case list", "case show", "duties", "me"]
)
def test_a_command_imports_nothing_that_it_does_not_need_before_it_asks(command: str, tmp_path: Path) -> None:
    environment = environment_of(tmp_path / "anna", "http://127.0.0.1:9")  # where nobody listens

    done = subprocess.run(
        [sys.executable, "-c", _TOLD, *COMMANDS[command]], env=environment, input=FORM, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr
    imported = done.stdout.split()
    roots = {each.partition(".")[0] for each in imported} - sys.stdlib_module_names - {"app", "__main__"}
    assert {each for each in roots if not each.startswith("_")} <= LIBRARIES
    assert OF_OTHERS.isdisjoint(imported)
