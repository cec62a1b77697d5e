"""The key of a case turns: whoever holds the newest reads all of it, and nothing is written under an older one."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from app.client import Staff
from app.client.casework import cases, coding_approvals, leaving, triage
from app.client.casework.cases import OpenCase
from app.client.machine import sealed
from app.client.machine.directory import Machine
from app.client.machine.transport import Refused
from app.protocol.case import PartType
from app.protocol.certificates import certificate
from app.protocol.documents import Document
from app.protocol.encoding import unb64
from app.protocol.errors import NotMine
from app.protocol.journal import Entry, PartNote
from app.vocabulary import ConsentStatus, Role
from tests.client.casework.scene import agree_to_service, approved, coded
from tests.client.installation import PASSPHRASE, STAFF, Installation, installation


class Counting(httpx2.HTTPTransport):
    """A wire that counts what is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(urlsplit(str(request.url)).path)
        return super().handle_request(request)


def forgetful(here: Installation, name: str, wire: httpx2.BaseTransport | None = None) -> Staff:
    """The same person at a machine that has seen nothing of any case."""
    machine = Machine(here.machine(name))
    machine.seen.unlink(missing_ok=True)
    for each in machine.journals.glob("*"):
        each.unlink()
    http = here.opened.enter_context(httpx2.Client(transport=wire, base_url=here.server)) if wire else None
    return here.opened.enter_context(Staff(here.machine(name), PASSPHRASE, http=http, clock=here.now))


def turned_twice(here: Installation, owner: Staff, opened: OpenCase) -> OpenCase:
    """Written on under each of three keys."""
    for summary in ("Under the second.", "Under the third."):
        opened = cases.turn(owner, opened)
        opened = cases.write(owner, opened, replace(opened.file, summary=summary))
    return opened


def test_whoever_holds_the_newest_key_reads_entries_parts_answers_and_approvals_of_each_before_it(
    here: Installation,
) -> None:
    """Also who comes after the turns, to whom nobody granted an older one: in one request."""
    anna, boris, chen = (here.staff(name) for name in ("anna", "boris", "chen"))
    opened = coded(here, anna, boris)
    agree_to_service(boris, opened)
    approval = approved(boris, opened, anna)
    written = turned_twice(here, boris, cases.open_(boris, opened.id))
    cases.change_members(boris, written, add=[chen.person])

    for name in ("anna", "boris", "chen"):
        staff, wire = here.staff(name), Counting()
        staff = forgetful(here, name, wire)
        _ = staff.trust  # whom it believes, it fetches once for all that it opens
        wire.asked.clear()
        found = cases.open_(staff, opened.id)
        assert wire.asked == [f"/v1/cases/{opened.id}/contents"]

        assert (found.file, found.spoiled, found.journal.passed_over) == (written.file, (), ())
        assert found.file.summary == "Under the third."
        assert (found.key.generation, [each.generation for each in found.key.older]) == (3, [2, 1])
        [part] = [each for each, said in found.said.items() if said.type == PartType.CASE]
        assert [said.body["summary"] for _, said in cases.versions(staff, found, part)] == [
            "",
            "Under the second.",
            "Under the third.",
        ]
        assert [each.status for each in cases.list_consents(staff, found)] == [ConsentStatus.GIVEN]
        assert len(coding_approvals.approved(staff, found, approval).signatures) == 1
        assert triage.open_(staff, found.file.reports[0].id).report.form.text == "They wrote to my mother."


