"""Reminders at fixed hours, by mail and by a webhook, to servers of the test: they tell nothing of what happened."""

import json
import socketserver
import ssl
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path
from smtplib import SMTPException

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from app import jobs
from app.database import Database
from app.installation import digests, webhooks
from app.settings import Settings
from tests.factories import DAY

HOUR = datetime(DAY.year, DAY.month, DAY.day, 6, tzinfo=UTC)
SECRET = f"whsec_{b64encode(bytes(range(32))).decode()}"
OLD_SECRET = f"whsec_{b64encode(bytes(range(24))).decode()}"


class _Mailbox(socketserver.StreamRequestHandler):
    """As much of SMTP as a client asks for; whoever begins with `gone` is not there, or not now with `later`."""

    def handle(self) -> None:
        taken: list[tuple[str, bytes]] = self.server.taken  # type: ignore[attr-defined]
        to = ""
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            self.server.heard.append(line)  # type: ignore[attr-defined]
            if verb == b"RCPT":
                to = line.decode().split("<")[1].split(">")[0]
                refused = {"gone": b"550 no such\r\n", "late": b"450 not now\r\n"}.get(to[:4])
                self.wfile.write(refused or b"250 ok\r\n")
            elif verb == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                lines = iter(self.rfile.readline, b".\r\n")
                taken.append((to, b"".join(lines)))
                self.wfile.write(b"250 ok\r\n")
            elif verb == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.wfile.write(b"250 ok\r\n")


