"""What holds of cases in whatever order things go from one to another, end, are held and are taken back: over HTTP."""

from collections.abc import Collection
from typing import Any

from httpx2 import Response
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.casework.cases.models import Case, CasePart, JournalEntry
from app.intake.epochs.models import Epoch
from app.intake.reports.models import Report
from app.people.grants.models import Grant
from app.protocol.journal import Ending, Hold, Moving
from app.protocol.sizes import Kind
from app.vocabulary import ApprovalState, CaseStage, GrantKind, ReportState, Role
from tests import factories
from tests.casework.conftest import Office
from tests.casework.test_laws import assert_in_order, refused, seen
from tests.test_machines import STAGES
from tests.walks import walks

FILE, KEY = factories.in_json(Kind.JOURNAL), {"generation": 1, "file": factories.in_json(Kind.GRANT)}
KINDS = ("merge", "merge", "undo", "undo", "split", "write", "end", "hold", "take back", "step")
ACTS = st.tuples(st.sampled_from(KINDS), st.integers(0, 2), st.integers(0, 2), st.sampled_from([True, True, False]))


class Three:
    """Three cases of the same two people, each with a report and a part; the one acts, the other has agreed or not."""

    def __init__(self, office: Office, rows: Session, epoch: Epoch) -> None:
        self.office, self.rows = office, rows
        self.owner, self.colleague, self.outsider = (factories.certified(rows, Role.CASEWORKER) for _ in range(3))
        self.cases = [factories.case(rows, self.owner, self.colleague) for _ in range(3)]
        for case in self.cases:
            report = factories.report(rows, epoch, state=ReportState.ACCEPTED, case=case)
            factories.grant(rows, report.id, case.id, GrantKind.CASE)
        rows.commit()
        self.parts = len(self.parts_of(self.cases))

    def parts_of(self, cases: Collection[Case]) -> list[str]:
        of = select(CasePart.id).where(CasePart.case_id.in_([each.id for each in cases])).order_by(CasePart.id)
        return list(self.rows.scalars(of))

    def live(self, case: Case) -> list[Report]:
        of_case = select(Report).where(Report.case_id == case.id, Report.destroyed_on.is_(None))
        return list(self.rows.scalars(of_case.order_by(Report.id)))

    def newest(self, case: Case) -> int:
        newest = select(func.max(JournalEntry.number)).where(JournalEntry.case_id == case.id)
        return self.rows.scalars(newest).one()

    def act(self, kind: str, case: Case, other: Case, *, agreed: bool) -> None:
        """Try it. What takes two is refused where the other has not agreed, whatever else holds."""
        ids, reports = self.parts_of([case]), self.live(case)
        match kind:
            case "merge" | "split" | "undo" if reports:
                some = None if kind == "merge" else 1
                body = self.moving(other, reports[:some], ids[:some], is_whole=kind == "merge")
                self.by_two(Moving(other.id), case, "moves", body, agreed=agreed)
            case "end" if ids:
                body = {"entries": [FILE], "parts": [{"part": ids[0], "version": 1}]}
                done = self.by_two(Ending(frozenset({(ids[0], 1)})), case, "ends", body, agreed=agreed)
                self.parts -= done.is_success
            case "write":
                part = {"id": factories.id_("part"), "version": 1, "file": factories.in_json(Kind.PART)}
                done = self.post(case, "entries", {"entries": [FILE], "parts": [part]})
                self.parts += done.is_success
            case "hold":
                self.say_yes(Hold(factories.DAY), case)
            case "step":
                self.office.post(
                    self.owner, f"/cases/{case.id}/transitions", {"to": "closed", "reason": "decided"}, version=1
                )
            case "take back" if reports:
                reports[0].state, reports[0].withdrawn_on = ReportState.WITHDRAWN, factories.DAY
        self.rows.commit()
        self.rows.expire_all()

    def moving(
        self, into: Case, reports: Collection[Report], parts: Collection[str], *, is_whole: bool
    ) -> dict[str, Any]:
        became = {part: factories.id_("part") for part in parts}
        arriving = [{"id": each, "version": 1, "file": factories.in_json(Kind.PART)} for each in became.values()]
        return {
            "to": into.id,
            "after": self.newest(into),
            "whole": is_whole,
            "entries": [FILE],
            "arriving": {"entries": [FILE], "parts": arriving},
            "parts": [{"part": part, "becomes": new} for part, new in became.items()],
            "reports": [{"report": each.id, "keys": [KEY]} for each in reports],
        }

    def by_two(self, act: Moving | Ending, case: Case, path: str, body: dict[str, Any], *, agreed: bool) -> Response:
        if not agreed:
            answer = self.post(case, path, body)
            assert answer.is_client_error
            return answer
        word = self.say_yes(act, case)
        answer = self.post(case, path, body)
        again = self.post(case, path, body)
        assert again.is_client_error  # a word is of one act
        word.is_spent = True
        return answer

    def say_yes(self, act: Moving | Ending | Hold, case: Case) -> Any:
        asked = factories.approval(self.rows, self.owner, self.colleague, subject=act.subject, of=case)
        asked.state, asked.of = ApprovalState.APPROVED, act.sha256(case.id)
        self.rows.commit()
        return asked

    def post(self, case: Case, path: str, body: dict[str, Any]) -> Response:
        return self.office.post(self.owner, f"/cases/{case.id}/{path}", body, version=self.newest(case))


@given(acts=st.lists(ACTS, min_size=8, max_size=12))
@walks(2)
def test_no_order_of_moves_loses_a_part_or_a_key_is_done_by_one_or_tells_others_of_it(
    office: Office, rows: Session, statements: list[str], epoch: Epoch, acts: list[tuple[str, int, int, bool]]
) -> None:
    three = Three(office, rows, epoch)
    of_others, held = seen(office, three.outsider), set[str]()

    for kind, one, other, agreed in acts:
        before = {each.id: (each.stage, len(three.parts_of([each]))) for each in three.cases}
        three.act(kind, three.cases[one], three.cases[other], agreed=agreed)
        assert len(three.parts_of(three.cases)) == three.parts
        for case in three.cases:
            was, parts = before[case.id]
            assert is_a_step(was, case.stage, kind), (kind, was, case.stage)
            assert (case.stage is CaseStage.MERGED) == (case.merged_into is not None)
            assert_in_order(three.rows, case)
            assert case.stage is not CaseStage.MERGED or three.live(case) == []
            assert case.id not in held or len(three.parts_of([case])) >= parts  # nothing leaves it, or ends
            for report in three.live(case):
                keys = select(Grant.grantee).where(Grant.subject == report.id, Grant.kind == GrantKind.CASE)
                assert rows.scalars(keys.where(Grant.revoked.is_(False))).all() == [case.id]
        if kind == "hold":
            held.add(three.cases[one].id)

    assert seen(office, three.outsider) == of_others
    for case in three.cases:
        refused(office, statements, three.outsider, case.id)


def is_a_step(before: CaseStage, after: CaseStage, kind: str) -> bool:
    """As it stands in the diagrams."""
    moved = {
        "merge": after is CaseStage.MERGED,
        "undo": before is CaseStage.MERGED,
        "split": before is CaseStage.MERGED,
    }
    return before is after or (before, after) in STAGES or moved.get(kind, False)