def test_a_machine_that_has_read_the_case_under_an_older_key_goes_on_under_the_next(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    opened = coded(here, anna, boris)
    cases.open_(anna, opened.id)
    written = turned_twice(here, boris, opened)

    found = cases.open_(anna, opened.id)

    assert (found.file, found.spoiled, found.journal) == (written.file, (), written.journal)


def test_who_writes_while_the_key_turns_seals_anew_what_the_older_one_would_open(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    of_boris = coded(here, anna, boris)
    of_anna = cases.open_(anna, of_boris.id)
    [incident] = of_anna.file.incidents
    cases.turn(boris, of_boris)

    written = cases.write(anna, of_anna, of_anna.file.with_incident(replace(incident, narrative="At night.")))

    found = cases.open_(boris, of_boris.id)
    assert (found.file, found.spoiled) == (written.file, ())
    assert {versions[-1].generation for versions in found.journal.parts.values()} == {1, 2}
    assert found.file.incidents[0].narrative == "At night."


def test_of_two_who_turn_at_once_the_second_finds_it_done(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    of_boris = coded(here, anna, boris)
    of_anna = cases.open_(anna, of_boris.id)
    cases.turn(boris, of_boris)

    found = cases.turn(anna, of_anna)

    assert found.key.generation == cases.open_(anna, of_boris.id).key.generation == 2
    assert found.identity.recipient == cases.open_(boris, of_boris.id).identity.recipient


def test_a_case_turns_behind_what_a_colleague_wrote_meanwhile(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    of_boris = coded(here, anna, boris)
    of_anna = cases.open_(anna, of_boris.id)
    cases.write(boris, of_boris, replace(of_boris.file, summary="Meanwhile."))

    found = cases.turn(anna, of_anna)

    assert (found.key.generation, found.file.summary) == (2, "Meanwhile.")
    assert cases.open_(boris, of_boris.id).journal == found.journal


def test_a_part_that_lies_under_an_older_key_than_its_entry_counts_for_nobody(here: Installation) -> None:
    """anna's client is a changed one: whoever has left could read what it writes."""
    anna, boris = here.staff("anna"), here.staff("boris")
    opened = coded(here, anna, boris)
    [part] = [each for each, said in opened.said.items() if said.type == PartType.CASE]
    turned = cases.turn(boris, opened)
    body = {**opened.said[part].body, "summary": "For whoever has left."}
    of_anna = cases.open_(anna, opened.id)
    older = replace(of_anna.key.of(1), subject=part)
    written = sealed.write(anna, older, PartType.CASE, body, after=of_anna.marks[part])
    entry = Entry(parts=(PartNote(part, PartType.CASE, 2, written.mark.sha256),))
    named = sealed.write(anna, of_anna.key, "journal", entry.body(), after=of_anna.journal.mark)
    wire = {"id": part, "version": 2, "file": written.file}
    anna.service.post(f"/cases/{opened.id}/entries", {"entries": [named.file], "parts": [wire]}, version=turned.version)

    found = cases.open_(boris, opened.id)

    assert found.file.summary == ""
    assert found.spoiled == (cases.SpoiledPart(part, 1, "does not open"),)


def test_a_key_turns_for_every_member_or_not_at_all(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    opened = coded(here, anna, boris)
    alone = replace(
        opened, journal=replace(opened.journal, members=replace(opened.member_list, present=frozenset([boris.person])))
    )

    with pytest.raises(Refused) as refusal:
        cases.turn(boris, alone)

    assert refusal.value.type == "members-unfit"
    assert cases.open_(anna, opened.id).key.generation == 1


def test_whoever_is_removed_reads_nothing_more_from_that_very_entry_on(here: Installation) -> None:
    anna, boris, chen = (here.staff(name) for name in ("anna", "boris", "chen"))
    opened = cases.change_members(boris, coded(here, anna, boris), add=[chen.person])
    theirs = cases.open_(chen, opened.id).key

    changed = cases.change_members(boris, opened, remove=[chen.person])

    assert (changed.version, changed.key.generation) == (opened.version + 1, 2)
    assert changed.journal.holders == changed.members == {anna.person, boris.person}
    written = cases.write(boris, changed, replace(changed.file, summary="Later."))
    assert cases.open_(anna, opened.id).file == written.file
    file = unb64(boris.service.get_case(f"/cases/{opened.id}/contents").json()["entries"][-1]["file"])
    with pytest.raises(NotMine):
        sealed.open_(chen, theirs, "journal", file)


def test_whoever_leaves_by_themselves_makes_no_key_for_those_who_stay(here: Installation) -> None:
    """They would know it. The next who writes turns, and nothing else is asked of anybody."""
    anna, boris, chen = (here.staff(name) for name in ("anna", "boris", "chen"))
    opened = cases.change_members(boris, coded(here, anna, boris), add=[chen.person])
    cases.change_members(chen, cases.open_(chen, opened.id), remove=[chen.person])

    left = cases.open_(boris, opened.id)
    written = cases.write(boris, left, replace(left.file, summary="Later."))

    assert (left.key.generation, written.key.generation, written.version) == (1, 2, left.version + 2)
    assert cases.open_(anna, opened.id).file.summary == "Later."


def certify(here: Installation, handle: str, *roles: Role, days: int = 90) -> None:
    """A supervisor certifies somebody for these roles, from now on."""
    sara, person = here.staff("sara"), here.staff(handle)
    sara.forget()
    newest = sara.trust.last_certificate(person.person)
    assert newest is not None
    certified = replace(sara.trust.ever_certified(person.person, newest_key(newest)), roles=frozenset(roles))
    valid = {"valid_from": sara.today, "valid_until": sara.today + timedelta(days=days)}
    document = certificate(certified, org=sara.org, signer=sara.signer, previous=newest, **valid)
    sara.service.post("/certificates", {"document": document.text.decode()})


def newest_key(of: Document) -> bytes:
    return unb64(of.header.body["key"])


def test_a_client_that_sees_that_somebody_left_turns_before_it_writes(tmp_path: Path) -> None:
    with installation(tmp_path) as here:  # of its own, for who has left does not come back
        anna, boris, chen = (here.staff(name) for name in ("anna", "boris", "chen"))
        opened = cases.change_members(boris, coded(here, anna, boris), add=[chen.person])
        certify(here, "chen")
        # boris looked before: it is the service that says so.
        written = cases.write(boris, opened, replace(opened.file, summary="Later."))

        assert (written.key.generation, written.journal.holders) == (2, frozenset([anna.person, boris.person]))
        assert chen.person in written.members


def test_a_key_turns_where_a_certificate_has_run_out_and_is_handed_on_where_there_is_the_next(tmp_path: Path) -> None:
    with installation(tmp_path) as here:  # of its own, for its days pass
        anna, boris, chen = (here.staff(name) for name in ("anna", "boris", "chen"))
        opened = cases.change_members(boris, coded(here, anna, boris), add=[chen.person])
        for stays in ("anna", "boris"):
            certify(here, stays, *STAFF[stays], days=500)
        here.pass_(timedelta(days=400))
        boris = here.staff("boris")
        written = cases.write(boris, opened, replace(opened.file, summary="Later."))

        assert (written.key.generation, written.journal.holders) == (2, frozenset([anna.person, boris.person]))
        certify(here, "chen", *STAFF["chen"])
        back = here.staff("boris")
        found = cases.open_(back, opened.id)
        again = cases.write(back, found, replace(found.file, summary="Latest."))

        assert (again.key.generation, again.journal.holders) == (3, again.members)
        assert cases.open_(here.staff("chen"), opened.id).file.summary == "Latest."


def test_whom_the_key_was_lent_to_and_who_left_since_ends_it_too(tmp_path: Path) -> None:
    with installation(tmp_path) as here:
        anna, boris = here.staff("anna"), here.staff("boris")
        opened = coded(here, anna, boris)
        approved(boris, opened, here.staff("chen"))
        lent = cases.open_(boris, opened.id)
        certify(here, "chen")

        written = cases.write(boris, lent, replace(lent.file, summary="Later."))

        assert (lent.key.generation, written.key.generation) == (1, 2)


def test_an_answer_is_kept_under_the_next_key_where_somebody_left_since_this_machine_looked(tmp_path: Path) -> None:
    with installation(tmp_path) as here:
        anna, boris, chen = here.staff("anna"), here.staff("boris"), here.staff("chen")
        opened = cases.change_members(boris, coded(here, anna, boris), add=[chen.person])
        leaving.leave(here.staff("sara"), chen.person)

        agree_to_service(boris, opened)

        after = cases.open_(here.staff("boris"), opened.id)
        [answer] = cases.list_consents(here.staff("boris"), after)
        assert (after.key.generation, answer.status) == (2, ConsentStatus.GIVEN)
