"""Reminders at fixed hours to look in: by mail, and by a webhook.

Whoever reads a mailbox, or counts what arrives in it, learns nothing from them: they come every day at the same hours,
to the addresses that the operator has set, in the same words, whatever happened or did not.
"""

import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from hashlib import sha256
from typing import Final
from urllib.parse import unquote, urlsplit

import httpx2

from app import jobs
from app.database import Database
from app.installation import webhooks
from app.installation.worker import beside
from app.settings import LOOPBACK, Settings

SUBJECT: Final = "Reminder"
TEXT: Final = """\
Please look in, and see what waits for you.

This comes at the same hours every day, in the same words, whatever happened or did not.
"""
# By these names `jobs` keeps when each went last.
MAIL: Final = "digest_mail"
HOOK: Final = "digest_hook"
# So long after its hour it is still sent: later the next is near enough.
_LATEST: Final = timedelta(hours=3)
_SECONDS: Final = 30.0
_PORTS: Final = {"smtp": 587, "smtps": 465}
_FAILURES: Final = (OSError, smtplib.SMTPException, httpx2.HTTPError, webhooks.HookFailed)


class NoTls(smtplib.SMTPException):
    """The server offers no TLS, and is not on this machine."""


@dataclass(frozen=True)
class Way:
    """One of the ways by which reminders go: what is done when the hour `of` has come, by the time that it is then."""

    name: str
    send: Callable[[datetime, datetime], None]


@contextmanager
def sending(
    settings: Settings, database: Database, now: Callable[[], datetime], tell: Callable[[str], None]
) -> Iterator[None]:
    """Until the block ends, reminders go at their hours, each way beside the others and beside what is destroyed.

    What fails is told in a line and tried again, as `worker.beside` has it, until three hours after its hour.
    """
    with ExitStack() as all_of_them:
        for way in ways(settings):
            its_turn = turn(way, settings.digest_hours, database, now)
            all_of_them.enter_context(beside(way.name, its_turn, tell))
        yield


def ways(settings: Settings) -> list[Way]:
    """Those that the operator has set."""
    found = list[Way]()
    if settings.digest_to:
        found.append(Way(MAIL, lambda of, _: mail(settings, of)))
    if url := settings.webhook_url:
        found.append(Way(HOOK, lambda of, at: webhooks.send(url, settings.webhook_secret, of=of, now=at)))
    return found


def last_hour(hours: str, now: datetime) -> datetime:
    """The last of these hours of the day that has come by now, of today or of yesterday."""
    today = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    at = [today.replace(hour=int(each)) - timedelta(days=days) for each in hours.split(",") for days in (0, 1)]
    return max(each for each in at if each <= now)


def turn(way: Way, hours: str, database: Database, now: Callable[[], datetime]) -> Callable[[], str]:
    """What is to be told of the failure; nothing where all that was due has gone. Of a server that refuses, its code
    alone: what it writes may name an address."""

    def take() -> str:
        try:
            moment = now()
            of = last_hour(hours, moment)
            if moment - of < _LATEST:
                with jobs.turn_of(way.name, database, f"{of:%Y-%m-%dT%H}") as is_theirs:
                    if is_theirs:
                        way.send(of, moment)
        except _FAILURES as error:
            why = str(error) if isinstance(error, webhooks.HookFailed) else type(error).__name__
            return f"No reminder went ({way.name}: {why}); it is tried again."
        except Exception as error:  # the database's, say: the next turn comes
            return f"No reminder went ({type(error).__name__}); it is tried again."
        return ""

    return take


def mail(settings: Settings, of: datetime) -> None:
    """Send each address a message of its own, by one connection; one that is refused keeps no other back.

    Raises `OSError`, also where the server's certificate is not its own, and `SMTPException`, with `NoTls`.
    """
    refused: smtplib.SMTPResponseException | smtplib.SMTPRecipientsRefused | None = None
    with _connection(settings.digest_smtp) as smtp:
        for to in (each.strip() for each in settings.digest_to.split(",")):
            try:
                smtp.send_message(_message(settings.digest_from, to, of), settings.digest_from, [to])
            except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError, smtplib.SMTPRecipientsRefused) as error:
                refused = error
    if refused is not None and not _is_for_good(refused):
        raise refused


def _is_for_good(refused: smtplib.SMTPResponseException | smtplib.SMTPRecipientsRefused) -> bool:
    """Whether the same would be refused again (RFC 5321: 5yz). Whoever has the others is not to have them thrice."""
    if isinstance(refused, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in refused.recipients.values())
    return refused.smtp_code >= 500


def _message(from_: str, to: str, of: datetime) -> EmailMessage:
    """The id follows from the hour and the address, so that one that is sent again is known for the same."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = from_, to, SUBJECT
    message["Date"] = format_datetime(of)
    id_ = sha256(f"{to} {of:%Y-%m-%dT%H}".encode()).hexdigest()[:32]
    message["Message-ID"] = f"<{id_}@{from_.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # nobody's machine is to answer
    message.set_content(TEXT)
    return message


@contextmanager
def _connection(server: str) -> Iterator[smtplib.SMTP]:
    """Signed in, and under TLS unless the server is on this machine. It is not told the machine's name."""
    parts = urlsplit(server)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    context = ssl.create_default_context()
    own_name = "[127.0.0.1]"
    smtp = (
        smtplib.SMTP_SSL(host, port, own_name, timeout=_SECONDS, context=context)
        if parts.scheme == "smtps"
        else smtplib.SMTP(host, port, own_name, timeout=_SECONDS)
    )
    with smtp:
        if parts.scheme == "smtp" and host not in LOOPBACK:
            smtp.ehlo()
            if not smtp.has_extn("starttls"):
                raise NoTls
            smtp.starttls(context=context)
        if parts.username:
            smtp.login(unquote(parts.username), unquote(parts.password or ""))
        yield smtp
