"""Which approvals count, for what and until when, and what ends with those that do not: by the rows alone."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actor import Actor
from app.casework.approvals import service
from app.casework.approvals.models import Approval, ApprovalSight
from app.casework.cases.models import Case
from app.database import Database
from app.people.grants.models import Grant
from app.people.staff.models import Person
from app.protocol.sizes import Kind
from app.vocabulary import ApprovalState, ApprovalSubject, Role
from tests import factories

OF, ANOTHER = "1" * 64, "2" * 64
HOLD, MERGE = ApprovalSubject.LEGAL_HOLD, ApprovalSubject.MERGE
A = ApprovalState


@dataclass
class Words:
    """What was asked of people about two cases, by names of a test's own."""

    database: Database
    rows: Session
    case: Case
    other: Case
    people: dict[str, Person]
    asked: dict[str, Approval] = field(default_factory=dict)

    def ask(
        self,
        name: str,
        state: ApprovalState = A.APPROVED,
        *,
        about: Case | None = None,
        subject: ApprovalSubject = HOLD,
        of: str = OF,
        by: str = "requester",
        to: str = "approver",
        is_spent: bool = False,
    ) -> None:
        made = factories.approval(self.rows, self.people[by], self.people[to], subject=subject, of=about or self.case)
        made.state, made.of, made.is_spent, made.statement = state, of, is_spent, factories.sealed(Kind.TASK)
        made.decided_on = None if state is A.REQUESTED else factories.DAY
        self.rows.commit()
        self.asked[name] = made

    def ask_all(self) -> None:
        """One that counts, and each in one thing otherwise."""
        self.ask("counts")
        self.ask("by another", to="another")
        self.ask("of another case", about=self.other)
        self.ask("of another hash", of=ANOTHER)
        self.ask("of another subject", subject=MERGE)
        self.ask("used", is_spent=True)
        for state in (A.REQUESTED, A.REJECTED, A.CANCELLED):
            self.ask(state.value, state)

    def named(self, condition: Callable[[Approval], bool]) -> set[str]:
        self.rows.expire_all()
        return {name for name, each in self.asked.items() if condition(each)}

    def cancelled(self) -> set[str]:
        """Those of which nothing counts, and nobody has a key any more, as whoever lists them finds too."""
        found = self.named(lambda each: each.state is A.CANCELLED and each.statement is None)
        for name, each in self.asked.items():
            grant = self.rows.get_one(Grant, each.grant_id)
            assert grant.revoked == (grant.file is None) == (name in found)
            listed = set(self.rows.scalars(select(ApprovalSight.state).where(ApprovalSight.approval_id == each.id)))
            assert name not in found or listed == {A.CANCELLED}
        return found


@pytest.fixture
def words(database: Database, rows: Session) -> Words:
    factories.organisation(rows)
    names = ("owner", "requester", "approver", "another")
    people = {name: factories.certified(rows, Role.CASEWORKER) for name in names}
    case, other = (factories.case(rows, people["owner"]) for _ in range(2))
    rows.commit()
    return Words(database, rows, case, other, people)


def test_an_approval_counts_for_its_subject_of_this_object_as_it_is_until_it_is_used(words: Words) -> None:
    words.ask_all()
    both = {words.people["approver"].id, words.people["another"].id}
    approver, requester = (
        Actor(words.people[name].id, frozenset(), None, factories.DAY) for name in ("approver", "requester")
    )
    about = {"object_id": words.case.id, "of": OF}

    with words.database.write() as session:
        assert service.given_by(session, HOLD, **about) == both
        assert service.given_to_use(session, HOLD, **about) == both
        assert sorted(service.approved(session, requester, **about)) == sorted([HOLD, HOLD, MERGE])
        assert service.approved(session, approver, **about) == [HOLD]  # nobody's own word is a second one
        theirs = {
            actor.id: select(Approval.id).where(
                service.has_approved(
                    actor,
                    Approval.subject,
                    object_id=Approval.object_id,
                    of=Approval.of,  # type: ignore[arg-type]  # which what is asked about cases may lack
                )
            )
            for actor in (approver, requester)
        }
        has_approved = {actor: set(session.scalars(asked)) for actor, asked in theirs.items()}

    kept = words.named(lambda each: each.id in has_approved[approver.id])
    assert "of another subject" in kept
    assert has_approved[requester.id] == set()


