"""The audit chain on a client's machine: followed as it comes, however long it is."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.audit.routes import LINES
from app.client.people import audit
from app.database import Database
from app.protocol.audit_chain import read_line
from app.protocol.errors import NotAuthentic
from tests.bench.audit_speed import lengthen
from tests.client.installation import Installation, installation

MANY = 2 * LINES + 1  # of more than two answers


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path) as made:
        made.work()
        yield made


def in_the_database(here: Installation) -> Database:
    return Database(f"sqlite:///{here.directory / 'server' / 'tern.sqlite'}")


def test_a_chain_of_many_answers_is_followed_to_its_end(here: Installation) -> None:
    lengthen(here, MANY)
    kept = list[bytes]()

    events = audit.verify_all(here.staff("dina"), keep=kept.append).events

    assert events.last is not None
    assert [read_line(each.rstrip(b"\n")).seq for each in kept] == [*range(1, events.last.version + 1)]
    assert len(kept) > MANY


def test_who_resumes_begins_at_the_countersigned_head_and_misses_nothing_after_it(here: Installation) -> None:
    sara, dina = here.staff("sara"), here.staff("dina")
    head = audit.follow(sara)
    audit.follow(dina)
    assert head is not None
    followed = list[bytes]()

    events = audit.verify_all(dina, resumes=True, keep=followed.append).events
    with closing(in_the_database(here)) as database, database.write() as session:
        session.execute(sa.text("UPDATE audit_events SET object_id = 'other' WHERE seq = :seq"), {"seq": head.seq + 1})

    assert events.first == read_line(followed[0].rstrip(b"\n")).seq == head.seq > 1
    with pytest.raises(NotAuthentic):
        audit.verify_all(dina, resumes=True)
