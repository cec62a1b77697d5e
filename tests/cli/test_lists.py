"""Lists at the terminal: in an order, counted, by a name; and several reports at once."""

import json
from datetime import timedelta

import pytest

from app.client.casework import cases, triage
from app.client.casework.cases import Marks
from app.vocabulary import HandlingMark, ReportState
from tests.cli.command import Ended, tern
from tests.client.casework.scene import DOCUMENT, accepted
from tests.client.installation import Installation

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


def at(here: Installation, who: str, *arguments: str) -> Ended:
    return tern(*arguments, environment=here.environment(who))


def listed(here: Installation, who: str, *arguments: str) -> list[str]:
    ended = at(here, who, *arguments, "--json")
    assert ended.code == 0, ended.err
    return [each["id"] for each in json.loads(ended.out)]


def test_cases_are_listed_in_an_order_counted_and_asked_for_by_a_name(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    late, soon, some_day = (accepted(here, anna, boris).id for _ in range(3))
    for id_, days in ((late, 40), (soon, 5)):
        marks = Marks(handling=HandlingMark.TLP_RED, next_review=boris.today + timedelta(days=days))
        cases.mark(boris, cases.view(boris, id_), marks)
    secret = ["--handling", "tlp_red", "--sort", "-stage_entered"]

    assert listed(here, "boris", "case", "list", "--sort", "next_review") == [soon, late]
    assert set(listed(here, "boris", "case", "list", *secret, "--save", "secret")) == {soon, late}
    assert set(listed(here, "boris", "case", "list", "--view", "secret")) == {soon, late}
    assert at(here, "boris", "case", "list", "--view", "secret", "--count").out.split() == ["cases", "2"]
    counted = json.loads(at(here, "boris", "case", "list", "--count", "--json").out)
    assert counted == {"number": 3, "is_more": False}
    [view] = json.loads(at(here, "boris", "case", "views", "--json").out)
    assert {name: value for name, value in view.items() if value} == {
        "name": "secret",
        "handling": "tlp_red",
        "sort": "-stage_entered",
    }
    assert at(here, "boris", "case", "list", "--view", "secret", "--label", "red").code == 2
    refused = at(here, "boris", "case", "list", "--label", "red", "--handling", "tlp_red")
    assert (refused.code, "in this order" in refused.err) == (1, True)
    assert some_day in listed(here, "boris", "case", "list")


def test_the_queue_is_asked_for_by_a_name_and_several_reports_are_claimed_and_released(here: Installation) -> None:
    anna = here.staff("anna")
    sent = [here.reporter().submit(DOCUMENT).report for _ in range(3)]
    refs = [triage.view(anna, each).ref for each in sent]
    mine = ["triage", "list", "--state", "in_triage"]

    assert at(here, "anna", "triage", "claim", *refs).code == 0
    assert {*listed(here, "anna", *mine, "--save", "mine")} >= {*sent}
    assert at(here, "anna", "triage", "release", refs[0]).code == 0
    assert at(here, "emil", "triage", "claim", refs[0]).code == 0
    again = at(here, "anna", "triage", "release", *refs)

    assert (again.code, f"not done: {refs[0]} (no-such-step)" in again.err) == (1, True)
    assert at(here, "emil", "triage", "release", refs[0]).code == 0
    assert {triage.view(anna, each).state for each in sent} == {ReportState.RECEIVED}
    assert not {*sent} & {*listed(here, "anna", "triage", "list", "--view", "mine")}
    views = json.loads(at(here, "anna", "triage", "views", "--json").out)
    assert views == [{"name": "mine", "states": ["in_triage"]}]
    assert at(here, "anna", "triage", "views", "--forget", "mine").code == 0
    assert at(here, "anna", "triage", "list", "--view", "mine").err.strip().endswith("tern triage views")
