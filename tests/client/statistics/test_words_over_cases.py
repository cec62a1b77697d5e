"""Somebody who is in two cases says no in one of them: they are counted in neither, once who works on both signs in."""

from contextlib import closing
from dataclasses import replace

from sqlalchemy import select

from app.client.casework import cases, ties, words
from app.client.casework.cases import OpenCase
from app.client.intake.reporter import Submitted
from app.client.machine.staff import Staff
from app.client.statistics import cards
from app.protocol import receipt
from app.protocol.case import not_counted
from app.protocol.encoding import sha256_hex
from app.statistics.cards.models import Card
from app.vocabulary import ConsentScope, ConsentStatus, Relation
from tests.client.casework.scene import CODING, approved, claimed, taken
from tests.client.installation import Installation
from tests.client.statistics.test_cards import server

GIVEN, DECLINED, WITHDRAWN = ConsentStatus.GIVEN, ConsentStatus.DECLINED, ConsentStatus.WITHDRAWN


def of_relative(
    here: Installation, owner: Staff, colleague: Staff, *, own: ConsentStatus | None = None
) -> tuple[OpenCase, Submitted]:
    """A case of a report that tells of a relative, who cannot be asked; both work on it."""
    anna = here.staff("anna")
    sent = claimed(here, anna)
    case = cases.change_members(owner, taken(anna, owner, sent), add=[colleague.person])
    person = cases.affected(Relation.CHILD, statistics=own, by_reporter=GIVEN, can_be_asked=False)
    incident = cases.incident(owner, person, CODING)
    return cases.write(owner, case, replace(case.file, persons=(person,), incidents=(incident,))), sent


def of_themselves(here: Installation, owner: Staff, colleague: Staff) -> tuple[OpenCase, Submitted]:
    """A case of a report of somebody who tells of themselves."""
    anna = here.staff("anna")
    sent = claimed(here, anna)
    case = cases.change_members(owner, taken(anna, owner, sent), add=[colleague.person])
    person = cases.affected(Relation.SELF, statistics=GIVEN, by_reporter=GIVEN, can_be_asked=True)
    incident = cases.incident(owner, person, CODING)
    return cases.write(owner, case, replace(case.file, persons=(person,), incidents=(incident,))), sent


def counted(owner: Staff, case: OpenCase, approver: Staff) -> OpenCase:
    """Written, and sent, as another person approves it."""
    case = cases.open_(owner, case.id)
    after = cards.write(owner, case.id, approved(owner, case, approver))
    cards.send(owner, now=True)
    return after


def tied(owner: Staff, one: OpenCase, other: OpenCase, approver: Staff) -> None:
    """Two have signed that the first persons of these cases are one."""
    someone = (ties.someone(owner, case, case.file.persons[0].id) for case in (one, other))
    newer = ties.say(owner, *someone)
    counted(owner, newer.case, approver)


def says(here: Installation, sent: Submitted, *, yes: bool) -> None:
    here.reporter().change_consent(receipt.read(sent.receipt), ConsentScope.STATISTICS, given=yes)


def own(staff: Staff, case: OpenCase) -> ConsentStatus | None:
    return cases.open_(staff, case.id).file.persons[0].statistics


def there(here: Installation, staff: Staff, case: OpenCase) -> int:
    """How many cards of the case the service has, once what waits has left."""
    cards.send(staff, now=True)
    ids = {sha256_hex(each.id.encode()) for each in cases.open_(staff, case.id).file.cards}
    with closing(server(here)) as database, database.read() as rows:
        return len(rows.scalars(select(Card.id_sha256).where(Card.id_sha256.in_(ids), Card.file.is_not(None))).all())


