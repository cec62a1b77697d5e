"""`tern case open`: the facts of a case, which come from its files and go to the screen. The service sees none."""

from contextlib import suppress
from dataclasses import asdict
from typing import Any

from app.cli.case_page import page
from app.cli.console import HOME, Home, Json, say, show, show_text, staff
from app.cli.names import CaseId, Names
from app.client.casework import cases, course, words
from app.client.casework.cases import Consents, OpenCase
from app.client.machine.staff import NotGranted, Staff
from app.client.machine.transport import Refused
from app.client.statistics import cards
from app.protocol.errors import ProtocolError


def open_(id_: CaseId, machine: Home = HOME, as_json: Json = False) -> None:
    """Read a case, and what its people have answered about each use."""
    person = staff(machine)
    names = Names(person)
    open_case = cases.open_(person, names.case(id_))
    _send_again(person, open_case)
    # Whoever is asked to approve its coding reads the case and not its consents.
    consents = cases.read_consents(person, open_case) if person.person in open_case.members else None
    view = cases.view(person, open_case.id) if consents else None
    gone = words.destroyed(person, open_case) if consents else []
    rule = cases.unfounded(view, consents) if view and consents else None
    unsound = course.unsound(person, open_case, view) if view else []
    if as_json:
        show(
            facts(open_case)
            | (_answers(consents) | {"unfounded": rule, "unsound": unsound, "destroyed": gone} if consents else {}),
            as_json=True,
        )
        return
    show_text(page(open_case, consents, names, ref=view.ref if view else None, gone=gone))
    if open_case.journal.merged_into:
        say(f"It was merged into {open_case.journal.merged_into}, where it goes on. tern case undo takes it out again.")
    if view and rule:
        say(f"It stands in {view.stage} without ground ({rule}). tern case move {view.ref} intake takes it back.")
    if unsound:
        from app.cli import refusals  # with a reader of TOML, for what is hardly ever to be said

        for each in unsound:
            say(f"The service was told otherwise: {refusals.words()['rule'].get(each, each)}.")


def _send_again(person: Staff, case: OpenCase) -> None:
    """Where it cannot be done now, it is when the case is next opened."""
    with suppress(ProtocolError, NotGranted, Refused):
        if number := cards.send_again(person, case):
            say(f"Cards that may have waited on a machine that is gone wait on this one now: {number}.")


def facts(open_case: OpenCase) -> dict[str, Any]:
    """All but the contribution tokens, which nobody needs to see."""
    body = asdict(open_case.file)
    for each in (*body["persons"], *body["ties"]):
        del each["token"]
    for each in body["ties"]:
        each["signed"] = bool(each["signed"])
    if open_case.file.assessment:
        body["assessment"] = open_case.file.assessment.body()
    about = {"case": open_case.id, "version": open_case.version, "author": open_case.journal.author}
    beside = {
        "summed_up_by": open_case.journal.summed_up_by,
        "passed_over": list(open_case.journal.passed_over),
        "clock_wrong": list(open_case.journal.clock_wrong),
        "spoiled": [asdict(each) for each in open_case.spoiled],
        "set_aside": [asdict(each) for each in open_case.set_aside],
        "closed": [asdict(each) for each in open_case.closed],
    }
    return {**about, **beside, **body}


def _answers(consents: Consents) -> dict[str, Any]:
    newest = [
        {"id": each.id, "person": each.person, "scope": each.scope.value, "status": each.status.value}
        for each in consents.newest
    ]
    return {"answers": newest, "spoiled": [asdict(each) for each in consents.spoiled]}
