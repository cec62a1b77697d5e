"""Rows of an organisation that has taken many reports: `python -m tests.bench.data 1000000`, kept in `build/bench`.

They are made inside the database, from a series of numbers and by the same statements on both (`data.sql`). Every body
is the same kilobyte. Ids are digests of numbers, so they lie in no order, and are the same each time.
"""

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import md5
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, cast

import sqlalchemy as sa
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.orm import Session

import app.main  # noqa: F401  it brings the tables of every package
from app.database import schema
from app.people.sign_in.models import SignIn
from app.people.staff.models import Person
from app.vocabulary import Role
from tests import factories
from tests.bench.server import postgresql

if TYPE_CHECKING:
    import sqlite3

KEPT = Path("build/bench")
BODY = b"age-encryption.org/v1\n".ljust(1024)
_INTAKE_ALONE = ("report_files", "mailboxes", "slots")  # what no list reads
PEOPLE = 200
BUSY_REPORT = 600  # of which there is much of everything
NO_HASH = "0" * 64  # of every report
_EPOCHS, _OPEN = 30, 6  # a week each; of the newest triagers have the keys
NEWEST_EPOCH = _EPOCHS  # which takes reports
_DOCUMENT = "x" * 3200  # as long as a certificate
_BEFORE = 7 * _EPOCHS - 1  # days


@dataclass(frozen=True)
class Files:
    """What each report has: the sealed report and thread state, and the recipient of its mailbox."""

    report: bytes = BODY
    thread_state: bytes = BODY
    recipient: str = "x" * 1024


_SHARED = Files()


def id_(kind: str, number: int) -> str:
    """The id of the row of this number, counted from 1; of people and teams from 0."""
    return f"{kind}_{_md5(f'{kind}{number}')}"


