"""The shred keys that belong to the tables: found, counted, and put over what came before there were any."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Final

import sqlalchemy as sa
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.database import Database, NoDatabase, layer
from app.database.doom import sealed_columns
from app.database.layer import ID_SIZE, MARK, wrap
from app.installation.models import Installation
from app.settings import Settings
from app.shred_keys import store
from app.shred_keys.copies import Copy
from app.shred_keys.store import NoStore, ShredKeys

_WRAPPED_AT_ONCE: Final = 20_000  # rows, in one transaction of a day
_IN_MEMORY: Final = 100  # of those


class OtherKeys(Exception):
    """The shred keys are missing, or are those of other tables. Others would open nothing of what is there."""


def open_keys(database: Database, settings: Settings) -> ShredKeys | None:
    """Those by which the tables are read, or none where none are set. The first time they are made, if there are none.

    Raises `OtherKeys`.
    """
    with database.read() as session:
        belonging = session.scalar(select(Installation.keys_sha256))
    if not settings.keys_url:
        if belonging is not None:
            raise OtherKeys("TERN_SHRED_DIR or TERN_SHRED_URL is not set, and what is in the database lies under keys")
        return None
    if belonging is None:
        store.create(settings.keys_url)
    try:
        keys = ShredKeys(settings.keys_url, settings.shred_copies)
    except (NoStore, NoDatabase):
        raise OtherKeys(
            "the shred keys of this database are not where TERN_SHRED_DIR or TERN_SHRED_URL says: bring that disk back,"
            " or run: tern restore-keys"
        ) from None
    if belonging is None:
        _adopt(database, keys)
    elif belonging != digest(keys.name):
        keys.close()
        raise OtherKeys("TERN_SHRED_DIR or TERN_SHRED_URL has the shred keys of another database: put its own back")
    return keys


def restore(database: Database, settings: Settings, copy: Copy | None) -> tuple[int, int]:
    """Put the keys of a copy where the settings say; without one, begin with none. Of how many rows the key is there,
    and of how many not.

    What was destroyed since the copy was made, no row names, and it stays destroyed. Raises `OtherKeys`.
    """
    with database.read() as session:
        belonging = session.scalar(select(Installation.keys_sha256))
        wanted = set(_ids(session))
    if copy is not None and belonging not in {None, digest(copy.name)}:
        raise OtherKeys("these are copies of the shred keys of another database")
    store.create(settings.keys_url, copy.name if copy else "")
    keys = ShredKeys(settings.keys_url, settings.shred_copies)
    try:
        if copy is not None:
            if keys.name != copy.name:
                raise OtherKeys("TERN_SHRED_DIR or TERN_SHRED_URL has the shred keys of another database: empty it")
            keys.put(record for record in copy.records if record[0] in wanted)
        with database.write() as session:
            session.execute(update(Installation).values(keys_sha256=digest(keys.name)))
        missing = keys.missing(wanted)
    finally:
        keys.close()
    return len(wanted) - missing, missing


def count_missing(session: Session) -> None:
    """Remember of how many rows the key is not there; of none is known where no keys are kept."""
    keys = layer.current()
    session.execute(update(Installation).values(keys_missing=keys.missing(_ids(session)) if keys else None))


def wrap_what_is_bare(session: Session) -> int:
    """Put what came before there were keys under some, and what a process without them stored. How many, of those due.

    Some at a time: whoever writes meanwhile waits.
    """
    if layer.current() is None:
        return 0
    wrapped = 0
    for column in sealed_columns():
        bare = sa.type_coerce(column, sa.LargeBinary)
        is_bare = sa.func.substr(bare, 1, len(MARK), type_=sa.LargeBinary) != MARK
        while wrapped < _WRAPPED_AT_ONCE:
            key = list(column.table.primary_key)
            rows = session.execute(select(*key, bare.label("bare")).where(is_bare).limit(_IN_MEMORY).with_for_update())
            found = rows.all()
            for *place, file in found:
                its = sa.and_(*(part == value for part, value in zip(key, place, strict=True)))
                kept = sa.literal(wrap(file), sa.LargeBinary)
                session.execute(sa.update(column.table).where(its).values({column.name: kept}))
            wrapped += len(found)
            if len(found) < _IN_MEMORY:
                break
    return wrapped


def digest(name: str) -> str:
    """Of a store's name, as the tables remember it."""
    return sha256(name.encode()).hexdigest()


def _adopt(database: Database, keys: ShredKeys) -> None:
    """Of several processes that begin at once, all have the same."""
    with database.write() as session:
        session.execute(
            update(Installation).where(Installation.keys_sha256.is_(None)).values(keys_sha256=digest(keys.name))
        )


def _ids(session: Session) -> Iterator[bytes]:
    """Of the keys of all rows."""
    for column in sealed_columns():
        kept = sa.type_coerce(column, sa.LargeBinary)
        begins = sa.func.substr(kept, 1, len(MARK), type_=sa.LargeBinary) == MARK
        id_ = sa.func.substr(kept, len(MARK) + 1, ID_SIZE, type_=sa.LargeBinary)
        yield from session.scalars(select(id_).where(begins), execution_options={"yield_per": 500})
