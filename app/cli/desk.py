"""`tern me`: what waits for you, what ends soon, and which reporters have written."""

from typing import Any

from app.cli.console import HOME, Home, Json, say, show_list, staff
from app.cli.names import short
from app.client.casework import desk


def me(machine: Home = HOME, as_json: Json = False) -> None:
    """What waits for you, what ends soonest first: what you claimed, were handed, work on, are asked; what is news."""
    person = staff(machine)
    found = desk.waiting(person)
    rows: list[dict[str, Any]] = [
        {
            "kind": each.kind,
            "id": each.id,
            "case": None,
            "state": each.state,
            "due": each.due and each.due.isoformat(),
            "overdue": each.due is not None and each.due < person.today,
        }
        for each in found.items
    ]
    rows += [
        {"kind": "news", "id": each.report, "case": each.case, "state": str(each), "due": None, "overdue": False}
        for each in found.news
    ]
    columns = ["kind", "id", "case", "state", "due", "overdue"]
    words = {True: "yes", False: ""}
    show_list(
        "For you",
        columns,
        rows,
        as_json=as_json,
        words=lambda row: {
            "id": short(str(row["id"])),
            "case": row["case"] and short(str(row["case"])),
            "overdue": words[bool(row["overdue"])],
        },
    )
    if found.more and not as_json:
        say("There is more: tern triage list, tern case list and tern case approvals have all of it.")
