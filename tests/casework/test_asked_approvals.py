"""Whom one may ask, who decides, and what is kept of it: by the service alone, under a rule of these tests."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actor import Actor
from app.audit.models import AuditEvent
from app.casework.approvals import service
from app.casework.approvals.models import Approval, ApprovalDay, ApprovalSight
from app.casework.approvals.service import Approvable, ApproverUnfit, NewApproval, NotApprovable, SelfApproval
from app.casework.cases import service as cases
from app.casework.cases.models import Case
from app.database import Database
from app.intake.reports.models import Report
from app.intake.sights.models import Sight
from app.people.grants.models import Grant
from app.people.grants.service import NewGrant
from app.people.staff.models import Person
from app.people.staff.service import NotCertified
from app.problems import NotFound, StaleVersion
from app.protocol.encoding import sha256_hex
from app.protocol.grants import LOAN
from app.protocol.sizes import Kind
from app.transitions import GuardsFail, NoSuchStep
from app.vocabulary import ApprovalState, ApprovalSubject, Role
from tests import factories
from tests.factories import DAY, HOUR

OF, HOLD = "1" * 64, ApprovalSubject.LEGAL_HOLD
SAID, WORDS = factories.sealed(Kind.TASK), factories.sealed(Kind.MESSAGE)
KEY = factories.sealed(Kind.GRANT)
A = ApprovalState


@dataclass
class Asking:
    """A case, the people about it by what they are to it, and the rule of what is asked about it."""

    database: Database
    rows: Session
    case: Case
    people: dict[str, Person]
    rule: Approvable
    roles: dict[str, frozenset[Role]] = field(default_factory=dict)

    def id(self, name: str) -> str:
        return self.people[name].id

    def actor(self, name: str, today: date = DAY) -> Actor:
        return Actor(self.id(name), self.roles.get(name, frozenset({Role.CASEWORKER})), None, today)

    @property
    def rules(self) -> Mapping[ApprovalSubject, Approvable]:
        return {HOLD: self.rule}

    def changed(self, **changes: Any) -> None:
        self.rule = replace(self.rule, **changes)

    def ask(self, of: str = "approver", *, by: str = "asker", lent_to: str | None = None, **changes: Any) -> Approval:
        grant = NewGrant(self.id(lent_to), KEY) if lent_to else None
        new = NewApproval(HOLD, self.case.id, self.id(of), OF, WORDS, grant)
        with self.database.write() as session:
            return service.request(session, self.actor(by), self.rules, replace(new, **changes), now=HOUR)

    def decide(
        self, approval: Approval, to: A, *, by: str = "approver", said: bytes | None = SAID, seen: int = 1
    ) -> Approval:
        with self.database.write() as session:
            actor = self.actor(by)
            return service.decide(session, actor, self.rules, approval.id, to, said, seen={seen}, now=HOUR)

    def events(self) -> list[tuple[str, str, str, str | None]]:
        self.rows.expire_all()
        found = self.rows.scalars(select(AuditEvent).order_by(AuditEvent.seq))
        return [(each.actor_id, each.action, each.object_id, each.object_hash) for each in found]

    def listed(self, approval: Approval) -> dict[str, A]:
        """In whose lists of their work it stands, and as what."""
        self.rows.expire_all()
        found = self.rows.scalars(select(ApprovalSight).where(ApprovalSight.approval_id == approval.id))
        return {each.person_id: each.state for each in found}

    def lent(self, approval: Approval) -> Grant:
        self.rows.expire_all()
        assert approval.grant_id is not None
        return self.rows.get_one(Grant, approval.grant_id)


@pytest.fixture
def asking(database: Database, rows: Session) -> Asking:
    factories.organisation(rows)
    names = ("owner", "asker", "author", "approver", "holder", "colleague", "outsider")
    people = {name: factories.certified(rows, Role.CASEWORKER) for name in names}
    case = factories.case(rows, people["owner"], people["colleague"])
    rows.commit()
    holders, workers = {people["approver"].id, people["holder"].id}, [people["colleague"].id]
    rule = Approvable(
        subject=HOLD,
        approvers=frozenset({Role.CASEWORKER}),
        authors=lambda *_: {people["author"].id},
        holders=lambda _, object_id: holders if object_id == case.id else set(),
        workers=lambda _, object_id: workers if object_id == case.id else [],
        led_by=cases.led_by,
    )
    return Asking(database, rows, case, people, rule)


def test_what_is_asked_is_kept_as_it_was_asked_and_is_in_the_lists_of_those_who_work_on_it(asking: Asking) -> None:
    made = asking.ask()

    kept = asking.rows.get_one(Approval, made.id)
    assert (kept.subject, kept.object_id, kept.of, kept.comment, kept.grant_id) == (
        HOLD,
        asking.case.id,
        OF,
        WORDS,
        None,
    )
    assert (kept.requester_id, kept.approver_id) == (asking.id("asker"), asking.id("approver"))
    assert (kept.state, kept.statement, kept.decided_on, kept.version) == (A.REQUESTED, None, None, 1)
    assert asking.listed(made) == {asking.id("colleague"): A.REQUESTED}
    assert asking.events() == [(asking.id("asker"), "approval.requested", made.id, OF)]


def test_nobody_is_asked_about_what_they_do_or_made(asking: Asking) -> None:
    asking.changed(holders=lambda *_: {each.id for each in asking.people.values()})
    for own in ("asker", "author"):
        with pytest.raises(SelfApproval):
            asking.ask(own)

    assert asking.ask("outsider").approver_id == asking.id("outsider")


def test_nobody_is_asked_about_what_has_no_rule(asking: Asking) -> None:
    with pytest.raises(NotApprovable):
        asking.ask(subject=ApprovalSubject.MERGE)


def test_who_is_asked_is_certified_for_a_role_that_decides(asking: Asking) -> None:
    with pytest.raises(NotCertified):
        asking.ask(approver_id=factories.id_("per"))
    asking.changed(approvers=frozenset({Role.SUPERVISOR}))
    with pytest.raises(ApproverUnfit):
        asking.ask()

    assert asking.events() == []


def test_who_is_asked_can_open_it_by_a_key_of_theirs_or_by_one_that_is_lent_to_them(asking: Asking) -> None:
    with pytest.raises(ApproverUnfit):
        asking.ask("outsider")
    with pytest.raises(ApproverUnfit):
        asking.ask("holder", lent_to="outsider")

    assert asking.ask("holder").grant_id is None
    lent = asking.ask("outsider", lent_to="outsider")
    grant = asking.lent(lent)
    assert (grant.subject, grant.grantee, grant.file) == (asking.case.id, asking.id("outsider"), KEY)
    assert grant.until == asking.rows.get_one(Approval, lent.id).lent_until == DAY + LOAN


def test_where_a_key_of_ones_own_is_needed_none_is_enough_that_is_lent(asking: Asking) -> None:
    asking.changed(takes_own_key=True)

    with pytest.raises(ApproverUnfit):
        asking.ask("outsider", lent_to="outsider")
    assert asking.ask("holder", lent_to="holder").approver_id == asking.id("holder")


def test_a_key_is_lent_for_no_longer_than_the_rule_says(asking: Asking) -> None:
    until = {asking.case.id: DAY + timedelta(days=1)}
    asking.changed(lent_until=lambda _, object_id: until[object_id])

    assert asking.lent(asking.ask("outsider", lent_to="outsider")).until == DAY + timedelta(days=1)


def test_a_report_of_which_a_key_was_lent_is_in_the_list_of_who_is_asked(asking: Asking) -> None:
    report, other = (factories.report(asking.rows, factories.epoch(asking.rows, sequence=each)) for each in (1, 2))
    asking.rows.commit()

    asking.ask("outsider", lent_to="outsider", object_id=report.id)

    listed = asking.rows.execute(select(Sight.person_id, Sight.report_id)).all()
    assert [tuple(each) for each in listed] == [(asking.id("outsider"), report.id)]
    assert asking.rows.get(Report, other.id)


def test_an_answer_is_kept_with_its_day_and_told_to_all_who_list_it_and_the_loan_ends(asking: Asking) -> None:
    asked = asking.ask("outsider", lent_to="outsider")
    before = asking.events()

    decided = asking.decide(asked, A.APPROVED, by="outsider")

    assert (decided.state, decided.statement, decided.decided_on, decided.version) == (A.APPROVED, SAID, DAY, 2)
    assert asking.listed(asked) == {asking.id("colleague"): A.APPROVED}
    grant = asking.lent(asked)
    assert (grant.revoked, grant.file) == (True, None)
    assert asking.events()[len(before) :] == [
        (asking.id("outsider"), "grant.revoked", asking.case.id, None),
        (asking.id("outsider"), "approval.decided", asked.id, sha256_hex(SAID)),
    ]


def test_a_loan_ends_once_and_an_answer_without_a_statement_has_no_hash(asking: Asking) -> None:
    asking.changed(of_one_act=True)
    asked = asking.ask("outsider", lent_to="outsider")
    asking.decide(asked, A.APPROVED, by="outsider")
    before = asking.events()

    asking.decide(asked, A.CANCELLED, said=None, seen=2, by="outsider")

    assert asking.events()[len(before) :] == [(asking.id("outsider"), "approval.decided", asked.id, None)]


def test_who_saw_it_otherwise_decides_nothing(asking: Asking) -> None:
    asked = asking.ask()

    with pytest.raises(StaleVersion) as refused:
        asking.decide(asked, A.APPROVED, seen=2)

    assert refused.value.members["version"] == 1


def test_who_was_asked_decides_with_a_statement_and_who_asked_or_leads_the_work_takes_it_back(asking: Asking) -> None:
    offered = {}
    asked = asking.ask()
    with asking.database.read() as session:
        for name in ("approver", "asker", "owner"):
            steps = service.steps(session, asking.actor(name), asking.rules, asked.id)
            offered[name] = {step.to: step.failing for step in steps}
    with pytest.raises(GuardsFail):
        asking.decide(asked, A.APPROVED, said=None)
    with pytest.raises(NoSuchStep):
        asking.decide(asked, A.CANCELLED)

    assert offered == {
        "approver": {A.APPROVED: ["statement_signed"], A.REJECTED: []},
        "asker": {A.CANCELLED: []},
        "owner": {A.CANCELLED: []},
    }
    assert asking.decide(asked, A.CANCELLED, by="owner").state is A.CANCELLED


def test_who_leads_other_work_takes_nothing_back(asking: Asking) -> None:
    """Though they see it: they work on this too."""
    asking.changed(seen_by=cases.works_on)
    factories.case(asking.rows, asking.people["colleague"])
    asked = asking.ask()

    with pytest.raises(NoSuchStep):
        asking.decide(asked, A.CANCELLED, by="colleague")


@pytest.mark.parametrize("lost", ["role", "loan"])
def test_who_has_lost_their_role_or_what_they_were_lent_decides_nothing(asking: Asking, lost: str) -> None:
    asked = asking.ask("outsider", lent_to="outsider")
    last = DAY + LOAN
    today = last + timedelta(days=1) if lost == "loan" else last
    if lost == "role":
        asking.roles["outsider"] = frozenset({Role.TRIAGER})

    with asking.database.read() as session:
        after = service.steps(session, asking.actor("outsider", today), asking.rules, asked.id)
        asking.roles.clear()
        until = service.steps(session, asking.actor("outsider", last), asking.rules, asked.id)

    assert (after, [step.to for step in until]) == ([], [A.APPROVED, A.REJECTED])


@pytest.mark.parametrize("of_one_act", [False, True])
def test_what_was_approved_for_one_act_is_taken_back_until_that_is_done(asking: Asking, *, of_one_act: bool) -> None:
    if of_one_act:
        asking.changed(of_one_act=True)
    asked = asking.ask()
    asking.decide(asked, A.APPROVED)
    offered = []
    for is_spent in (False, True):
        asking.rows.expire_all()
        asking.rows.get_one(Approval, asked.id).is_spent = is_spent
        asking.rows.commit()
        with asking.database.read() as session:
            steps = [
                service.steps(session, asking.actor(name), asking.rules, asked.id)
                for name in ("asker", "approver", "owner")
            ]
        offered.append([[step.to for step in each] for each in steps])

    either = [[A.CANCELLED], [A.CANCELLED], []] if of_one_act else [[], [], []]
    assert offered == [either, [[], [], []]]


def test_what_is_bounded_is_counted_where_it_is_approved_and_nowhere_else(asking: Asking) -> None:
    asking.decide(asking.ask(), A.APPROVED)
    asking.changed(is_bounded=True)
    for to in (A.REJECTED, A.APPROVED):
        asking.decide(asking.ask(), to)

    counted = asking.rows.scalars(select(ApprovalDay)).all()
    assert [(each.person_id, each.day, each.number) for each in counted] == [(asking.id("approver"), DAY, 1)]


def test_what_was_asked_is_seen_by_both_and_by_those_who_work_on_it_or_lead_the_work(asking: Asking) -> None:
    asked = asking.ask()

    def sees(session: Session, name: str) -> bool:
        try:
            return service.get(session, asking.actor(name), asking.rules, asked.id).id == asked.id
        except NotFound:
            return False

    def seen() -> set[str]:
        with asking.database.read() as session:
            return {name for name in asking.people if sees(session, name)}

    led = seen()
    asking.changed(seen_by=cases.works_on)
    of_members = seen()
    asking.changed(seen_by=lambda *_: Approval.id.is_(None))

    with asking.database.read() as session, pytest.raises(NotFound):
        service.get(session, asking.actor("asker"), asking.rules, factories.id_("apr"))
    both = {"asker", "approver"}
    assert (led, of_members, seen()) == (both | {"owner"}, both | {"owner", "colleague"}, both)


def test_what_was_lent_is_for_who_is_asked_alone_until_they_have_decided_or_its_last_day(asking: Asking) -> None:
    asked, other = asking.ask("outsider", lent_to="outsider"), asking.ask("holder", lent_to="holder")
    without = asking.ask()
    before = asking.events()

    def fetched(name: str, approval: Approval, day: date = DAY) -> list[str | None] | None:
        try:
            with asking.database.write() as session:
                found = service.fetch_grant(session, asking.actor(name, day), approval.id, now=factories.morning(day))
        except NotFound:
            return None
        return [each.id for each in found]

    last = DAY + LOAN
    answers = [fetched("outsider", asked, day) for day in (DAY, last, last + timedelta(days=1))]
    assert answers == [[asked.grant_id], [asked.grant_id], None]
    assert fetched("asker", asked) is fetched("outsider", other) is fetched("approver", without) is None
    fetch = (asking.id("outsider"), "grant.fetched", asking.case.id, sha256_hex(KEY))
    assert asking.events()[len(before) :] == [fetch, fetch]
    asking.decide(asked, A.REJECTED, by="outsider")
    assert fetched("outsider", asked) is None


def test_a_key_without_a_last_day_opens_as_long_as_somebody_is_asked(asking: Asking) -> None:
    asked = asking.ask("outsider", lent_to="outsider")
    asking.lent(asked).until = None
    asking.rows.commit()

    with asking.database.write() as session:
        found = service.fetch_grant(session, asking.actor("outsider"), asked.id, now=HOUR)

    assert [each.id for each in found] == [asked.grant_id]


def test_what_is_asked_without_a_key_is_cancelled_too(asking: Asking) -> None:
    asked = asking.ask()

    with asking.database.write() as session:
        service.cancel_open(session, asking.case.id)

    assert asking.listed(asked) == {asking.id("colleague"): A.CANCELLED}
    assert asking.rows.get_one(Approval, asked.id).version == 2


def test_what_is_wrong_with_a_request_is_told_apart_from_what_is_wrong_with_its_time() -> None:
    told = {each.type: each.status for each in (SelfApproval, ApproverUnfit, NotApprovable)}

    assert told == {"self-approval": 409, "approver-unfit": 422, "not-approvable": 409}
