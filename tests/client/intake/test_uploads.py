"""Files that are sent over connections that break, and to services that lie about them."""

import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from app.client.casework import triage
from app.client.intake import uploads
from app.client.intake.reporter import Reporter
from app.client.intake.uploads import Upload
from app.client.machine.transport import Refused, Service
from app.protocol import receipt as receipts
from app.protocol.encoding import b64, new_id
from app.protocol.sizes import Kind, ciphertext_sizes
from tests.client.installation import Installation
from tests.client.intake.test_reporter import DOCUMENT

CONTENT = secrets.token_bytes(600_000)


class Line:
    """A connection to the service that breaks off after each `bytes_each` that went to it, `breaks` times in all."""

    def __init__(self, server: str, bytes_each: int, breaks: int) -> None:
        address = urlsplit(server)
        self._server = (address.hostname, address.port)
        self._bytes_each, self.breaks = bytes_each, breaks
        self.sent = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def carry(self) -> None:
        """Until `close`."""
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._connect, args=(near,)).start()

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _connect(self, near: socket.socket) -> None:
        with near, closing(socket.create_connection(self._server)) as far:
            back = threading.Thread(target=_pass_on, args=(far, near))
            back.start()
            passed = 0
            while block := _received(near):
                far.sendall(block)
                passed += len(block)
                self.sent += len(block)
                if self.breaks and passed >= self._bytes_each:
                    self.breaks -= 1
                    break
            for end in (near, far):
                end.shutdown(socket.SHUT_RDWR)
            back.join()


def _received(end: socket.socket) -> bytes:
    try:
        return end.recv(16_384)
    except OSError:
        return b""


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    while block := _received(source):
        try:
            sink.sendall(block)
        except OSError:
            return


@contextmanager
def line(server: str, *, bytes_each: int, breaks: int) -> Iterator[Line]:
    carried = Line(server, bytes_each, breaks)
    thread = threading.Thread(target=carried.carry)
    thread.start()
    try:
        yield carried
    finally:  # or a test that fails leaves a thread for which the whole run waits
        carried.close()
        thread.join()


class Liar(httpx2.BaseTransport):
    """Between a client and the service; `change` is done to the headers of what answers an upload's requests."""

    def __init__(self, honest: httpx2.BaseTransport, change: Callable[[str, httpx2.Headers], None]) -> None:
        self.asked: list[str] = []
        self._honest, self._change = honest, change

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = self._honest.handle_request(request)
        if request.url.path.startswith("/v1/uploads"):
            self.asked.append(f"{request.method} {request.url}")
            self._change(request.method, answer.headers)
        return answer


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(CONTENT)
    return photo


def arrived(here: Installation, report: str, directory: Path) -> bytes:
    """The first attachment, as a triager reads it."""
    anna = here.staff("anna")
    opened = triage.open_(anna, report)
    with (directory / "read").open("wb") as sink:
        triage.save_attachment(anna, opened, opened.report.attachments[0], sink)
    return (directory / "read").read_bytes()


def test_a_file_goes_on_where_its_connection_broke(here: Installation, photo: Path, tmp_path: Path) -> None:
    with (
        line(here.server, bytes_each=200_000, breaks=5) as broken,
        Reporter(broken.address, here.pin, clock=here.now) as reporter,
    ):
        sent = reporter.submit(DOCUMENT, [photo])

    assert broken.breaks == 0
    assert not sent.not_arrived
    assert arrived(here, sent.report, tmp_path) == CONTENT
    # Whole once, and of each break no more than what was under way.
    assert broken.sent < 2 * 1024 * 1024


def test_a_file_of_an_answer_goes_on_too(here: Installation, photo: Path) -> None:
    sent = here.reporter().submit(DOCUMENT)

    with (
        line(here.server, bytes_each=300_000, breaks=2) as broken,
        Reporter(broken.address, here.pin, clock=here.now) as reporter,
    ):
        late = reporter.answer(receipts.read(sent.receipt), "This too.", [photo])

    assert (late, broken.breaks) == ((), 0)


def test_a_file_whose_connection_never_holds_is_told_as_not_arrived(
    here: Installation, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "_FIRST_PAUSE", 0.001)
    with (
        line(here.server, bytes_each=30_000, breaks=1_000) as broken,
        Reporter(broken.address, here.pin, clock=here.now) as reporter,
    ):
        # Enough for the report, and for what begins an upload.
        sent = reporter.submit(DOCUMENT, [photo])

    assert sent.not_arrived == (photo,)


def test_a_report_that_was_withdrawn_is_asked_once(here: Installation, tmp_path: Path) -> None:
    receipt = receipts.read(here.reporter().submit(DOCUMENT).receipt)
    here.reporter().withdraw(receipt)
    sealed = tmp_path / "sealed"
    sealed.write_bytes(bytes(min(ciphertext_sizes(Kind.ATTACHMENT))))

    with httpx2.HTTPTransport() as honest:
        watched = Liar(honest, lambda *_: None)
        with httpx2.Client(base_url=here.server, transport=watched) as http, pytest.raises(Refused) as refusal:
            Upload(Service(here.server, http=http), b64(receipt.token), new_id("att"), sealed).send(lambda _: None)

    assert (refusal.value.type, watched.asked) == ("not-found", [f"POST {here.server}/v1/uploads"])


def test_progress_never_goes_back(here: Installation, photo: Path) -> None:
    heard: list[tuple[int, int]] = []
    with (
        line(here.server, bytes_each=200_000, breaks=3) as broken,
        Reporter(broken.address, here.pin, clock=here.now) as reporter,
    ):
        reporter.submit(DOCUMENT, [photo], progress=lambda sent, whole: heard.append((sent, whole)))

    assert heard == sorted(heard)
    assert heard[-1][0] == heard[-1][1]


@pytest.mark.parametrize(
    "address",
    ["", "https://elsewhere.test/v1/uploads/" + "0" * 32, "//elsewhere.test/v1/uploads/" + "0" * 32, "/v1/mailbox"],
)
def test_a_token_goes_to_no_address_that_is_not_an_uploads(here: Installation, photo: Path, address: str) -> None:
    def elsewhere(method: str, headers: httpx2.Headers) -> None:
        if method == "POST":
            headers["Location"] = address

    liar, sent = lied_to(here, photo, elsewhere)

    assert sent == (photo,)
    assert liar.asked == [f"POST {here.server}/v1/uploads"]


@pytest.mark.parametrize("offset", ["", "-1", "1e3", "٣", "99999999999", "1048576000"])
def test_an_offset_that_cannot_be_is_not_believed(here: Installation, photo: Path, offset: str) -> None:
    def beyond(method: str, headers: httpx2.Headers) -> None:
        if method == "PATCH":
            headers["Upload-Offset"] = offset.encode().decode("latin-1")

    liar, sent = lied_to(here, photo, beyond)

    assert sent == (photo,)
    assert len(liar.asked) == 2


def lied_to(
    here: Installation, photo: Path, change: Callable[[str, httpx2.Headers], None]
) -> tuple[Liar, tuple[Path, ...]]:
    with httpx2.HTTPTransport() as honest:
        liar = Liar(honest, change)
        with (
            httpx2.Client(base_url=here.server, transport=liar) as http,
            Reporter(here.server, here.pin, http=http, clock=here.now) as reporter,
        ):
            return liar, reporter.submit(DOCUMENT, [photo]).not_arrived
