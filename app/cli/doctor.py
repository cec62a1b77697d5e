"""`tern doctor`: whether what docs/handbook/operator.md sets up is there, on the service's machine."""

import shutil
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from stat import S_IMODE
from typing import Annotated, Final
from urllib.parse import urlsplit

import httpx2
import typer
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import keyring, private, recorded_day
from app.cli.causes import disk_first, told
from app.cli.console import Json, clock, show_list
from app.cli.operator import of_connections
from app.cli.stopped import Stopped
from app.database import Database
from app.database.schema import Tables, look
from app.installation import digests, ends, last_backup, shredding
from app.installation import service as installation
from app.installation.service import Numbers
from app.people.staff import service as staff
from app.people.staff.models import Person
from app.protocol.documents import parse_document
from app.protocol.ends import Ending
from app.protocol.errors import ProtocolError
from app.protocol.manifest import MANIFEST, ORGANISATION
from app.settings import Settings
from app.site.site import BUILT, Site
from app.vocabulary import Role

_ROOMY: Final = 2**30  # bytes
_SOON: Final = timedelta(days=14)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `todo` is empty where all is well."""

    what: str
    todo: str = ""


def doctor(
    url: Annotated[str | None, typer.Option(help="The address that reporters are given, to be looked at too.")] = None,
    as_json: Json = False,
) -> None:
    """Look at what the operator's guide sets up, and say what is missing."""
    with told():
        settings = Settings()
    findings = [*_machine(settings), *(_address(url) if url else ())]
    rows = [{"what": each.what, "is": "not" if each.todo else "ok", "to do": each.todo} for each in findings]
    show_list("What was looked at", ["what", "is", "to do"], rows, as_json=as_json)
    if missing := sum(bool(each.todo) for each in findings):
        raise Stopped(f"{missing} of {len(findings)} are not as they should be")


def _machine(settings: Settings) -> Iterator[Finding]:
    data = settings.data_dir
    if not data.is_dir():
        yield Finding(
            "data directory", f"{data.absolute()} is no directory: set TERN_DATA_DIR, or begin with tern setup"
        )
        return
    is_closed = S_IMODE(data.stat().st_mode) == private.DIRECTORY
    yield Finding("data directory", "" if is_closed else f"others can look into {data}: chmod 700 {data}")
    free = shutil.disk_usage(data).free
    yield Finding(
        "disk", "" if free >= _ROOMY else f"{free // 2**20} MiB are left: make room, for a full disk takes no reports"
    )
    if not (data / keyring.FILE).exists():
        yield Finding("keyring", f"{data / keyring.FILE} is missing: put your copy back, or begin with tern setup")
        return
    yield from _tables(settings, clock().date())
    yield _pages(settings)


def _tables(settings: Settings, today: date) -> Iterator[Finding]:
    try:
        with told(), disk_first(settings), closing(Database(settings.url)) as database:
            if (tables := look(database)) is not Tables.OURS:
                yield Finding("database", tables.value)
                return
            yield Finding("database")
            yield Finding("connections", of_connections(database))
            installation.open_keyring(database, settings.data_dir)
            yield Finding("keyring")
            installation.check_place(database, settings.data_dir)
            yield Finding("place of the sealed files")
            with database.read() as session:
                numbers = installation.numbers(session, settings, today)
                yield from _work(session, settings, today, numbers)
                yield from _reminders(settings, numbers)
            yield from _keys(database, settings, today, numbers)
    except Stopped as cause:
        yield Finding("database and keyring", str(cause))


def _work(session: Session, settings: Settings, today: date, told_numbers: Numbers) -> Iterator[Finding]:
    data, floor = settings.data_dir, settings.free_space_floor
    has_root = staff.has_root(session)
    yield Finding("root", "" if has_root else "the first supervisor has made none yet: tern setup")
    roles = [
        staff.roles_of(session, person, today) if has_root else frozenset()
        for person in session.scalars(select(Person))
    ]
    for role, least in ((Role.SUPERVISOR, 2), (Role.TRIAGER, 2)):
        number = sum(role in each for each in roles)
        todo = f"{number} certified, where nobody can be ill: certify another" if number < least else ""
        yield Finding(f"{role}s", todo)
    coming = ends.coming(session, data, today, floor=floor)
    if told_numbers.epoch_days_left is None and Ending.INTAKE not in {end.what for end in coming}:
        yield Finding("intake", "no epoch takes reports: a supervisor opens one with tern intake rotate")
    elif told_numbers.epoch_days_left is not None:
        yield Finding("intake")
    for end in coming:
        yield Finding(end.name, end.todo)
    if has_root:
        yield Finding("backup", last_backup.what_is_due(data, today))
    yield _clock(session, today)
    swept = told_numbers.swept_on
    is_swept = swept is not None and today - swept <= timedelta(days=1)
    last = f"the last was on {swept}" if swept else "there was none yet"
    todo = f"{last}: tern serve does it every day, unless it has --no-worker; or run tern worker --once"
    yield Finding("sweep", "" if is_swept else todo)


