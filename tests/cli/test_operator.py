"""What goes wrong on the service's machine is one line that names the cause."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date
from pathlib import Path
from threading import Barrier

import pytest
import sqlalchemy as sa

from app import keyring
from app.cli import operator
from app.cli.failures import REFUSED, USAGE
from app.cli.operator import of_connections
from app.database import Database
from app.database.engine import CONNECTIONS
from app.installation import service as installation
from app.people.staff import invitations
from app.people.staff.models import Invitation, Team
from app.protocol.encoding import sha256_hex
from app.protocol.manifest import MANIFEST, ORGANISATION
from app.vocabulary import Role
from tests import factories
from tests.cli.command import Ended, tern
from tests.running import free_port
from tests.storage import read_only


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The data directory of a service that was made ready."""
    assert tern("init", environment={"TERN_DATA_DIR": str(tmp_path / "data")}).code == 0
    return tmp_path / "data"


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """A disk with room for a few rows."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", disk], check=False)
    if mounted.returncode:
        pytest.skip("nothing can be mounted here")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)  # whatever a failed test left open


def says(ended: Ended, *words: str, code: int = REFUSED) -> None:
    assert ended.code == code, ended.err
    assert ended.err.startswith("tern: ")
    assert ended.err.count("\n") == 1
    for word in words:
        assert word in ended.err


# Where only `tern init` would make anything.
NOWHERE = ("sqlite:////nowhere/tern.sqlite", "/dev/null", "/proc/tern")


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("TERN_DATABASE_URL", "postgresql+psycopg://tern:hunter2@127.0.0.1:9/tern", "the database does not work: "),
        ("TERN_DATABASE_URL", "sqlite:////nowhere/tern.sqlite", "/nowhere/tern.sqlite: No such file or directory"),
        ("TERN_DATABASE_URL", "tern", "TERN_DATABASE_URL is no address of a database"),
        ("TERN_DATABASE_URL", "mysql://tern@localhost/tern", "TERN_DATABASE_URL is no address of a database"),
        ("TERN_DATA_DIR", "/dev/null", "/dev/null: this is there already, and no new directory"),
        ("TERN_DATA_DIR", "/proc/tern", "/proc/tern: "),
        ("TERN_SESSION_HOURS", "900", "TERN_SESSION_HOURS: "),
        ("TERN_ATTACHMENT_LIMIT", "much", "TERN_ATTACHMENT_LIMIT: "),
        ("TERN_ONION", "tern.onion", "TERN_ONION is no address of an onion service"),
        ("TERN_DEMO_CLOCK", "/nowhere", "TERN_DEMO_CLOCK is refused"),
    ],
)
def test_a_setting_that_leads_nowhere_is_told_by_its_name(tmp_path: Path, setting: str, value: str, words: str) -> None:
    of_sweep = "tern.sqlite; `tern setup` or `tern init` makes one" if value in NOWHERE else words
    for command, expected in (("init", words), ("sweep", of_sweep)):
        ended = tern(command, environment={"TERN_DATA_DIR": str(tmp_path / "data"), setting: value})

        says(ended, expected)
        assert "hunter2" not in ended.err


def test_a_database_that_is_not_there_is_told_in_the_databases_words(postgresql: sa.URL, tmp_path: Path) -> None:
    url = postgresql.set(database="nowhere").render_as_string(hide_password=False)

    ended = tern("init", environment={"TERN_DATA_DIR": str(tmp_path), "TERN_DATABASE_URL": url})

    says(ended, 'the database does not work: database "nowhere" does not exist')


def test_a_disk_that_is_full_is_told(full: Path) -> None:
    (full / "filler").write_bytes(bytes(400 * 1024))

    says(tern("init", environment={"TERN_DATA_DIR": str(full / "data")}), "full")


@pytest.mark.parametrize("command", ["serve", "sweep", "check"])
def test_a_disk_that_can_only_be_read_is_told_as_such(data: Path, command: str) -> None:
    with read_only(data):
        ended = tern(command, environment={"TERN_DATA_DIR": str(data)})

    says(ended, f"{data}/.writable: permission denied")


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
def test_a_service_that_is_told_to_stop_while_it_starts_stops(data: Path, asked: signal.Signals) -> None:
    command = [sys.executable, "-m", "app.cli", "serve", "--port", str(free_port())]
    environment = {**os.environ, "TERN_DATA_DIR": str(data)}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        lines = [process.stderr.readline()]  # before it has looked at its disk and at what comes to an end
        process.send_signal(asked)
        lines += process.stderr.readlines()

    assert (process.returncode, [line.partition(" ")[0] for line in lines]) == (0, ["Tern"])


def test_a_service_that_is_told_to_stop_ends_what_is_under_way_quietly(data: Path) -> None:
    port = free_port()
    environment = {**os.environ, "TERN_DATA_DIR": str(data)}
    command = [sys.executable, "-m", "app.cli", "serve", "--port", str(port)]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        lines = [process.stderr.readline()]
        _ask(port)
        with _connection(port) as line:
            line.sendall(b"POST /v1/mailbox HTTP/1.1\r\nHost: tern.test\r\nContent-Length: 9\r\n\r\nhalf")
            time.sleep(0.3)  # so that the request is under way
            process.terminate()
            time.sleep(0.3)
            line.sendall(b" of it")
            answer = line.recv(1000)
        lines += process.stderr.readlines()

    assert answer.startswith(b"HTTP/1.1 4")
    assert (process.returncode, [line.partition(" ")[0] for line in lines]) == (0, ["Tern"])


def test_a_service_looks_at_itself_after_one_that_was_killed_and_serves_on(data: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "app.cli", "serve", "--port", str(port)]
    said = list[list[str]]()
    for end in (signal.SIGKILL, signal.SIGTERM, signal.SIGTERM):
        environment = {**os.environ, "TERN_DATA_DIR": str(data)}
        with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            lines = [process.stderr.readline()]
            _ask(port)
            if len(said) == 1:  # after the one that was killed
                lines += [process.stderr.readline() for _ in range(2)]
            process.send_signal(end)
            said.append([*lines, *process.stderr.readlines()])

    assert [len(lines) for lines in said] == [1, 3, 1]
    announced, found = said[1][1:]
    assert announced.startswith("The service before did not come to its end; this one serves, ")
    assert re.fullmatch(r"A short look took [0-9]+ s and finds nothing wrong\.\n", found)


def test_processes_serve_beside_one_another_on_postgresql_alone(url: str, tmp_path: Path) -> None:
    port = free_port()
    environment = {"TERN_DATA_DIR": str(tmp_path / "data"), "TERN_DATABASE_URL": url}
    if url.startswith("sqlite"):
        says(tern("serve", "--workers", "2", environment=environment), "--workers needs PostgreSQL")
        return
    command = [sys.executable, "-m", "app.cli", "serve", "--workers", "2", "--port", str(port)]
    with subprocess.Popen(command, env={**os.environ, **environment}, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        lines = [process.stderr.readline() for _ in range(3)]
        _ask(port)
        process.terminate()
        lines += process.stderr.readlines()

    assert (process.returncode, [line.partition(" ")[0] for line in lines]) == (0, ["PostgreSQL", "Nobody", "Tern"])
    assert not list((tmp_path / "data").glob("*serving.*"))


def test_two_that_begin_at_once_begin_one_organisation(
    empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TERN_DATABASE_URL", empty_url)
    both = Barrier(2)

    def begin(_: int) -> str:
        both.wait()
        return operator.invitation()

    with ThreadPoolExecutor(2) as threads:
        invitations = list(threads.map(begin, range(2)))

    with closing(Database(empty_url)) as database, database.read() as session:
        assert len(session.scalars(sa.select(Team.id)).all()) == 1
        (valid,) = session.scalars(sa.select(Invitation.token_sha256))
    assert valid in [sha256_hex(each.encode()) for each in invitations]


def _connection(port: int) -> socket.socket:
    until = time.monotonic() + 30
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port))
        except ConnectionRefusedError:
            assert time.monotonic() < until
            time.sleep(0.05)


def _ask(port: int) -> None:
    """Waits for the service to answer: it listens before it does."""
    with _connection(port) as line:
        line.sendall(b"GET /v1/health HTTP/1.1\r\nHost: tern.test\r\n\r\n")
        assert line.recv(1000).startswith(b"HTTP/1.1 200")


def test_tables_of_a_newer_tern_are_left_alone(data: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{data / 'tern.sqlite'}")
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()

    says(tern("sweep", environment={"TERN_DATA_DIR": str(data)}), "of a newer Tern", "9999")


def test_what_was_signed_of_the_pages_and_is_torn_is_told_beside_the_rest(data: Path) -> None:
    (data / "site").mkdir()
    for name in (MANIFEST, ORGANISATION):
        (data / "site" / name).write_bytes(b"")

    looked = json.loads(tern("doctor", "--json", environment={"TERN_DATA_DIR": str(data)}).out)

    to_do = {each["what"]: each["to do"] for each in looked}
    assert to_do["database"] == ""
    assert to_do["pages"].endswith("tern client sign, as a supervisor")


def test_a_file_that_is_no_database_is_told(data: Path) -> None:
    for file in data.glob("tern.sqlite*"):
        file.unlink()
    (data / "tern.sqlite").write_bytes(b"Dear diary, " * 1000)

    says(tern("sweep", environment={"TERN_DATA_DIR": str(data)}), "file is not a database")


def test_a_lost_keyring_is_not_made_anew(data: Path) -> None:
    (data / keyring.FILE).unlink()

    for command in ("init", "sweep"):
        says(tern(command, environment={"TERN_DATA_DIR": str(data)}), "keyring.json is missing", "put your copy back")
    assert not (data / keyring.FILE).exists()


def test_the_keyring_of_another_service_is_refused(data: Path) -> None:
    (data / keyring.FILE).write_text(json.dumps({"secret": "ab" * 32}))

    says(tern("sweep", environment={"TERN_DATA_DIR": str(data)}), "keyring.json is the keyring of another database")


def test_a_damaged_keyring_is_told(data: Path) -> None:
    (data / keyring.FILE).write_text("{")

    says(tern("sweep", environment={"TERN_DATA_DIR": str(data)}), "keyring.json is damaged")


def test_processes_that_start_together_take_one_keyring(url: str, tmp_path: Path) -> None:
    with closing(Database(url)) as database:
        first = installation.open_keyring(database, tmp_path / "one")

        assert installation.open_keyring(database, tmp_path / "one") == first
        with pytest.raises(installation.ForeignKeyring):
            installation.open_keyring(database, tmp_path / "two")


def test_a_process_with_another_directory_is_refused_until_it_has_taken_the_place_of_that(
    url: str, tmp_path: Path
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    with closing(Database(url)) as database:
        ring = installation.open_keyring(database, one)
        installation.check_place(database, one)
        two.mkdir()
        (two / keyring.FILE).write_bytes((one / keyring.FILE).read_bytes())
        assert installation.open_keyring(database, two) == ring

        installation.check_place(database, one)
        with pytest.raises(installation.OtherPlace, match="--the-files-are-here"):
            installation.check_place(database, two)
        installation.check_place(database, two, takes_over=True)
        installation.check_place(database, two)
        with pytest.raises(installation.OtherPlace):
            installation.check_place(database, one)


def test_a_data_directory_that_moved_with_all_that_lies_in_it_is_the_same(data: Path, tmp_path: Path) -> None:
    assert tern("sweep", environment={"TERN_DATA_DIR": str(data)}).code == 0
    moved = data.rename(tmp_path / "moved")

    assert tern("sweep", environment={"TERN_DATA_DIR": str(moved)}).code == 0

    (moved / installation.PLACE).unlink()
    says(tern("sweep", environment={"TERN_DATA_DIR": str(moved)}), "lie in another directory", "TERN_DATA_DIR")


def test_an_operator_is_told_where_postgresql_allows_too_few_connections(url: str) -> None:
    with closing(Database(url)) as database:
        allowed = database.most_connections()

        assert of_connections(database) == ""
        if allowed is not None:
            assert of_connections(database, allowed // CONNECTIONS) == ""
            assert f"allows {allowed} connections" in of_connections(database, allowed // CONNECTIONS + 1)


def test_an_invitation_of_the_first_supervisor_is_made_again_until_there_is_a_root(url: str, today: date) -> None:
    with closing(Database(url)) as database:
        with database.write() as session:
            old = invitations.initialise(session, today)
            new = invitations.initialise(session, today)
            with pytest.raises(invitations.InvitationInvalid):
                invitations.invited(session, old, now=factories.HOUR)
            assert invitations.invited(session, new, now=factories.HOUR).roles == {Role.SUPERVISOR}
            factories.organisation(session)
        with database.write() as session, pytest.raises(invitations.AlreadyInitialised):
            invitations.initialise(session, today)


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http"])
def test_a_port_out_of_range_is_wrong_usage(port: str) -> None:
    for command in ("serve", "demo"):
        says(tern(command, "--port", port), "--port", code=USAGE)


def test_a_port_that_is_taken_is_told(data: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = str(taken.getsockname()[1])

        done = subprocess.run(
            [sys.executable, "-m", "app.cli", "serve", "--port", port],
            env=os.environ | {"TERN_DATA_DIR": str(data)},
            capture_output=True,
            text=True,
            check=False,
        )

    assert (done.returncode, done.stdout) == (REFUSED, "")
    assert re.fullmatch(
        rf"tern: cannot listen on 127\.0\.0\.1, port {port}: another program listens there;.*\n", done.stderr
    )


def test_shred_keys_that_are_not_there_are_told_and_come_back_from_their_copies(data: Path, tmp_path: Path) -> None:
    keys, copies = tmp_path / "keys", tmp_path / "copies"
    here = {"TERN_DATA_DIR": str(data), "TERN_SHRED_DIR": str(keys), "TERN_SHRED_COPIES": str(copies)}
    tern("worker", "--once", environment=here)
    keys.rename(tmp_path / "dead")

    says(tern("worker", "--once", environment={"TERN_DATA_DIR": str(data)}), "TERN_SHRED_DIR", "is not set")
    says(tern("worker", "--once", environment=here), "the shred keys of this database are not where")
    says(tern("restore-keys", str(data), environment=here), "no whole copy of shred keys")
    restored = json.loads(tern("restore-keys", str(copies), "--json", environment=here).out)
    plan = json.loads(tern("retention", "plan", "--until", "2040-01-01", "--json", environment=here).out)

    assert (restored, plan) == ({"rows_with_key": 0, "rows_without": 0}, [])
    looked = {each["what"]: each["is"] for each in json.loads(tern("doctor", "--json", environment=here).out)}
    assert (looked["shred keys"], looked["copies of the shred keys"]) == ("ok", "ok")