def test_a_no_in_either_case_takes_the_cards_of_both(here: Installation) -> None:
    boris, chen = here.staff("boris"), here.staff("chen")
    for number in (0, 1):
        made = [of_relative(here, boris, chen) for _ in range(2)]
        both = [counted(boris, case, chen) for case, _ in made]
        tied(boris, both[0], both[1], chen)
        before = [there(here, boris, each) for each in both]

        says(here, made[number][1], yes=False)
        followed = cards.follow_words(boris)

        assert before == [1, 1]
        assert {each.id for each in both} <= set(followed)
        assert [there(here, boris, each) for each in both] == [0, 0]
        assert own(boris, both[1 - number]) is DECLINED


def test_no_card_of_theirs_is_written_in_the_other_case_by_who_works_on_it_alone(here: Installation) -> None:
    boris, chen = here.staff("boris"), here.staff("chen")
    (one, sent), (other, theirs) = (of_relative(here, boris, chen) for _ in range(2))
    tied(boris, one, other, chen)
    cases.change_members(boris, cases.open_(boris, one.id), remove=[chen.person])
    says(here, sent, yes=False)
    cards.follow_words(boris)

    says(here, theirs, yes=True)  # who tells of them there does not know of the other case
    cards.follow_words(chen)
    file = words.heard(chen, cases.open_(chen, other.id))

    assert there(here, boris, other) == 0
    assert file.persons[0].by_reporter is GIVEN
    assert not_counted(file) == {file.incidents[0].id}


def test_their_own_yes_in_the_other_case_stands_before_a_reporters_no(here: Installation) -> None:
    boris, chen = here.staff("boris"), here.staff("chen")
    (one, sent), (other, _) = of_relative(here, boris, chen), of_relative(here, boris, chen, own=GIVEN)
    for case in (one, other):
        counted(boris, case, chen)
    tied(boris, one, other, chen)

    says(here, sent, yes=False)
    cards.follow_words(boris)

    assert (there(here, boris, one), there(here, boris, other)) == (0, 1)
    assert own(boris, other) is GIVEN


def test_their_own_no_outlasts_what_was_written_down_in_the_other_case(here: Installation) -> None:
    boris, chen = here.staff("boris"), here.staff("chen")
    (one, sent), (other, _) = (of_themselves(here, boris, chen) for _ in range(2))
    for case in (one, other):
        counted(boris, case, chen)
    tied(boris, one, other, chen)

    says(here, sent, yes=False)
    cards.follow_words(boris)

    assert (there(here, boris, one), there(here, boris, other)) == (0, 0)
    assert own(boris, other) is WITHDRAWN


def test_a_no_that_is_older_than_the_tie_counts_from_the_tie_on(here: Installation) -> None:
    boris, chen = here.staff("boris"), here.staff("chen")
    (one, sent), (other, _) = (of_relative(here, boris, chen) for _ in range(2))
    counted(boris, other, chen)
    says(here, sent, yes=False)
    cards.follow_words(boris)
    before = there(here, boris, other)

    tied(boris, one, other, chen)

    assert (before, there(here, boris, other)) == (1, 0)


def test_a_yes_counts_where_it_is_said(here: Installation) -> None:
    boris, chen = here.staff("boris"), here.staff("chen")
    (one, sent), (other, _) = (of_relative(here, boris, chen) for _ in range(2))
    tied(boris, one, other, chen)
    says(here, sent, yes=False)
    cards.follow_words(boris)

    cards.own_word(boris, cases.open_(boris, other.id), other.file.persons[0].id, GIVEN)
    again = cards.follow_words(boris)
    after = counted(boris, other, chen)

    assert other.id not in again
    assert (there(here, boris, after), there(here, boris, one)) == (1, 0)


def test_nobody_else_is_touched(here: Installation) -> None:
    boris, chen = here.staff("boris"), here.staff("chen")
    (one, sent), (other, _) = (of_relative(here, boris, chen) for _ in range(2))
    both = [counted(boris, each, chen) for each in (one, other)]
    ties.say(boris, *(ties.someone(boris, case, case.file.persons[0].id) for case in both))  # nobody has signed it

    says(here, sent, yes=False)
    cards.follow_words(boris)

    assert [there(here, boris, each) for each in both] == [0, 1]
    assert own(boris, other) is None