def _reminders(settings: Settings, told_numbers: Numbers) -> Iterator[Finding]:
    """That they go: whoever works here relies on being told to look in."""
    for way in digests.ways(settings):
        last = told_numbers.jobs.get(way.name)
        is_late = last is None or clock() - datetime.fromisoformat(last).replace(tzinfo=UTC) > timedelta(
            days=1, hours=3
        )
        when = f"the last went at {last}" if last else "none went yet"
        yield Finding(way.name, f"{when}: look at TERN_DIGEST_SMTP and TERN_WEBHOOK_URL" if is_late else "")


def _keys(database: Database, settings: Settings, today: date, told_numbers: Numbers) -> Iterator[Finding]:
    """The shred keys, and their copies elsewhere."""
    if not settings.keys_url:
        yield Finding("shred keys", "what is destroyed opens from older backups: set TERN_SHRED_DIR")
        return
    keys = shredding.open_keys(database, settings)
    if keys is not None:
        keys.close()
    lost = told_numbers.keys_missing
    is_apart = settings.shred_dir is None or not settings.shred_dir.resolve().is_relative_to(
        settings.data_dir.resolve()
    )
    todo = "" if is_apart else "they lie in the data directory, and whoever copies that has both: TERN_SHRED_DIR"
    yield Finding("shred keys", f"those of {lost} sealed rows are missing: tern restore-keys" if lost else todo)
    last = told_numbers.keys_copied_on
    if settings.shred_copies is None:
        yield Finding("copies of the shred keys", "with that disk every case would be lost: set TERN_SHRED_COPIES")
    elif last is None or today - last > timedelta(days=1):
        when = f"the last is of {last}" if last else "there is none yet"
        yield Finding("copies of the shred keys", f"{when}: look whether TERN_SHRED_COPIES can be written to")
    else:
        yield Finding("copies of the shred keys")


def _clock(session: Session, today: date) -> Finding:
    try:
        recorded_day.check(session, today)
    except recorded_day.DayNotBelievable as error:
        return Finding("clock", str(error))
    return Finding("clock")


def _pages(settings: Settings) -> Finding:
    site = settings.data_dir / "site"
    if not (BUILT / "languages.json").exists():
        return Finding("pages", "none were built: install the wheel, or run make setup")
    if not (site / MANIFEST).exists() or not (site / ORGANISATION).exists():
        return Finding("pages", f"no supervisor has signed them into {site}: tern client sign")
    try:
        signed = parse_document((site / MANIFEST).read_bytes()).header.body["files"]
    except (ProtocolError, OSError):
        return Finding("pages", f"what is signed in {site} cannot be read: tern client sign, as a supervisor")
    served = {path: file.sha256 for path, file in Site.load().files.items()}
    if not settings.no_script_pages:
        served = {path: sha256 for path, sha256 in served.items() if "/plain/" not in path}
    is_signed = {path: sha256 for path, sha256 in signed.items() if path != ORGANISATION} == served
    return Finding(
        "pages", "" if is_signed else "other pages were built than are signed: tern client sign, as a supervisor"
    )


def _address(url: str) -> Iterator[Finding]:
    """As a stranger sees it, through the proxy."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 443
    if parts.scheme == "https":
        yield _certificate(host, port)
    elif not host.endswith(".onion"):
        yield Finding("TLS", "reporters need https: a proxy ends TLS, as docs/onion.md has it")
    try:
        with httpx2.Client(trust_env=False, timeout=10) as http:
            answer = http.get(f"{url.rstrip('/')}/v1/health")
    except (httpx2.RequestError, httpx2.InvalidURL) as error:
        yield Finding("address", f"nothing answers at {url}: {error}")
        return
    is_ours = answer.status_code == httpx2.codes.OK and answer.content == b'{"status":"ok"}'
    yield Finding("address", "" if is_ours else f"what answers at {url} does not say ok (status {answer.status_code})")
    if parts.scheme == "https":
        is_strict = "max-age=" in answer.headers.get("Strict-Transport-Security", "")
        yield Finding("HSTS", "" if is_strict else "the proxy sends no Strict-Transport-Security, see docs/onion.md")


def _certificate(host: str, port: int) -> Finding:
    try:
        with (
            socket.create_connection((host, port), timeout=10) as wire,
            ssl.create_default_context().wrap_socket(wire, server_hostname=host) as secured,
        ):
            ends = ssl.cert_time_to_seconds(str((secured.getpeercert() or {})["notAfter"]))
    except OSError as error:
        return Finding("TLS", f"no browser would trust {host}: {error}")
    left = datetime.fromtimestamp(ends, UTC) - datetime.now(UTC)
    return Finding("TLS", "" if left > _SOON else f"the certificate ends in {left.days} days: renew it")
