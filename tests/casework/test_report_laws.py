"""What holds of a report in whatever order triagers, a supervisor and its reporter act: its states, who buries it, who
learns of it."""

import secrets
from dataclasses import dataclass, field

from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from app.intake.epochs.models import Epoch
from app.people.staff.models import Person
from app.protocol.encoding import b64, canonical, new_id
from app.protocol.mailbox import MessageKind
from app.protocol.sizes import Kind
from app.vocabulary import ApprovalState, ApprovalSubject, ReportState, Role
from tests import factories
from tests.casework.conftest import Office
from tests.casework.test_laws import seen, told
from tests.casework.test_report_machine import CONTRACT
from tests.walks import walks

# In this order they lead through the diagram; in any other, elsewhere or nowhere.
COURSE = [
    ("anna", "in_triage"),
    ("anna", "answer"),
    ("anna", "awaiting_reporter"),
    ("reporter", "message"),
    ("anna", "abusive"),  # as anywhere before somebody agreed, it is refused
    ("emil", "agree"),
    ("anna", "agree"),
    ("anna", "abusive"),
    ("reporter", "consent"),
    ("sara", "in_triage"),
    ("anna", "received"),
    ("emil", "in_triage"),
    ("emil", "duplicate"),
    ("sara", "in_triage"),
    ("emil", "insufficient"),
    ("sara", "in_triage"),
    ("emil", "undecryptable"),
    ("emil", "accepted"),
    ("reporter", "withdraw"),
    ("sara", "in_triage"),
]


@dataclass
class Desk:
    """One report, those who may act on it, and who has agreed that it is abuse."""

    office: Office
    rows: Session
    epoch: Epoch
    people: dict[str, Person]
    token: str = field(default_factory=lambda: b64(secrets.token_bytes(32)))

    def __post_init__(self) -> None:
        anna = self.people["anna"]
        self.report = factories.report(self.rows, self.epoch, mailbox_token=self.token)
        self.twin = factories.report(self.rows, self.epoch, state=ReportState.IN_TRIAGE, triager=anna)
        self.rows.commit()
        self.agreed = set[str]()

    def act(self, who: str, what: str) -> None:
        match who, what:
            case "reporter", kind:
                self.post(MessageKind(kind))
            case _, "answer":
                self.answer(self.people[who])
            case _, "agree":
                self.agree(self.people[who])
            case _, to:
                self.move(self.people[who], to)
        self.rows.commit()
        self.rows.expire_all()

    def move(self, person: Person, to: str) -> None:
        """With all that such a step may take from whoever asks for it."""
        more: dict[str, object] = {"priority": "p3"}
        if to == "duplicate":
            more["duplicate_of"] = self.twin.id
        wanted = {"to": to, "reason": "decided"} | (more if to not in ("in_triage", "received") else {})
        self.office.post(person, f"/reports/{self.report.id}/transitions", wanted, version=self.report.version)

    def answer(self, person: Person) -> None:
        path = f"/reports/{self.report.id}/messages"
        self.office.post(person, path, factories.ANSWER, version=self.report.version)

    def agree(self, person: Person) -> None:
        """Somebody says yes to whoever has claimed it; nobody does to themselves."""
        if self.report.triager_id is None or self.report.state is not ReportState.IN_TRIAGE:
            return
        [triager] = [each for each in self.people.values() if each.id == self.report.triager_id]
        if triager is person:
            asked = {"subject": "abusive", "object": self.report.id, "approver": person.id}
            assert self.office.post(person, "/approvals", asked).is_client_error
            return
        word = factories.approval(self.rows, triager, person, subject=ApprovalSubject.ABUSIVE, of=self.report)
        word.state = ApprovalState.APPROVED
        self.agreed.add(person.id)

    def post(self, kind: MessageKind) -> None:
        line = {"v": 1, "kind": kind.value, "id": new_id("msg")}
        if kind is MessageKind.CONSENT:
            line["consent"] = new_id("cons")
        if kind is MessageKind.WITHDRAW:
            line["secret"] = b64(factories.WITHDRAWAL)
        body = canonical(line) + b"\n" + factories.sealed(Kind.MESSAGE) + factories.sealed(Kind.SLOT)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/octet-stream"}
        self.office.client.post("/v1/mailbox", content=body, headers=headers).raise_for_status()


@given(acts=st.permutations(COURSE))
@example(acts=COURSE)
@walks(2)
def test_no_order_of_acts_leads_beside_the_diagram_buries_a_report_by_one_or_tells_others_of_it(
    office: Office,
    rows: Session,
    epoch: Epoch,
    triager: Person,
    colleague: Person,
    statements: list[str],
    acts: list[tuple[str, str]],
) -> None:
    supervisor, outsider = factories.certified(rows, Role.SUPERVISOR), factories.certified(rows, Role.CASEWORKER)
    desk = Desk(office, rows, epoch, {"anna": triager, "emil": colleague, "sara": supervisor})
    of_others, state, took_back = seen(office, outsider), ReportState.RECEIVED, False
    passed = [state]

    for who, what in acts:
        claimer = desk.report.triager_id
        desk.act(who, what)
        took_back |= what == "withdraw"
        entered = desk.report.state
        assert entered is state or (state, entered) in CONTRACT, (who, what)
        if entered is ReportState.ABUSIVE and entered is not state:
            assert desk.agreed - {claimer}
        assert (entered is ReportState.WITHDRAWN) == took_back == desk.report.is_destroyed
        state = entered
        passed.append(state)

    if acts == COURSE:
        assert {ReportState.AWAITING_REPORTER, ReportState.ABUSIVE, ReportState.DUPLICATE} <= set(passed)
    assert seen(office, outsider) == of_others
    for path in ("", "/body", "/grants", "/messages", "/replies", "/attachments", "/transitions"):
        there, absent = (
            told(office, statements, outsider, f"/reports/{each}{path}")
            for each in (desk.report.id, factories.id_("rep"))
        )
        assert there == absent
