"""`tern partner`, as a supervisor uses it."""

import json

from tests.cli.command import Ended, tern
from tests.client.installation import Installation


def at(here: Installation, *arguments: str) -> Ended:
    return tern("partner", *arguments, environment=here.environment("sara"))


def test_a_supervisor_proposes_an_organisation_and_cannot_let_it_in_alone(here: Installation) -> None:
    proposed = at(here, "propose", "a-university", "--until", "2027-06-30", "--embargoed")
    unasked = at(here, "agree", "a-university")
    alone, token = at(here, "agree", "a-university", "--yes"), at(here, "token", "a-university")
    listed = json.loads(at(here, "list", "--json").out)
    ended = at(here, "end", "a-university")

    assert [each.code for each in (proposed, alone, token, ended)] == [0, 1, 1, 0]
    assert "tern partner agree a-university" in proposed.err
    assert "partner-self-agreement" in alone.err
    assert (
        unasked.code,
        "a-university, proposed by sara, is to read what is embargoed until 2027-06-30." in unasked.err,
    ) == (1, True)
    assert [(each["handle"], each["scope"], each["state"], each["proposed_by"]) for each in listed] == [
        ("a-university", "embargoed", "proposed", "sara")
    ]
    assert at(here, "end", "nobody").code == 2
