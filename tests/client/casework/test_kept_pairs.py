"""Two custodians leave, and both kept what lay for them: what is written from then on opens for neither."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.cli import duties as asked
from app.client import Staff
from app.client.casework import cases, leaving
from app.client.casework.cases.turning import is_turn_due
from app.client.people import colleagues, duties, shared_keys
from app.protocol.duties import DutyKind
from app.protocol.statements import KeyKind
from app.vocabulary import Role
from tests.client.casework.scene import accepted
from tests.client.installation import Installation, installation
from tests.client.people.test_custodians import hire

DAY = timedelta(days=1)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installation]:
    """With two custodians, for whom those who hold keys have made pairs by now."""
    with installation(tmp_path) as made:
        for name in ("kim", "lena"):
            hire(made, name, Role.CUSTODIAN)
        for name in ("anna", "sara"):
            do(made.staff(name))
        yield made


def do(person: Staff) -> set[DutyKind]:
    """What waits for somebody, done; of which kinds it was."""
    waits = duties.waiting(person)
    asked.act(person, waits, ask=lambda _: True)
    return {hint.kind for hint in waits}


def of_today(here: Installation) -> tuple[str, str]:
    """Where reports go, and under which key what is counted."""
    return here.reporter().intake().epoch.epoch, shared_keys.newest_key(here.staff("sara"), KeyKind.STATISTICS).id


def test_when_the_second_of_two_custodians_leaves_intake_shared_keys_and_cases_turn(here: Installation) -> None:
    case, before = accepted(here, here.staff("anna"), here.staff("boris")), of_today(here)
    here.pass_(DAY)
    first = leaving.leave(here.staff("sara"), here.unlock("kim").person)
    here.pass_(DAY)
    boris = here.staff("boris")
    due_for_one = is_turn_due(boris, cases.open_(boris, case.id))

    second = leaving.leave(here.staff("sara"), here.unlock("lena").person)

    assert (first.epochs, first.keys, due_for_one, of_today(here) != before) == ((), (), False, True)
    epoch, key = of_today(here)
    assert (epoch in second.epochs, second.keys) == (True, (key,))
    assert not {DutyKind.REPLACE_EPOCH, DutyKind.TURN_SHARED_KEY} & do(here.staff("sara"))
    boris = here.staff("boris")
    opened = cases.open_(boris, case.id)
    assert is_turn_due(boris, opened)  # by certificates and journal alone
    due = [hint for hint in duties.waiting(boris) if hint.kind is DutyKind.TURN_CASE]
    assert [(hint.object, hint.since) for hint in due] == [(case.id, boris.today)]
    written = cases.write(boris, opened, replace(opened.file, title="Since"))
    assert (written.journal.generation, is_turn_due(boris, written)) == (2, False)
    assert do(here.staff("boris")) == set()


def test_a_custodian_who_takes_another_role_leaves_no_pair_behind_with_one_who_left(here: Installation) -> None:
    case = accepted(here, here.staff("anna"), here.staff("boris"))
    here.pass_(DAY)
    leaving.leave(here.staff("sara"), here.unlock("kim").person)
    here.pass_(DAY)
    lena = here.unlock("lena")
    colleagues.certify(here.staff("sara"), lena.person, colleagues.fingerprint(lena), {Role.ANALYST})
    before = of_today(here)

    kinds = do(here.staff("sara"))

    assert kinds >= {DutyKind.REPLACE_EPOCH, DutyKind.TURN_SHARED_KEY}
    assert not set(of_today(here)) & set(before)
    assert do(here.staff("sara")) == set()
    assert DutyKind.TURN_CASE in do(here.staff("anna"))
    assert cases.open_(here.staff("boris"), case.id).journal.generation == 2
    assert do(here.staff("boris")) == set()


def test_who_has_not_heard_yet_that_a_custodian_left_turns_a_case_all_the_same(here: Installation) -> None:
    boris = here.staff("boris")
    case = accepted(here, here.staff("anna"), boris)
    leaving.leave(here.staff("sara"), here.unlock("kim").person)

    assert cases.turn(boris, case).journal.generation == 2


def test_where_both_go_on_the_day_on_which_a_case_was_opened_its_next_line_turns_it(here: Installation) -> None:
    case = accepted(here, here.staff("anna"), here.staff("boris"))
    for name in ("kim", "lena"):
        leaving.leave(here.staff("sara"), here.unlock(name).person)
    boris = here.staff("boris")
    opened = cases.open_(boris, case.id)

    written = cases.write(boris, opened, replace(opened.file, title="Since"))

    assert written.journal.generation == 2
    here.pass_(DAY)
    boris = here.staff("boris")
    opened = cases.open_(boris, case.id)
    tomorrow = cases.write(boris, opened, replace(opened.file, title="Tomorrow"))  # for days do not tell: once more
    assert cases.write(boris, tomorrow, replace(tomorrow.file, title="And on")).journal.generation == 3
