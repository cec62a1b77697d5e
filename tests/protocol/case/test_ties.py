"""One human being is counted as one, over however many cases, and two never as one."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from app.protocol import card
from app.protocol.card import Says, StatCard, TokenCard
from app.protocol.case import (
    CaseFile,
    Name,
    RuleBroken,
    Said,
    asked,
    asked_ties,
    check,
    check_change,
    check_successor,
    drawn,
    looks_at,
    put_together,
    sent_of,
    signed_tie,
    take_apart,
    tied,
    untied,
)
from app.protocol.case.parts import Tie
from app.protocol.documents import Signature, Signer
from app.protocol.encoding import b64, new_id
from app.protocol.errors import Malformed
from tests.protocol.case.scene import CODER, COLLEAGUE, FILE, PERSON, affected, again, incident, said_of

WRITER, APPROVER = (Signer(by, Ed25519PrivateKey.generate()) for by in (CODER, COLLEAGUE))
OLDER = b64(b"\x01" * 16)
SAID = replace(tied(FILE, PERSON.id, token=OLDER, by=CODER), cards=())


def signatures(file: CaseFile) -> dict[tuple[str, int], Signature]:
    """What the colleague signs of all that they are asked."""
    of_ties = [tie.content(file.person(tie.person).token) for tie in asked_ties(file, COLLEAGUE)]
    everything: list[StatCard | TokenCard] = [*asked(file, COLLEAGUE), *of_ties]
    return {(each.id, each.revision): card.sign(each, APPROVER) for each in everything}


def written(file: CaseFile) -> tuple[CaseFile, list[StatCard]]:
    """The case once the colleague was asked and has signed, and the coder has written; and the cards that left."""
    file = drawn(file, COLLEAGUE, correct=False)
    given, left = signatures(file), asked(file, COLLEAGUE)
    ids = {each.id for each in left}
    file = replace(file, cards=tuple(replace(note, written=note.written or note.id in ids) for note in file.cards))
    return replace(file, ties=tuple(signed_tie(file, tie, given, WRITER) for tie in file.ties)), list(left)


HOLDS, _ = written(SAID)
[TIE] = HOLDS.ties


def test_new_cards_take_the_older_token_once_two_have_signed() -> None:
    asked_for = drawn(SAID, COLLEAGUE, correct=False)

    assert [tie.holds for tie in SAID.ties] == [False]
    assert {b64(each.token) for each in asked(asked_for, COLLEAGUE)} == {PERSON.token}
    assert TIE.holds
    assert HOLDS.token_of(PERSON.id) == OLDER
    assert again(HOLDS) == HOLDS


def test_what_was_said_is_not_so_leads_back_to_ones_own_token_with_all_cards_at_once() -> None:
    back = untied(HOLDS, PERSON.id, token=OLDER, by=CODER)

    asked_for = drawn(back, COLLEAGUE, correct=False)
    parted, left = written(back)

    assert [note.written for note in sent_of(asked_for, PERSON.id)] == [False]
    assert {b64(each.token) for each in left} == {PERSON.token}
    assert [(tie.joins, bool(tie.signed), tie.before) for tie in parted.ties] == [(False, True, TIE.card)]
    assert parted.ties[0].content(PERSON.token).says is Says.PART
    assert (parted.ties[0].holds, parted.token_of(PERSON.id)) == (False, PERSON.token)


def test_what_is_said_already_changes_nothing_and_what_was_taken_back_is_said_anew() -> None:
    about: dict[str, Any] = {"person": PERSON.id, "token": OLDER}
    said = tied(FILE, **about, by=CODER)
    back = untied(said, **about, by=COLLEAGUE)

    assert (tied(said, **about, by=COLLEAGUE), untied(FILE, **about, by=CODER)) == (said, FILE)
    assert untied(back, **about, by=CODER) == back
    anew = tied(back, **about, by=CODER)
    # None was signed before.
    assert [(tie.revision, tie.joins, tie.by, tie.before) for file in (said, back, anew) for tie in file.ties] == [
        (0, True, CODER, None),
        (1, False, COLLEAGUE, None),
        (2, True, CODER, None),
    ]
    newer = b64(b"\x02" * 16)
    two = untied(tied(said, PERSON.id, token=newer, by=CODER), PERSON.id, token=newer, by=CODER)
    assert [(tie.token, tie.joins) for tie in two.ties] == [(OLDER, True), (newer, False)]


def test_whoever_says_anything_of_a_tie_says_it_in_their_own_name_and_leaves_others_as_they_are() -> None:
    back = untied(HOLDS, PERSON.id, token=OLDER, by=COLLEAGUE)

    check_successor(HOLDS, back, author=COLLEAGUE)
    check_successor(HOLDS, replace(HOLDS, title="Three rooms"), author=COLLEAGUE)
    with pytest.raises(RuleBroken, match=r"^tie$"):
        check_successor(HOLDS, back, author=CODER)


def test_a_tie_is_signed_once_by_another_person_and_for_what_it_says() -> None:
    file = drawn(SAID, COLLEAGUE, correct=False)
    [tie] = file.ties
    approved = signatures(file)
    place = (tie.card, 0)
    content = tie.content(PERSON.token)
    third = Signer(new_id("per"), Ed25519PrivateKey.generate())

    assert signed_tie(file, tie, approved, WRITER).signed[1] == approved[place]
    assert signed_tie(replace(file, cards=FILE.cards), tie, {place: approved[place]}, WRITER).signed
    for other in (
        {},
        {place: card.sign(content, WRITER)},
        {place: card.sign(replace(content, says=Says.PART), APPROVER)},
    ):
        assert signed_tie(file, tie, other, WRITER) == tie
    assert signed_tie(HOLDS, TIE, {place: card.sign(content, third)}, WRITER) == TIE


def test_tokens_part_once_each_card_is_signed_and_written_that_goes_back() -> None:
    two = HOLDS.with_incident(other := incident())
    note = replace(HOLDS.cards[0], id=card.new_card_id(), incident=other.id)
    back = untied(replace(two, cards=(*two.cards, note)), PERSON.id, token=OLDER, by=CODER)
    asked_for = drawn(back, COLLEAGUE, correct=False)
    [tie] = asked_for.ties
    approved = signatures(asked_for)
    all_written = replace(asked_for, cards=tuple(replace(each, written=True) for each in asked_for.cards))
    one_left = {place: each for place, each in approved.items() if place[0] != all_written.cards[-1].id}

    assert signed_tie(all_written, tie, approved, WRITER).signed
    assert signed_tie(all_written, tie, one_left, WRITER) == tie
    assert signed_tie(asked_for, tie, approved, WRITER) == tie


def test_tokens_part_by_nobody_who_may_not_approve_the_cards_that_go_with_it() -> None:
    theirs = incident(coder=COLLEAGUE)
    note = replace(FILE.cards[0], id=card.new_card_id(), incident=theirs.id)
    back = untied(HOLDS, PERSON.id, token=OLDER, by=CODER)
    back = replace(back.with_incident(theirs), cards=(*back.cards, note))

    assert asked_ties(drawn(back, COLLEAGUE, correct=False), COLLEAGUE) == ()
    one_signs = {(back.ties[0].card, 0): card.sign(back.ties[0].content(PERSON.token), APPROVER)}
    assert signed_tie(back, back.ties[0], one_signs, WRITER) == back.ties[0]


def test_of_somebodys_cards_those_are_out_that_may_have_left_and_were_not_taken_back() -> None:
    other = affected()
    of_other = incident(affected=other.id)
    [written_once] = FILE.cards
    first = replace(written_once, revision=0)
    corrected = replace(written_once, id=card.new_card_id(), written=False)
    asked_for = replace(corrected, id=card.new_card_id(), revision=0)
    taken_back = replace(written_once, id=card.new_card_id(), withdrawn=True)
    of_another = replace(written_once, id=card.new_card_id(), incident=of_other.id)
    file = replace(FILE, persons=(PERSON, other)).with_incident(of_other)

    cards = (first, corrected, asked_for, taken_back, of_another)
    assert sent_of(replace(file, cards=cards), PERSON.id) == [first, corrected]


def test_a_joining_is_asked_whatever_was_written_and_a_parting_where_all_cards_go_back_with_it() -> None:
    [note] = FILE.cards
    joining = replace(drawn(SAID, COLLEAGUE, correct=False), cards=(note,))
    parting = drawn(untied(HOLDS, PERSON.id, token=OLDER, by=CODER), COLLEAGUE, correct=False)

    def asked_with(**changes: Any) -> bool:
        cards = (replace(replace(note, asked_of=COLLEAGUE, written=False), **changes),)
        return bool(asked_ties(replace(parting, cards=cards), COLLEAGUE))

    assert asked_ties(joining, COLLEAGUE) == joining.ties
    assert asked_ties(HOLDS, COLLEAGUE) == ()  # it is signed
    assert (asked_with(), asked_with(written=True), asked_with(asked_of=CODER)) == (True, False, False)


def test_what_two_have_signed_is_asked_of_nobody_anew_and_leaves_cards_as_they_are() -> None:
    parted, _ = written(untied(HOLDS, PERSON.id, token=OLDER, by=CODER))
    said = replace(SAID, cards=FILE.cards)
    somebody = new_id("per")

    for file in (HOLDS, parted):
        assert drawn(file, somebody, correct=False) == file
    assert drawn(said, COLLEAGUE, correct=False).cards == FILE.cards


def test_a_tie_is_read_as_it_was_written_and_nothing_else_is_one() -> None:
    other = affected()
    back = replace(TIE, before=card.new_card_id(), revision=3)

    for tie in (TIE, back, SAID.ties[0]):
        assert Tie.read(tie.body()) == tie
    assert [replace(TIE, revision=number).joins for number in range(4)] == [True, False, True, False]
    assert replace(HOLDS, persons=(PERSON, other)).token_of(other.id) == other.token
    body = TIE.body()
    for wrong in ({"signed": body["signed"][:1]}, {"token": b64(bytes(15))}):
        with pytest.raises((ValueError, Malformed)):
            Tie.read(body | wrong)


def test_nobody_is_tied_by_one_person() -> None:
    [tie] = SAID.ties
    content = tie.content(PERSON.token)
    mine = (card.sign(content, APPROVER), card.sign(content, WRITER))

    with pytest.raises(RuleBroken, match=r"^one-person$"):
        replace(SAID, ties=(replace(tie, signed=mine),)).check()
    with pytest.raises(RuleBroken, match=r"^tie$"):
        replace(SAID, ties=(replace(tie, signed=(mine[0], mine[0])),)).check()
    assert asked_ties(drawn(SAID, CODER, correct=False), CODER) == ()
    with pytest.raises(RuleBroken, match=r"^one-person$"):
        asked_ties(replace(SAID, ties=(replace(tie, asked_of=CODER),)), CODER)
    assert signed_tie(SAID, tie, {(tie.card, 0): card.sign(content, WRITER)}, APPROVER) == tie


def test_signatures_are_of_these_two_tokens_and_no_others() -> None:
    other = affected()

    for wrong in (replace(TIE, token=b64(bytes(16))), replace(TIE, person=other.id), replace(TIE, revision=1)):
        with pytest.raises(RuleBroken, match=r"^tie$"):
            replace(HOLDS, persons=(PERSON, other), ties=(wrong,)).check()
    with pytest.raises(RuleBroken, match=r"^tie$"):
        tied(FILE, PERSON.id, token=PERSON.token, by=CODER)


@pytest.mark.parametrize(
    ("ties", "rule"),
    [
        ((), "ties-lost"),
        ((replace(TIE, signed=()),), "ties-lost"),
        ((replace(TIE, token=b64(bytes(16)), signed=()),), "ties-lost"),
        ((replace(TIE, by=COLLEAGUE, signed=()),), "tie"),
        ((replace(TIE, revision=1, signed=(), by=COLLEAGUE),), "tie"),
        ((TIE, replace(TIE, signed=())), "card-twice"),
        ((TIE, replace(TIE, card=card.new_card_id(), signed=())), "tie-twice"),
        ((replace(TIE, card=HOLDS.cards[0].id, signed=()),), "card-twice"),
    ],
)
def test_what_was_said_of_a_person_is_not_unsaid_nor_said_in_another_name(ties: tuple, rule: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(RuleBroken, match=f"^{rule}$"):
        check_successor(HOLDS, replace(HOLDS, ties=ties), author=CODER)


def test_what_was_said_of_a_person_goes_back_to_no_earlier_revision() -> None:
    later = replace(HOLDS, ties=(replace(TIE, revision=2),))

    with pytest.raises(RuleBroken, match=r"^ties-lost$"):
        check_successor(later, HOLDS, author=CODER)


def test_a_version_is_of_the_same_tokens_and_card_and_its_word_is_of_its_author() -> None:
    [part] = [said for said in said_of(HOLDS) if said.type == "part.tie"]

    def changed(author: str = CODER, **fields: object) -> Said:
        return replace(part, author=author, body={**part.body, **fields})

    check_change(None, part)
    check_change(part, changed(COLLEAGUE, asked_of=COLLEAGUE))
    earlier, next_ = card.new_card_id(), card.new_card_id()
    open_ = changed(revision=1, before=earlier, signed=[])  # nobody has signed it, so `earlier` is the last that was
    check_change(open_, changed(revision=2, before=earlier, card=next_, signed=[]))
    back = {"card": card.new_card_id(), "before": TIE.card, "signed": []}
    check_change(part, changed(COLLEAGUE, revision=1, by=COLLEAGUE, **back))
    for before, after, rule_ in (
        (None, changed(COLLEAGUE), "tie"),
        (part, changed(COLLEAGUE, revision=1), "tie"),
        (part, changed(COLLEAGUE, by=COLLEAGUE), "tie"),
        (changed(revision=2), part, "tie"),
        (part, changed(revision=1, card=card.new_card_id()), "tie"),
        (part, changed(revision=1, before=TIE.card), "tie"),
        (part, changed(card=card.new_card_id()), "tie"),
        (part, changed(before=card.new_card_id()), "tie"),
        (open_, changed(revision=2, before=earlier, signed=[]), "tie"),
        (open_, changed(revision=2, before=earlier, card=earlier, signed=[]), "tie"),
        (changed(revision=2), changed(revision=1, before=TIE.card, card=next_, signed=[]), "tie"),
        (part, changed(token=b64(bytes(16))), "token-changed"),
        (part, changed(person=new_id("psn")), "part-of-another"),
    ):
        with pytest.raises(RuleBroken, match=f"^{rule_}$"):
            check_change(before, after)


def test_a_tie_that_does_not_fit_in_is_set_aside_and_the_person_keeps_their_own_token() -> None:
    parts = said_of(HOLDS)
    [part] = [said for said in parts if said.type == "part.tie"]
    forged = replace(part, body={**part.body, "revision": 1})
    twin = replace(part, part=new_id("part"), body={**part.body, "card": card.new_card_id(), "signed": []})
    of_nobody = replace(part, part=new_id("part"), body={**part.body, "person": new_id("psn"), "signed": []})

    whole = put_together([*(forged if each is part else each for each in parts), of_nobody], FILE.reports)

    assert {each.part: each.rule for each in whole.set_aside} == {part.part: "tie", of_nobody.part: "no-such-person"}
    assert whole.file.token_of(PERSON.id) == PERSON.token
    assert [each.rule for each in put_together([*parts, twin], FILE.reports).set_aside] == ["tie-twice"]
    assert put_together(parts, FILE.reports).parts[Name("part.tie", TIE.name)] == part.part


def test_no_two_of_a_case_have_one_card() -> None:
    """By the id of one the other would be taken back."""
    parts = said_of(HOLDS)
    [part] = [said for said in parts if said.type == "part.tie"]
    other = replace(part, part=new_id("part"), body={**part.body, "token": b64(bytes(16)), "signed": []})
    of_note = replace(other, body={**other.body, "card": HOLDS.cards[0].id})

    for wrong in (other, of_note):
        whole = put_together([*parts, wrong], FILE.reports)
        assert [(each.part, each.rule) for each in whole.set_aside] == [(other.part, "card-twice")]


def test_a_tie_is_of_as_many_revisions_as_a_card() -> None:
    [part] = [said for said in said_of(HOLDS) if said.type == "part.tie"]

    check(replace(part, body={**part.body, "revision": card.LAST_REVISION}))
    for revision in (-1, card.LAST_REVISION + 1):
        with pytest.raises(RuleBroken, match=r"^card-revision$"):
            check(replace(part, body={**part.body, "revision": revision}))


def test_a_card_is_written_with_an_eye_on_the_ties_of_its_person() -> None:
    names = list(take_apart(HOLDS))
    [of_card] = [name for name in names if name.type == "part.card"]
    [of_tie] = [name for name in names if name.type == "part.tie"]

    other = affected()
    of_other = replace(TIE, person=other.id, token=b64(bytes(16)), card=card.new_card_id(), signed=())
    both = replace(HOLDS, persons=(PERSON, other)).with_tie(of_other)

    assert of_tie in looks_at([of_card], HOLDS)
    assert [name for name in looks_at([of_card], both) if name.type == "part.tie"] == [of_tie]
    assert of_tie not in looks_at([of_card, of_tie], HOLDS)


# The law: who is one is counted as one.


@dataclass
class Draw:
    """What the service has of the cards, as a draw opens them: of each the latest revision, and no withdrawn one."""

    cards: dict[str, StatCard] = field(default_factory=dict)
    ties: dict[str, TokenCard] = field(default_factory=dict)

    def classes(self) -> list[frozenset[str]]:
        """The cards of each human being, as far as the joining cards show."""
        pairs = [each.tokens for each in self.ties.values() if each.says is Says.JOIN]
        joined = united({each.token for each in self.cards.values()}, pairs)
        found = [frozenset(id_ for id_, each in self.cards.items() if each.token in group) for group in joined]
        return [each for each in found if each]


def united(of: Iterable[bytes], pairs: Iterable[tuple[bytes, bytes]]) -> list[set[bytes]]:
    """The connected ones together."""
    groups = [{each} for each in of]
    for pair in pairs:
        groups.append(set(pair))
        touched = [group for group in groups if group & set(pair)]
        groups = [group for group in groups if group not in touched] + [set().union(*touched)]
    return groups


class People(RuleBasedStateMachine):
    """Three cases of two persons each; whoever says that two are one, in whatever order, and takes it back."""

    def __init__(self) -> None:
        super().__init__()
        self.draw = Draw()
        self.cases = [
            replace(FILE, persons=(affected(), affected()), incidents=(), cards=(), identities=()) for _ in range(3)
        ]

    people = st.tuples(st.integers(0, 2), st.integers(0, 1))

    def own(self, at: tuple[int, int]) -> str:
        return self.cases[at[0]].persons[at[1]].token

    @rule(at=people)
    def something_happens(self, at: tuple[int, int]) -> None:
        case, person = at
        file = self.cases[case]
        self.cases[case] = file.with_incident(incident(affected=file.persons[person].id))

    @rule(one=people, other=people, so=st.booleans())
    def somebody_says(self, one: tuple[int, int], other: tuple[int, int], so: bool) -> None:
        older, newer = sorted((one, other))  # whoever was entered first
        if older == newer:
            return
        file = self.cases[newer[0]]
        say = tied if so else untied
        self.cases[newer[0]] = say(file, file.persons[newer[1]].id, token=self.own(older), by=CODER)
        check_successor(file, self.cases[newer[0]], author=CODER)

    @rule(case=st.integers(0, 2))
    def cards_are_approved_and_written(self, case: int) -> None:
        file, left = written(self.cases[case])
        check_successor(self.cases[case], file, author=CODER)
        assert again(file) == file
        self.cases[case] = file
        self.draw.cards.update({each.id: each for each in left})
        for tie in file.ties:
            if tie.signed:
                self.draw.ties[tie.card] = tie.content(file.person(tie.person).token)
                self.draw.ties.pop(tie.before or "", None)

    def persons(self, *, said: bool) -> list[frozenset[str]]:
        """The cards of each human being, by what is said of them; or by what two have signed and nobody took back."""
        pairs = [
            (tie.token.encode(), file.person(tie.person).token.encode())
            for file in self.cases
            for tie in file.ties
            if (tie.joins if said else tie.holds)
        ]
        own = {each.token.encode() for file in self.cases for each in file.persons}
        of = {
            note.id: file.person(file.incident(note.incident).affected).token.encode()
            for file in self.cases
            for note in file.cards
        }
        found = [frozenset(id_ for id_ in self.draw.cards if of[id_] in group) for group in united(own, pairs)]
        return [each for each in found if each]

    @invariant()
    def nobody_is_counted_as_two(self) -> None:
        for one in self.persons(said=False):
            assert any(one <= group for group in self.draw.classes())

    def teardown(self) -> None:
        """Once all that was said is signed, it is counted just so: no two are counted as one either."""
        for case in range(3):
            self.cards_are_approved_and_written(case)
        assert set(self.draw.classes()) == set(self.persons(said=True))


TestPeople = People.TestCase
TestPeople.settings = settings(max_examples=40, stateful_step_count=12)
