"""docs/handbook/casework.md does what it says, command by command."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.client.casework import approvals, cases
from app.vocabulary import ApprovalState, ApprovalSubject, CaseStage
from docs.generate import HERE
from tests.cli.command import tern
from tests.client.casework.scene import accepted
from tests.client.installation import Installation, installation

PAGE = (HERE / "handbook/casework.md").read_text()
ASKED = {
    "PLAN": ApprovalSubject.PLAN,
    "CLOSURE": ApprovalSubject.CLOSURE,
    "MERGE": ApprovalSubject.MERGE,
    "UNDO": ApprovalSubject.MERGE,
}
READY = {"en": "Can we meet on {day}?", "fa": "{day}؟"}
OPEN = (ApprovalState.REQUESTED, ApprovalState.APPROVED)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path) as made:
        yield made


def commands() -> Iterator[tuple[str, list[str]]]:
    for block in re.findall(r"^```console\n(.+?)^```$", PAGE, re.DOTALL | re.MULTILINE):
        for name, command in re.findall(r"^(\w+)\$ tern (.+)$", block, re.MULTILINE):
            yield name, command.split()


def test_a_caseworkers_week_is_as_the_page_tells_it(here: Installation, tmp_path: Path) -> None:
    boris = here.staff("boris")
    here.staff("chen")
    case, other = (cases.view(boris, accepted(here, here.staff("anna"), boris).id) for _ in range(2))
    (tmp_path / "words.txt").write_text("They came to the door twice, and a neighbour saw them.")
    for language, text in READY.items():
        (tmp_path / f"meet-{language}.txt").write_text(text)
    told: dict[str, str] = {}

    def asked(word: str) -> str:
        found = approvals.list_(boris, about=other.id if word == "MERGE" else case.id)
        return next(each.id for each in found if each.subject is ASKED[word] and each.state in OPEN)

    for name, command in commands():
        words = {
            "CASE": case.ref,
            "OTHER": other.ref,
            "DAY": str(boris.today + timedelta(days=20)),
            "REPORT": cases.open_(boris, case.id).file.reports[0].id if "REPORT" in command else "",
            **{file: str(tmp_path / file) for file in ("words.txt", "rules.json")},
            **{f"{each}=meet-{each}.txt": f"{each}={tmp_path / f'meet-{each}.txt'}" for each in READY},
        }
        words |= {word: asked(word) for word in ASKED if word in command}
        if "TASK" in command:
            words["TASK"] = next(iter(cases.list_tasks(boris, case.id)))
        command, into = (command[:-2], words[command[-1]]) if ">" in command else (command, "")
        ended = tern(*(words.get(each, each) for each in command), environment=here.environment(name))
        assert ended.code == 0, (name, command, ended.err)
        if into:
            Path(into).write_text(ended.out)
        of = " ".join(command[:2])
        told[of] = told.get(of, "") + ended.out

    stages = re.findall(r"tern case move CASE (\w+)", PAGE)
    assert {CaseStage.PLANNING, CaseStage.ACTIVE, CaseStage.ON_HOLD, CaseStage.CLOSED} <= set(stages)
    assert cases.view(boris, case.id).stage is CaseStage.ASSESSMENT
    assert cases.view(boris, case.id).purge_month is None
    file = cases.open_(boris, case.id).file
    assert (len(file.notes), len(file.tasks)) == (2, 3)
    assert "assessment" in told["case show"]
    assert "؟" in told["triage answer"]
    assert file.closing is not None
    assert file.closing.reason == "plan_completed"
