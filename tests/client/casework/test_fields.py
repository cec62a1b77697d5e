"""Every field of a case that may be said otherwise is one that `tern case set` knows."""

from dataclasses import fields as fields_of

from app.client.casework.cases.fields import Target
from app.protocol.case import Affected, CaseFile, Identity, Incident

# What no command sets: ids and the token, drawn once; who coded; and what is added by commands of its own.
DRAWN = {"id", "token", "person", "coder"}
PARTS = {
    *("reports", "persons", "incidents", "cards", "ties", "selectors", "identities", "assertions", "verdicts"),
    *("assessment", "plan", "tasks", "notes", "closing", "links"),
}


def test_every_field_can_be_set_by_command() -> None:
    for kind, of in (("case", CaseFile), ("person", Affected), ("incident", Incident), ("identity", Identity)):
        known = set(Target(kind, 1).fields)
        assert {each.name for each in fields_of(of)} - DRAWN - PARTS - {"coding"} <= known, kind
