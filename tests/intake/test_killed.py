"""A real process under load, killed again and again: nothing that it acknowledged is lost."""

import http.client
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database import Database
from app.intake.attachments.models import Attachment
from app.intake.mailbox.models import Slot
from app.intake.reports.models import Report, ReportFile
from app.main import create_app
from app.protocol.encoding import b64, new_id, sha256_hex
from app.protocol.mailbox import THREAD_STATE_SLOT
from app.settings import Settings
from app.site.site import Site
from tests.forked import begin
from tests.in_process import InProcess
from tests.intake import tus
from tests.intake.scene import BYTES, Office, Reporter
from tests.running import free_port

ROUNDS = 3
ENOUGH = 4  # of each are acknowledged, then the service is killed in the middle of others
SENDERS = 6
PART = 16_384
CREATED, NO_CONTENT = 201, 204


@dataclass
class Sending:
    """An attachment on its way: the answers that came say where it is and how far."""

    token: str
    id: str
    address: str | None = None
    acknowledged: int = 0


class Load:
    """Threads that send reports, each followed by an attachment in parts, and remember what was acknowledged."""

    def __init__(self, port: int, bodies: list[bytes], file: bytes) -> None:
        self.reports: dict[str, tuple[str, bytes]] = {}  # id to token and body
        self.attachments: list[Sending] = []
        self._port, self._bodies, self._file = port, bodies, file
        self._threads = [threading.Thread(target=self._send) for _ in range(SENDERS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def wait(self) -> None:
        """Until enough was acknowledged, however long that takes."""
        while min(len(self.reports), len(self.attachments)) < ENOUGH:
            assert any(thread.is_alive() for thread in self._threads), "the service is gone before it was killed"
            time.sleep(0.01)

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _send(self) -> None:
        """Until the service is gone."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        try:
            while True:
                report, token, body = new_id("rep"), b64(secrets.token_bytes(32)), secrets.choice(self._bodies)
                answer = ask(connection, "PUT", "/v1/report", token, BYTES | {"Tern-Report": report}, body)
                if answer.status == CREATED:
                    self.reports[report] = (token, body)
                self._attach(connection, token)
        except (OSError, http.client.HTTPException):
            connection.close()

    def _attach(self, connection: http.client.HTTPConnection, token: str) -> None:
        sending = Sending(token, new_id("att"))
        begun = ask(connection, "POST", "/v1/uploads", token, tus.of_file(sending.id, len(self._file)))
        sending.address = begun.headers["Location"]
        self.attachments.append(sending)
        while sending.acknowledged < len(self._file):
            part = self._file[sending.acknowledged : sending.acknowledged + PART]
            answer = ask(connection, "PATCH", sending.address, token, tus.at(sending.acknowledged), part)
            if answer.status == NO_CONTENT:
                sending.acknowledged = int(answer.headers["Upload-Offset"])


def ask(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    token: str,
    headers: dict[str, str],
    body: bytes = b"",
) -> http.client.HTTPResponse:
    connection.request(method, path, body, {"Authorization": f"Bearer {token}"} | headers)
    answer = connection.getresponse()
    answer.read()
    return answer


def test_what_was_acknowledged_survives_a_kill(
    database: Database, url: str, rows: Session, tmp_path: Path, site: Site
) -> None:
    settings = Settings(data_dir=tmp_path / "data", database_url=url)
    today = datetime.now(UTC).date()
    with InProcess(create_app(settings, site=site)) as client:
        epoch = Office(database, client, today).found().open_epoch()
    reporter = Reporter(epoch, today)
    bodies, file = [reporter.body() for _ in range(4)], reporter.attachment()

    acknowledged: dict[str, tuple[str, bytes]] = {}
    attached: list[Sending] = []

    def check(port: int) -> None:
        """All that was acknowledged before the service was killed is there."""
        rows.expunge_all()
        for report, (token, body) in acknowledged.items():
            assert rows.get_one(Report, report).envelope_sha256 == sha256_hex(body)
            assert body.endswith(rows.get_one(ReportFile, report).body)
            assert rows.get_one(Slot, (sha256_hex(token.encode()), THREAD_STATE_SLOT)).file in body
        go_on(port, attached, file)
        blobs = {row.id: row.blob for row in rows.execute(select(Attachment.id, Attachment.blob))}
        for sending in attached:
            assert (tmp_path / "data" / "blobs" / blobs[sending.id]).read_bytes() == file

    for _ in range(ROUNDS):
        with served(settings) as (port, process):
            check(port)
            load = Load(port, bodies, file)
            load.start()
            load.wait()
            process.kill()
            process.join()
            load.join()
        acknowledged |= load.reports
        attached += load.attachments
    with served(settings) as (port, _):
        check(port)

    assert len(acknowledged) > ROUNDS
    assert len(attached) > ROUNDS


def go_on(port: int, attached: list[Sending], file: bytes) -> None:
    """Send what is missing of each, from where the service is: not before what it had acknowledged."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        for sending in attached:
            assert sending.address is not None
            told = ask(connection, "HEAD", sending.address, sending.token, tus.TUS)
            offset = int(told.headers["Upload-Offset"])
            assert sending.acknowledged <= offset
            if offset < len(file):
                answer = ask(connection, "PATCH", sending.address, sending.token, tus.at(offset), file[offset:])
                assert answer.status == NO_CONTENT


@contextmanager
def served(settings: Settings) -> Iterator[tuple[int, BaseProcess]]:
    """The service in a process of its own, once it answers; it is gone afterwards, whatever happened."""
    port = free_port()
    process = begin(settings, port)
    try:
        until = time.monotonic() + 60
        while not _answers(port):
            assert process.is_alive(), "the service did not start"
            assert time.monotonic() < until, "the service does not answer"
            time.sleep(0.05)
        yield port, process
    finally:
        process.kill()
        process.join()


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", "/v1/health")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
