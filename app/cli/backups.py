"""`tern backup`, `tern restore`, `tern check`: copies of the service, and whether it is still what it was."""

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Annotated

import typer

from app import age, keyring
from app.backup import copying, restoring
from app.backup.checking import Looked, check_backup, check_service
from app.backup.copying import Service
from app.backup.errors import BackupError
from app.cli import files
from app.cli.causes import told
from app.cli.console import Json, clock, say, show
from app.cli.operator import opened
from app.cli.stopped import Stopped
from app.database import schema
from app.installation import last_backup, shredding
from app.settings import Settings
from app.shred_keys import copies

Identity = Annotated[
    Path, typer.Option("--identity", "-i", help="The file with the key of the backups.", exists=True, dir_okay=False)
]


def backup(
    directory: Annotated[Path, typer.Argument(help="Where it lies: another disk, which a machine elsewhere copies.")],
    recipient: Annotated[
        list[str] | None,
        typer.Option("--recipient", "-r", help="Whose key opens it (age1pq1…), made offline. Several may be named."),
    ] = None,
    recipients_file: Annotated[
        Path | None,
        typer.Option("--recipients-file", "-R", help="The same from a file, a line each.", exists=True, dir_okay=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Back the service up while it serves: rows, files and keyring, sealed to keys that lie elsewhere."""
    listed = recipients_file.read_text().splitlines() if recipients_file else []
    recipients = [_recipient(text) for text in (*(recipient or ()), *filter(None, listed))]
    if not recipients:
        raise typer.BadParameter("to whom is it sealed? Name a --recipient: tern identity makes one")
    with opened() as (settings, database), _told():
        service = Service(database, settings.data_dir, keyring.load(settings.data_dir))
        made = copying.back_up(service, directory, recipients, clock().date())
        if database.keys is not None:  # without which the rows open for nobody
            database.keys.copy(clock().date())
        with suppress(OSError):  # on a disk that is full a backup is worth the most
            last_backup.record(settings.data_dir, clock().date())
    for fault in made.contents.faults:
        say(f"As the service has it: {fault}.")
    show(
        {
            "reports": made.contents.tables["reports"].rows,
            "files": len(made.contents.sealed_blobs),
            "files_copied": made.copied,
        },
        as_json=as_json,
    )
    if made.contents.faults:
        raise Stopped(
            f"the backup is whole, the service is not ({len(made.contents.faults)} found; look with tern check)"
        )


def restore(
    directory: Annotated[Path, typer.Argument(help="The directory of a backup.", exists=True, file_okay=False)],
    identity: Identity,
    as_json: Json = False,
) -> None:
    """Bring a service back from a backup into an empty place, when all of it was found to be what it was."""
    keys = files.identities(identity)
    with _told():
        settings = Settings()
        listed = restoring.restore(directory, keys, settings.url, settings.data_dir)
    for fault in listed.faults:
        say(f"It was so when the backup was made: {fault}.")
    show(
        {
            "made_on": listed.made_on.isoformat(),
            "reports": listed.tables["reports"].rows,
            "files": len(listed.sealed_blobs),
        },
        as_json=as_json,
    )


def restore_keys(
    directory: Annotated[
        Path | None,
        typer.Argument(help="The directory of their copies, as TERN_SHRED_COPIES.", exists=True, file_okay=False),
    ] = None,
    they_are_lost: Annotated[
        bool, typer.Option("--they-are-lost", help="There is no copy: go on, though nothing opens that lay under them.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Bring the shred keys back from their copies, once the database is there; the service is stopped meanwhile."""
    if (directory is None) is not they_are_lost:
        raise typer.BadParameter("name the directory of their copies, or say --they-are-lost")
    with told():
        settings = Settings()
        if not settings.keys_url:
            raise Stopped("TERN_SHRED_DIR or TERN_SHRED_URL says where they go: set one")
        with closing(schema.open_(settings.url)) as database:
            there, missing = shredding.restore(database, settings, copies.newest(directory) if directory else None)
    show({"rows_with_key": there, "rows_without": missing}, as_json=as_json)


def check(
    directory: Annotated[
        Path | None,
        typer.Argument(help="A backup, in the place of the service itself.", exists=True, file_okay=False),
    ] = None,
    identity: Annotated[
        Path | None,
        typer.Option("--identity", "-i", help="The key of the backups: look into it too.", exists=True, dir_okay=False),
    ] = None,
    since: Annotated[
        Path | None,
        typer.Option(help="Its last backup: name what the service had then and lacks.", exists=True, file_okay=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Look whether the service, or a backup of it, still is what it was. Nothing is changed."""
    if directory is None and identity is not None:
        raise typer.BadParameter("a service is checked without a key; name the directory of a backup")
    if directory is not None and since is not None:
        raise typer.BadParameter("two backups are not compared: name one, with or without --since")
    with _told():
        looked = _look_at_service(since) if directory is None else _look_at_backup(directory, identity)
    for finding in looked.findings:
        say(f"{finding[0].upper()}{finding[1:]}.")
    show(
        {"reports": looked.reports, "files": looked.files, "left_over": looked.left_over, "wrong": len(looked.findings)}
        if looked.reports is not None
        else {"files": looked.files, "left_over": looked.left_over, "wrong": len(looked.findings)},
        as_json=as_json,
    )
    if looked.findings:
        raise Stopped(f"not all is what it was ({len(looked.findings)} found): {looked.findings[0]}")


def _look_at_service(since: Path | None) -> Looked:
    with opened() as (settings, database):
        return check_service(Service(database, settings.data_dir, keyring.load(settings.data_dir)), since)


def _look_at_backup(directory: Path, identity: Path | None) -> Looked:
    looked = check_backup(directory, files.identities(identity) if identity else ())
    if not identity:
        say("Each file is compared with its name alone: with --identity it is opened, and compared with the list.")
    return looked


def _recipient(text: str) -> age.HybridRecipient:
    """One that a quantum computer does not open: a copy may lie somewhere for decades."""
    try:
        found = age.parse_recipient(text)
    except age.RecipientError:
        raise typer.BadParameter("no recipient of age: tern identity makes one") from None
    if not isinstance(found, age.HybridRecipient):
        raise typer.BadParameter("this recipient is not of the post-quantum kind (age1pq1…): tern identity makes one")
    return found


@contextmanager
def _told() -> Iterator[None]:
    with told():
        try:
            yield
        except BackupError as error:
            raise Stopped(str(error)) from None
