"""The wire between a browser and the service: it hears all that is sent, and breaks where a test says so."""

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_PIECE = 2**14
_PATIENCE_SECONDS = 20


@dataclass(frozen=True)
class Sent:
    """One request as it went over the wire. Names of headers are in small letters."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


class Wire:
    """`address` is where the browser finds the service."""

    def __init__(self, service: tuple[str, int]) -> None:
        self._service = service
        self._streams: list[bytearray] = []
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._passes_until: int | None = None
        self._losing = (b"", 0)
        self._listener = _listen(0)
        self._port: int = self._listener.getsockname()[1]
        self._start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def heard(self) -> bytes:
        """Every byte that came from the browser."""
        with self._lock:
            return b"".join(self._streams)

    def requests(self, method: str = "", path: str = "") -> list[Sent]:
        """What was asked, by connection; only this method and what begins with this path, where they are given."""
        with self._lock:
            streams = [bytes(stream) for stream in self._streams]
        sent = [each for stream in streams for each in _parsed(stream)]
        return [each for each in sent if each.method.startswith(method) and each.path.startswith(path)]

    def stall(self, after: int) -> None:
        """Let so many bytes more through, and then nothing."""
        with self._lock:
            self._passes_until = self._passed + after

    def wait_until_stalled(self) -> None:
        until = time.monotonic() + _PATIENCE_SECONDS
        while self._passes_until is None or self._passed < self._passes_until:
            assert time.monotonic() < until, "the browser sends no more"
            time.sleep(0.02)

    def cut(self) -> None:
        """End every connection as it is. New ones are whole again."""
        with self._lock:
            self._passes_until = None
        self._hang_up()

    def lose_answers(self, request: bytes, times: int) -> None:
        """The service hears requests that begin so, and what it answers is lost."""
        self._losing = (request, times)

    def break_(self) -> None:
        """Nobody answers any more, as where the service is gone."""
        with suppress(OSError):  # it was broken before
            self._listener.shutdown(socket.SHUT_RDWR)  # which also wakes who waits for a browser
        self._listener.close()
        self._hang_up()

    def mend(self) -> None:
        self._listener = _listen(self._port)
        self._start()

    @property
    def _passed(self) -> int:
        return sum(map(len, self._streams))

    def _start(self) -> None:
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                browser, _ = listener.accept()
            except OSError:  # closed
                return
            service = socket.create_connection(self._service)
            stream = bytearray()
            with self._lock:
                self._streams.append(stream)
                self._open |= {browser, service}
            threading.Thread(target=self._up, args=(browser, service, stream), daemon=True).start()
            threading.Thread(target=self._down, args=(service, browser, stream), daemon=True).start()

    def _up(self, browser: socket.socket, service: socket.socket, stream: bytearray) -> None:
        with suppress(OSError):
            while piece := browser.recv(_PIECE):
                while piece:
                    piece = self._pass(piece, service, stream)
        self._end(browser, service)

    def _pass(self, piece: bytes, service: socket.socket, stream: bytearray) -> bytes:
        """What of the piece has to wait."""
        with self._lock:
            room = len(piece) if self._passes_until is None else max(0, self._passes_until - self._passed)
            stream += piece[:room]
        if not room:
            if service not in self._open:
                raise OSError("hung up")
            time.sleep(0.02)
            return piece
        service.sendall(piece[:room])
        return piece[room:]

    def _down(self, service: socket.socket, browser: socket.socket, stream: bytearray) -> None:
        with suppress(OSError):
            while piece := service.recv(_PIECE):
                lost, times = self._losing
                last = list(_parsed(bytes(stream)))[-1] if times else None
                if last and f"{last.method} {last.target}".encode().startswith(lost):
                    self._losing = (lost, times - 1)
                    break
                browser.sendall(piece)
        self._end(browser, service)

    def _end(self, *sockets: socket.socket) -> None:
        with self._lock:
            self._open -= set(sockets)
        for each in sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _hang_up(self) -> None:
        self._end(*self._open)


@contextmanager
def wire(service: str) -> Iterator[Wire]:
    """A wire to the service at this address, until the block ends."""
    host, port = service.removeprefix("http://").split(":")
    made = Wire((host, int(port)))
    try:
        yield made
    finally:
        made.break_()


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen()
    return listener


def _parsed(stream: bytes) -> Iterator[Sent]:
    """The requests of a connection; of one that was cut, what came of it."""
    while True:
        head, ended, rest = stream.partition(b"\r\n\r\n")
        if not ended:
            return
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        length = int(headers.get("content-length", "0"))
        yield Sent(method, target, headers, rest[:length])
        stream = rest[length:]
