"""Whoever knows nothing of a case begins at what a colleague sums up, and nobody acts on that alone."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from app.client.casework import cases, coding_approvals
from app.client.casework.cases import CHECKPOINT_DISTANCE, OpenCase
from app.client.machine import sealed
from app.client.machine.staff import Staff
from app.protocol import journal
from app.protocol.case import Assertion
from app.protocol.chain import Mark
from app.protocol.errors import NotAuthentic
from app.protocol.journal import Entry, Journal
from tests.client.casework.scene import coded
from tests.client.casework.test_turning import Counting, forgetful
from tests.client.installation import Installation


def summed_up(here: Installation, owner: Staff) -> OpenCase:
    """A case of several versions, with a checkpoint and an entry after it."""
    case = coded(here, here.staff("anna"), owner)
    for number in range(3):
        case = cases.write(owner, case, replace(case.file, summary=f"For the time {number}."))
    case = cases.sum_up(owner, case)
    return cases.write(owner, case, replace(case.file, title="After it."))


def test_a_new_machine_begins_at_the_checkpoint_in_one_request_and_names_who_made_it(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    written = summed_up(here, boris)
    wire = Counting()
    anna = forgetful(here, "anna", wire)
    _ = anna.trust  # whom she believes, she fetches once for all that she opens
    wire.asked.clear()

    found = cases.open_(anna, written.id)

    assert wire.asked == [f"/v1/cases/{written.id}/contents"]
    assert (found.file, found.version, found.spoiled) == (written.file, written.version, ())
    assert (found.journal.since, found.journal.summed_up_by) == (written.journal.checkpoint - 1, boris.person)
    assert found.member_list == written.member_list
    again = cases.open_(anna, written.id)
    assert again.journal == found.journal

    whole = cases.whole(anna, again)

    assert whole.journal == cases.open_(anna, written.id).journal == written.journal
    assert (whole.journal.since, whole.journal.summed_up_by) == (0, None)


def test_who_was_granted_the_key_by_somebody_who_had_read_more_is_told_no_name(here: Installation) -> None:
    boris, chen = here.staff("boris"), here.staff("chen")
    written = summed_up(here, boris)
    cases.change_members(boris, written, add=[chen.person])

    found = cases.open_(here.staff("chen"), written.id)

    assert found.file == written.file
    assert (found.journal.since, found.journal.summed_up_by) == (written.journal.checkpoint - 1, None)


def test_whoever_writes_on_a_summary_reads_all_before(here: Installation) -> None:
    boris = here.staff("boris")
    written = summed_up(here, boris)
    anna = forgetful(here, "anna")
    [incident] = written.file.incidents
    said = Assertion(by="a neighbour", text="I saw a car.", basis="relative_witnessed")
    opened = cases.open_(anna, written.id)
    cases.write(boris, written, replace(written.file, summary="Meanwhile."))

    after = cases.write(anna, opened, opened.file.with_incident(replace(incident, assertions=(said,))))

    assert (after.journal.since, after.file.summary) == (0, "Meanwhile.")
    assert cases.open_(boris, written.id).file == after.file


@pytest.mark.parametrize("act", ["members", "turn", "versions", "history", "approve"])
def test_whatever_else_needs_all_of_a_case_reads_all_before(here: Installation, act: str) -> None:
    boris, chen = here.staff("boris"), here.staff("chen")
    written = summed_up(here, boris)
    wire = Counting()
    anna = forgetful(here, "anna", wire)
    opened = cases.open_(anna, written.id)
    [part] = (each for each, said in opened.said.items() if said.type == "part.case")
    if act == "approve":
        asked = coding_approvals.request(boris, written, anna.person)
    wire.asked.clear()

    acts: dict[str, Callable[[], object]] = {
        "members": lambda: cases.change_members(anna, opened, add=[chen.person]),
        "turn": lambda: cases.turn(anna, opened),
        "versions": lambda: cases.versions(anna, opened, part),
        "history": lambda: cases.check_history(anna, opened),
        "approve": lambda: coding_approvals.review(anna, asked),
    }
    acts[act]()

    assert f"/v1/cases/{written.id}/contents" in wire.asked
    assert cases.open_(anna, written.id).journal.since == 0


def false_checkpoint(author: Staff, opened: OpenCase, change: Callable[[Journal], Journal]) -> OpenCase:
    """By a client that sums up otherwise than it is."""
    return cases.sum_up(author, replace(opened, journal=change(opened.journal)))


def without_incident(found: Journal) -> Journal:
    return replace(
        found, parts={part: each for part, each in found.parts.items() if each[0].note.type != "part.incident"}
    )


def test_a_false_checkpoint_is_found_by_whoever_knows_and_replaced_by_the_next_who_writes(here: Installation) -> None:
    """Until then a new machine shows whose word it is, and acts on nothing."""
    anna, boris = here.staff("anna"), here.staff("boris")
    written = summed_up(here, boris)
    false_checkpoint(anna, cases.open_(anna, written.id), without_incident)

    misled = forgetful(here, "boris")
    shown = cases.open_(misled, written.id)
    assert (shown.file.incidents, shown.journal.summed_up_by) == ((), anna.person)
    with pytest.raises(NotAuthentic, match=r"^checkpoint$"):
        cases.write(misled, shown, replace(shown.file, title="On sand."))
    found = cases.open_(misled, written.id)
    assert (found.file, found.journal.passed_over) == (written.file, (shown.version,))
    assert found.journal.false_checkpoints == (shown.version,)

    cases.write(misled, found, replace(found.file, title="On rock."))

    new = cases.open_(forgetful(here, "anna"), written.id)
    assert (new.file.title, new.file.incidents) == ("On rock.", written.file.incidents)
    assert (new.journal.since, new.journal.summed_up_by) == (shown.version + 1, boris.person)


def test_a_part_that_counts_for_nothing_is_looked_for_in_all_entries(here: Installation) -> None:
    boris = here.staff("boris")
    written = summed_up(here, boris)
    [part] = (each for each, said in written.said.items() if said.type == "part.case")
    note = journal.PartNote(part, "part.case", written.marks[part].version + 1, "0" * 64)
    entry = sealed.write(boris, written.key, "journal", Entry(parts=(note,)).body(), after=written.journal.mark)
    boris.service.post(f"/cases/{written.id}/entries", {"entries": [entry.file]}, version=written.version)

    found = cases.open_(forgetful(here, "anna"), written.id)

    assert found.file == written.file
    assert [each.version for each in found.spoiled] == [written.marks[part].version]
    assert found.journal.since == 0


def test_a_checkpoint_is_due_after_so_many_entries_or_where_the_newest_is_false(here: Installation) -> None:
    found = coded(here, here.staff("anna"), here.staff("boris")).journal
    long = replace(found, mark=Mark(CHECKPOINT_DISTANCE, "0" * 64, 1))

    assert not cases.is_checkpoint_due(found)
    assert cases.is_checkpoint_due(long)
    assert not cases.is_checkpoint_due(replace(long, checkpoint=1))
    assert cases.is_checkpoint_due(replace(found, false_checkpoints=(2,)))
    assert not cases.is_checkpoint_due(replace(found, false_checkpoints=(2,), checkpoint=3))
