"""Grants as the service keeps them: whom they open to, until when, and what is on record of each fetch."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actor import Actor
from app.audit.models import AuditEvent
from app.database import Database
from app.intake.epochs.models import Epoch
from app.people.grants import service as grants
from app.people.grants.models import Grant
from app.people.grants.service import NewGrant
from app.people.staff.models import Person
from app.people.staff.service import NotCertified, Standing
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
            assert lent.generation == 1  # of a key that was granted to nobody before


def test_of_what_lies_here_one_holds_that_of_which_a_key_opens_today(
    rows: Session, anna: Person, boris: Person
) -> None:
    holders = enumerate((anna, anna, boris), start=1)
    theirs, over, another = (factories.epoch(rows, each, sequence=sequence) for sequence, each in holders)
    rows.scalars(select(Grant).where(Grant.subject == over.id)).one().until = DAY - timedelta(1)
    rows.flush()

    held = rows.scalars(select(Epoch.id).where(grants.held_by(actor(anna), Epoch.id))).all()

    assert held == [theirs.id]
    assert rows.get(Epoch, another.id)


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


@dataclass
class Granted:
    """Two keys of a case, and to whom each was granted: for good, for one act, and what opens to them no more."""

    case: str
    other: str
    people: dict[str, Person]
    older: Grant

    def ids(self, *names: str) -> set[str]:
        return {self.people[name].id for name in names}


@pytest.fixture
def granted(rows: Session, anna: Person, boris: Person) -> Granted:
    case, other = factories.id_("case"), factories.id_("case")
    people = {"anna": anna, "boris": boris} | {
        name: factories.certified(rows, Role.TRIAGER) for name in ("lent", "peeled", "revoked", "outdated", "elsewhere")
    }
    kinds = {"lent": GrantKind.APPROVAL, "peeled": GrantKind.CUSTODIAN}
    for name, who in people.items():
        subject, generation = (other, 1) if name == "elsewhere" else (case, 1 if name == "anna" else 2)
        kept = factories.grant(rows, subject, who.id, kinds.get(name, GrantKind.ASSIGNED))
        kept.generation, kept.granted_on = generation, DAY + timedelta(generation)
        kept.revoked, kept.outdated = name == "revoked", name == "outdated"
    older = factories.grant(rows, case, case, GrantKind.CASE)
    rows.commit()
    return Granted(case, other, people, older)


def test_a_key_is_held_by_whom_it_was_granted_to_for_good_under_keys_that_they_have_still(
    database: Database, granted: Granted
) -> None:
    for_good = granted.ids("anna", "boris")
    with database.read() as session:
        assert grants.holders(session, granted.case) == for_good
        assert grants.newest_holders(session, granted.case) == granted.ids("boris")
        assert grants.holders_of_each(session, [granted.case, granted.other]) == {
            granted.case: for_good,
            granted.other: granted.ids("elsewhere"),
        }
        theirs = {each: grants.of(session, subject=granted.case, grantee=each) for each in every(granted)}
        assert {each for each, grant in theirs.items() if grant} == {*for_good, granted.case}
        assert all(grant.subject == granted.case and grant.grantee == each for each, grant in theirs.items() if grant)


def every(granted: Granted) -> set[str]:
    return {*granted.ids(*granted.people), granted.case}


def test_that_a_key_was_granted_stays_known_whatever_became_of_it(database: Database, granted: Granted) -> None:
    lent, peeled, revoked, outdated, elsewhere = (
        granted.people[name].id for name in ("lent", "peeled", "revoked", "outdated", "elsewhere")
    )
    assigned = {granted.people["boris"].id, revoked, outdated}
    with database.read() as session:
        assert grants.ever_granted(session, granted.case) == {
            *((each, GrantKind.ASSIGNED) for each in assigned),
            (lent, GrantKind.APPROVAL),
            (peeled, GrantKind.CUSTODIAN),
        }
        assert grants.outdated(session, granted.case) == {outdated: 2}
        assert grants.granted_among(session, [granted.case, factories.id_("case")]) == {granted.case}
        there = {each for each in every(granted) if grants.exists(session, subject=granted.case, grantee=each)}
        assert there == every(granted) - {revoked, elsewhere}
        assert [each.id for each in grants.older_keys(session, granted.case)] == [granted.older.id]
        assert grants.made_on(session, granted.case) == DAY + timedelta(2)


def test_who_lost_a_key_to_their_work_or_to_new_keys_is_told_apart_from_who_has_it(
    database: Database, rows: Session, granted: Granted
) -> None:
    others = factories.certified(rows, Role.AUDITOR)
    factories.grant(rows, granted.other, others.id)
    gone = factories.person(rows, Role.TRIAGER)
    factories.grant(rows, granted.other, gone.id)
    rows.commit()

    with database.read() as session:
        to_replace = grants.to_replace(session, [granted.case, granted.other], {Role.TRIAGER}, DAY)

    outdated = (granted.case, granted.people["outdated"].id)
    assert to_replace == sorted([outdated, (granted.other, others.id), (granted.other, gone.id)])


def test_what_nobody_else_holds_for_good_stays_with_who_leaves(
    database: Database, rows: Session, anna: Person, boris: Person
) -> None:
    """Somebody to whom it was lent, who has it until a day, by keys that were replaced, or is certified no more."""
    gone, held = factories.person(rows, Role.TRIAGER), dict[str, bool]()
    left_alone = {"lent": GrantKind.APPROVAL, "peeled": GrantKind.CUSTODIAN}
    for beside in ("nobody", "lent", "peeled", "until", "outdated", "revoked", "uncertified", "somebody"):
        subject = factories.id_("case")
        factories.grant(rows, subject, anna.id)
        factories.grant(rows, subject, subject, GrantKind.CASE)
        if beside != "nobody":
            to = gone if beside == "uncertified" else boris
            kept = factories.grant(rows, subject, to.id, left_alone.get(beside, GrantKind.ASSIGNED))
            kept.until = DAY if beside == "until" else None
            kept.outdated, kept.revoked = beside == "outdated", beside == "revoked"
        held[subject] = beside != "somebody"
    unused, used = factories.id_("epoch"), factories.id_("epoch")
    for epoch in (unused, used):
        factories.grant(rows, epoch, anna.id)
    factories.grant(rows, factories.id_("rep"), used, GrantKind.INTAKE)
    lent, lost = factories.id_("case"), factories.id_("case")
    factories.grant(rows, lent, anna.id, GrantKind.APPROVAL)
    factories.grant(rows, lost, anna.id).revoked = True
    rows.commit()

    by = Actor(boris.id, frozenset({Role.SUPERVISOR}), None, DAY)
    with database.write() as session:
        assert grants.holdings(session, anna.id, DAY) == sorted([*held.items(), (used, True)])
        of_cases = select(Grant.subject).where(Grant.subject.in_(list(held)))
        grants.end_held(session, Standing(by, anna.id, frozenset(), NOW), of_cases)
        after = {subject for subject, _ in grants.holdings(session, anna.id, DAY)}

    assert after == {used, *(subject for subject, is_alone in held.items() if is_alone)}
    [ended] = [subject for subject, is_alone in held.items() if not is_alone]
    assert events(rows) == [("grant.revoked", ended, None)]
    assert {each.grantee for each in rows.scalars(select(Grant).where(Grant.subject == ended, ~Grant.revoked))} == {
        boris.id,
        ended,
    }


def test_what_was_granted_until_a_day_is_until_another_for_whom_it_is_said_of(
    database: Database, rows: Session, anna: Person, boris: Person
) -> None:
    case = factories.id_("case")
    kept = {
        name: factories.grant(rows, subject, who.id, kind)
        for name, subject, who, kind in (
            ("theirs", case, anna, GrantKind.ASSIGNED),
            ("another's", case, boris, GrantKind.ASSIGNED),
            ("elsewhere", factories.id_("case"), anna, GrantKind.ASSIGNED),
            ("lent", case, anna, GrantKind.APPROVAL),
            ("revoked", case, anna, GrantKind.ASSIGNED),
        )
    }
    for name, each in kept.items():
        each.until, each.revoked = DAY, name == "revoked"
    rows.commit()

    with database.write() as session:
        grants.keep_on(session, subject=case, grantee=anna.id, until=DAY + timedelta(3))

    rows.expire_all()
    assert {name: each.until for name, each in kept.items()} == {
        name: DAY + timedelta(3 if name == "theirs" else 0) for name in kept
    }


def test_the_next_key_is_theirs_until_the_day_until_which_they_had_the_one_before(
    database: Database, rows: Session, anna: Person, boris: Person
) -> None:
    case = factories.id_("case")
    for each in (anna, boris):
        factories.grant(rows, case, each.id)
    sent = [new(each) for each in (anna.id, boris.id, case)]

    with database.write() as session:
        grants.turn(session, actor(anna), sent, subject=case, until={boris.id: DAY}, now=NOW)

    turned = rows.scalars(select(Grant).where(Grant.generation == 2)).all()
    assert {each.grantee: each.until for each in turned} == {anna.id: None, boris.id: DAY}
    assert events(rows) == [("grant.made", case, sha256_hex(each.file)) for each in sent]


def test_new_keys_outdate_what_was_granted_to_those_before_and_nothing_that_is_revoked_or_anothers(
    database: Database, rows: Session, anna: Person, boris: Person
) -> None:
    kept = {name: factories.grant(rows, factories.id_("rep"), anna.id) for name in ("held", "revoked")}
    kept["another's"] = factories.grant(rows, factories.id_("rep"), boris.id)
    kept["revoked"].revoked = True
    rows.commit()

    with database.write() as session:
        grants.outdate(session, anna.id)
        held = [
            grants.holds(session, actor(who), kept[of].subject) for of, who in (("held", anna), ("another's", boris))
        ]

    rows.expire_all()
    assert {name: each.outdated for name, each in kept.items()} == {"held": True, "revoked": False, "another's": False}
    assert held == [False, True]


def test_what_is_forgotten_is_forgotten_of_these_keys_alone(
    database: Database, rows: Session, anna: Person, boris: Person
) -> None:
    report, other, epoch = factories.id_("rep"), factories.id_("rep"), factories.id_("epoch")
    for subject in (report, other):
        for grantee in (anna.id, epoch):
            factories.grant(rows, subject, grantee)
    rows.commit()

    def left() -> set[tuple[str, str]]:
        rows.expire_all()
        return {(each.subject, each.grantee) for each in rows.scalars(select(Grant))}

    with database.write() as session:
        grants.drop(session, subject=report, grantees=[epoch])
    assert left() == {(report, anna.id), (other, anna.id), (other, epoch)}
    with database.write() as session:
        grants.destroy(session, [other])
    assert left() == {(report, anna.id)}


def test_what_somebody_holds_is_found_by_the_kind_of_thing_and_what_is_for_people_apart_from_the_rest(
    database: Database, rows: Session, anna: Person, boris: Person
) -> None:
    subjects = {name: factories.id_(name) for name in ("rep", "epoch", "case")}
    for subject in subjects.values():
        factories.grant(rows, subject, anna.id)
    factories.grant(rows, factories.id_("rep"), boris.id)
    factories.grant(rows, factories.id_("rep"), anna.id).until = DAY - timedelta(1)
    to_epoch = factories.grant(rows, factories.id_("rep"), subjects["epoch"], GrantKind.INTAKE)
    factories.grant(rows, factories.id_("rep"), boris.id).revoked = True
    rows.commit()

    with database.read() as session:
        of_kind = {
            name: session.scalars(select(Grant.subject).where(grants.held_of_kind(actor(anna), name))).all()
            for name in subjects
        }
        of_people = set(session.scalars(select(Grant.id).where(grants.is_of_person())))
        kept = set(session.scalars(select(Grant.id).where(~Grant.revoked)))

    assert of_kind == {name: [subject] for name, subject in subjects.items()}
    assert of_people == kept - {to_epoch.id}
