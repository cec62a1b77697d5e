"""What was destroyed opens no more from anything that was copied before, and what was not goes on."""

import secrets
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.blobs import Blobs
from app.database import Database, layer
from app.database.doom import sealed_columns
from app.destruction import DoomedKey, destroying, finish
from app.installation import shredding
from app.installation.models import Installation
from app.installation.shredding import OtherKeys
from app.intake.mailbox import service as mailbox
from app.people.grants.models import Grant
from app.protocol.mailbox import MessageKind
from app.settings import Settings
from app.shred_keys import copies
from app.shred_keys.store import ShredKeys
from app.statistics.releases import kept_accounts
from app.statistics.releases.models import AccountsPart
from app.vocabulary import GrantKind
from tests.factories import DAY, SEALED, id_

Kept = dict[str, bytes]


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    return settings.model_copy(update={"shred_dir": tmp_path / "keys", "shred_copies": tmp_path / "copies"})


@pytest.fixture
def database(database: Database, settings: Settings) -> Database:
    with database.write() as session:
        session.add(Installation(name="tern", keyring_sha256="0" * 64))
    database.keys = shredding.open_keys(database, settings)
    return database


@pytest.fixture
def keys(database: Database) -> ShredKeys:
    assert isinstance(database.keys, ShredKeys)
    return database.keys


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "blobs")


def file() -> bytes:
    return SEALED + secrets.token_hex(16).encode()


def add(database: Database, subject: str) -> bytes:
    """A grant."""
    sealed = file()
    with database.write() as session:
        session.add(
            Grant(
                id=id_("grant"), subject=subject, grantee=id_("per"), kind=GrantKind.CASE, granted_on=DAY, file=sealed
            )
        )
    return sealed


def backed_up(database: Database) -> Kept:
    """As a copy of the database has it: by subject."""
    with database.read() as session:
        kept = select(Grant.subject, sa.type_coerce(Grant.file, sa.LargeBinary))
        return {row[0]: row[1] for row in session.execute(kept)}


def opened(kept: Kept, keys: layer.Keys) -> Kept:
    with layer.under(keys):
        return {subject: layer.unwrap(file) for subject, file in kept.items()}


def read(database: Database) -> Kept:
    with database.read() as session:
        return {grant.subject: grant.file or b"" for grant in session.scalars(select(Grant))}


def gone(session: Session, subject: str) -> None:
    session.execute(delete(Grant).where(Grant.subject == subject))


def test_what_is_destroyed_opens_from_no_older_copy_and_what_stays_does(
    database: Database, keys: ShredKeys, blobs: Blobs
) -> None:
    first, second = id_("rep"), id_("rep")
    files = {first: add(database, first), second: add(database, second)}
    yesterday = backed_up(database)

    before = opened(yesterday, keys)
    with destroying(database, blobs, DAY) as session:
        gone(session, first)

    assert before == files
    assert opened(yesterday, keys) == {first: yesterday[first], second: files[second]}
    assert not any(sealed in kept for kept in yesterday.values() for sealed in files.values())
    assert read(database) == {second: files[second]}


def test_accounts_of_before_a_draw_open_from_no_older_copy(database: Database, keys: ShredKeys, blobs: Blobs) -> None:
    first, second = (file() + bytes(kept_accounts.PIECE) for _ in range(2))
    pieces = select(AccountsPart.content).order_by(AccountsPart.number)
    as_kept = select(sa.type_coerce(AccountsPart.content, sa.LargeBinary)).order_by(AccountsPart.number)

    with database.write() as session:
        kept_accounts.keep(session, first)
    with database.read() as session:
        before, yesterday = list(session.scalars(pieces)), list(session.scalars(as_kept))
    with destroying(database, blobs, DAY) as session:
        kept_accounts.keep(session, second)

    with layer.under(keys):
        assert [layer.unwrap(each) for each in yesterday] == yesterday
    with database.read() as session:
        assert b"".join(session.scalars(pieces)) == second
    assert (len(yesterday), b"".join(before)) == (2, first)


def test_whoever_copies_the_disk_to_its_last_byte_finds_nothing_that_opens_what_was_destroyed(
    database: Database, keys: ShredKeys, blobs: Blobs, settings: Settings
) -> None:
    """Tables, and the log of either database: what went lies there still, and its key is nowhere."""
    first, second = id_("rep"), id_("rep")
    files = {first: add(database, first), second: add(database, second)}
    kept = backed_up(database)
    ids = {subject: layer.id_of(file_) or b"" for subject, file_ in kept.items()}
    found = keys.find(ids.values())
    key = {subject: found[id_] for subject, id_ in ids.items()}

    with destroying(database, blobs, DAY) as session:
        gone(session, first)

    disk, store = files_of(database), [each.read_bytes() for each in (settings.shred_dir or Path()).iterdir()]
    assert holds(disk, kept[second])
    if database.dialect == "postgresql":
        assert holds(disk, kept[first])  # its log has it, and a backup too
    assert not any(holds(disk, each) for each in (*files.values(), *key.values()))
    assert [holds(store, key[each]) for each in (first, second)] == [False, True]
    assert opened(kept, keys)[first] == kept[first]


