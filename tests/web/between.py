"""Something between a page and the service: a network that loses answers, or a service that lies."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2

Lie = Callable[[bytes], bytes]
_PASSED_ON = ("Content-Type", "Date", "Location", "Tus-Resumable", "Upload-Offset", "Upload-Length")


class Between:
    """`losing` answers of a method and path are lost, though the service has heard; `lies` say what becomes of one.

    `refusing` are status and problem type of answers that the service never gave. `heard` is all that was sent, `told`
    all that was answered.
    """

    def __init__(self) -> None:
        self.server = ""
        self.losing: dict[tuple[str, str], int] = {}
        self.refusing: dict[tuple[str, str], tuple[int, str]] = {}
        self.lies: dict[str, Lie] = {}
        self.heard: list[tuple[str, str, str, bytes]] = []
        self.told: list[tuple[str, bytes]] = []


@contextmanager
def between(service: str) -> Iterator[Between]:
    """Stands at `server` until the block ends."""
    made = Between()
    # Over plain HTTP nobody has to be trusted, and those whom the machine trusts take long to read.
    onwards = httpx2.Client(base_url=service, trust_env=False, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # an answer is two packets, the second of which would wait

        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            made.heard.append((self.command, self.path, str(self.headers), body))
            asked = self.command, self.path.partition("?")[0]
            if asked in made.refusing:
                status, type_ = made.refusing.pop(asked)
                self._answer(
                    status, {"Content-Type": "application/problem+json"}, b'{"type":"/problems/%s"}' % type_.encode()
                )
                return
            headers = {
                name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")
            }
            answer = onwards.request(self.command, self.path, headers=headers, content=body)
            if made.losing.get(asked, 0) > 0:
                made.losing[asked] -= 1
                self.close_connection = True
                return
            content = made.lies.get(asked[1], bytes)(answer.content)
            made.told.append((asked[1], content))
            passed_on = {name: answer.headers[name] for name in _PASSED_ON if name in answer.headers}
            self._answer(answer.status_code, passed_on, content)

        def _answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
            self.send_response_only(status)  # the day is the service's to tell
            for name, value in headers.items():
                self.send_header(name, value)
            if status != httpx2.codes.NO_CONTENT:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_PUT = do_POST = do_PATCH = do_HEAD = _pass  # noqa: N815  the library's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
            """Nothing: a test says what it saw."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.server = f"http://127.0.0.1:{http.server_port}"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield made
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
        onwards.close()
