"""A command that is killed in the middle of a write leaves the case as it was or as it was to be, and the words."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from app.client.casework import cases
from tests.cli.command import tern
from tests.client.casework.scene import accepted
from tests.client.installation import PASSPHRASE, Installation

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")

# `tern`, whose process ends before it sends what it has sealed, or once the service has taken it and nobody has read
# the answer.
_KILLED = """
import os, signal, sys
import httpx2
from app.cli.main import main

when, send = sys.argv.pop(), httpx2.HTTPTransport.handle_request

def handle_request(transport, request):
    writes = request.method == "POST" and request.url.path.endswith("/entries")
    if writes and when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    answer = send(transport, request)
    if writes:
        os.kill(os.getpid(), signal.SIGKILL)
    return answer

httpx2.HTTPTransport.handle_request = handle_request
main()
"""


@pytest.mark.parametrize(("when", "stands"), [("before", ""), ("after", "Typed once.")])
def test_a_command_that_is_killed_in_a_write_is_taken_up_again(here: Installation, when: str, stands: str) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    opened = accepted(here, anna, boris)
    environment = {
        "TERN_MACHINE": str(here.machine("boris")),
        "TERN_PASSPHRASE": PASSPHRASE,
        "TERN_DEMO": "1",
        "TERN_DEMO_CLOCK": str(here.clock),
    }
    command = ["case", "set", opened.id, "case", "summary", "--text", "-"]

    killed = subprocess.run(
        [sys.executable, "-c", _KILLED, *command, when],
        input=b"Typed once.",
        env=os.environ | environment,
        cwd=Path(__file__).parents[2],
        capture_output=True,
    )
    between = cases.open_(anna, opened.id)
    resumed = tern("case", "resume", opened.id, environment=environment)
    after = cases.open_(boris, opened.id)

    assert killed.returncode == -signal.SIGKILL
    assert between.file.summary == stands
    assert (resumed.code, after.file.summary, after.version) == (0, "Typed once.", 2)
    assert cases.write(boris, after, replace(after.file, title="And on.")).version == 3
