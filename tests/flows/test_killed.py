"""A client and a service of their own processes are killed in the middle of an act (SIGKILL), and it is typed again.

`test_broken_off` does so at every step of many acts, within one process.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2
import pytest

from app.client import Staff
from app.client.casework import leaving
from app.client.machine.directory import Machine
from app.client.machine.transport import Refused
from app.client.people import duties, sign_in
from app.protocol.encoding import unb64
from app.protocol.key_copy import AccountKey, open_copy
from tests.client.casework.scene import accepted, claimed
from tests.client.installation import PASSPHRASE, PASSWORD, installation
from tests.docs.test_keys_handbook import words_on
from tests.running import free_port, running

_TERN = (sys.executable, "-c", "from app.cli.__main__ import main; main()")
_ROOT = Path(__file__).parents[2]


class Between(ThreadingHTTPServer):
    """Passes on what clients ask of the service. Of the next request that writes, `before` or `after` is done in its
    place, or once the service has answered: its client hears nothing of it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Passing)
        self.service = ""
        self.before: Callable[[], object] | None = None
        self.after: Callable[[], object] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def ask(self, request: httpx2.Request) -> httpx2.Response:
        with httpx2.Client(trust_env=False, timeout=30) as http:
            return http.send(request)


class _Passing(BaseHTTPRequestHandler):
    server: Between

    def do_GET(self) -> None:
        self._answer(self.server.ask(self._request()))

    def do_POST(self) -> None:
        request, between = self._request(), self.server
        if before := between.before:
            between.before = None
            before()
            self.close_connection = True
            return
        answer = between.ask(request)
        if after := between.after:
            between.after = None
            after()
            self.close_connection = True
            return
        self._answer(answer)

    def do_PUT(self) -> None:
        self.do_POST()

    def log_message(self, *_: object) -> None:
        """Nothing of it is for anybody to read."""

    def _request(self) -> httpx2.Request:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        names = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
        return httpx2.Request(self.command, f"{self.server.service}{self.path}", headers=names, content=content)

    def _answer(self, answer: httpx2.Response) -> None:
        self.send_response(answer.status_code)
        for name, value in answer.headers.items():
            if name.lower() not in ("content-length", "content-encoding", "transfer-encoding", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)


class Service:
    """`tern serve` on what lies in a directory, which can be killed and begun again."""

    def __init__(self, directory: Path, between: Between, opened: ExitStack) -> None:
        self._environment = os.environ | {
            "TERN_DATA_DIR": str(directory / "server"),
            "TERN_DEMO": "1",
            "TERN_DEMO_CLOCK": str(directory / "clock"),
        }
        self._between = between
        self._opened = opened
        self.begin()

    def begin(self) -> None:
        port = free_port()
        self._between.service = f"http://127.0.0.1:{port}"
        command = [*_TERN, "serve", "--host", "127.0.0.1", "--port", str(port)]
        begun = running(command, self._between.service, environment=self._environment, directory=_ROOT)
        self._process = self._opened.enter_context(begun)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(timeout=30)


@contextmanager
def passing() -> Iterator[Between]:
    between = Between()
    thread = threading.Thread(target=between.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield between
    finally:
        between.shutdown()
        thread.join()
        between.server_close()


def typed(directory: Path, handle: str, *arguments: str, killed_by: Callable[[Callable[[], object]], object]) -> int:
    """Somebody types a command at their machine: its exit code. `killed_by` is told how its process is killed."""
    environment = os.environ | {
        "TERN_MACHINE": str(directory / "people" / handle),
        "TERN_PASSPHRASE": PASSPHRASE,
        "TERN_PASSWORD": PASSWORD,
        "TERN_DEMO": "1",
        "TERN_DEMO_CLOCK": str(directory / "clock"),
    }
    process = subprocess.Popen(
        [*_TERN, *arguments], env=environment, cwd=_ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    killed_by(process.kill)
    try:
        return process.wait(timeout=120)
    finally:
        process.kill()


def test_leaving_and_a_sheet_come_to_what_they_come_to_whoever_is_killed(tmp_path: Path) -> None:
    with installation(tmp_path) as here:
        anna, boris = here.staff("anna"), here.staff("boris")
        accepted(here, anna, boris)
        claimed(here, anna)
        here.staff("sara")
    with ExitStack() as opened:
        between = opened.enter_context(passing())
        for each in (tmp_path / "people").iterdir():
            machine = Machine(each)
            machine.tell(replace(machine.about, server=between.url))
        service = Service(tmp_path, between, opened)

        def before(kill: Callable[[], object]) -> None:
            between.before = kill

        def after(kill: Callable[[], object]) -> None:
            between.after = kill

        def neither(_: object) -> None:
            between.before = between.after = None

        leave = ("sara", "people", "leave", "anna", "--now")
        ends = [typed(tmp_path, *leave, killed_by=way) for way in (after, before)]
        between.before = service.kill
        ends.append(typed(tmp_path, *leave, killed_by=lambda _: None))
        service.begin()
        ends.append(typed(tmp_path, *leave, killed_by=neither))

        assert [code == 0 for code in ends] == [False] * 3 + [True], ends
        sara = opened.enter_context(Staff(tmp_path / "people" / "sara", PASSPHRASE, clock=here.now))
        assert sara.trust.is_ended(anna.person)
        assert leaving.holdings(sara, anna.person).shared == ()
        assert [hint for hint in duties.waiting(sara) if hint.person == anna.person] == []
        with pytest.raises(Refused):
            sign_in.sign_in(opened.enter_context(Staff(anna.machine.directory, PASSPHRASE, clock=here.now)), PASSWORD)

        make = ("boris", "machine", "sheet", "--sheets", str(tmp_path / "papers"))
        at_boris = opened.enter_context(Staff(boris.machine.directory, PASSPHRASE, clock=here.now))
        assert typed(tmp_path, *make, killed_by=after) != 0
        assert opens(at_boris, words_on(tmp_path / "papers" / "sheet-boris.txt"))


def opens(person: Staff, sheet: str) -> bool:
    """Whether the copy that the service has opens by this sheet."""
    file = unb64(str(person.service.get("/copy").json()["file"]))
    return open_copy(file, PASSPHRASE, AccountKey.read(sheet)).person == person.person
