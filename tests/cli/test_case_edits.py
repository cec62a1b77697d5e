"""A case is written one thing at a time at the terminal, told what changed, and loses nothing that was typed."""

import json
from dataclasses import replace

import pytest

from app.client.casework import cases, coding_approvals
from app.client.casework.cases import Collision
from app.protocol.case import Identity
from tests.cli.command import Ended, tern
from tests.client.casework.scene import accepted, coded
from tests.client.casework.test_moving import full, merged
from tests.client.installation import Installation

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")

SAID = ("--basis", "relative_witnessed", "--to", "us", "--when", "in May")


def run(here: Installation, *arguments: str, typed: str = "", who: str = "boris") -> Ended:
    """A command at somebody's machine."""
    environment = here.environment(who) | {"COLUMNS": "400"}
    return tern("case", *arguments, typed=typed, environment=environment)


def test_a_case_is_written_one_thing_at_a_time_and_tells_what_changed(here: Installation) -> None:
    case = accepted(here, here.staff("anna"), here.staff("boris")).id

    for arguments, typed in (
        (["add", case, "person", "self"], ""),
        (["add", case, "incident", "person-1", "death_threat"], ""),
        (["add", case, "selector", "email", "--value", "-"], "them@example.org\n"),
        (["set", case, "incident-1", "severity", "serious"], ""),
        (["set", case, "incident-1", "channel", "messenger", "email"], ""),
        (["set", case, "incident-1", "narrative", "--text", "-"], "They wrote twice."),
        (["set", case, "person-1", "statistics", "given"], ""),
        (["set", case, "case", "summary", "--text", "-"], "A summary."),
        (["add", case, "selector", "phone", "--country", "DE", "--value", "-"], "030 23125 417\n"),
        (
            *(
                [
                    "say",
                    case,
                    "incident-1",
                    "--basis",
                    "relative_witnessed",
                    "--to",
                    "us",
                    "--when",
                    "in May",
                    "--text",
                    "-",
                ],
            ),
            "Two men came.",
        ),
        (["judge", case, "incident-1", "under_review"], ""),
    ):
        ended = run(here, *arguments, typed=typed)
        assert (ended.code, ended.err) == (0, ""), arguments

    file = cases.open_(here.staff("boris"), case).file
    [incident] = file.incidents
    assert (file.summary, incident.narrative) == ("A summary.", "They wrote twice.")
    assert (incident.coding["severity"], incident.coding["channel"]) == ("serious", ["messenger", "email"])
    assert [(each.text, each.to, each.when) for each in incident.assertions] == [("Two men came.", "us", "in May")]
    assert [each.status.value for each in incident.verdicts] == ["unverified", "under_review"]
    assert [each.normalised for each in file.selectors] == ["them@example.org", "+493023125417"]
    changes = json.loads(run(here, "log", case, "--json").out)
    assert [each["what"].split()[0] for each in changes] == [
        *("case", "person", "incident", "verdict", "selector"),
        *("incident", "incident", "incident", "person", "case", "selector", "assertion", "verdict"),
    ]
    part = next(each["part"] for each in changes if each["what"] == "case")
    shown = run(here, "log", case, "--part", part[:13]).out
    assert shown.count("Version") == 2
    assert "summary: A summary." in shown


def test_a_code_of_no_list_is_refused_and_the_nearest_offered(here: Installation) -> None:
    case = accepted(here, here.staff("anna"), here.staff("boris")).id
    run(here, "add", case, "person", "self")
    run(here, "add", case, "incident", "person-1", "death_threat")

    for arguments, offered in (
        (["set", case, "incident-1", "severity", "seriuos"], "serious"),
        (["set", case, "incident-1", "severty", "serious"], "severity"),
        (["set", case, "incident-2", "severity", "serious"], "it has 1"),
        (["add", case, "incident", "person-1", "death_threats"], "death_threat"),
    ):
        ended = run(here, *arguments)
        assert ended.code == 2
        assert offered in ended.err


def test_an_incident_goes_to_another_person(here: Installation) -> None:
    case = accepted(here, here.staff("anna"), here.staff("boris")).id
    for relation in ("self", "partner"):
        run(here, "add", case, "person", relation)
    run(here, "add", case, "incident", "person-1", "death_threat")

    assert run(here, "set", case, "incident-1", "affected", "2").code == 0

    file = cases.open_(here.staff("boris"), case).file
    assert file.incidents[0].affected == file.persons[1].id


