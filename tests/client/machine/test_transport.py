"""HTTP, where something else than the service answers."""

import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO

import pytest

from app.client.machine.transport import Refused, Service, Unreachable


class _Impostor(BaseHTTPRequestHandler):
    """Answers each path as a service never would."""

    def do_GET(self) -> None:
        status, body = {
            "/v1/redirect": (302, b""),
            "/v1/page": (200, b"<html>"),
            "/v1/list": (200, b"[]"),
            "/v1/blank": (503, b"<html>"),
            "/v1/problem": (409, b'{"type": "/problems/guards-fail", "title": "Not yet", "failing": ["has_owner"]}'),
            "/v1/long": (200, b"x" * 1000),
        }[self.path]
        self.send_response(status)
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    server = HTTPServer(("127.0.0.1", 0), _Impostor)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with closing(Service(f"http://127.0.0.1:{server.server_port}")) as found:
        yield found
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_problem_is_raised_under_its_type(service: Service) -> None:
    with pytest.raises(Refused) as refusal:
        service.get("/problem")

    assert (refusal.value.type, refusal.value.status) == ("guards-fail", 409)
    assert refusal.value.extensions["failing"] == ["has_owner"]


@pytest.mark.parametrize("path", ["/redirect", "/blank"])
def test_nobody_is_led_elsewhere(service: Service, path: str) -> None:
    with pytest.raises(Refused, match="without a problem"):
        service.get(path)


@pytest.mark.parametrize("path", ["/page", "/list"])
def test_what_is_no_object_is_not_read(service: Service, path: str) -> None:
    with pytest.raises(Refused) as refusal:
        service.get(path).json()

    assert refusal.value.type == "not-understood"


def test_a_download_ends_at_its_limit(service: Service) -> None:
    with pytest.raises(Refused, match="longer"):
        service.download("/long", BytesIO(), limit=999)


def test_a_proxy_of_the_environment_is_not_used(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")

    with closing(Service(service.server)) as fresh, pytest.raises(Refused):
        fresh.get("/problem")


def test_silence_is_unreachable() -> None:
    with closing(Service("http://127.0.0.1:1")) as nobody, pytest.raises(Unreachable):
        nobody.get("/intake")
