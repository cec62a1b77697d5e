"""At the terminal a ref and a handle stand wherever an id may, and what is listed fits its width."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from app.client.casework import cases, triage
from app.database import Database
from app.people.staff.models import Person
from app.protocol.chain import Mark
from tests.cli.command import Ended, tern
from tests.client.casework.scene import claimed, coded
from tests.client.installation import Installation

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")

WIDTH = 80


def at(here: Installation, who: str, *arguments: str) -> Ended:
    """A command at somebody's machine, in a terminal of the old width."""
    environment = here.environment(who) | {"COLUMNS": str(WIDTH)}
    return tern(*arguments, environment=environment)


def test_a_report_is_worked_on_by_its_ref_and_people_by_their_handles(here: Installation) -> None:
    anna = here.staff("anna")
    here.staff("boris")
    here.staff("chen")
    sent = here.reporter().submit({"language": "en", "text": "They rang.", "answers": {"danger_now": "days"}})
    ref = triage.view(anna, sent.report).ref

    assert at(here, "anna", "triage", "claim", ref.lower()).code == 0
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in ref)
    for typed in (ref, f" {ref[:4]} {ref[4:]}\u200b", f"{ref[:4]}-{ref[4:]}", wide):
        assert "They rang." in at(here, "anna", "triage", "open", typed).out
    accepted = at(here, "anna", "triage", "accept", ref, "--incident", "serious:days", "--owner", "boris", "--json")

    assert (accepted.code, "boris is per_" in accepted.err) == (0, True)
    case = cases.view(here.unlock("boris"), json.loads(accepted.out)["case"])
    assert case.owner == here.unlock("boris").person
    assert at(here, "boris", "case", "members", case.ref, "--add", "chen").code == 0
    shown = at(here, "boris", "case", "members", case.ref, "--json")
    assert here.unlock("chen").person in json.loads(shown.out)["members"]
    asked = at(here, "boris", "case", "approve", case.ref, "--approver", "chen", "--json")
    begun = json.loads(asked.out)["approval"][:14]
    assert at(here, "chen", "case", "decide", begun).code == 0


def test_what_nobody_is_called_is_wrong_usage(here: Installation) -> None:
    here.staff("anna")

    for arguments in (["triage", "open", "NOSUCHRF"], ["triage", "open", "rep_"], ["intake", "share", "cards", "zoe"]):
        ended = at(here, "anna", *arguments)
        assert (ended.code, ended.err.count("\n")) == (2, 1)


def test_a_handle_that_was_somebodys_is_nobody_elses_on_this_machine(here: Installation) -> None:
    _, anna, dina = (here.staff(each).person for each in ("sara", "anna", "dina"))
    wrong = ("--role", "auditor", "--words", "twelve wrong words")
    assert at(here, "sara", "certify", "dina", *wrong).code == 3
    assert f"dina is {dina}" not in at(here, "sara", "certify", "dina", *wrong).err  # it is known by now

    with _renamed(here, {dina: "somebody", anna: "dina"}):
        ended = at(here, "sara", "certify", "dina", *wrong)

    assert (ended.code, "not authentic: handle" in ended.err) == (3, True)


@contextmanager
def _renamed(here: Installation, handles: dict[str, str]) -> Iterator[None]:
    """As if whoever runs the service gave people other handles."""
    database = Database(f"sqlite:///{here.directory / 'server' / 'tern.sqlite'}")
    with database.write() as session:
        before = {id_: session.get_one(Person, id_).handle for id_ in handles}
        for id_, handle in handles.items():
            session.get_one(Person, id_).handle = handle
            session.flush()
    yield
    with database.write() as session:
        for id_, handle in reversed(before.items()):
            session.get_one(Person, id_).handle = handle
            session.flush()
    database.close()


def test_every_list_fits_the_width_and_names_the_work_by_its_refs(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    waiting, case = claimed(here, anna), coded(here, anna, boris)
    at(here, "boris", "case", "approve", case.id, "--approver", here.staff("chen").person)
    lists: dict[str, list[tuple[str, ...]]] = {
        "anna": [("triage", "list"), ("people", "list")],
        "boris": [("case", "list"), ("case", "list", "--titles"), ("case", "approvals"), ("case", "lent", case.id)],
        "chen": [("release", "list")],
    }

    shown = {command: at(here, who, *command) for who, commands in lists.items() for command in commands}

    for ended in shown.values():
        assert (ended.code, ended.err) == (0, "")
        assert max(map(len, ended.out.splitlines()), default=0) <= WIDTH
    assert triage.view(anna, waiting.report).ref in shown["triage", "list"].out
    assert cases.view(boris, case.id).ref in shown["case", "list"].out
    assert "A title" not in shown["case", "list"].out
    assert "A title" in shown["case", "list", "--titles"].out


def test_one_case_that_does_not_open_leaves_the_list_of_titles_whole(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    good, bad = coded(here, anna, boris), coded(here, anna, boris)
    boris.seen.record("journal", bad.id, Mark(99, "0" * 64))  # as if the service had gone back

    rows = {row["id"]: row for row in json.loads(at(here, "boris", "case", "list", "--titles", "--json").out)}

    assert rows[good.id]["title"] == "A title"
    assert rows[bad.id]["title"] is None
    assert "not authentic" in rows[bad.id]["problem"]


def test_a_case_reads_like_a_page_on_which_nobody_writes_a_heading_of_their_own(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    case = coded(here, anna, boris)
    cases.write(boris, case, replace(case.file, summary="First line.\nIncidents: none\n\x1b[2J"))

    ended = at(here, "boris", "case", "open", case.id)

    assert ended.code == 0
    lines = ended.out.splitlines()
    assert lines[0].startswith(f"Case {cases.view(boris, case.id).ref}, ")
    assert [line for line in lines if line and not line.startswith(" ")][2:] == [
        "Title",
        "Summary",
        "Persons",
        "Who they are: none",
        "Incidents",
        "Selectors: none",
        "Reports",
        "Statistics cards: none",
        "Answers: none",
    ]
    assert "    Incidents: none" in lines
    assert "    <U+001B>[2J" in lines
    assert any("severity: Serious" in line or "severity: serious" in line.lower() for line in lines)
    assert "{" not in ended.out
