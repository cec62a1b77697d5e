"""The audit chain on a client's machine: followed as it comes, however long it is."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from weakref import WeakSet

import pytest
import sqlalchemy as sa

from app.audit import service
from app.audit.actions import Action
from app.client.people import audit
from app.database import Database
from app.protocol.audit_chain import Event
from app.protocol.errors import NotAuthentic
from tests.client.installation import Installation, installation

MANY = 3 * 200 + 1  # of more than three pages


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path) as made:
        made.work()
        yield made


def in_the_database(here: Installation) -> Database:
    return Database(f"sqlite:///{here.directory / 'server' / 'tern.sqlite'}")


def test_no_more_than_a_page_of_the_chain_is_in_memory_and_all_of_it_is_followed(here: Installation) -> None:
    dina = here.staff("dina")
    with closing(in_the_database(here)) as database, database.write() as session:
        for _ in range(MANY):
            service.record(session, dina.person, Action.AUDIT_READ, "audit", now=dina.now)
    alive, most, numbers = WeakSet[Event](), 0, list[int]()

    def keep(event: Event) -> None:
        nonlocal most
        alive.add(event)
        most = max(most, len(alive))
        numbers.append(event.seq)

    events = audit.verify_all(dina, keep=keep).events

    assert events.last is not None
    assert numbers == [*range(1, events.last.version + 1)]
    assert len(numbers) > MANY
    assert most <= 200


def test_who_resumes_begins_at_the_countersigned_head_and_misses_nothing_after_it(here: Installation) -> None:
    sara, dina = here.staff("sara"), here.staff("dina")
    head = audit.follow(sara)
    audit.follow(dina)
    assert head is not None
    followed = list[Event]()

    events = audit.verify_all(dina, resumes=True, keep=followed.append).events
    with closing(in_the_database(here)) as database, database.write() as session:
        session.execute(sa.text("UPDATE audit_events SET object_id = 'other' WHERE seq = :seq"), {"seq": head.seq + 1})

    assert events.first == followed[0].seq == head.seq > 1
    with pytest.raises(NotAuthentic):
        audit.verify_all(dina, resumes=True)