def test_who_somebody_is_is_for_those_whom_the_owner_names_and_said_to_be_there_to_all_others(
    here: Installation,
) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    case = accepted(here, anna, boris).id
    run(here, "add", case, "person", "self")
    cases.change_members(boris, cases.open_(boris, case), add=[here.staff("chen").person])

    alone = run(here, "set", case, "identity-1", "names", "--text", "-", typed="Lin Wei")
    first = run(here, "set", case, "identity-1", "names", "--text", "-", "--holder", "anna", typed="Lin Wei")
    next_ = run(here, "set", case, "identity-1", "safe_contact", "--text", "-", who="anna", typed="Never by voice.")

    assert (alone.code, first.code, next_.code) == (1, 0, 0)
    assert "holders" in alone.err
    of_holder, of_other = run(here, "open", case, who="anna").out, run(here, "open", case, who="chen").out
    assert "names: Lin Wei" in of_holder
    assert "safe contact: Never by voice." in of_holder
    assert "Lin" not in of_other
    assert "says who somebody is. Its key is not yours; anna, boris can read it" in of_other
    of_identity = json.loads(run(here, "log", case, "--json", who="chen").out)[-2]
    assert of_identity["what"] == "identity, not yours to read"
    assert "not yours" in run(here, "log", case, "--part", of_identity["part"], who="chen").err
    refused = run(here, "set", case, "identity-1", "names", "--text", "-", who="chen", typed="Another")
    assert (refused.code, "identity-closed" in refused.err) == (1, True)
    run(here, "add", case, "person", "partner", who="chen")
    assert run(here, "set", case, "identity-2", "names", "--text", "-", who="chen", typed="Lin Mei").code == 0
    assert "holders" in run(here, "holders", case, "identity-1", "--add", "chen", who="anna").err
    assert run(here, "holders", case, "identity-1", "--add", "chen").code == 0
    assert "names: Lin Wei" in run(here, "open", case, who="chen").out
    held, _ = json.loads(run(here, "holders", case, "--json").out)
    assert held["holders"] == sorted(here.staff(name).person for name in ("anna", "boris", "chen"))


def test_whoever_is_lent_a_case_to_approve_its_coding_cannot_read_who_its_people_are(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    opened = coded(here, anna, boris)
    [person] = opened.file.persons
    identity = Identity(person.id, names="Lin Wei")
    opened = cases.write(boris, opened, opened.file.with_identity(identity), holders=[anna.person])
    approval = coding_approvals.request(boris, opened, here.staff("chen").person)

    review = coding_approvals.review(here.staff("chen"), approval)

    assert review.case.file == replace(cases.open_(boris, opened.id).file, identities=())
    assert [each.holders for each in review.case.closed] == [tuple(sorted([anna.person, boris.person]))]
    [lent] = (line for line in run(here, "log", opened.id, who="anna").out.splitlines() if "lent" in line)
    assert ("boris" in lent, "key lent for a decision to" in lent, "chen" in lent) == (True, True, True)


def test_what_a_faster_colleague_refused_is_kept_and_taken_up_again(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    opened = accepted(here, anna, boris)
    of_anna = cases.open_(anna, opened.id)
    cases.write(boris, opened, replace(opened.file, summary="of Boris"))
    with pytest.raises(Collision):
        cases.write(anna, of_anna, replace(of_anna.file, summary="of Anna"))

    refused = run(here, "resume", opened.id, who="anna")
    kept = run(here, "resume", opened.id, "--over", who="anna")
    nothing = run(here, "resume", opened.id, who="anna")

    assert (refused.code, kept.code) == (1, 0)
    assert "summary: of Anna" in refused.out
    assert "summary: of Boris" in refused.out
    assert "no draft" in nothing.err
    assert cases.open_(boris, opened.id).file.summary == "of Anna"


def test_a_case_that_was_merged_is_read_and_says_where_it_goes_on(here: Installation) -> None:
    boris, chen = here.staff("boris"), here.staff("chen")
    one, other = (cases.ready(boris, full(here).id) for _ in range(2))
    merged(boris, chen, one, other)

    opened = run(here, "open", one.id)

    assert (opened.code, other.id in opened.err) == (0, True)