class _Hook(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.taken.append((dict(self.headers), body))  # type: ignore[attr-defined]
        self.send_response(self.server.answers.pop(0))  # type: ignore[attr-defined]
        self.send_header("location", "/elsewhere")
        self.end_headers()
        self.server.came.set()  # type: ignore[attr-defined]

    def log_message(self, *_: object) -> None:
        """Tests have no use for it."""


@contextmanager
def listening(server: socketserver.TCPServer) -> Iterator[int]:
    """Its port, as long as it answers."""
    server.taken, server.heard, server.came = [], [], threading.Event()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    with closing(server.socket):
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()


@pytest.fixture
def mailbox() -> Iterator[socketserver.TCPServer]:
    server = socketserver.TCPServer(("127.0.0.1", 0), _Mailbox)
    with listening(server):
        yield server


def mailing(server: socketserver.TCPServer, to: str, address: str = "smtp://127.0.0.1") -> Settings:
    port = server.server_address[1]
    return Settings(digest_to=to, digest_from="tern@example.org", digest_smtp=f"{address}:{port}")


def test_a_reminder_says_the_same_on_every_day_and_to_each_address_alone(mailbox: socketserver.TCPServer) -> None:
    settings = mailing(mailbox, "anna@example.org, boris@example.net")

    digests.mail(settings, HOUR)
    digests.mail(settings, HOUR + timedelta(days=1))

    taken = mailbox.taken  # type: ignore[attr-defined]
    assert [to for to, _ in taken] == ["anna@example.org", "boris@example.net"] * 2
    messages = [message_from_bytes(raw) for _, raw in taken]
    assert [each["To"] for each in messages] == [to for to, _ in taken]
    assert len({each.get_payload() for each in messages}) == len({each["Subject"] for each in messages}) == 1
    assert {each["Date"][-14:] for each in messages} == {"06:00:00 +0000"}
    names = {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"}
    assert all({*each.keys()} == names | {"Content-Transfer-Encoding"} for each in messages)


def test_one_that_is_sent_again_is_known_for_the_same(mailbox: socketserver.TCPServer) -> None:
    for _ in range(2):
        digests.mail(mailing(mailbox, "anna@example.org"), HOUR)

    (_, first), (_, second) = mailbox.taken  # type: ignore[attr-defined]
    assert first == second


def test_an_address_that_is_refused_keeps_no_other_back(mailbox: socketserver.TCPServer) -> None:
    digests.mail(mailing(mailbox, "gone@example.org,anna@example.org"), HOUR)

    with pytest.raises(SMTPException):  # for not now, it is tried again
        digests.mail(mailing(mailbox, "later@example.org,anna@example.org"), HOUR)

    assert [to for to, _ in mailbox.taken] == ["anna@example.org"] * 2  # type: ignore[attr-defined]


def test_a_server_elsewhere_that_offers_no_tls_is_told_nothing(mailbox: socketserver.TCPServer) -> None:
    settings = mailing(mailbox, "anna@example.org", "smtp://tern:hunter2@localhost")

    with pytest.raises(digests.NoTls):
        digests.mail(settings, HOUR)

    heard = b"".join(mailbox.heard)  # type: ignore[attr-defined]
    assert (b"hunter2" in heard, b"AUTH" in heard, b"RCPT" in heard) == (False, False, False)


def test_under_tls_only_a_server_whose_certificate_is_its_own_takes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), tmp_path / "own.pem"
    context.load_cert_chain(certificate(own, "127.0.0.1"))
    server = socketserver.TCPServer(("127.0.0.1", 0), _Mailbox)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # of who hangs up
    with listening(server):
        settings = mailing(server, "anna@example.org", "smtps://127.0.0.1")

        with pytest.raises(ssl.SSLCertVerificationError):
            digests.mail(settings, HOUR)
        assert server.heard == []  # type: ignore[attr-defined]

        monkeypatch.setenv("SSL_CERT_FILE", str(own))
        digests.mail(settings, HOUR)
        assert len(server.taken) == 1  # type: ignore[attr-defined]


def certificate(path: Path, host: str) -> Path:
    """Of an address or a name, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail")])
    now = datetime.now(UTC)
    of = x509.IPAddress(ip_address(host)) if host[0].isdigit() else x509.DNSName(host)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([of]), critical=False)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    path.write_bytes(key.private_bytes(pem, *form) + made.public_bytes(pem))
    return path


def test_a_signature_is_that_of_standard_webhooks() -> None:
    """The vector of its reference libraries."""
    signature = webhooks.sign(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        payload=b'{"test": 2432232314}',
    )

    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_hook_is_told_that_an_hour_has_come_signed_by_the_new_secret_and_the_old() -> None:
    server = HTTPServer(("127.0.0.1", 0), _Hook)
    server.answers = [204, 307]  # type: ignore[attr-defined]
    with listening(server) as port:
        url, secrets = f"http://127.0.0.1:{port}/hook", f"{SECRET} {OLD_SECRET}"

        webhooks.send(url, secrets, of=HOUR, now=HOUR + timedelta(seconds=20))
        with pytest.raises(webhooks.HookFailed, match="307"):  # and does not go elsewhere
            webhooks.send(url, secrets, of=HOUR, now=HOUR + timedelta(minutes=2))

    (first, payload), (second, again) = server.taken  # type: ignore[attr-defined]
    assert json.loads(payload) == {"type": "reminder", "timestamp": f"{DAY}T06:00:00Z", "data": {}}
    assert (payload, first["webhook-id"]) == (again, second["webhook-id"])
    assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 100
    assert first["webhook-signature"].split() == [
        webhooks.sign(each, message_id=first["webhook-id"], timestamp=int(first["webhook-timestamp"]), payload=payload)
        for each in (SECRET, OLD_SECRET)
    ]


def test_while_a_service_runs_they_go_by_themselves(database: Database) -> None:
    server = HTTPServer(("127.0.0.1", 0), _Hook)
    server.answers = [200]  # type: ignore[attr-defined]
    told = list[str]()
    with listening(server) as port:
        settings = Settings(webhook_url=f"http://127.0.0.1:{port}", webhook_secret=SECRET, digest_hours="6")

        with digests.sending(settings, database, lambda: HOUR, told.append):
            assert server.came.wait(60)  # type: ignore[attr-defined]

    assert (len(server.taken), told) == (1, [])  # type: ignore[attr-defined]


def turn_at(database: Database, moments: Iterator[datetime], send: Callable[[datetime, datetime], None]) -> list[str]:
    now = iter(moments)
    turn = digests.turn(digests.Way("digest_mail", send), "6,18", database, lambda: next(now))
    return [turn() for _ in range(4)]


def test_one_goes_once_at_its_hour_and_again_where_it_failed_and_never_hours_later(database: Database) -> None:
    sent = list[datetime]()

    def send(of: datetime, _: datetime) -> None:
        sent.append(of)
        if len(sent) == 1:
            raise httpx2.ConnectError("anna@example.org cannot be reached")

    minutes = (timedelta(minutes=each) for each in (1, 2, 3, 179))
    told = turn_at(database, (HOUR + each for each in minutes), send)
    later = turn_at(database, (HOUR + timedelta(hours=each) for each in (12, 12, 39, 39)), send)

    assert told == ["No reminder went (digest_mail: ConnectError); it is tried again.", "", "", ""]
    assert later == [""] * 4
    assert sent == [HOUR, HOUR, HOUR + timedelta(hours=12)]
    with database.read() as session:
        assert jobs.last_turns(session) == {"digest_mail": f"{DAY}T18"}


@given(hours=st.lists(st.integers(0, 23), min_size=1), minutes=st.integers(0, 60 * 48))
def test_the_last_hour_has_come_and_no_other_since(hours: list[int], minutes: int) -> None:
    now = HOUR + timedelta(minutes=minutes)

    last = digests.last_hour(",".join(map(str, hours)), now)

    assert last <= now
    assert last.hour in hours
    steps = (last + timedelta(hours=each) for each in range(1, 25))
    assert not [each for each in steps if each <= now and each.hour in hours]
