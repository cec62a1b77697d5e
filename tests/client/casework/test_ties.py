"""A person who is known from another case is counted as one, once two people who may open both say so."""

from contextlib import closing
from dataclasses import replace

import pytest
from sqlalchemy import select

from app import age
from app.client.casework import cases, coding_approvals, ties
from app.client.casework.cases import OpenCase
from app.client.casework.ties import Someone
from app.client.machine.staff import Staff
from app.client.people import shared_keys
from app.client.statistics import cards
from app.protocol import card
from app.protocol.card import Says, TokenCard
from app.protocol.encoding import b64
from app.protocol.errors import NotAuthentic
from app.protocol.statements import KeyKind
from app.shred_keys.store import ShredKeys
from app.statistics.cards.models import Card
from tests.client.casework.scene import approved, coded
from tests.client.installation import Installation
from tests.client.statistics.test_cards import server
from tests.protocol.cards import APPROVER, WRITER


def two_cases(here: Installation) -> tuple[OpenCase, OpenCase]:
    """Both of boris, with a person each; chen works on both."""
    anna, boris, chen = here.staff("anna"), here.staff("boris"), here.staff("chen")
    found = (coded(here, anna, boris) for _ in range(2))
    one, other = (cases.change_members(boris, each, add=[chen.person], remove=[], owner=None) for each in found)
    return one, other


def first(staff: Staff, case: OpenCase) -> Someone:
    case = cases.open_(staff, case.id)
    return ties.someone(staff, case, case.file.persons[0].id)


def sent(here: Installation, case: OpenCase) -> tuple[set[str], list[TokenCard]]:
    """The tokens of this case's cards as the service has them, and what joins them, opened with the statistics key."""
    boris = here.staff("boris")
    cards.send(boris, now=True)
    ids = {each.id for each in case.file.cards}.union(*({tie.card, tie.before} for tie in case.file.ties))
    identity = shared_keys.hold(here.staff("sara"), KeyKind.STATISTICS).identity
    tokens, joining = set[str](), list[TokenCard]()
    shred_keys = ShredKeys(f"sqlite:///{here.directory / 'keys' / 'keys.sqlite'}")
    database = server(here)
    database.keys = shred_keys
    with closing(shred_keys), database.read() as session:
        for file in session.scalars(select(Card.file).where(Card.file.is_not(None))):
            said = card.parse(age.decrypt(bytes(file or b""), [identity])).card
            if said.id not in ids:
                continue
            if isinstance(said, TokenCard):
                joining.append(said)
            else:
                tokens.add(b64(said.token))
    return tokens, joining


def test_a_person_of_two_cases_is_counted_as_one_and_as_two_again(here: Installation) -> None:
    boris, chen = here.staff("boris"), here.staff("chen")
    one, other = (first(boris, each) for each in two_cases(here))
    older, newer = sorted((one, other), key=lambda each: each.since)

    said = ties.say(boris, one, other)
    again = ties.say(boris, first(boris, one.case), first(boris, other.case))
    asked = coding_approvals.request(boris, again.case, chen.person)
    review = coding_approvals.review(chen, asked)
    coding_approvals.decide(chen, review, approved=True)
    tied = cards.write(boris, newer.case.id, asked)

    assert (said.case.id, again.file.ties) == (newer.case.id, said.file.ties)
    assert [(each.other.case.id, each.other.person) for each in review.ties] == [(older.case.id, older.person)]
    assert tied.file.token_of(newer.person) == older.token

    lose_outbox(boris)
    assert (
        cards.send_again(boris, cases.open_(boris, newer.case.id)) == 2
    )  # their card too, approved before the tie was
    lose_outbox(boris)
    corrected = cards.write(boris, newer.case.id, approved(boris, tied, chen, correct=True))
    after, joining = sent(here, corrected)

    assert after == {older.token}
    assert [(each.says, *map(b64, each.tokens)) for each in joining] == [(Says.JOIN, older.token, newer.token)]

    ties.take_back(boris, first(boris, one.case), first(boris, other.case))
    parted = cards.write(boris, newer.case.id, approved(boris, cases.open_(boris, newer.case.id), chen))
    after, joining = sent(here, parted)

    assert after == {newer.token}
    assert [each.says for each in joining] == [Says.PART]


def test_who_knows_one_of_the_cases_signs_nothing_of_it_and_nobody_believes_keys_that_were_never_certified(
    here: Installation,
) -> None:
    anna, boris, chen = here.staff("anna"), here.staff("boris"), here.staff("chen")
    one, other = (first(boris, coded(here, anna, boris)) for _ in range(2))
    newer = ties.say(boris, one, other)
    [tie] = newer.file.ties
    older = one if newer.case.id == other.case.id else other

    asked = coding_approvals.request(boris, newer.case, chen.person)
    review = coding_approvals.review(chen, asked)

    assert (review.ties, review.unknown_ties, len(review.cards)) == ((), 1, 1)
    assert older.case.id not in str(review.case.said)

    content = tie.content(newer.token)
    forged = replace(tie, asked_of=chen.person, signed=(card.sign(content, WRITER), card.sign(content, APPROVER)))
    case = cases.open_(boris, newer.case.id)
    cases.write(boris, case, case.file.with_tie(forged))

    with pytest.raises(NotAuthentic, match="uncertified"):
        coding_approvals.review(chen, asked)


def lose_outbox(staff: Staff) -> None:
    for path in staff.machine.outbox.glob("*.age"):
        path.unlink()