def role(person: int) -> Role:
    """Of each twenty people eight are triagers, ten caseworkers, one supervisor, and one auditor or custodian."""
    place = person % 20
    if place == 19:
        return (Role.AUDITOR, Role.CUSTODIAN)[person // 20 % 2]
    return Role.TRIAGER if place < 8 else Role.CASEWORKER if place < 18 else Role.SUPERVISOR


def busy_case(reports: int) -> int:
    """The number of the case of which there is much of everything; the first caseworker is a member."""
    return min(300, _cases(reports) // 100 * 100) or 5


def fill(connection: Connection, reports: int, *, people: int = PEOPLE, files: Files | None = _SHARED) -> None:
    """Fill a database that has tables and no rows. Without `files` it has all that lists read."""
    if connection.dialect.name == "sqlite":
        driver = cast("sqlite3.Connection", connection.connection.driver_connection)
        driver.create_function("md5", 1, _md5, deterministic=True)
        driver.create_function("place", 2, _place, deterministic=True)
        connection.exec_driver_sql("PRAGMA cache_size = -1000000")
    else:
        connection.exec_driver_sql(_MADE_PLACE)
    counts = _people(connection, people)
    _series(connection, reports)
    values: Mapping[str, object] = {
        "reports": reports,
        "cases": _cases(reports),
        "busy_case": busy_case(reports),
        "busy_report": BUSY_REPORT,
        "body": BODY,
        **vars(files or _SHARED),
        "nothing": b"",
        "hash": NO_HASH,
        "document": _DOCUMENT,
        "now": _BEFORE,
        "epochs": _EPOCHS,
        "open": _OPEN,
        **counts,
    }
    for statement in _statements():
        if files or not any(f"INTO {table} " in statement for table in _INTAKE_ALONE):
            of_statement = sa.text(statement)
            connection.execute(of_statement, {each: values[each] for each in of_statement.compile().params})
            if connection.dialect.name == "postgresql":  # what it has not counted it joins by looking at each with each
                connection.exec_driver_sql(f"ANALYZE {statement.split('INSERT INTO ')[1].split()[0]}")
    for table in ("numbers", "days", "staff"):
        connection.exec_driver_sql(f"DROP TABLE {table}")
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("DROP FUNCTION place")


def fill_and_count(url: str, reports: int, *, people: int = PEOPLE, files: Files | None = _SHARED) -> None:
    """The same of the database at this address, whose planner then knows how much there is."""
    engine = sa.create_engine(url)
    is_sqlite = engine.dialect.name == "sqlite"
    with engine.begin() as connection:
        if is_sqlite:  # what a log of its own length writes twice, and reads page by page meanwhile
            connection.exec_driver_sql("PRAGMA journal_mode = OFF")
            connection.exec_driver_sql("PRAGMA synchronous = OFF")
        fill(connection, reports, people=people, files=files)
    if is_sqlite:
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")
    else:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
    engine.dispose()


def signed_in(url: str, *people: int) -> dict[int, dict[str, str]]:
    """The headers of new sessions of these people; whatever sessions there were have ended."""
    engine = sa.create_engine(url)
    with Session(engine) as rows:
        rows.execute(sa.delete(SignIn))
        headers = {each: factories.signed_in(rows, rows.get_one(Person, id_("per", each))) for each in people}
    engine.dispose()
    return headers


def _cases(reports: int) -> int:
    return max(reports // 50, 5)


def _md5(text: str) -> str:
    return md5(str(text).encode(), usedforsecurity=False).hexdigest()


# As `app.database.places` has them, but the same each time.
_MADE_PLACE = """
CREATE FUNCTION place(of date, word text) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
SELECT CASE WHEN of IS NULL THEN ('x' || substr(md5(word), 1, 16))::bit(64)::bigint & 9223372036854775807
ELSE (mod(of - date '0001-01-01' + 1, 65536)::bigint << 47)
    | (('x' || substr(md5(word), 1, 12))::bit(48)::bigint >> 1) END
$$
"""


def _place(of: str | None, word: str) -> int:
    drawn = _md5(word)
    if of is None:
        return int(drawn[:16], 16) & 2**63 - 1
    return date.fromisoformat(of).toordinal() % 65536 << 47 | int(drawn[:12], 16) >> 1


def _statements() -> Iterator[str]:
    yield from resources.files("tests.bench").joinpath("data.sql").read_text().split(";\n")[:-1]
    yield from (ScriptDirectory(str(schema.MIGRATIONS)).get_revision(each).module.SIGHTS for each in ("0051", "0052"))


def _series(connection: Connection, reports: int) -> None:
    connection.exec_driver_sql("CREATE TABLE days (n INTEGER PRIMARY KEY, day DATE)")
    connection.exec_driver_sql("CREATE TABLE numbers (n INTEGER PRIMARY KEY)")
    days = [{"n": n, "day": (factories.DAY + timedelta(days=n - _BEFORE)).isoformat()} for n in range(_BEFORE + 60)]
    _insert(connection, "days", days)
    last = max(reports, 5000)
    connection.execute(
        sa.text(
            "INSERT INTO numbers WITH RECURSIVE series (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series"
            " WHERE n < :last) SELECT n FROM series"
        ),
        {"last": last},
    )
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ANALYZE")


def _people(connection: Connection, people: int) -> dict[str, int]:
    """Everybody with a certificate; how many there are of each role."""
    connection.exec_driver_sql(
        "CREATE TABLE staff (role VARCHAR(16), n INTEGER, id VARCHAR(36), PRIMARY KEY (role, n))"
    )
    counts = {f"{each}s": 0 for each in Role}
    of_role, persons, certificates = list[dict[str, object]](), list[dict[str, object]](), list[dict[str, object]]()
    for n in range(people):
        is_ = role(n)
        of_role.append({"role": is_.value, "n": counts[f"{is_}s"], "id": id_("per", n)})
        counts[f"{is_}s"] += 1
        persons.append(
            {
                "id": id_("per", n),
                "handle": f"person{n}",
                "invited_as": is_.value,
                "team_id": id_("team", n // 20 % 10),
                "password_hash": "",
                "recipient": str(factories.SOMEBODY),
                "key": "",
            }
        )
        certificates.append(
            {
                "sha256": f"{n:064x}",
                "person_id": id_("per", n),
                "document": _DOCUMENT,
                "version": 1,
                "roles": is_.value,
                "valid_from": "2026-01-01",
                "valid_until": "2026-12-31",
            }
        )
    _insert(connection, "organisation", [{"id": "0" * 64}])
    _insert(connection, "teams", [{"id": id_("team", n)} for n in range(10)])
    _insert(connection, "people", persons)
    _insert(connection, "certificates", certificates)
    _insert(connection, "staff", of_role)
    return counts


def _insert(connection: Connection, table: str, rows: Sequence[Mapping[str, object]]) -> None:
    names = list(rows[0])
    columns, marks = ", ".join(names), ", ".join(f":{name}" for name in names)
    connection.execute(sa.text(f"INSERT INTO {table} ({columns}) VALUES ({marks})"), list(rows))  # noqa: S608  names of ours


@contextmanager
def kept(database: str, reports: int, real: Callable[[], Files] | None = None) -> Iterator[tuple[Path, str]]:
    """The folder and the address of a database of so many reports, made where none is kept; with `real` files, of
    which each set is as good as another."""
    folder = (KEPT / f"{database}-{reports}{'-real' if real else ''}").absolute()
    folder.mkdir(parents=True, exist_ok=True)
    if database == "sqlite":
        url = f"sqlite:///{folder}/tern.sqlite"
        _make(folder, url, reports, real)
        yield folder, url
    else:
        with postgresql(folder) as url:
            _make(folder, url, reports, real)
            yield folder, url


def _make(folder: Path, url: str, reports: int, real: Callable[[], Files] | None) -> None:
    whole, made_by = (
        folder / "whole",
        _md5("".join(_statements()) + Path(__file__).read_text() + schema.revisions()[-1]),
    )
    if whole.exists() and whole.read_text() == made_by:
        return
    whole.unlink(missing_ok=True)
    if url.startswith("sqlite"):
        for each in folder.glob("tern.sqlite*"):
            each.unlink()
    else:  # step by step back, each would have to do with such rows
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
        engine.dispose()
    schema.create(url).close()
    fill_and_count(url, reports, files=real() if real else _SHARED)
    whole.write_text(made_by)


def main() -> None:
    reports = int(sys.argv[1])
    for database in sys.argv[2:] or ("sqlite", "postgresql"):
        began = time.monotonic()
        with kept(database, reports):
            took = time.monotonic() - began
            print(f"{database}: {reports} reports, {took:.0f} s")  # noqa: T201  what whoever waits looks for


if __name__ == "__main__":
    main()