def files_of(database: Database) -> list[bytes]:
    """Every file of the database, written out: with its log, and on PostgreSQL of the whole server."""
    with database.write() as session:
        connection = session.connection()
        if database.dialect == "postgresql":
            directory = Path(connection.exec_driver_sql("SHOW data_directory").scalar_one())
        else:
            directory = Path(connection.exec_driver_sql("PRAGMA database_list").one().file).parent
    found = list[bytes]()
    for each in directory.rglob("*"):
        with suppress(FileNotFoundError):  # a running server removes some meanwhile
            if each.is_file():
                found.append(each.read_bytes())
    return found


def holds(disk: list[bytes], file: bytes) -> bool:
    """Whether some file has the beginning of this one, as far as no row of PostgreSQL is divided."""
    return any(file[:100] in each for each in disk)


def test_what_is_put_in_the_place_of_a_file_takes_its_key(database: Database, keys: ShredKeys, blobs: Blobs) -> None:
    subject, new = id_("rep"), file()
    add(database, subject)
    yesterday = backed_up(database)

    with database.write() as session:  # by a route that thinks of no destruction
        session.execute(update(Grant).values(file=new))
    finish(database, blobs, DAY)

    assert opened(yesterday, keys) == yesterday
    assert read(database) == {subject: new}


def test_an_act_that_fails_takes_no_key(database: Database, blobs: Blobs) -> None:
    subject = id_("rep")
    sealed = add(database, subject)

    def fail(session: Session) -> None:
        gone(session, subject)
        raise RuntimeError

    with pytest.raises(RuntimeError), destroying(database, blobs, DAY) as session:
        fail(session)
    finish(database, blobs, DAY)

    assert read(database) == {subject: sealed}


def test_whoever_comes_after_a_process_that_was_killed_takes_the_keys_that_it_could_not(
    database: Database, keys: ShredKeys, blobs: Blobs
) -> None:
    subject = id_("rep")
    add(database, subject)
    yesterday = backed_up(database)

    with database.write() as session:  # and no more: it is killed once this is on disk
        gone(session, subject)
    meanwhile = opened(yesterday, keys)
    with database.read() as session:
        doomed = session.scalars(select(DoomedKey.id)).all()
    keys.destroy(doomed)  # and once more before it could say so
    for _ in range(2):
        finish(database, blobs, DAY)

    assert meanwhile != yesterday
    assert opened(yesterday, keys) == yesterday
    with database.read() as session:
        assert session.scalar(select(DoomedKey.id)) is None


def test_a_file_without_its_key_stops_no_list_and_is_counted(database: Database, keys: ShredKeys) -> None:
    lost, there = id_("rep"), id_("rep")
    add(database, lost)
    sealed = add(database, there)
    kept = backed_up(database)

    keys.destroy([layer.id_of(kept[lost]) or b""])
    with database.write() as session:
        shredding.count_missing(session)

    assert read(database) == {lost: kept[lost], there: sealed}
    with database.read() as session:
        assert session.scalar(select(Installation.keys_missing)) == 1


@pytest.mark.parametrize("size", [len(layer.MARK) + layer.ID_SIZE, len(layer.MARK) + layer.ID_SIZE + 12, -1])
def test_what_was_cut_off_is_no_age_file_and_stops_nothing(keys: ShredKeys, size: int) -> None:
    with layer.under(keys):
        kept = layer.wrap(file())[:size]

        assert layer.unwrap(kept) == kept


def test_one_file_twice_lies_under_two_keys_and_two_nonces(keys: ShredKeys) -> None:
    sealed = file()

    with layer.under(keys):
        kept = [layer.wrap(sealed) for _ in range(2)]
        opened = [layer.unwrap(each) for each in kept]

    assert opened == [sealed] * 2
    heads = [each[len(layer.MARK) :][:28] for each in kept]
    assert (heads[0][:16] != heads[1][:16], heads[0][16:] != heads[1][16:]) == (True, True)


