"""What is written beside each other: nothing is counted twice, and nobody keeps a part to themselves."""

from contextlib import closing
from dataclasses import replace

import httpx2
import pytest
from sqlalchemy import delete

from app.casework.cases.models import CasePart
from app.client import Staff
from app.client.casework import cases
from app.client.machine import sealed
from app.database import Database
from app.protocol.card import new_card_id
from app.protocol.case import Assertion, CardNote, Incident, Name, PartType
from app.protocol.encoding import unb64
from app.protocol.journal import Entry, PartNote
from app.protocol.selectors import Selector
from tests.client.casework.scene import accepted, coded
from tests.client.installation import PASSPHRASE, Installation


def test_a_version_that_was_named_and_never_stored_leaves_the_part_to_whoever_writes_next(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    opened = accepted(here, anna, boris)
    [part] = opened.said
    entry = Entry(parts=(PartNote(part, "part.case", 2, "0" * 64),))
    named = sealed.write(anna, opened.key, "journal", entry.body(), after=opened.journal.mark)
    anna.service.post(f"/cases/{opened.id}/entries", {"entries": [named.file]}, version=opened.version)

    found = cases.open_(boris, opened.id)
    written = cases.write(boris, found, replace(found.file, summary="And on."))

    assert found.spoiled == (cases.SpoiledPart(part, 1, "not authentic: missing"),)
    assert (written.marks[part].version, written.file.summary) == (3, "And on.")
    again = cases.open_(here.staff("anna"), opened.id)
    assert (again.file.summary, again.spoiled) == ("And on.", ())


def test_a_part_of_which_the_service_has_nothing_left_is_shown_as_missing_and_closes_the_case_to_nobody(
    here: Installation,
) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    opened = coded(here, anna, boris)
    part = opened.whole.parts[Name(PartType.INCIDENT, opened.file.incidents[0].id)]
    with closing(Database(f"sqlite:///{here.directory / 'server' / 'tern.sqlite'}")) as base, base.write() as rows:
        rows.execute(delete(CasePart).where(CasePart.id == part))

    found = cases.open_(here.staff("anna"), opened.id)

    assert found.spoiled == (cases.SpoiledPart(part, None, "not authentic: missing"),)
    assert (found.file.title, cases.versions(anna, found, part)) == (opened.file.title, [])


def test_of_two_who_write_a_card_of_one_incident_at_once_the_second_is_told(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    of_boris = coded(here, anna, boris)
    of_anna = cases.open_(anna, of_boris.id)
    [incident] = of_boris.file.incidents
    first, second = (CardNote(new_card_id(), incident.id, 0, incident.coder, "1.0.0") for _ in range(2))
    cases.write(boris, of_boris, replace(of_boris.file, cards=(first,)))

    with pytest.raises(cases.Collision):
        cases.write(anna, of_anna, replace(of_anna.file, cards=(second,)))

    assert cases.open_(anna, of_boris.id).file.cards == (first,)


class Dying(httpx2.HTTPTransport):
    """The wire of a client that is killed at this one of its writes; `answered`: once the service has done it."""

    def __init__(self, write: int, *, answered: bool) -> None:
        super().__init__()
        self._left, self._answered = write, answered

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.method == "GET":
            return super().handle_request(request)
        self._left -= 1
        if self._left == 0 and not self._answered:
            raise KeyboardInterrupt
        response = super().handle_request(request)
        if self._left == 0:
            response.read()
            raise KeyboardInterrupt
        return response


@pytest.mark.parametrize("answered", [False, True], ids=["before a request", "before its answer"])
def test_what_a_client_was_writing_when_it_was_killed_is_taken_up_again_and_said_once(
    here: Installation, *, answered: bool
) -> None:
    """It is more than one request holds, which is killed at each of them in turn. A colleague writes in between."""
    anna, boris = here.staff("anna"), here.staff("boris")
    case = cases.open_(boris, coded(here, anna, boris).id)
    words = "x" * 600_000
    for number in (1, 2):
        said = [Assertion(by=f"{number}, {each}", text=words, basis="relative_witnessed") for each in range(3)]
        file = case.file.with_incident(_saying(case.file.incidents[0], *said))
        with httpx2.Client(transport=Dying(number, answered=answered), base_url=here.server) as http:
            killed = Staff(here.machine("boris"), PASSPHRASE, http=http, clock=here.now)
            with pytest.raises(KeyboardInterrupt):
                cases.write(killed, case, file)
        seen = cases.open_(anna, case.id)
        assert (seen.spoiled, seen.set_aside, seen.journal.passed_over) == ((), (), ())
        other = Assertion(by=f"anna, {number}", text="…", basis="relative_witnessed")
        cases.write(anna, seen, seen.file.with_incident(_saying(seen.file.incidents[0], other)))

        boris = here.staff("boris")
        draft, case = cases.drafts.find(boris, case.id), cases.open_(boris, case.id)
        assert draft
        assert draft.overtaken(case) == ()
        case = cases.write(boris, case, draft.on(case, by=boris.person))

    everything = [each.by for each in cases.open_(anna, case.id).file.incidents[0].assertions]
    assert sorted(everything) == sorted(
        [*(f"{number}, {each}" for number in (1, 2) for each in range(3)), "anna, 1", "anna, 2"]
    )


def _saying(incident: Incident, *more: Assertion) -> Incident:
    return replace(incident, assertions=(*incident.assertions, *more))


def test_more_than_one_request_holds_is_written_in_several(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    opened = accepted(here, anna, boris)
    selectors = tuple(Selector.of("email", f"them{number}@example.org") for number in range(501))

    cases.write(boris, opened, replace(opened.file, selectors=selectors))

    assert cases.open_(anna, opened.id).file.selectors == selectors


def test_a_copied_server_sees_of_an_old_case_how_often_which_part_changed_and_files_of_one_length(
    here: Installation,
) -> None:
    """The numbers of docs/protocol.md, section 16."""
    anna, boris = here.staff("anna"), here.staff("boris")
    case = coded(here, anna, boris)
    for number in range(5):
        case = cases.write(boris, case, replace(case.file, summary=f"The summary, for the time {number}."))

    contents = boris.service.get(f"/cases/{case.id}/contents").json()

    assert sorted(int(each["version"]) for each in contents["parts"]) == [1, 1, 1, 6]
    lengths = {len(unb64(str(each["file"]))) for each in (*contents["parts"], *contents["entries"])}
    assert lengths == {5_755}
