"""What is written beside each other: nothing is counted twice, and nobody keeps a part to themselves."""

from dataclasses import replace

import pytest

from app.client.casework import cases
from app.client.machine import sealed
from app.protocol.card import new_card_id
from app.protocol.case import CardNote
from app.protocol.journal import Entry, PartNote
from tests.client.casework.scene import accepted, coded
from tests.client.installation import Installation


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
