"""Who somebody is lies under a key of its own, which turns too: for those of its holders who stay."""

from dataclasses import replace

import pytest

from app.client import Staff
from app.client.casework import cases
from app.client.casework.cases import OpenCase
from app.protocol.case.parts import Identity
from app.protocol.encoding import b64, new_id
from tests.client.casework.scene import coded
from tests.client.casework.test_turning import forgetful
from tests.client.installation import Installation


def named(here: Installation, *holders: Staff) -> tuple[OpenCase, str]:
    """A case of anna, boris, who owns it, and chen, in which boris wrote down who somebody is; the id of that part."""
    anna, boris, chen = (here.staff(name) for name in ("anna", "boris", "chen"))
    opened = cases.change_members(boris, coded(here, anna, boris), add=[chen.person])
    identity = Identity(opened.file.persons[0].id, "Lin Wei", "", "")
    written = cases.write(boris, opened, opened.file.with_identity(identity), holders={each.person for each in holders})
    [part] = written.journal.held
    return written, part


def renamed(staff: Staff, case: OpenCase, name: str) -> OpenCase:
    [identity] = case.file.identities
    return cases.write(staff, case, case.file.with_identity(replace(identity, names=name)))


def test_an_identity_turns_with_its_case_for_those_of_its_holders_who_stay(here: Installation) -> None:
    anna, boris, chen = (here.staff(name) for name in ("anna", "boris", "chen"))
    opened, part = named(here, anna, chen)
    theirs = cases.open_(chen, opened.id).keys.own[part]

    changed = cases.change_members(boris, opened, remove=[chen.person])
    later = renamed(boris, changed, "Lin Wei-Ting")

    assert changed.keys.own[part].generation == 2
    assert changed.journal.held == {part: frozenset([anna.person, boris.person])}
    found = cases.open_(forgetful(here, "anna"), opened.id)
    assert (found.file.identities, found.spoiled) == (later.file.identities, ())
    assert [said.body["names"] for _, said in cases.versions(anna, found, part)] == ["Lin Wei", "Lin Wei-Ting"]
    assert found.keys.own[part].of(1).identity.recipient == theirs.identity.recipient


def test_who_turns_a_case_and_does_not_hold_an_identity_leaves_that_to_the_next_of_its_holders(
    here: Installation,
) -> None:
    anna, boris, chen = (here.staff(name) for name in ("anna", "boris", "chen"))
    opened, part = named(here, chen)
    cases.change_members(anna, cases.open_(anna, opened.id), remove=[chen.person])
    turned = cases.open_(boris, opened.id)

    written = cases.write(boris, turned, replace(turned.file, summary="Later."))

    assert (turned.key.generation, turned.keys.own[part].generation, turned.journal.old_parts) == (2, 1, [part])
    assert (written.keys.own[part].generation, written.journal.old_parts) == (2, [])
    assert written.journal.held[part] == frozenset([boris.person])


def test_who_is_named_a_holder_later_reads_what_lies_under_each_key(here: Installation) -> None:
    anna, boris, chen = (here.staff(name) for name in ("anna", "boris", "chen"))
    opened, part = named(here, chen)
    written = renamed(boris, cases.turn(boris, opened), "Lin Wei-Ting")

    cases.grant_part(boris, written, part, anna.person)

    found = cases.open_(forgetful(here, "anna"), opened.id)
    assert found.file.identities[0].names == "Lin Wei-Ting"
    assert found.journal.held[part] == found.members
    assert [said.body["names"] for _, said in cases.versions(anna, found, part)] == ["Lin Wei", "Lin Wei-Ting"]
    assert [each.type for each in cases.open_(chen, opened.id).closed] == []
    assert renamed(anna, found, "Lin W.-T.").journal.parts[part][-1].generation == 2


def test_of_many_identities_each_request_turns_as_many_as_it_holds_and_none_is_written_on_before(
    here: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, boris, chen = (here.staff(name) for name in ("anna", "boris", "chen"))
    opened, part = named(here, anna, chen)
    [first] = opened.file.persons
    person = replace(first, id=new_id("psn"), token=b64(bytes(16)))
    both = replace(opened.file, persons=(*opened.file.persons, person))
    written = cases.write(
        boris, opened, both.with_identity(Identity(person.id, "Somebody", "", "")), holders={chen.person}
    )
    other = next(each for each in written.journal.held if each != part)
    monkeypatch.setattr("app.client.casework.cases.turning.MOST_PART_KEYS", 1)

    changed = cases.change_members(boris, written, remove=[chen.person])
    [left] = changed.journal.old_parts
    later = cases.write(boris, changed, replace(changed.file, summary="Later."))

    assert left in (part, other)
    assert later.journal.old_parts == []
    assert {later.keys.own[each].generation for each in (part, other)} == {2}
