"""Reminders as others receive them: a mail server that signs in and encrypts, and the library of Standard Webhooks."""

import asyncio
import re
import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from sqlalchemy.orm import Session as Rows
from standardwebhooks import Webhook, WebhookVerificationError

from app.database import Database
from app.installation import digests, webhooks
from app.settings import Settings
from app.vocabulary import Role
from tests import factories
from tests.installation.test_digests import HOUR, OLD_SECRET, SECRET, certificate

USER, PASSWORD = "tern", "the password of a mail server"
ANOTHER = f"whsec_{b64encode(bytes(range(1, 33))).decode()}"


@dataclass
class MailServer:
    """What was taken, each as it came, and how its sender was known."""

    port: int = 0
    taken: list[bytes] = field(default_factory=list)
    came_by: list[tuple[bool, bool]] = field(default_factory=list)  # signed in, under TLS

    async def handle_RCPT(  # noqa: N802  as the library has it
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        if address.startswith("gone"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802  as the library has it
        self, _: SMTP, session: Session, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.original_content, bytes)
        self.taken.append(envelope.original_content)
        self.came_by.append((bool(session.authenticated), session.ssl is not None))
        return "250 taken"


def known(_: SMTP, __: Session, ___: Envelope, ____: str, said: object) -> AuthResult:
    is_known = isinstance(said, LoginPassword) and (said.login, said.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=is_known, handled=False)


@pytest.fixture
def mail_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    """One that takes nothing without STARTTLS and a password, at a name that is not that of this machine alone."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(tmp_path / "own.pem", "localhost"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "own.pem"))
    kept, listening_at = MailServer(), socket.create_server(("127.0.0.1", 0))
    kept.port = listening_at.getsockname()[1]
    ends = threading.Event()

    def one() -> SMTP:
        loop = asyncio.get_running_loop()
        return SMTP(
            kept,
            hostname="mail",
            tls_context=context,
            require_starttls=True,
            authenticator=known,
            auth_required=True,
            loop=loop,
        )

    async def serve() -> None:
        async with await asyncio.get_running_loop().create_server(one, sock=listening_at):
            await asyncio.to_thread(ends.wait)

    running = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    running.start()
    try:
        yield kept
    finally:
        ends.set()
        running.join(60)


def mailing(server: MailServer, to: str, password: str = PASSWORD) -> Settings:
    address = f"smtp://{USER}:{password.replace(' ', '%20')}@localhost:{server.port}"
    return Settings(digest_to=to, digest_from="tern@example.org", digest_smtp=address, digest_hours="6")


def turn(settings: Settings, database: Database, at: datetime = HOUR) -> str:
    [way] = digests.ways(settings)
    return digests.turn(way, settings.digest_hours, database, lambda: at)()


def test_a_mail_server_takes_reminders_signed_in_and_under_tls_and_in_its_bytes_is_nothing_of_what_happened(
    mail_server: MailServer, database: Database, rows: Rows
) -> None:
    settings = mailing(mail_server, "anna@example.org,gone@example.org,boris@example.net")

    nothing_yet = turn(settings, database)
    case = factories.case(rows, factories.certified(rows, Role.CASEWORKER))
    report = factories.report(rows, factories.epoch(rows, factories.certified(rows, Role.TRIAGER)))
    rows.commit()
    a_day_later = turn(settings, database, HOUR + timedelta(days=1))

    assert (nothing_yet, a_day_later) == ("", "")
    assert mail_server.came_by == [(True, True)] * 4
    days = [re.sub(rb"(?m)^(Date|Message-ID): .*$", rb"\1", each) for each in mail_server.taken]
    assert days[:2] == days[2:]
    for secret in (case.id, case.ref, report.id, report.ref, socket.gethostname(), PASSWORD):
        assert secret.encode() not in b"".join(mail_server.taken)


def test_a_wrong_password_is_told_without_a_word_of_it_and_tried_again(
    mail_server: MailServer, database: Database
) -> None:
    refused = turn(mailing(mail_server, "anna@example.org", "of another"), database)
    taken = turn(mailing(mail_server, "anna@example.org"), database)

    assert (refused, taken) == ("No reminder went (digest_mail: SMTPAuthenticationError); it is tried again.", "")
    assert len(mail_server.taken) == 1


class _Receiver(BaseHTTPRequestHandler):
    """Believes what the library of Standard Webhooks verifies, unless it was told what to answer."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        server = self.server
        assert isinstance(server, Receiver)
        server.taken.append(body)
        try:
            server.said.append(Webhook(server.secret).verify(body, dict(self.headers)))
        except WebhookVerificationError as error:
            server.answers.insert(0, 400)
            server.said.append(str(error))
        self.send_response(server.answers.pop(0) if server.answers else 204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Tests have no use for it."""


class Receiver(HTTPServer):
    """Of webhooks, at an address of this machine; what it was told, and what it answers to the next."""

    def __init__(self, secret: str, *answers: int) -> None:
        super().__init__(("127.0.0.1", 0), _Receiver)
        self.secret, self.answers = secret, list(answers)
        self.taken, self.said = list[bytes](), list[object]()

    @property
    def settings(self) -> Settings:
        url = f"http://127.0.0.1:{self.server_address[1]}/hook"
        return Settings(webhook_url=url, webhook_secret=f"{SECRET} {OLD_SECRET}", digest_hours=f"{self.hour:%H}")

    @property
    def hour(self) -> datetime:
        """Signatures hold for five minutes, so it is the hour that it is."""
        return datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


@contextmanager
def listening(receiver: Receiver) -> Iterator[Receiver]:
    running = threading.Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    running.start()
    try:
        yield receiver
    finally:
        receiver.shutdown()
        receiver.server_close()


@pytest.mark.parametrize("secret", [SECRET, OLD_SECRET])
def test_the_library_of_standard_webhooks_believes_what_either_secret_signed(secret: str, database: Database) -> None:
    with listening(Receiver(secret)) as receiver:
        told = turn(receiver.settings, database, datetime.now(UTC))

    assert told == ""
    [said] = receiver.said
    assert isinstance(said, dict)
    assert said == {"type": "reminder", "timestamp": said["timestamp"], "data": {}}
    assert said["timestamp"].endswith(":00:00Z")


def test_it_believes_none_of_another_secret_and_none_that_is_old(database: Database) -> None:
    with listening(Receiver(ANOTHER)) as another:
        refused = turn(another.settings, database, datetime.now(UTC))
    with listening(Receiver(SECRET)) as receiver, pytest.raises(webhooks.HookFailed, match="400"):
        webhooks.send(receiver.settings.webhook_url, SECRET, of=HOUR, now=datetime.now(UTC) - timedelta(minutes=6))

    assert refused == "No reminder went (digest_hook: it answered 400); it is tried again."
    assert (another.said, receiver.said) == (["No matching signature found"], ["Message timestamp too old"])


def test_what_a_receiver_refuses_or_is_gone_for_goes_again_in_the_same_bytes_until_it_is_taken(
    database: Database,
) -> None:
    with listening(Receiver(SECRET, 503, 410, 500)) as receiver:
        told = [turn(receiver.settings, database, datetime.now(UTC)) for _ in range(5)]

    refused = [f"No reminder went (digest_hook: it answered {code}); it is tried again." for code in (503, 410, 500)]
    assert told == [*refused, "", ""]
    assert (len(receiver.taken), len(set(receiver.taken))) == (4, 1)


def test_a_receiver_that_never_answers_is_waited_for_no_longer_than_a_while() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"

        with pytest.raises(TimeoutError):
            webhooks.send(url, SECRET, of=HOUR, now=HOUR, patience=0.05)


def test_a_receiver_that_answers_byte_by_byte_is_waited_for_no_longer_either() -> None:
    with dripping() as (url, was_left), pytest.raises(TimeoutError):
        webhooks.send(url, SECRET, of=HOUR, now=HOUR, patience=0.2)

    assert was_left.wait(60)


@contextmanager
def dripping() -> Iterator[tuple[str, threading.Event]]:
    """A receiver whose answer has a byte at a time and no end, and whether whoever waited for it has gone."""
    left, listening_at = threading.Event(), socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        asking, _ = listening_at.accept()
        with asking, suppress(OSError):
            asking.sendall(b"HTTP/1.1 200 OK\r\nx: ")
            while not left.wait(0.01):
                asking.sendall(b"a")
        left.set()

    running = threading.Thread(target=answer, daemon=True)
    running.start()
    try:
        yield f"http://127.0.0.1:{listening_at.getsockname()[1]}", left
    finally:
        running.join(60)
        listening_at.close()