def test_what_lay_there_before_there_were_keys_comes_under_some(database: Database, rows: Session) -> None:
    subject = id_("rep")
    sealed = file()
    rows.add(
        Grant(id=id_("grant"), subject=subject, grantee=id_("per"), kind=GrantKind.CASE, granted_on=DAY, file=sealed)
    )
    rows.commit()
    assert (backed_up(database), read(database)) == ({subject: sealed}, {subject: sealed})

    with database.write() as session:
        wrapped = [shredding.wrap_what_is_bare(session), shredding.wrap_what_is_bare(session)]

    assert wrapped == [1, 0]
    assert sealed not in backed_up(database)[subject]
    assert read(database) == {subject: sealed}
    with database.read() as session:
        assert session.scalar(select(DoomedKey.id)) is None


def test_every_sealed_column_takes_its_keys_with_it_but_the_copies_of_peoples_own(database: Database) -> None:
    names = {str(column) for column in sealed_columns()}
    found = sa.text(
        "SELECT count(*) FROM sqlite_master WHERE type = 'trigger'"
        if database.dialect == "sqlite"
        else "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal"
    )

    with database.read() as session:
        triggers = session.scalar(found)

    assert triggers == 2 * len(names)
    assert {"grants.file", "case_parts.file", "report_files.body", "slots.file", "messages.file"} <= names
    assert "key_copies.file" not in names


def test_a_database_is_read_with_its_own_keys_alone(database: Database, settings: Settings, tmp_path: Path) -> None:
    for other in (
        {"shred_dir": None, "shred_copies": None},  # whoever forgot the setting
        {"shred_dir": tmp_path / "empty"},  # whose disk was not mounted
    ):
        with pytest.raises(OtherKeys):
            shredding.open_keys(database, settings.model_copy(update=other))

    assert not (tmp_path / "empty").exists()


def test_a_dead_disk_loses_no_case_and_brings_back_nothing_that_was_destroyed(
    database: Database, keys: ShredKeys, settings: Settings, blobs: Blobs, tmp_path: Path
) -> None:
    first, second, third = id_("rep"), id_("rep"), id_("rep")
    add(database, first)
    files = {second: add(database, second)}
    keys.copy(DAY)
    files[third] = add(database, third)  # after the copy of the day
    with destroying(database, blobs, DAY) as session:
        gone(session, first)
    keys.close()
    (tmp_path / "keys").rename(tmp_path / "dead")

    elsewhere = settings.model_copy(update={"shred_dir": tmp_path / "new"})
    restored = shredding.restore(database, elsewhere, copies.newest(tmp_path / "copies"))

    assert restored == (2, 0)
    database.keys = shredding.open_keys(database, elsewhere)
    assert read(database) == files
    engine = sa.create_engine(elsewhere.keys_url)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM shred_keys").scalar() == 2
    engine.dispose()


def test_copies_of_another_service_are_not_taken(database: Database, settings: Settings, tmp_path: Path) -> None:
    copies.write(tmp_path / "foreign", copies.of_day(DAY), copies.Copy("another", []))

    with pytest.raises(OtherKeys):
        shredding.restore(database, settings, copies.newest(tmp_path / "foreign"))


def test_whoever_has_lost_all_keys_goes_on_with_new_ones(
    database: Database, keys: ShredKeys, settings: Settings, tmp_path: Path
) -> None:
    lost = id_("rep")
    add(database, lost)
    kept = backed_up(database)
    keys.close()
    elsewhere = settings.model_copy(update={"shred_dir": tmp_path / "new"})

    restored = shredding.restore(database, elsewhere, None)
    database.keys = shredding.open_keys(database, elsewhere)
    there = id_("rep")
    sealed = add(database, there)

    assert restored == (0, 1)
    assert read(database) == {lost: kept[lost], there: sealed}


@pytest.fixture(autouse=True)
def _closed(database: Database) -> Iterator[None]:
    yield
    with closing(database):
        pass


def test_copies_are_kept_for_a_week(keys: ShredKeys, tmp_path: Path) -> None:
    for day in range(1, 12):
        keys.copy(date(2026, 6, day))

    assert sorted(path.name for path in (tmp_path / "copies").iterdir()) == [
        f"keys-2026-06-{day:02}" for day in range(5, 12)
    ]
    assert copies.last_day(tmp_path / "copies") == date(2026, 6, 11)


def test_who_posts_into_nothing_uses_up_no_keys(database: Database, keys: ShredKeys) -> None:
    post = mailbox.Post(id_("msg"), MessageKind.MESSAGE, None, file(), file())
    with database.write() as session:
        taken = [keys.take() for _ in range(3)]
        for id_of_key, _ in taken:
            keys.give_back(id_of_key)
        is_new = mailbox.keep_post(session, "0" * 64, post, today=DAY)
        again = [keys.take() for _ in range(3)]

    assert not is_new
    assert sorted(again) == sorted(taken)
