"""Saved views: in the memory of a person, whichever of their machines they sit at, and nowhere else."""

import pytest

from app.client.casework import views
from app.client.casework.views import QueueView, View
from app.protocol.labels import Label
from app.protocol.lists import CaseOrder
from app.protocol.memory import OF, Remembered
from app.vocabulary import CaseStage, Priority, ReportState
from tests.client.installation import Installation

URGENT = View(CaseStage.ACTIVE, Priority.P1, Label.RED, sort=CaseOrder.NEWEST)


def test_what_was_saved_last_under_a_name_counts_and_what_was_forgotten_is_gone(here: Installation) -> None:
    boris = here.staff("boris")

    views.save(boris, "tonight", View(label=Label.BLUE))
    views.save(boris, "tonight", URGENT)
    views.save(boris, "the others", View())

    assert views.views(boris, View) == {"the others": View(), "tonight": URGENT}
    views.forget(boris, "the others", View)
    assert views.views(boris, View) == {"tonight": URGENT}
    with pytest.raises(views.NoSuchView):
        views.named(boris, "the others", View)
    views.save(boris, "the others", View(stage=CaseStage.CLOSED))
    assert views.named(boris, "the others", View) == View(stage=CaseStage.CLOSED)
    views.forget(boris, "the others", View)
    views.forget(boris, "tonight", View)


def test_what_another_machine_saved_is_taken_and_what_a_newer_tern_did_hides_nothing(here: Installation) -> None:
    chen = here.staff("chen")
    views.save(chen, "mine", URGENT)
    of = f"view{OF}{chen.person}"
    theirs = [
        '{"asked":{"label":"green"},"name":"mine","number":2}',
        '{"asked":{"sort":"-due"},"name":"late","number":1}',
        '{"asked":{"stage":"nowhere"},"name":"odd","number":1}',
        '{"name":"less","number":1}',
        "no view",
    ]

    chen.seen.merge([Remembered(of, each, chen.seen.everything()[0].mark) for each in theirs], on=chen.today)

    assert views.views(chen, View) == {"mine": View(label=Label.GREEN)}


def test_what_is_saved_of_the_queue_has_names_of_its_own(here: Installation) -> None:
    anna = here.staff("anna")
    mine = QueueView((ReportState.IN_TRIAGE, ReportState.AWAITING_REPORTER))

    views.save(anna, "mine", mine)
    views.save(anna, "mine", URGENT)

    assert views.views(anna, QueueView) == {"mine": mine}
    assert views.views(anna, View) == {"mine": URGENT}
    views.forget(anna, "mine", QueueView)
    assert views.views(anna, QueueView) == {}
    assert views.named(anna, "mine", View) == URGENT
    of = f"queue-view{OF}{anna.person}"
    odd = '{"asked":{"states":"received"},"name":"odd","number":1}'
    anna.seen.merge([Remembered(of, odd, anna.seen.everything()[0].mark)], on=anna.today)
    assert views.views(anna, QueueView) == {}


@pytest.mark.parametrize("name", ["", "two\nlines", "x" * 61])
def test_a_name_that_is_none_is_refused(here: Installation, name: str) -> None:
    with pytest.raises(ValueError, match="at most 60 characters"):
        views.save(here.staff("boris"), name, URGENT)


def test_there_are_no_more_than_fifty(here: Installation) -> None:
    dina = here.staff("dina")
    for number in range(views.MOST):
        views.save(dina, f"{number}", View())

    with pytest.raises(views.TooManyViews):
        views.save(dina, "one more", View())
    views.save(dina, "7", URGENT)
