"""Partners' programs are told that a release is public, until each has taken it, and of nothing else."""

import json
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from pydantic import ValidationError

from app.database import Database
from app.installation import publications, webhooks
from app.settings import Settings, hooks_of

NOW = datetime(2026, 7, 15, 9, tzinfo=UTC)
SECRET = f"whsec_{b64encode(bytes(range(32))).decode()}"
PUBLIC = [("rel_1", "2026-Q1"), ("rel_2", "2026-Q2")]


class _Receiver(BaseHTTPRequestHandler):
    """Takes what comes, but for as many posts as it is told to refuse."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        refuses = self.server.refuses > 0  # type: ignore[attr-defined]
        self.server.refuses -= 1  # type: ignore[attr-defined]
        if not refuses:
            self.server.taken.append((dict(self.headers), body))  # type: ignore[attr-defined]
        self.send_response(503 if refuses else 204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def receiver(*, refuses: int = 0) -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), _Receiver) as server:
        server.taken, server.refuses = [], refuses  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join(5)


def url(server: HTTPServer) -> str:
    return f"http://127.0.0.1:{server.server_port}/hook"


def turn(database: Database, *servers: HTTPServer, public: list[tuple[str, str]] = PUBLIC) -> str:
    return publications.turn({url(each): SECRET for each in servers}, database, lambda _: public, lambda: NOW)


def told(server: HTTPServer) -> list[dict[str, object]]:
    return [json.loads(body) for _, body in server.taken]  # type: ignore[attr-defined]


def test_each_address_hears_of_each_release_once_signed_and_with_nothing_that_is_not_public(database: Database) -> None:
    with receiver() as one:
        said = [turn(database, one, public=PUBLIC[:1]), turn(database, one), turn(database, one)]

        assert said == ["", "", ""]
        assert told(one) == [
            {
                "type": "release.published",
                "timestamp": "2026-07-15T09:00:00Z",
                "data": {"release": id_, "period": period, "page": f"/releases/{id_}/index.html"},
            }
            for id_, period in PUBLIC
        ]
        headers, body = one.taken[0]  # type: ignore[attr-defined]
        assert headers["webhook-id"] == "msg_rel_1"
        timestamp = int(headers["webhook-timestamp"])
        assert headers["webhook-signature"] == webhooks.sign(
            SECRET, message_id="msg_rel_1", timestamp=timestamp, payload=body
        )


def test_who_does_not_answer_is_told_again_and_holds_up_nobody(database: Database) -> None:
    with receiver(refuses=1) as slow, receiver() as quick:
        first, second = turn(database, slow, quick), turn(database, slow, quick)

        assert first == "Not every partner was told of a release (it answered 503); it is tried again."
        assert second == ""
        assert len(told(slow)) == len(told(quick)) == len(PUBLIC)


@pytest.mark.parametrize("hooks", ["https://a.example", f"ftp://a.example {SECRET}", "https://a.example whsec_x"])
def test_an_address_is_https_and_has_its_secret(hooks: str) -> None:
    with pytest.raises(ValidationError, match="TERN_PUBLICATION_HOOKS"):
        Settings(publication_hooks=hooks)


def test_a_secret_is_changed_by_naming_both() -> None:
    assert hooks_of(f"https://a.example/x {SECRET} {SECRET}, https://b.example {SECRET}") == {
        "https://a.example/x": f"{SECRET} {SECRET}",
        "https://b.example": SECRET,
    }
