"""`tern case end`: asked, decided and done at the terminal."""

import json

import pytest

from tests.cli.command import tern
from tests.client.casework.scene import coded
from tests.client.installation import Installation

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


def test_somebody_is_destroyed_as_a_colleague_agreed_who_read_what_ends(here: Installation) -> None:
    case = coded(here, here.staff("anna"), here.staff("boris"))
    boris, anna = here.environment("boris"), here.environment("anna") | {"COLUMNS": "400"}

    asked = tern("case", "end", case.id, "person-1", "--ask", "anna", "--json", environment=boris)
    approval = json.loads(asked.out)["approval"]
    early = tern("case", "end", case.id, "person-1", "--approval", approval, environment=boris)
    shown = tern("case", "decide", approval, environment=anna)
    tern("case", "decide", approval, "--approve", environment=anna)
    done = tern("case", "end", case.id, "person-1", "--approval", approval, "--json", environment=boris)
    again = tern("case", "end", case.id, "person-1", "--ask", "anna", environment=boris)

    assert (asked.code, shown.code, done.code) == (0, 0, 0)
    assert (early.code != 0, "nobody has approved this yet" in early.err) == (True, True)
    assert "destroy for good, with its keys: incident " in shown.err + shown.out
    assert len(json.loads(done.out)["ended"]) == 3
    assert (again.code != 0, "the case has no person 1" in again.err) == (True, True)


def test_whoever_agreed_takes_it_back_before_it_is_used(here: Installation) -> None:
    case = coded(here, here.staff("anna"), here.staff("boris"))
    boris, anna = here.environment("boris"), here.environment("anna")
    asked = tern("case", "end", case.id, "person-1", "--ask", "anna", "--json", environment=boris)
    approval = json.loads(asked.out)["approval"]
    tern("case", "decide", approval, environment=anna)
    tern("case", "decide", approval, "--approve", environment=anna)

    back = tern("case", "cancel", approval, environment=anna)
    done = tern("case", "end", case.id, "person-1", "--approval", approval, environment=boris)
    again = tern("case", "cancel", approval, environment=boris)

    assert (back.code, done.code, again.code) == (0, 1, 1)
    assert "nobody has approved this yet" in done.err
