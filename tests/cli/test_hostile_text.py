"""Commands before a hostile reporter, a hostile colleague and a service that lies: all they can write stays text."""

import json
import re
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2
import pytest

from app.cli.plain_text import visible
from app.client.casework import cases, coding_approvals, triage
from app.client.intake.reporter import Submitted
from app.protocol import conversation
from app.protocol import receipt as receipts
from app.protocol.grants import seal_grant
from tests.cli.command import Ended, tern
from tests.client.casework.scene import FOUND
from tests.client.installation import PASSPHRASE, Installation, installation

# The connections of a command end with its process; here they end when they are collected.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")

HOSTILE = "[/x] \\[/x] :cd: \x1b]52;c;cm0gLXJm\x07 \x9b2J\rgone \u202eexe.gpj \u200b[link=https://evil.test]here[/link]"
SHOWN = (
    "[/x] \\[/x] :cd: <U+001B>]52;c;cm0gLXJm<U+0007> <U+009B>2J<U+000D>gone <U+202E>exe.gpj <U+200B>"
    "[link=https://evil.test]here[/link]"
)
ANSWERS = {"danger_now": "days", "consent": ["service", "contact"]}
FORM: dict[str, Any] = {"language": "en", "text": "They followed me home.", "answers": ANSWERS}

# Nobody has to be trusted over plain HTTP, and those whom the machine trusts take long to read.
NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

# Of the path that was asked for and the honest answer: the status and the answer that the client gets.
Lie = Callable[[str, bytes], tuple[int, bytes]]


@dataclass
class Scene:
    """Two reports and a case of which one report says, in every place that takes words, what is `HOSTILE`."""

    here: Installation
    plain: Submitted
    hostile: Submitted
    mislabelled: Submitted
    accepted: Submitted
    case: str

    def tern(self, *arguments: str, who: str = "anna", receipt: str = "", typed: object = None) -> Ended:
        """A command at somebody's machine."""
        environment = {
            "TERN_MACHINE": str(self.here.machine(who)),
            "TERN_PASSPHRASE": PASSPHRASE,
            "TERN_RECEIPT": receipt,
            "TERN_DEMO": "1",
            "TERN_DEMO_CLOCK": str(self.here.clock),
            "COLUMNS": "400",
        }
        return tern(*arguments, typed=json.dumps(typed), environment=environment)

    @contextmanager
    def lied_to(self, lie: Lie) -> Iterator[str]:
        """The machines of staff, led to a service that says `lie` of each answer."""
        with _liar(self.here.server, lie) as server:
            abouts = {file: file.read_text() for file in (self.here.directory / "people").glob("*/machine.json")}
            for file, about in abouts.items():
                file.write_text(about.replace(self.here.server, server))
            yield server
            for file, about in abouts.items():
                file.write_text(about)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with installation(tmp_path_factory.mktemp("installation")) as here:
        anna, boris = here.staff("anna"), here.staff("boris")
        plain = here.reporter().submit(FORM)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(conversation, "seal_grant", partial(_mislabel, seal_grant))
            mislabelled = here.reporter().submit(FORM)
        file = tmp_path_factory.mktemp("files") / HOSTILE.replace("/", "")
        file.write_bytes(b"hello")
        words = {**FORM, "text": HOSTILE, "answers": {**ANSWERS, "when": HOSTILE}}
        hostile, accepted = here.reporter().submit(words, [file]), here.reporter().submit(words)
        for sent in (hostile, accepted):
            triage.claim(anna, triage.view(anna, sent.report))
        here.reporter().answer(receipts.read(hostile.receipt), HOSTILE)
        triage.answer(anna, triage.open_(anna, hostile.report), HOSTILE)
        case = triage.accept(
            anna, triage.open_(anna, accepted.report), FOUND, owner=boris.person, title=HOSTILE, summary=HOSTILE
        )
        coding_approvals.request(boris, cases.open_(boris, case), here.staff("chen").person)
        yield Scene(here, plain, hostile, mislabelled, accepted, case)


READING = (
    ("triage", "list"),
    ("triage", "open", "{hostile}"),
    ("case", "list"),
    ("case", "show", "{case}"),
    ("case", "open", "{case}"),
    ("case", "log", "{case}"),
    ("case", "members", "{case}"),
    ("case", "approvals"),
    ("people", "list"),
    ("release", "list"),
)
# Together they read each kind of answer; the service lies in each path of them in turn.
MANY_PATHS = [
    command for command in READING if command[1] in ("open", "show", "approvals") or command[0] in ("people", "triage")
]


@pytest.mark.parametrize("as_json", [False, True], ids=["for a person", "for a program"])
@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_what_is_hostile_comes_out_as_text(scene: Scene, command: tuple[str, ...], as_json: bool) -> None:
    ended = scene.tern(*_named(scene, command), *(["--json"] if as_json else []), who=_reader(command))

    assert (ended.code, ended.err) == (0, "")
    assert _commanding(ended) == set()
    if command[1] == "open":
        assert (json.dumps(HOSTILE)[1:-1] in json.dumps(json.loads(ended.out))) if as_json else (SHOWN in ended.out)


def test_a_report_whose_language_is_none_stands_in_the_queue_as_what_it_is_beside_the_others(scene: Scene) -> None:
    ended = scene.tern("triage", "list", "--json")

    rows = {row["id"]: row for row in json.loads(ended.out)}
    assert rows[scene.plain.report]["language"] == "en"
    assert rows[scene.mislabelled.report]["language"] is None
    assert rows[scene.mislabelled.report]["problem"] == "not authentic: malformed"


