"""A real process under load, killed again and again: nothing that it acknowledged is lost."""

import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.database import Database
from app.intake.attachments.models import Attachment
from app.intake.mailbox.models import Slot
from app.intake.reports.models import Report, ReportFile
from app.main import create_app
from app.protocol.encoding import b64, new_id, sha256_hex
from app.protocol.mailbox import ROUTE_SLOT
from app.settings import Settings
from tests.intake.scene import Office, Reporter, bearer

ROUNDS = 3
SECONDS = 0.7
SENDERS = 6


class Load:
    """Threads that send reports, each followed by an attachment, and remember what was acknowledged."""

    def __init__(self, port: int, bodies: list[bytes], file: bytes) -> None:
        self.reports: dict[str, tuple[str, bytes]] = {}  # id to token and body
        self.attachments: list[str] = []
        self._port, self._bodies, self._file = port, bodies, file
        self._threads = [threading.Thread(target=self._send) for _ in range(SENDERS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _send(self) -> None:
        """Until the service is gone."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        try:
            while True:
                report, token, body = new_id("rep"), b64(secrets.token_bytes(32)), secrets.choice(self._bodies)
                if self._put(connection, "/v1/report", token, {"Tern-Report": report}, body):
                    self.reports[report] = (token, body)
                attachment = new_id("att")
                if self._put(connection, "/v1/attachment", token, {"Tern-Attachment": attachment}, self._file):
                    self.attachments.append(attachment)
        except (OSError, http.client.HTTPException):
            connection.close()

    @staticmethod
    def _put(
        connection: http.client.HTTPConnection, path: str, token: str, headers: dict[str, str], body: bytes
    ) -> bool:
        connection.request("PUT", path, body, bearer(token) | headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status == 201


def test_what_was_acknowledged_survives_a_kill(database: Database, url: str, rows: Session, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", database_url=url)
    today = datetime.now(UTC).date()
    with TestClient(create_app(settings), base_url="https://tern.test") as client:
        epoch = Office(database, client, today).found().open_epoch()
    reporter = Reporter(epoch, today)
    bodies, file = [reporter.body() for _ in range(4)], reporter.attachment()

    acknowledged: dict[str, tuple[str, bytes]] = {}
    attached: list[str] = []
    for _ in range(ROUNDS):
        with served(settings) as (port, process):
            load = Load(port, bodies, file)
            load.start()
            time.sleep(SECONDS)
            process.send_signal(signal.SIGKILL)
            process.wait()
            load.join()
        acknowledged |= load.reports
        attached += load.attachments
        with served(settings):
            for report, (token, body) in acknowledged.items():
                assert rows.get_one(Report, report).envelope_sha256 == sha256_hex(body)
                assert body.endswith(rows.get_one(ReportFile, report).body)
                assert rows.get_one(Slot, (sha256_hex(token.encode()), ROUTE_SLOT)).file in body
            blobs = {row.id: row.blob for row in rows.execute(select(Attachment.id, Attachment.blob))}
            for attachment in attached:
                assert (tmp_path / "data" / "blobs" / blobs[attachment]).read_bytes() == file
        rows.expunge_all()

    assert len(acknowledged) > ROUNDS
    assert len(attached) > ROUNDS


@contextmanager
def served(settings: Settings) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    """The service in a process of its own, once it answers; it is gone afterwards, whatever happened."""
    with closing(socket.socket()) as chosen:
        chosen.bind(("127.0.0.1", 0))
        port = chosen.getsockname()[1]
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "uvicorn",
            "--factory",
            "tests.intake.served:app",
            "--port",
            str(port),
            "--no-access-log",
        ],
        env=os.environ | {"TERN_DATA_DIR": str(settings.data_dir), "TERN_DATABASE_URL": settings.url},
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).parents[2],
    )
    try:
        until = time.monotonic() + 60
        while not _answers(port):
            assert process.poll() is None, "the service did not start"
            assert time.monotonic() < until, "the service does not answer"
            time.sleep(0.05)
        yield port, process
    finally:
        process.kill()
        process.wait()


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/v1/health")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
