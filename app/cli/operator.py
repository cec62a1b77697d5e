"""Commands for whoever runs the machine. They need no key, and could not use one."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import make_url

from app import keyring, recorded_day
from app.cli.causes import disk_first, told
from app.cli.console import Json, clock, show
from app.cli.stopped import DestructionWaits, Stopped
from app.database import Database, schema
from app.database.engine import CONNECTIONS, file_of
from app.installation import service as installation
from app.installation import shredding
from app.intake.attachments import service as attachments
from app.people.copies import service as copies
from app.people.sign_in import service as sign_in
from app.people.staff import invitations
from app.people.staff import service as staff
from app.protocol.documents import SERVICE
from app.protocol.encoding import new_id
from app.settings import Settings

RightClock = Annotated[
    bool, typer.Option("--the-clock-is-right", help="You have looked at the machine's clock, whatever was recorded.")
]

SetFilesAside = Annotated[
    bool, typer.Option("--set-files-aside", help="You have looked: files that no row names are left over.")
]


FilesAreHere = Annotated[
    bool,
    typer.Option(
        "--the-files-are-here",
        help="This data directory has taken the place of the one before, whatever lies in it, for good.",
    ),
]


class DataWithoutDatabase(Stopped):
    """Files of a service lie where there is no database of theirs: a new one beside them would be taken for it."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            f"{file} is of a service whose database is not here; bring it back, or begin in an empty directory"
        )


@contextmanager
def opened(
    *, makes: bool = False, upgrades: bool = False, takes_over: bool = False
) -> Iterator[tuple[Settings, Database]]:
    """The settings, and the database with all its tables and the keyring that belongs to them.

    Where there is none, this stops, and makes one only for the command that `makes` it; older tables it `upgrades` for
    the command that may. The sealed files lie in this data directory, or it `takes_over` as the place where they do.
    """
    with told():
        settings = Settings()
        with disk_first(settings):
            if makes:
                settings.keep_private()
                _check_new(settings)
                database = schema.create(settings.url)
            else:
                database = schema.open_(settings.url, upgrades=upgrades)
                settings.keep_private()
        with closing(database):
            installation.open_keyring(database, settings.data_dir)
            installation.check_place(database, settings.data_dir, takes_over=takes_over)
            with database.read() as session:
                are_named = attachments.are_named(session)
            installation.check_files(settings.data_dir / "blobs", are_named=are_named, takes_over=takes_over)
            database.keys = shredding.open_keys(database, settings)
            yield settings, database


def init(as_json: Json = False) -> None:
    """Make tables and keyring, and an invitation for the first supervisor; until there is a root, also another."""
    show({"invitation": invitation()}, as_json=as_json)


def invitation() -> str:
    """What `init` prints."""
    with opened(makes=True) as (_, database), database.write() as session:
        installation.one_at_a_time(session)
        return invitations.initialise(session, clock().date())


def copy_token(
    person: Annotated[str, typer.Argument(help="The person's id or handle.")],
    as_json: Json = False,
) -> None:
    """A token for who lost their machine and forgot the password, where no supervisor can issue it."""
    now = clock()
    with opened() as (settings, database), database.write() as session:
        person_id = sign_in.candidate(session, person, now.date()).person_id
        if person_id is None:
            raise Stopped("nobody has joined under this handle or id")
        id_ = new_id("tok")
        token = copies.token_of(keyring.load(settings.data_dir), id_)
        copies.issue_token(session, SERVICE, person_id, id_=id_, token=token, now=now)
    show({"token": token}, as_json=as_json)


def data_directory() -> Path:
    """Where the service keeps its files."""
    with told():
        return Settings().data_dir.absolute()


def has_root() -> bool:
    """Whether the first supervisor is through."""
    with opened() as (_, database), database.read() as session:
        return staff.has_root(session)


def of_connections(database: Database, processes: int = 1) -> str:
    """What to do where the database allows fewer connections than so many processes may open; empty where it does."""
    allowed, wanted = database.most_connections(), processes * CONNECTIONS
    if allowed is None or allowed >= wanted:
        return ""
    return f"PostgreSQL allows {allowed} connections, and the service may open {wanted}: raise its max_connections"


def sweep(
    the_clock_is_right: RightClock = False, set_files_aside: SetFilesAside = False, as_json: Json = False
) -> None:
    """Destroy what a rule says is due, and set aside files that no row names: what `tern worker --once` does."""
    from app.blobs import Blobs
    from app.main import jobs

    now = clock()
    with opened() as (settings, database):
        installation.record_free_space(database, settings.data_dir, now.date())
        try:
            done = jobs(keyring.load(settings.data_dir)).run(
                database,
                Blobs(settings.data_dir / "blobs"),
                now,
                clock_is_right=the_clock_is_right,
                however_many=set_files_aside,
            )
        except recorded_day.DayNotBelievable as error:
            raise DestructionWaits(str(error)) from error
        installation.record_sweep(database, now.date())
    show({"blobs_destroyed": len(done.destroyed), "files_set_aside": len(done.aside)}, as_json=as_json)


def _check_new(settings: Settings) -> None:
    """Raises `DataWithoutDatabase` where files of a service lie here whose database does not: it is to come back."""
    # In this order: another `init` that runs at the same time makes tables first and the keyring when they are there.
    files = [settings.data_dir / keyring.FILE, *(settings.data_dir / "blobs").glob("*")]
    path = file_of(make_url(settings.url))
    log = path and path.with_name(f"{path.name}-wal")
    found, is_log_there = [each for each in files if each.exists()], log is not None and log.exists()
    if path is None or path.is_file():
        with closing(Database(settings.url)) as database:
            if schema.look(database) is not schema.Tables.NONE:
                return
    elif log is not None and is_log_there:
        found.append(log)
    if found:
        raise DataWithoutDatabase(found[0])
