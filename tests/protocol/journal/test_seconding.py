"""Whose word makes an act one of two, and which word it must be."""

from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app import age
from app.protocol import journal
from app.protocol.documents import recipient_sha256, signed
from app.protocol.encoding import new_id
from app.protocol.errors import NotAuthentic
from app.protocol.journal import (
    Ending,
    EndReason,
    Entry,
    Moved,
    Moving,
    Origin,
    PartNote,
    Place,
    may_second,
)
from app.protocol.opening import Opened
from app.protocol.statements import ApprovalStatement
from app.vocabulary import ApprovalState
from tests.protocol.organisation import (
    ANALYST,
    CASE,
    CASEWORKER,
    COLLEAGUE,
    DAY,
    SUPERVISOR,
    Person,
    approved,
    authority,
    case_header,
    entry,
    follow,
    link,
)

HASH = "0" * 64
OTHER, PART, OF_PERSON = new_id("case"), new_id("part"), new_id("psn")
OPENED = link([CASEWORKER, COLLEAGUE, ANALYST], by=CASEWORKER)
WRITTEN = entry(Entry(parts=(PartNote(PART, "part.person", 1, HASH, OF_PERSON),)), after=OPENED)
END = PartNote(PART, "part.person", 2, None, OF_PERSON, reason=EndReason.AGREED)
ENDS = Ending(frozenset({(PART, 1)}), frozenset({OF_PERSON}))
OTHER_KEY = recipient_sha256(age.generate().recipient)


def why(said: Entry, *chain: Opened) -> str:
    """For what reason the entry does not count behind these."""
    opened = entry(said, after=chain[-1])
    with pytest.raises(NotAuthentic) as failure:
        journal.after(follow(*chain), Place(opened.sha256, opened), by=authority())
    return failure.value.reason


def word(header: dict[str, Any], body: dict[str, Any], *, by: Person = COLLEAGUE) -> str:
    """A second's word, that the part ends, but for what is said otherwise."""
    said = ApprovalStatement(new_id("apr"), ENDS.subject, CASE, ENDS.sha256(CASE), ApprovalState.APPROVED)
    line = {"type": "approval", "author": by.id, "body": {**said.body(), **body}, **header}
    return signed(case_header(**line), by.signer).text.decode()


def arrival(header: dict[str, Any], body: dict[str, Any], *, by: Person = COLLEAGUE) -> str:
    """The same, that parts of another case come into this one; it is said in that."""
    of_it = {"subject": Moving.subject.value, "object": OTHER, "of": Moving(CASE).sha256(OTHER)}
    return word({"subject": OTHER, **header}, {**of_it, **body}, by=by)


def test_a_part_ends_by_the_word_for_that_and_by_no_other() -> None:
    for counts in (word({}, {}), word({"at": str(DAY - timedelta(days=14))}, {})):
        end = entry(Entry(parts=(END,), approval=counts), after=WRITTEN)
        assert follow(OPENED, WRITTEN, end).passed_over == ()
    assert why(Entry(parts=(END,)), OPENED, WRITTEN) == "second-person"
    for other in (
        "a word",
        word({"type": "consent"}, {}),
        word({"org": HASH}, {}),
        word({"subject": OTHER}, {}),
        word({"sealed_to": OTHER_KEY}, {}),
        word({"generation": 2}, {}),
        word({"generation": None}, {}),
        word({}, {"subject": Moving.subject.value}),
        word({}, {"object": OTHER}),
        word({}, {"of": replace(ENDS, parts=ENDS.parts | {(new_id("part"), 1)}).sha256(CASE)}),
        word({}, {"of": replace(ENDS, parts=frozenset({(PART, 2)})).sha256(CASE)}),
        word({"at": str(DAY - timedelta(days=15))}, {}),
        word({}, {"of": replace(ENDS, people=frozenset()).sha256(CASE)}),
        word({}, {"decision": "rejected"}),
        word({}, {}, by=ANALYST),
        word({}, {}, by=CASEWORKER),
    ):
        assert why(Entry(parts=(END,), approval=other), OPENED, WRITTEN) == "approval"


def test_what_has_ended_or_was_never_there_ends_as_nothing_and_of_nobody() -> None:
    end = entry(Entry(parts=(END,), approval=word({}, {})), after=WRITTEN)
    nothing = Ending(frozenset({(PART, 0)}), frozenset())

    assert journal.ending(follow(OPENED, WRITTEN), {PART}) == ENDS
    assert journal.ending(follow(OPENED, WRITTEN, end), {PART}) == journal.ending(follow(OPENED), {PART}) == nothing


