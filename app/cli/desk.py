"""`tern me`: what waits for you, and what ends soon."""

from typing import Any

from app.cli.console import HOME, Home, Json, say, show_list, staff
from app.cli.names import short
from app.client.casework import desk


def me(machine: Home = HOME, as_json: Json = False) -> None:
    """What waits for you, what ends soonest first: what you claimed, were handed, work on, and are asked."""
    person = staff(machine)
    found, more = desk.waiting(person)
    rows: list[dict[str, Any]] = [
        {
            "kind": each.kind,
            "id": each.id,
            "state": each.state,
            "due": each.due,
            "overdue": each.due is not None and each.due < person.today,
        }
        for each in found
    ]
    columns = ["kind", "id", "state", "due", "overdue"]
    words = {True: "yes", False: ""}
    show_list(
        "For you",
        columns,
        rows,
        as_json=as_json,
        words=lambda row: {"id": short(str(row["id"])), "overdue": words[bool(row["overdue"])]},
    )
    if more and not as_json:
        say("There is more: tern triage list, tern case list and tern case approvals have all of it.")