def test_a_reporter_reads_what_staff_wrote_as_text(scene: Scene) -> None:
    ended = scene.tern(
        *("mailbox", "read", "--server", scene.here.server, "--pin", scene.here.pin),
        receipt=scene.hostile.receipt,
    )

    assert (ended.code, ended.err) == (0, "")
    assert _commanding(ended) == set()
    assert SHOWN in ended.out


def test_what_somebody_types_wrongly_is_not_obeyed_either(scene: Scene) -> None:
    ended = scene.tern("triage", f"list{HOSTILE}")

    assert ended.code == 2
    assert _commanding(ended) == set()


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_a_problem_of_a_lying_service_is_one_line_of_text(scene: Scene, command: tuple[str, ...]) -> None:
    problem = {"type": HOSTILE, "title": f"{HOSTILE}\nsecond line", "errors": [HOSTILE], "failing": [HOSTILE]}

    with scene.lied_to(_always(418, json.dumps(problem).encode())):
        ended = scene.tern(*_named(scene, command), who=_reader(command))

    assert (ended.code, ended.out) == (1, "")
    assert ended.err == f"tern: {SHOWN}<U+000A>second line\n"


@pytest.mark.parametrize("command", MANY_PATHS, ids=" ".join)
def test_each_word_of_an_answer_may_be_hostile(scene: Scene, command: tuple[str, ...]) -> None:
    paths = _asked_for(scene, command)

    for path in paths:
        with scene.lied_to(_of(path, lambda said: json.dumps(_everywhere(json.loads(said), HOSTILE)).encode())):
            ended = scene.tern(*_named(scene, command), who=_reader(command))

        assert _commanding(ended) == set()
        _assert_ended_well(ended)


@pytest.mark.parametrize("command", MANY_PATHS, ids=" ".join)
def test_an_answer_of_another_shape_ends_in_one_line(scene: Scene, command: tuple[str, ...]) -> None:
    shapes: tuple[Callable[[bytes], bytes], ...] = (
        lambda _: b"",
        lambda _: b"[1]",
        lambda _: b"{}",
        lambda _: b'{"items":[{}],"next":null}',
        lambda _: b'{"items":["x"],"next":null}',
        lambda said: json.dumps(_everywhere(json.loads(said), 7)).encode(),
        lambda said: json.dumps(_everywhere(json.loads(said), None)).encode(),
        lambda said: json.dumps(_everywhere(json.loads(said), {"x": ["y"]})).encode(),
    )
    for path in _asked_for(scene, command):
        for shape in shapes:
            with scene.lied_to(_of(path, shape)):
                ended = scene.tern(*_named(scene, command), who=_reader(command))

            _assert_ended_well(ended)


def test_an_answer_of_another_shape_ends_a_reporters_command_in_one_line(scene: Scene) -> None:
    at = ("--pin", scene.here.pin, "--server")
    shapes = (b"", b"[]", b"{}", b'{"head":7,"intake":{}}', b'{"head":{"n":"1"},"intake":"x"}', bytes(4096))
    for shape in shapes:
        with scene.lied_to(_always(200, shape)) as server:
            sent = scene.tern("report", "submit", "--document", "-", *at, server, typed=FORM)
            read = scene.tern("mailbox", "read", *at, server, receipt=scene.plain.receipt)

        for ended in (sent, read):
            assert ended.code != 0
            _assert_ended_well(ended)


def _mislabel(seal: Callable[..., bytes], *arguments: object, **named: object) -> bytes:
    """The code of an attacker, who seals what no client of Tern would."""
    return seal(*arguments, **{**named, "language": HOSTILE})


def _named(scene: Scene, command: tuple[str, ...]) -> list[str]:
    return [word.format(hostile=scene.hostile.report, case=scene.case) for word in command]


def _reader(command: tuple[str, ...]) -> str:
    return "boris" if command[0] == "case" else "anna"


def _commanding(ended: Ended) -> set[str]:
    """What a terminal would obey or a reader not see."""
    return {letter for letter in ended.out + ended.err if letter != "\n" and visible(letter) != letter}


def _assert_ended_well(ended: Ended) -> None:
    assert "Traceback" not in ended.err
    assert "a fault of Tern" not in ended.err
    assert ended.err.count("\n") == (0 if ended.code == 0 else 1)


def _asked_for(scene: Scene, command: tuple[str, ...]) -> list[str]:
    """The paths at which the command gets JSON from the service, one of each form."""
    paths: dict[str, str] = {}

    def note(path: str, said: bytes) -> tuple[int, bytes]:
        with suppress(ValueError):
            json.loads(said)
            paths[re.sub("[0-9a-f]{32}", "", path)] = path
        return 200, said

    with scene.lied_to(note):
        scene.tern(*_named(scene, command), who=_reader(command))
    return list(paths.values())


def _always(status: int, answer: bytes) -> Lie:
    return lambda _, __: (status, answer)


def _of(path: str, change: Callable[[bytes], bytes]) -> Lie:
    return lambda asked, said: (200, change(said) if asked == path else said)


def _everywhere(said: object, word: object) -> object:
    """The same object with `word` in the place of every text, number and null."""
    match said:
        case dict():
            return {name: _everywhere(value, word) for name, value in said.items()}
        case list():
            return [_everywhere(value, word) for value in said]
        case _:
            return word


@contextmanager
def _liar(honest: str, lie: Lie) -> Iterator[str]:
    """The address of a service between a client and the honest one."""

    class Liar(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # an answer is two packets, the second of which would wait

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def do_PUT(self) -> None:
            self._answer()

        def _answer(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name: self.headers[name] for name in ("Authorization", "Content-Type") if name in self.headers}
            said = http.request(self.command, self.path, content=content, headers=headers)
            status, body = lie(self.path.partition("?")[0], said.content)
            self.send_response_only(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    http = httpx2.Client(base_url=honest, trust_env=False, verify=NOBODY)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Liar)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        http.close()
