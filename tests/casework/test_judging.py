"""Who may know of a report, read it as it came, and read and write what follows: by the rows alone, of everybody."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from app.actor import Actor
from app.audit.models import AuditEvent
from app.casework.cases.models import Case, Membership
from app.casework.cases.turning import TurnFirst
from app.casework.clocks.derivation import What
from app.casework.clocks.models import ClockEvent
from app.casework.triage import service as triage
from app.casework.triage.service import Answer, ReportClosed, ReportDestroyed
from app.intake.attachments.models import Attachment
from app.intake.epochs.models import Epoch
from app.intake.mailbox.models import KeptReply, Message, Slot
from app.intake.reports.models import Report
from app.people.grants.models import Grant
from app.people.staff.models import Person
from app.problems import NotFound, StaleVersion
from app.protocol.encoding import sha256_hex
from app.protocol.mailbox import MessageKind
from app.protocol.sizes import Kind
from app.vocabulary import GrantKind, ReportState, Role
from tests import factories
from tests.factories import DAY, HOUR

SLOT, COPY = factories.sealed(Kind.SLOT), factories.sealed(Kind.MESSAGE)


@dataclass
class Desk:
    """Reports of two epochs, one of them in a case, and what each person is to them."""

    rows: Session
    reports: dict[str, Report]
    epochs: tuple[Epoch, Epoch]
    case: Case
    people: dict[str, Person]
    roles: dict[str, frozenset[Role]]

    def actor(self, name: str, days: int = 0) -> Actor:
        return Actor(self.people[name].id, self.roles[name], None, DAY + timedelta(days=days))

    def found(self, asked: Callable[[Actor], Select[Report]], days: int = 0) -> dict[str, set[str]]:
        """What each person finds who finds anything."""
        actors = {name: self.actor(name, days) for name in self.people}
        found = {name: self._names(asked(actor)) for name, actor in actors.items()}
        return {name: of for name, of in found.items() if of}

    def named(self, rule: ColumnElement[bool]) -> set[str]:
        """The reports of which this holds."""
        return self._names(select(Report).where(rule))

    def _names(self, query: Select[Report]) -> set[str]:
        named = {each.id: name for name, each in self.reports.items()}
        return {named[each.id] for each in self.rows.scalars(query)}

    def events(self) -> list[tuple[str, str, str | None]]:
        self.rows.commit()
        found = self.rows.scalars(select(AuditEvent).order_by(AuditEvent.seq))
        return [(each.action, each.object_id, each.object_hash) for each in found]


@pytest.fixture
def desk(rows: Session) -> Desk:
    factories.organisation(rows)
    triager, caseworker, supervisor = (frozenset({role}) for role in (Role.TRIAGER, Role.CASEWORKER, Role.SUPERVISOR))
    roles = {
        "claimer": triager,
        "triager": triager,
        "elsewhere": triager,
        "no triager": caseworker,
        "handed": caseworker,
        "member": caseworker,
        "removed": caseworker,
        "outsider": caseworker,
        "supervisor": supervisor,
        "holding": supervisor,
    }
    people = {name: factories.certified(rows, *of) for name, of in roles.items()}
    here = ("claimer", "triager", "no triager", "holding")
    first = factories.epoch(rows, *(people[each] for each in here))
    second = factories.epoch(rows, people["elsewhere"], sequence=2)
    case = factories.case(rows, people["member"], people["removed"])
    rows.get_one(Membership, (case.id, people["removed"].id)).until = DAY - timedelta(days=1)
    rows.get_one(Membership, (case.id, people["member"].id)).until = DAY
    made = {
        "open": factories.report(rows, first, state=ReportState.IN_TRIAGE, triager=people["claimer"]),
        "worked on": factories.report(rows, first, state=ReportState.ACCEPTED, triager=people["claimer"], case=case),
        "elsewhere": factories.report(rows, second),
    }
    for each in ("handed", "removed"):
        factories.grant(rows, made["worked on"].id, people[each].id)
    factories.grant(rows, made["worked on"].id, case.id, GrantKind.CASE)
    rows.commit()
    return Desk(rows, made, (first, second), case, people, roles)


def test_a_report_is_known_to_supervisors_and_read_by_whom_its_key_is_for(desk: Desk) -> None:
    everything = set(desk.reports)
    read = {
        "claimer": {"open", "worked on"},
        "triager": {"open", "worked on"},
        "elsewhere": {"elsewhere"},
        "handed": {"worked on"},
        "removed": {"worked on"},
        "member": {"worked on"},
    }

    assert desk.found(triage.readable_by) == read
    assert desk.found(triage.visible_to) == read | {"supervisor": everything, "holding": everything}
    assert desk.found(triage.handed_to) == {"handed": {"worked on"}, "removed": {"worked on"}}


def test_what_follows_a_report_in_a_case_is_for_the_members_of_the_case(desk: Desk) -> None:
    """Whoever claimed it before, and whatever key they have for good."""
    assert desk.found(triage.followed_by) == {
        "claimer": {"open"},
        "triager": {"open"},
        "elsewhere": {"elsewhere"},
        "member": {"worked on"},
    }
    assert desk.found(lambda actor: triage.in_case_of(actor, desk.case.id)) == {"member": {"worked on"}}
    assert desk.found(lambda actor: triage.in_case_of(actor, factories.id_("case"))) == {}


def test_a_supervisor_with_the_key_of_an_epoch_reads_what_is_to_be_granted_on_and_until_it_was_opened(
    desk: Desk,
) -> None:
    last = (desk.epochs[0].destroyed_on - DAY).days
    desk.epochs[1].destroyed_on = desk.epochs[0].destroyed_on + timedelta(days=5)
    before = [desk.found(triage.readable_by, days).get("holding") for days in (last - 1, last)]
    to_hand_on = [desk.named(triage.to_hand_on(DAY + timedelta(days))) for days in (last - 1, last, last + 5)]
    assert "no triager" not in desk.found(triage.readable_by, last)  # whatever key they have
    handed_on = desk.reports["open"]
    handed_on.epoch_id, handed_on.handed_on_from = desk.epochs[1].id, desk.epochs[0].id
    desk.reports["worked on"].handed_on_from = desk.epochs[0].id
    desk.rows.flush()

    assert (before, to_hand_on) == ([None, {"open"}], [set(), {"open"}, {"open", "elsewhere"}])
    assert desk.found(triage.readable_by)["holding"] == {"open"}
    assert desk.named(triage.is_handed_on()) == {"open"}
    keys = {name: triage.holds_epoch_key(desk.rows, desk.actor(name), handed_on) for name in desk.people}
    assert {name for name, holds in keys.items() if holds} == {
        "claimer",
        "triager",
        "no triager",
        "holding",
        "elsewhere",
    }
    assert triage.epochs_of(handed_on) == {each.id for each in desk.epochs}
    assert triage.epochs_of(desk.reports["elsewhere"]) == {desk.epochs[1].id}


def test_a_forbidden_report_is_as_absent_as_one_that_never_was(desk: Desk) -> None:
    report = desk.reports["worked on"].id

    assert triage.get(desk.rows, desk.actor("supervisor"), report).id == report
    assert triage.locked(desk.rows, triage.followed_by(desk.actor("member")), report).id == report
    for name, asked in (("outsider", report), ("member", factories.id_("rep"))):
        with pytest.raises(NotFound):
            triage.get(desk.rows, desk.actor(name), asked)
        with pytest.raises(NotFound):
            triage.body(desk.rows, desk.actor(name), asked, now=HOUR)
        with pytest.raises(NotFound):
            triage.fetch_grants(desk.rows, desk.actor(name), asked, now=HOUR)


def test_grants_are_fetched_of_the_keys_that_one_holds_alone_one_by_one_and_by_the_page(desk: Desk) -> None:
    rows, report = desk.rows, desk.reports["worked on"]
    there = rows.scalars(select(Grant).where(Grant.subject == report.id)).all()
    of_grantee = {each.grantee: each.id for each in there}
    epoch, case = of_grantee[desk.epochs[0].id], of_grantee[desk.case.id]
    wanted = {
        "claimer": {epoch},
        "handed": {of_grantee[desk.people["handed"].id]},
        "member": {case},
        "removed": {of_grantee[desk.people["removed"].id]},
        "outsider": set(),
    }

    one = {
        name: {each.id for each in triage.fetch_grants(rows, desk.actor(name), report.id, now=HOUR)}
        for name in wanted
        if name != "outsider"
    }
    page = {
        name: triage.fetch_queue_grants(rows, desk.actor(name), list(desk.reports.values()), now=HOUR)
        for name in wanted
    }

    assert one == {name: of for name, of in wanted.items() if of}
    assert {name: {each.id for each in of.get(report.id, [])} for name, of in page.items()} == wanted
    assert {name: set(of) for name, of in page.items()} == {
        name: ({report.id, desk.reports["open"].id} if name == "claimer" else {report.id} if of else set())
        for name, of in wanted.items()
    }
    report.destroyed_on = DAY
    assert triage.fetch_queue_grants(rows, desk.actor("member"), [report], now=HOUR) == {}


def test_each_fetch_of_what_is_sealed_is_recorded(desk: Desk) -> None:
    rows, member, report = desk.rows, desk.actor("member"), desk.reports["worked on"]
    message = Message(
        id=factories.id_("msg"), report_id=report.id, kind=MessageKind.MESSAGE, received_on=DAY, file=COPY
    )
    file = Attachment(
        id=factories.id_("att"), report_id=report.id, blob="b" * 32, size=1, sha256="1" * 64, received_on=DAY
    )
    rows.add_all([message, file, KeptReply(report_id=report.id, number=1, file=COPY)])
    rows.flush()

    assert triage.body(rows, member, report.id, now=HOUR) == factories.sealed(Kind.REPORT)
    assert rows.scalars(triage.messages(rows, member, report.id, now=HOUR)).all() == [message]
    assert [each.number for each in rows.scalars(triage.replies(rows, member, report.id, now=HOUR))] == [1]
    assert rows.scalars(triage.attachments_of(rows, member, report.id)).all() == [file]
    assert triage.attachment(rows, member, report.id, file.id, now=HOUR) is file
    assert desk.events() == [
        ("report.read", report.id, None),
        ("messages.read", report.id, None),
        ("messages.read", report.id, None),
        ("attachment.read", report.id, "1" * 64),
    ]
    for ask in (triage.messages, triage.replies, triage.body):
        report.destroyed_on = DAY
        with pytest.raises(ReportDestroyed):
            ask(rows, member, report.id, now=HOUR)
        report.destroyed_on = None
        with pytest.raises(NotFound):
            ask(rows, desk.actor("outsider"), report.id, now=HOUR)


def answer(desk: Desk, name: str, report: str, *, seen: int | None = None, new: Answer | None = None) -> Report:
    asked = desk.reports[report]
    versions = {asked.version if seen is None else seen}
    return triage.answer(desk.rows, desk.actor(name), asked.id, new or Answer([SLOT], COPY), seen=versions, now=HOUR)


def test_the_claimer_writes_to_the_reporter_and_in_a_case_its_members(desk: Desk) -> None:
    case = factories.case(desk.rows, desk.people["member"])
    claimer = desk.people["claimer"]
    desk.reports["in a case"] = factories.report(
        desk.rows, desk.epochs[0], state=ReportState.ACCEPTED, triager=claimer, case=case
    )
    for name, report in (("triager", "open"), ("claimer", "in a case"), ("removed", "worked on"), ("handed", "open")):
        with pytest.raises(NotFound):
            answer(desk, name, report)
    told = {}
    for name, report in (("claimer", "open"), ("member", "in a case")):
        written = answer(desk, name, report)
        kept = desk.rows.scalars(select(KeptReply).where(KeptReply.report_id == written.id)).all()
        told[report] = (written.replies, [(each.number, each.file) for each in kept])
        assert desk.events()[-1] == ("reporter.answered", written.id, sha256_hex(SLOT))

    assert told == {"open": (1, [(1, COPY)]), "in a case": (1, [(1, COPY)])}
    clocks = desk.rows.execute(select(ClockEvent.report_id, ClockEvent.what).order_by(ClockEvent.number)).all()
    assert [tuple(each) for each in clocks] == [
        (desk.reports["open"].id, what) for what in (What.STARTED, What.ANSWERED)
    ]


def test_no_reply_goes_to_who_withdrew_or_behind_what_was_not_read(desk: Desk) -> None:
    with pytest.raises(StaleVersion) as refused:
        answer(desk, "claimer", "open", seen=7)
    desk.reports["open"].state = ReportState.WITHDRAWN
    desk.rows.flush()
    with pytest.raises(ReportClosed):
        answer(desk, "claimer", "open")

    assert refused.value.members["version"] == 1


def test_no_copy_of_a_reply_is_kept_under_a_key_that_somebody_has_who_left(desk: Desk) -> None:
    desk.rows.get_one(Membership, (desk.case.id, desk.people["member"].id)).until = None
    factories.grant(desk.rows, desk.case.id, desk.people["outsider"].id)
    desk.rows.flush()

    with pytest.raises(TurnFirst):
        answer(desk, "member", "worked on")


def test_what_was_read_makes_room_and_what_is_replaced_goes(desk: Desk) -> None:
    other = factories.sealed(Kind.SLOT)
    answer(desk, "claimer", "open", new=Answer([SLOT, other], COPY))
    written = answer(desk, "claimer", "open", new=Answer([other], COPY, replaced=[sha256_hex(SLOT)]))

    slots = desk.rows.scalars(select(Slot).where(Slot.reply.is_not(None)).order_by(Slot.number)).all()
    assert written.replies == 2
    assert {each.reply for each in slots} == {2}


def test_what_is_gone_is_told_from_what_nobody_writes_to_any_more() -> None:
    told = {each.type: each.status for each in (ReportClosed, ReportDestroyed)}

    assert told == {"report-closed": 409, "report-destroyed": 410}
