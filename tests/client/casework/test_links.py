"""Cases are linked: who works on both finds each in the other, and nobody else learns which it is."""

import pytest

from app.client.casework import cases, links
from app.client.casework.links import Linked
from app.protocol.case import LinkKind, RuleBroken
from tests.client.casework.scene import accepted
from tests.client.casework.test_moving import merged
from tests.client.installation import Installation


def test_a_link_is_in_both_cases_and_tells_who_works_on_one_of_them_of_no_other(here: Installation) -> None:
    anna, boris = here.staff("anna"), here.staff("boris")
    one, other = (accepted(here, anna, boris) for _ in range(2))
    one = cases.change_members(boris, one, add=[here.staff("chen").person])
    chen = here.staff("chen")

    made = links.link(boris, one, other, LinkKind.SAME_ACTOR)
    one, other = (cases.open_(boris, each.id) for each in (one, other))
    again = links.link(boris, other, one, LinkKind.SAME_ACTOR)

    assert made == again
    assert links.links(boris, one) == [Linked(made, LinkKind.SAME_ACTOR, (other.id,))]
    assert links.links(boris, other) == [Linked(made, LinkKind.SAME_ACTOR, (one.id,))]
    read = cases.open_(chen, one.id)
    assert links.links(chen, read) == [Linked(made, LinkKind.SAME_ACTOR, ())]
    assert other.id not in repr([said.body for said in read.said.values()])
    with pytest.raises(RuleBroken, match="link-to-itself"):
        links.link(boris, one, one, LinkKind.OTHER)

    links.unlink(boris, one, made)

    assert [cases.open_(boris, each.id).file.links for each in (one, other)] == [(), ()]
    with pytest.raises(RuleBroken, match="no-such-link"):
        links.unlink(boris, cases.open_(boris, one.id), made)


def test_what_a_merged_case_was_linked_to_is_linked_to_the_case_into_which_it_went(here: Installation) -> None:
    boris, chen = here.staff("boris"), here.staff("chen")
    one, into, third = (
        cases.change_members(boris, accepted(here, here.staff("anna"), boris), add=[chen.person]) for _ in range(3)
    )
    made = links.link(boris, one, third, LinkKind.RELATIVES)

    carried = links.carry(boris, cases.open_(boris, one.id), cases.open_(boris, into.id))
    merged(boris, chen, cases.open_(boris, one.id), carried)

    third = cases.open_(chen, third.id)
    assert links.links(chen, third) == [Linked(made, LinkKind.RELATIVES, (into.id,))]
    assert links.links(boris, cases.open_(boris, into.id)) == [Linked(made, LinkKind.RELATIVES, (third.id,))]
    links.unlink(chen, third, made)
    assert cases.open_(boris, into.id).file.links == ()