def test_what_is_done_uses_up_what_was_agreed_for_it_and_nothing_else(words: Words) -> None:
    words.ask_all()

    with words.database.write() as session:
        service.spend(session, HOLD, object_id=words.case.id, of=OF)

    assert words.named(lambda each: each.is_spent) == {"counts", "by another", "used"}


def test_what_is_asked_about_an_object_is_cancelled_with_the_keys_that_were_lent(words: Words) -> None:
    for state in A:
        words.ask(state.value, state)
    words.ask("elsewhere", A.REQUESTED, about=words.other)
    words.asked.pop("cancelled")

    with words.database.write() as session:
        service.cancel_open(session, words.case.id)

    assert words.cancelled() == {"requested"}


@pytest.mark.parametrize("everywhere", [False, True])
def test_what_somebody_asked_and_was_asked_is_cancelled_in_one_case_or_in_all(
    words: Words, *, everywhere: bool
) -> None:
    words.ask("asked", A.REQUESTED, by="another")
    words.ask("was asked", A.REQUESTED, to="another")
    words.ask("decided", A.APPROVED, to="another")
    words.ask("of others", A.REQUESTED)
    words.ask("elsewhere", A.REQUESTED, to="another", about=words.other)

    with words.database.write() as session:
        if everywhere:
            service.cancel_of(session, words.people["another"].id)
        else:
            service.cancel_open(session, words.case.id, of=words.people["another"].id)

    assert words.cancelled() == {"asked", "was asked"} | ({"elsewhere"} if everywhere else set())


def test_of_what_moves_on_nothing_is_asked_and_what_was_agreed_counts_no_more(words: Words) -> None:
    words.ask("asked", A.REQUESTED)
    words.ask("agreed")
    words.ask("refused", A.REJECTED)
    words.ask("asked elsewhere", A.REQUESTED, about=words.other)
    words.ask("agreed elsewhere", about=words.other)

    with words.database.write() as session:
        service.close(session, words.case.id)

    assert words.cancelled() == {"asked"}
    assert words.named(lambda each: each.is_spent) == {"agreed"}


def test_what_was_destroyed_was_never_asked_about(words: Words) -> None:
    words.ask("here")
    words.ask("elsewhere", about=words.other)
    stays = words.asked["elsewhere"].id

    with words.database.write() as session:
        service.destroy(session, [words.case.id])

    assert words.rows.scalars(select(Approval.id)).all() == [stays]
    assert set(words.rows.scalars(select(ApprovalSight.approval_id))) == {stays}


def test_what_was_agreed_long_ago_and_not_done_counts_no_more(words: Words) -> None:
    words.ask("long ago")
    words.ask("since")
    words.ask("done", is_spent=True)
    words.ask("of another subject", subject=MERGE)
    words.ask("refused", A.REJECTED)
    for name, each in words.asked.items():
        each.decided_on = factories.DAY - timedelta(days=name != "since")
    words.rows.commit()

    with words.database.write() as session:
        service.cancel_given(session, HOLD, before=factories.DAY)

    assert words.cancelled() == {"long ago"}


def test_a_loan_that_is_over_ends_what_was_asked_by_it(words: Words) -> None:
    for name, state, days in (("over", A.REQUESTED, 1), ("last day", A.REQUESTED, 0), ("decided", A.REJECTED, 1)):
        words.ask(name, state)
        lent = words.rows.get_one(Grant, words.asked[name].grant_id)
        lent.until = factories.DAY - timedelta(days=days)
    words.ask("for good", A.REQUESTED)

    with words.database.write() as session:
        service.end_loans(session, factories.DAY)

    assert words.cancelled() == {"over"}
