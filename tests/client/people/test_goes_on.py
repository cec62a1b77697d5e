"""What was broken off between the service's answer and this machine's memory of it goes on."""

from dataclasses import replace
from typing import Any

import pytest

from app.client.machine.directory import Machine
from app.client.machine.transport import Refused
from app.client.people import colleagues, roots
from app.client.people.roots import RootOfAnother
from app.protocol import roots as protocol_roots
from app.protocol.roots import Paper
from app.vocabulary import Role
from tests.client.installation import Installation
from tests.protocol.organisation import DAY, SUPERVISOR


def test_who_joined_and_lost_the_answer_joins_as_the_same_person(here: Installation) -> None:
    invitation = colleagues.invite(here.staff("sara"), {Role.TRIAGER})
    here.join("nora", invitation, pin=here.pin)
    machine = Machine(here.machine("nora"))
    joined = machine.about
    machine.tell(replace(joined, person=None))

    here.join("nora", invitation, pin=here.pin)

    assert machine.about == joined


def test_a_used_invitation_is_still_refused_to_somebody_else(here: Installation) -> None:
    invitation = colleagues.invite(here.staff("sara"), {Role.TRIAGER})
    here.join("omar", invitation, pin=here.pin)

    with pytest.raises(Refused, match="invitation"):
        here.join("paul", invitation, pin=here.pin)


def test_a_root_that_was_made_is_pinned_by_who_made_it(here: Installation) -> None:
    sara = here.staff("sara")
    sara.machine.tell(replace(sara.about, pin=None))

    assert roots.go_on(sara) == here.pin
    assert sara.about.pin == here.pin


def test_a_root_that_others_have_signed_is_not_ones_own_though_it_lists_one() -> None:
    theirs = [Paper(f"paper_{number:032x}", bytes([number]) * 16) for number in (1, 2)]
    listing: dict[str, Any] = {"on": DAY, "k": 2, "papers": theirs}
    me, mine = SUPERVISOR.certified, SUPERVISOR.signer

    signed_by_me = protocol_roots.make_root([me], mine, *(each.signer for each in theirs), **listing)
    signed_by_others = protocol_roots.make_root([me], *(each.signer for each in theirs), **listing)

    assert roots.is_made_by(signed_by_me, me)
    assert not roots.is_made_by(signed_by_others, me)
    assert not roots.is_made_by(signed_by_me, replace(me, roles=frozenset({Role.ANALYST})))


def test_nobody_else_takes_that_root_for_their_own(here: Installation) -> None:
    emil = here.staff("emil")

    with pytest.raises(RootOfAnother):
        roots.go_on(emil)
