"""The work on a report and a case as it is typed: what is typed twice, wrongly, or too late, and what is read of it."""

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from app.client.casework import approvals, cases, triage
from app.client.machine.staff import Staff
from app.protocol.case import Task
from app.protocol.encoding import new_id
from app.vocabulary import CaseStage, TaskType
from tests.cli.command import Ended, tern
from tests.client.casework.scene import DOCUMENT, accepted, coded
from tests.client.installation import Installation

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


def at(here: Installation, who: str, *arguments: str) -> Ended:
    return tern(*arguments, environment=here.environment(who))


def done(here: Installation, who: str, *arguments: str) -> str:
    ended = at(here, who, *arguments)
    assert ended.code == 0, ended.err
    return ended.out


def test_who_is_handed_a_report_is_told_until_when_and_takes_it_up_as_it_was_judged(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    ref = triage.view(anna, here.reporter().submit(DOCUMENT).report).ref
    done(here, "anna", "triage", "claim", ref)
    done(here, "anna", "triage", "accept", ref, "--incident", "serious:days", "--to", "boris")

    again = at(here, "anna", "triage", "accept", ref, "--incident", "serious:days", "--to", "boris")
    [waits] = json.loads(done(here, "boris", "me", "--json"))
    case = json.loads(done(here, "boris", "triage", "accept", ref, "--json"))["case"]

    assert (waits["kind"], waits["due"]) == ("handed", str(boris.today + timedelta(days=1)))
    assert (again.code, "in somebody's hands" in again.err) == (1, True)
    assert cases.view(boris, case).priority == "p2"
    assert waits["due"] not in done(here, "boris", "me")
    done(here, "boris", "case", "mark", case, "--review", str(boris.today))
    assert str(boris.today + timedelta(days=6)) in done(here, "boris", "me")


def test_claiming_again_what_one_has_changes_nothing_and_who_comes_second_is_told_who_has_it(
    here: Installation,
) -> None:
    anna = here.staff("anna")
    here.staff("emil")
    one, other = (triage.view(anna, here.reporter().submit(DOCUMENT).report).ref for _ in range(2))
    done(here, "anna", "triage", "claim", one)

    again, second = at(here, "anna", "triage", "claim", one), at(here, "emil", "triage", "claim", one)
    both = at(here, "emil", "triage", "claim", one, other)
    all_again = at(here, "emil", "triage", "claim", other)

    assert again.code == 0
    assert (second.code, second.err) == (1, "tern: anna has claimed it\n")
    assert (both.code, f"{one} (anna has claimed it)" in both.err) == (1, True)
    assert all_again.code == 0
    for _ in range(2):
        assert at(here, "anna", "triage", "release", one).code == 0


def test_nothing_is_sent_where_an_urgent_report_may_not_wait_for_an_answer(here: Installation, tmp_path: Path) -> None:
    anna, sara = here.staff("anna"), here.staff("sara")
    ref = triage.view(anna, here.reporter().submit(DOCUMENT).report).ref
    (tmp_path / "words.txt").write_text("Where are you now?")
    done(here, "anna", "triage", "claim", ref)
    wait = ["triage", "answer", ref, "--text", str(tmp_path / "words.txt"), "--wait", "--incident", "serious:days"]

    refused = at(here, "anna", *wait)
    asked = json.loads(done(here, "anna", "triage", "approve", ref, "waiting", "--approver", "sara", "--json"))
    told = at(here, "sara", "triage", "decide", asked["approval"], "--approve")
    done(here, "anna", *wait)

    assert (refused.code, "nothing is sent: an urgent report" in refused.err) == (1, True)
    assert "may wait for its reporter" in told.err
    opened = triage.open_(anna, triage.view(anna, asked_about(sara, asked["approval"])).id)
    assert len(triage.thread(anna, opened).replies) == 1


def asked_about(staff: Staff, approval: str) -> str:
    return approvals.get(staff, approval).object


def test_what_is_missing_is_named_on_one_line(here: Installation) -> None:
    here.staff("anna")

    refused = at(here, "anna", "triage", "dispose", "REPORT")

    assert (refused.code, refused.err.count("\n"), "U+000A" in refused.err) == (2, 1, False)


@pytest.mark.parametrize(
    "command",
    [
        ["dispose", "REPORT", "purged"],
        ["dispose", "REPORT", "accepted", "--incident", "serious:days"],
        ["approve", "REPORT", "plan", "--approver", "emil"],
    ],
)
def test_what_a_report_cannot_become_is_wrong_usage_that_names_what_it_can(
    command: list[str], here: Installation
) -> None:
    ref = triage.view(here.staff("anna"), here.reporter().submit(DOCUMENT).report).ref

    refused = at(here, "anna", "triage", *(ref if each == "REPORT" else each for each in command))

    assert (refused.code, "out_of_mandate" in refused.err, "closure" in refused.err) == (2, True, False)


def test_a_template_gives_what_is_urgent_a_week_and_adds_nothing_twice(here: Installation) -> None:
    boris = here.staff("boris")
    case = accepted(here, here.staff("anna"), boris).id
    template = ["case", "task", case, "--template", "threat_to_life"]
    done(here, "boris", *template)
    first = json.loads(done(here, "boris", "case", "tasks", case, "--json"))

    done(here, "boris", *template)

    assert json.loads(done(here, "boris", "case", "tasks", case, "--json")) == first
    assert [each["due"] is not None for each in first] == [each["urgent"] for each in first]
    assert cases.view(boris, case).due_for == "task"
    done(here, "boris", "case", "done", case, first[0]["id"])
    done(here, "boris", *template)
    assert len(json.loads(done(here, "boris", "case", "tasks", case, "--json"))) == len(first) + 1


def test_what_the_service_was_never_told_of_is_done_too(here: Installation) -> None:
    boris = here.staff("boris")
    case = accepted(here, here.staff("anna"), boris)
    task = Task(new_id("task"), TaskType.CONTACT, "Ring back.")
    cases.write(boris, case, case.file.with_task(task))  # as a machine leaves it that goes dark before it tells

    done(here, "boris", "case", "done", case.id, task.id[:13])

    assert cases.list_tasks(boris, case.id)[task.id].state == "done"
    assert at(here, "boris", "case", "done", case.id, "task_").code == 0
    assert at(here, "boris", "case", "done", case.id, "nonsense").code == 2


def test_what_says_nothing_and_what_is_over_is_refused_where_it_is_typed(here: Installation, tmp_path: Path) -> None:
    boris = here.staff("boris")
    case = accepted(here, here.staff("anna"), boris).id
    empty, words = tmp_path / "empty.txt", tmp_path / "words.txt"
    empty.write_text(" \n")
    words.write_text("آمدند")
    last_week, yesterday = str(boris.today - timedelta(days=7)), str(boris.today - timedelta(days=1))

    for arguments in (
        ["note", case, "--text", str(empty)],
        ["assess", case, "low", "--text", str(empty)],
        ["plan", case, "agreed", "--text", str(empty)],
        ["task", case, "contact", "--text", str(empty)],
        ["assess", case, "low", "--until", yesterday, "--text", str(words)],
        ["plan", case, "agreed", "--review", last_week, "--text", str(words)],
        ["task", case, "contact", "--due", last_week, "--text", str(words)],
        ["mark", case, "--review", last_week],
    ):
        refused = at(here, "boris", "case", *arguments)
        assert (refused.code, refused.err.count("\n")) == (2, 1), arguments
    assert at(here, "boris", "case", "note", case, "--text", str(words)).code == 0


def test_a_case_that_is_taken_up_again_is_as_urgent_as_it_is_coded_and_keeps_why(
    here: Installation, tmp_path: Path
) -> None:
    boris, words = here.staff("boris"), tmp_path / "words.txt"
    words.write_text("They are back.")
    opened = coded(here, here.staff("anna"), boris)
    for stage in (CaseStage.CLOSED, CaseStage.ASSESSMENT):
        close(here, opened.id, stage)
        if stage is CaseStage.CLOSED:
            done(here, "boris", "case", "move", opened.id, "assessment", "--why", str(words))
        else:  # as a supervisor leaves it, who cannot open it
            other = at(here, "boris", "case", "mark", opened.id, "--priority", "p4")
            assert (other.code, "follows what is coded" in other.err) == (1, True)
            done(here, "boris", "case", "mark", opened.id, "--priority", opened.file.priority.value)
        assert cases.view(boris, opened.id).priority is opened.file.priority
    [note] = cases.open_(boris, opened.id).file.notes
    assert (note.text, note.step) == ("They are back.", CaseStage.ASSESSMENT)


def test_a_case_does_not_go_into_itself(here: Installation) -> None:
    case = accepted(here, here.staff("anna"), here.staff("boris")).id

    refused = at(here, "boris", "case", "merge", case, case, "--ask", "anna")

    assert (refused.code, "this is one case" in refused.err) == (1, True)


def test_who_takes_a_case_up_again_that_they_cannot_open_writes_nothing_in_it(
    here: Installation, tmp_path: Path
) -> None:
    (tmp_path / "words.txt").write_text("They are back.")
    opened = coded(here, here.staff("anna"), here.staff("boris"))
    here.staff("sara")
    close(here, opened.id, CaseStage.CLOSED)
    move = ["case", "move", opened.id, "assessment"]

    refused = at(here, "sara", *move, "--why", str(tmp_path / "words.txt"))

    assert (refused.code, cases.view(here.staff("boris"), opened.id).stage) == (2, CaseStage.CLOSED)
    done(here, "sara", *move)


def close(here: Installation, case: str, stage: CaseStage) -> None:
    """It is at this stage, and the service has forgotten how urgent it is."""
    with closing(sqlite3.connect(here.directory / "server/tern.sqlite")) as rows, rows:
        rows.execute("UPDATE cases SET stage = ?, priority = 'p4' WHERE id = ?", (stage, case))


def test_a_case_is_shown_without_what_it_has_not_and_ends_by_nobody_who_was_not_asked(here: Installation) -> None:
    boris = here.staff("boris")
    case = accepted(here, here.staff("anna"), boris).id

    shown = done(here, "boris", "case", "show", case)
    closed, merged = (at(here, "boris", "case", "move", case, to) for to in ("closed", "merged"))

    assert ("None" in shown, "stage  intake" in shown) == (False, True)
    assert (closed.code, "tern case close" in closed.err) == (1, True)
    assert (merged.code, "tern case show" in merged.err) == (1, True)
