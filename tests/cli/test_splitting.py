"""`tern case split`: one case that turns out to be two is taken apart, by two people and at the terminal."""

import json

import pytest

from app.client.casework import cases, triage
from app.protocol import receipt
from tests.cli.command import tern
from tests.client.casework.scene import FOUND, claimed, taken
from tests.client.installation import Installation

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


def test_a_report_goes_with_whom_it_tells_of_to_a_case_of_its_own_once_two_agree(here: Installation) -> None:
    anna, boris, chen = here.staff("anna"), here.staff("boris"), here.staff("chen")
    first, second = claimed(here, anna), claimed(here, anna)
    case = cases.change_members(boris, taken(anna, boris, first), add=[chen.person])
    triage.hand_over(anna, triage.open_(anna, second.report), FOUND, boris.person)
    triage.attach(boris, triage.open_(boris, second.report), case.id)

    def run(who: str, *words: str) -> str:
        ended = tern("case", *words, environment=here.environment(who) | {"COLUMNS": "400"})
        assert ended.code == 0, (words, ended.err)
        return ended.out

    for number, sent in enumerate((first, second), start=1):
        run("boris", "add", case.id, "person", "self")
        run("boris", "set", case.id, f"person-{number}", "told_by", sent.report)
        run("boris", "add", case.id, "incident", f"person-{number}", "death_threat")
    asked = json.loads(run("boris", "split", case.id, second.report[:12], "--ask", "chen", "--json"))
    run("chen", "decide", asked["approval"])
    too_early = tern(
        *("case", "split", case.id, second.report, "--into", asked["into"], "--approval", asked["approval"]),
        environment=here.environment("boris"),
    )
    run("chen", "decide", asked["approval"], "--approve")
    how = ["--into", asked["into"], "--approval", asked["approval"], "--json"]
    gone = json.loads(run("boris", "split", case.id, second.report, *how))
    left, apart = (json.loads(run("boris", "open", each, "--json")) for each in (case.id, asked["into"]))
    here.reporter().answer(receipt.read(second.receipt), "They came again.")
    read = tern("triage", "open", second.report, environment=here.environment("chen"))

    assert too_early.code != 0
    assert (gone["reports"], gone["ref"]) == (1, asked["into"])
    assert [len(left[each]) for each in ("persons", "incidents")] == [1, 1]
    assert [len(apart[each]) for each in ("persons", "incidents")] == [1, 1]
    assert [each["told_by"] for each in (*left["persons"], *apart["persons"])] == [[first.report], [second.report]]
    assert [each["id"] for each in apart["reports"]] == [second.report]
    assert (read.code, "They came again." in read.out) == (0, True)
