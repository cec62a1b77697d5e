"""An answer is lost on the way: what staff did was done, and is done once."""

from collections import Counter
from dataclasses import replace

import httpx2
import pytest

from app.client.casework import cases, triage
from app.client.machine.transport import Unanswered
from app.protocol.case import Task
from app.protocol.encoding import new_id
from app.vocabulary import Relation, TaskType
from tests.client.casework.scene import FOUND, accepted, agree_to_service, claimed
from tests.client.installation import Installation


class Losing(httpx2.HTTPTransport):
    """Of each act that the service does, `times` answers do not arrive; or, with a `status`, another one does."""

    def __init__(self, times: int, status: int | None = None) -> None:
        super().__init__()
        self.lost = Counter[tuple[str, str | None]]()
        self.times = times
        self.status = status

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = super().handle_request(request)
        act = (request.url.path, request.headers.get("Idempotency-Key"))
        if request.method == "GET" or self.lost[act] == self.times:
            return answer
        self.lost[act] += 1
        answer.close()
        if self.status is None:
            raise httpx2.RemoteProtocolError("the line broke")
        return httpx2.Response(self.status, stream=httpx2.ByteStream(b""))


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.client.machine.transport.time.sleep", lambda _: None)


@pytest.mark.parametrize("status", [None, 502])
def test_an_act_whose_answer_is_lost_is_done_once(here: Installation, status: int | None) -> None:
    sent = claimed(here, here.staff("anna"))

    with here.through("anna", Losing(times=2, status=status)) as anna:
        report = triage.answer(anna, triage.open_(anna, sent.report), "We believe you.")
        case = cases.open_(anna, triage.accept(anna, report, FOUND, owner=anna.person))
        person = cases.affected(Relation.SELF, statistics=None, by_reporter=None, can_be_asked=True)
        case = cases.note(anna, cases.write(anna, case, replace(case.file, persons=(person,))), "They called twice.")
        agree_to_service(anna, case)
        cases.add_task(anna, case, Task(new_id("task"), TaskType.CONTACT, "Ask again."))

    anna = here.staff("anna")
    case = cases.open_(anna, case.id)
    thread = triage.thread(anna, triage.open_(anna, sent.report))
    assert [each.content.text for each in thread.replies] == ["We believe you."]
    assert [len(each) for each in (case.file.persons, case.file.notes, case.file.tasks)] == [1, 1, 1]
    assert len(cases.list_consents(anna, case)) == 1


def test_who_gets_no_answer_at_all_is_told_that_nobody_can_know(here: Installation) -> None:
    case = accepted(here, here.staff("anna"), here.staff("anna"))

    with here.through("anna", Losing(times=9)) as anna, pytest.raises(Unanswered, match="nobody can know"):
        cases.note(anna, cases.open_(anna, case.id), "They called twice.")

    anna = here.staff("anna")
    assert cases.drafts.find(anna, case.id)
    assert [each.text for each in cases.open_(anna, case.id).file.notes] == ["They called twice."]
