"""Grants as the service keeps them: whom they open to, until when, and what is on record of each fetch."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actor import Actor
from app.audit.models import AuditEvent
from app.database import Database
from app.people.grants import service as grants
from app.people.grants.models import Grant
from app.people.grants.service import NewGrant
from app.people.staff.models import Person
from app.people.staff.service import NotCertified
from app.problems import NotFound
from app.protocol.encoding import sha256_hex
from app.protocol.grants import LOAN
from app.protocol.sizes import Kind
from app.vocabulary import GrantKind, Role
from tests import factories

NOW = factories.HOUR
DAY = NOW.date()


@pytest.fixture
def anna(rows: Session) -> Person:
    factories.organisation(rows)
    return factories.certified(rows, Role.TRIAGER)


@pytest.fixture
def boris(rows: Session, anna: Person) -> Person:
    return factories.certified(rows, Role.TRIAGER)


def actor(who: Person, today: date = DAY) -> Actor:
    return Actor(who.id, frozenset({Role.TRIAGER}), None, today)


def new(to: str) -> NewGrant:
    return NewGrant(to, factories.sealed(Kind.GRANT))


def events(rows: Session) -> list[tuple[str, str, str | None]]:
    return [
        (each.action, each.object_id, each.object_hash)
        for each in rows.scalars(select(AuditEvent).order_by(AuditEvent.seq))
    ]


def hash_of(grant: Grant) -> str:
    assert grant.file is not None
    return sha256_hex(grant.file)


def test_a_key_is_fetched_by_whom_it_is_for_and_each_fetch_is_on_record(
    database: Database, rows: Session, anna: Person, boris: Person
) -> None:
    report, epoch, case = (factories.id_(prefix) for prefix in ("rep", "epoch", "case"))
    own = factories.grant(rows, report, anna.id)
    of_epoch = factories.grant(rows, report, epoch, GrantKind.INTAKE)
    for other in (boris.id, case):
        factories.grant(rows, report, other)

    with database.write() as session:
        alone = grants.fetch(session, actor(anna), report, now=NOW)
        both = grants.fetch(session, actor(anna), report, now=NOW, also_for=[epoch])

    assert [each.id for each in alone] == [own.id]
    assert [each.id for each in both] == sorted([own.id, of_epoch.id])
    by_id = {each.id: hash_of(each) for each in (own, of_epoch)}
    fetched = [own.id, *sorted(by_id)]
    assert events(rows) == [("grant.fetched", report, by_id[each]) for each in fetched]


def test_a_page_of_keys_is_one_event_over_the_reports_whose_keys_were_given(
    database: Database, rows: Session, anna: Person, boris: Person
) -> None:
    first, second, of_nobody, of_boris = (factories.id_("rep") for _ in range(4))
    epoch, other_epoch = factories.id_("epoch"), factories.id_("epoch")
    given = {
        first: [factories.grant(rows, first, epoch, GrantKind.INTAKE).id],
        second: sorted(factories.grant(rows, second, to).id for to in (anna.id, other_epoch)),
    }
    factories.grant(rows, first, other_epoch, GrantKind.INTAKE)  # whose key the caller asks for another report
    factories.grant(rows, of_boris, boris.id)

    with database.write() as session:
        wanted = {first: [epoch], second: [other_epoch], of_nobody: [epoch], of_boris: []}
        found = grants.fetch_page(session, actor(anna), wanted, now=NOW)

    assert {of: [each.id for each in each_of] for of, each_of in found.items()} == given | {of_nobody: [], of_boris: []}
    page = "".join(f"{each}\n" for each in sorted([first, second]))
    assert events(rows) == [("grants.fetched", "grants_of_2", sha256_hex(page.encode()))]


def test_a_page_without_a_key_for_the_caller_is_no_event(database: Database, rows: Session, anna: Person) -> None:
    with database.write() as session:
        report = factories.id_("rep")
        assert grants.fetch_page(session, actor(anna), {report: [factories.id_("epoch")]}, now=NOW) == {report: []}
        assert grants.fetch_page(session, actor(anna), {}, now=NOW) == {}

    assert events(rows) == []


ASKED: dict[str, Callable[[Session, Actor, str], bool]] = {
    "holds": grants.holds,
    "held_among": lambda session, who, subject: grants.held_among(session, who, [subject]) == {subject},
    "fetch": lambda session, who, subject: bool(grants.fetch(session, who, subject, now=factories.morning(who.today))),
    "fetch_page": lambda session, who, subject: bool(
        grants.fetch_page(session, who, {subject: []}, now=factories.morning(who.today))[subject]
    ),
    "of_actor": lambda session, who, subject: bool(grants.of_actor(session, who, subject)),
}


@pytest.mark.parametrize("asked", ASKED)
def test_what_was_lent_opens_until_its_last_day_and_what_was_revoked_does_not(
    database: Database, rows: Session, anna: Person, boris: Person, asked: str
) -> None:
    lent, revoked = factories.id_("rep"), factories.id_("rep")
    with database.write() as session:
        grants.lend(session, actor(boris), new(anna.id), subject=lent, now=NOW)
        grants.lend(session, actor(boris), new(anna.id), subject=revoked, now=NOW)
        grants.revoke(session, actor(boris), subject=revoked, grantee=anna.id, now=NOW)

    last = DAY + LOAN
    with database.write() as session:
        opens = [ASKED[asked](session, actor(anna, day), lent) for day in (DAY, last, last + timedelta(1))]
        assert (opens, ASKED[asked](session, actor(anna), revoked)) == ([True, True, False], False)


def test_a_loan_ends_before_its_time_where_what_it_is_for_does(
    database: Database, rows: Session, anna: Person, boris: Person
) -> None:
    with database.write() as session:
        for until, last in ((DAY, DAY), (DAY + 2 * LOAN, DAY + LOAN)):
            lent = grants.lend(session, actor(boris), new(anna.id), subject=factories.id_("rep"), now=NOW, until=until)
            assert (lent.until, lent.kind) == (last, GrantKind.APPROVAL)


def test_a_sweep_forgets_the_files_of_ended_loans_and_of_nothing_else(
    database: Database, rows: Session, anna: Person, boris: Person
) -> None:
    kept = factories.grant(rows, factories.id_("rep"), anna.id)
    with database.write() as session:
        lent = grants.lend(session, actor(boris), new(anna.id), subject=factories.id_("rep"), now=NOW)

    for day, is_over in ((DAY + LOAN, False), (DAY + LOAN + timedelta(1), True)):
        with database.write() as session:
            grants.lapse_ended(session, day)
        with database.read() as session:
            (after, other) = (session.get_one(Grant, each.id) for each in (lent, kept))
            assert (after.revoked, after.file is None) == (is_over, is_over)
            assert (other.revoked, other.file is None) == (False, False)


def test_a_revoked_grant_is_as_absent_as_one_that_never_was(
    database: Database, rows: Session, anna: Person, boris: Person
) -> None:
    report = factories.id_("rep")
    one, other = (factories.grant(rows, report, each.id) for each in (anna, boris))

    with database.write() as session:
        grants.revoke(session, actor(boris), subject=report, grantee=anna.id, now=NOW)
        for absent in (one.id, factories.id_("grant")):
            with pytest.raises(NotFound):
                grants.get(session, absent)
        assert grants.get(session, other.id).grantee == boris.id
        assert grants.holders(session, report) == {boris.id}

    assert events(rows) == [("grant.revoked", report, None)]


def test_a_key_is_granted_to_whom_somebody_certified_alone(
    database: Database, rows: Session, anna: Person, boris: Person
) -> None:
    stranger = factories.person(rows, Role.TRIAGER)
    report = factories.id_("rep")

    def add(session: Session, to: str) -> None:
        grants.add_to_person(session, actor(anna), new(to), subject=report, kind=GrantKind.ASSIGNED, now=NOW)

    with pytest.raises(NotCertified), database.write() as session:
        add(session, stranger.id)
    with database.write() as session:
        add(session, boris.id)
        assert grants.holders(session, report) == {boris.id}


def test_a_key_turns_for_everybody_at_once_and_opens_the_one_before_it(
    database: Database, rows: Session, anna: Person, boris: Person
) -> None:
    case = factories.id_("case")
    for each in (anna, boris):
        factories.grant(rows, case, each.id)

    with database.write() as session:
        assert (grants.generation_of(session, case), grants.generation_of(session, factories.id_("case"))) == (1, 0)
        grants.turn(
            session, actor(anna), [new(each) for each in (anna.id, boris.id, case)], subject=case, until={}, now=NOW
        )
        assert grants.generation_of(session, case) == 2
        opened = [(each.grantee, each.generation, each.kind) for each in grants.of_actor(session, actor(anna), case)]
        lent = grants.lend(session, actor(anna), new(boris.id), subject=case, now=NOW)

    assert sorted(opened) == sorted(
        [(anna.id, 1, GrantKind.ASSIGNED), (anna.id, 2, GrantKind.ASSIGNED), (case, 1, GrantKind.CASE)]
    )
    assert lent.generation == 2