def test_with_an_incident_ends_what_was_said_once_of_it_and_nothing_else() -> None:
    ids = {
        name: new_id("part")
        for name in ("incident", "coded", "judged", "note", "again", "other", "coded otherwise", "person")
    }
    one, other = new_id("inc"), new_id("inc")
    written = (
        PartNote(ids["incident"], "part.incident", 1, HASH, one),
        PartNote(ids["coded"], "part.assertion", 1, HASH, one),
        PartNote(ids["judged"], "part.verdict", 1, HASH, one),
        PartNote(ids["note"], "part.note", 1, HASH, new_id("note")),
        PartNote(ids["again"], "part.incident", 1, HASH, one),
        PartNote(ids["other"], "part.incident", 1, HASH, other),
        PartNote(ids["coded otherwise"], "part.assertion", 1, HASH, other),
        PartNote(ids["person"], "part.person", 1, HASH, OF_PERSON),
    )
    found = follow(OPENED, entry(Entry(parts=written), after=OPENED))

    def ending(*names: str) -> tuple[set[str], AbstractSet[str]]:
        act = journal.ending(found, {ids[name] for name in names})
        return {name for name in ids if (ids[name], 1) in act.parts}, act.people

    assert ending("incident") == ({"incident", "coded", "judged"}, set())
    assert ending("incident", "person") == ({"incident", "coded", "judged", "person"}, {OF_PERSON})
    assert ending("note") == ({"note"}, set())
    assert ending("coded") == ({"coded"}, set())


def test_a_word_that_nothing_ends_by_counts_however_long_ago_it_was_said() -> None:
    of_it = {"subject": Moving.subject.value, "of": Moving(OTHER).sha256(CASE)}
    moved = Entry(moved=Moved(OTHER), approval=word({"at": str(DAY - timedelta(days=15))}, of_it))

    assert follow(OPENED, entry(moved, after=OPENED)).passed_over == ()


def test_a_part_comes_by_the_word_for_that_and_by_no_other() -> None:
    came = PartNote(PART, "part.person", 1, HASH, OF_PERSON, Origin(OTHER, PART, 1, HASH))

    assert follow(OPENED, entry(Entry(parts=(came,), approval=arrival({}, {})), after=OPENED)).passed_over == ()
    assert why(Entry(parts=(came,)), OPENED) == "second-person"
    for other in (
        "a word",
        arrival({"type": "consent"}, {}),
        arrival({"org": HASH}, {}),
        arrival({"subject": CASE}, {}),
        arrival({}, {"subject": Ending.subject.value}),
        arrival({}, {"object": CASE}),
        arrival({}, {"of": Moving(OTHER).sha256(OTHER)}),
        arrival({}, {"decision": "rejected"}),
        arrival({}, {}, by=ANALYST),
        arrival({}, {}, by=CASEWORKER),
    ):
        assert why(Entry(parts=(came,), approval=other), OPENED) == "approval"


def test_a_word_is_of_one_act_which_goes_on_in_the_next_entry_alone() -> None:
    moved = Entry(moved=Moved(OTHER), approval=approved(Moving(OTHER), by=COLLEAGUE).text.decode())
    first = entry(moved, after=OPENED)
    then = entry(Entry(), after=first)

    assert follow(OPENED, first, entry(moved, after=first)).passed_over == ()
    assert why(moved, OPENED, first, then) == "approval"


NOBODY: list[Person] = []


@pytest.mark.parametrize(
    ("members", "about", "second", "may"),
    [
        ([CASEWORKER, COLLEAGUE], NOBODY, COLLEAGUE, True),
        ([CASEWORKER, COLLEAGUE], NOBODY, CASEWORKER, False),
        ([CASEWORKER, COLLEAGUE], NOBODY, SUPERVISOR, False),
        ([CASEWORKER, COLLEAGUE], [COLLEAGUE], COLLEAGUE, False),
        ([CASEWORKER, COLLEAGUE], [COLLEAGUE], SUPERVISOR, True),
        ([CASEWORKER, ANALYST], NOBODY, ANALYST, False),
        ([CASEWORKER], NOBODY, SUPERVISOR, True),
        ([CASEWORKER], NOBODY, COLLEAGUE, False),
        ([CASEWORKER, SUPERVISOR], [SUPERVISOR], SUPERVISOR, False),
    ],
    ids=[
        "another member",
        "the author",
        "a supervisor, where there is another member",
        "whom it is about",
        "a supervisor, where the only other is whom it is about",
        "a member who may sign none",
        "a supervisor, where there is no other member",
        "who is no member",
        "a supervisor, whom it is about",
    ],
)
def test_the_second_of_two_is_another_member_or_a_supervisor_where_there_is_none(
    members: list[Person], about: list[Person], second: Person, may: bool
) -> None:
    found = follow(link(members, by=CASEWORKER))

    person = second.certified
    assert may_second(found, person, author=CASEWORKER.id, about={each.id for each in about}) is may


def test_a_supervisor_is_no_second_of_their_own_act() -> None:
    alone = follow(link([SUPERVISOR], by=SUPERVISOR))

    assert not may_second(alone, SUPERVISOR.certified, author=SUPERVISOR.id, about=frozenset())
