"""By when a report is to be answered and decided, as triagers see it, and how long that may take, as it was set."""

import json

from app.client.casework import clocks, triage
from app.vocabulary import Priority
from tests.cli.command import tern
from tests.client.casework.scene import claimed
from tests.client.installation import Installation


def test_the_queue_says_by_when_somebody_is_to_answer_and_then_to_decide(here: Installation) -> None:
    anna = here.staff("anna")
    report = claimed(here, anna).report
    environment = here.environment("anna")

    def row() -> dict[str, str | None]:
        rows = json.loads(tern("triage", "list", "--json", environment=environment).out)
        return next(each for each in rows if each["id"] == report)

    claimed_row = row()
    view = triage.view(anna, report)
    assert view.answer_due is not None
    assert view.decision_due is not None
    assert claimed_row["answer_due"] == f"{view.answer_due:%Y-%m-%dT%H:%MZ}"
    assert claimed_row["decision_due"] == f"{view.decision_due:%Y-%m-%dT%H:%MZ}"
    assert view.answer_due < view.decision_due
    triage.answer(anna, triage.open_(anna, report), "What happened then?")
    assert row()["answer_due"] is None


def test_what_a_supervisor_sets_is_what_others_are_told_to_keep_to(here: Installation) -> None:
    sara, boris = here.staff("sara"), here.staff("boris")
    version, rules = clocks.in_force(sara)
    quicker = {**rules, "review_days": {**rules["review_days"], "p2": 5}}

    made = clocks.set_(sara, quicker, after=version)

    assert made.agreed_by == sara.person
    assert clocks.review_days(boris, Priority.P2) == 5
    assert [each.version for each in clocks.policies(boris)] == [version + 1]
