"""A case taken apart and put together: what each part may say, what is set aside, and what nobody's order changes."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.protocol import card
from app.protocol.case import (
    NOTHING,
    Affected,
    CardNote,
    CaseFile,
    Incident,
    Name,
    RuleBroken,
    Said,
    SetAside,
    Verdict,
    Whole,
    check,
    check_change,
    check_successor,
    looks_at,
    put_together,
    speaks_for_itself,
    take_apart,
)
from app.protocol.case.values import plain
from app.protocol.encoding import b64, canonical, new_id, parse_object
from app.protocol.errors import Malformed
from app.protocol.selectors import Selector
from app.vocabulary import Relation, VerificationStatus
from tests.protocol.case.scene import (
    CODER,
    CODING,
    COLLEAGUE,
    DECLINED,
    DENIED,
    FILE,
    GIVEN,
    INCIDENT,
    NOTE,
    OPINION,
    PERSON,
    SAID,
    again,
    incident,
    said_of,
)

PARTS = said_of(FILE)
CASE_PART, PERSON_PART, INCIDENT_PART, ASSERTION_PART, VERDICT_PART, CARD_PART, SELECTOR_PART, IDENTITY_PART = PARTS[:8]
ASSESSMENT_PART, PLAN_PART, TASK_PART, NOTE_PART, CLOSING_PART = PARTS[8:]
OF_INCIDENT = (ASSERTION_PART, VERDICT_PART, CARD_PART)


def changed(said: Said, *, author: str | None = None, again: bool = False, **fields: Any) -> Said:
    """The part with another body; `again` makes it another part."""
    part = new_id("part") if again else said.part
    return replace(said, part=part, body={**said.body, **fields}, author=author or said.author)


def together(*parts: Said) -> Whole:
    return put_together(parts, FILE.reports)


# What a part says


def test_each_part_is_read_as_it_was_written() -> None:
    for said in PARTS:
        check(said)

    whole = together(*PARTS)

    assert (whole.file.persons, whole.file.selectors, whole.file.cards) == (FILE.persons, FILE.selectors, FILE.cards)
    assert whole.file.incidents[0].assertions == (SAID,)
    assert whole.set_aside == ()
    assert list(whole.parts.values()) == [said.part for said in PARTS]


CHANGES: list[tuple[Said, Callable[[dict[str, Any]], object]]] = [
    (CASE_PART, lambda body: body.pop("title")),
    (CASE_PART, lambda body: body.update(title=None)),
    (CASE_PART, lambda body: body.update(note="")),
    (CASE_PART, lambda body: body.update(reports=[])),
    (PERSON_PART, lambda body: body.update(token="AAAA")),
    (PERSON_PART, lambda body: body.update(token=None)),
    (PERSON_PART, lambda body: body.update(relation="neighbour")),
    (PERSON_PART, lambda body: body.update(statistics="yes")),
    (PERSON_PART, lambda body: body.update(can_be_asked="no")),
    (PERSON_PART, lambda body: body.update(name="Lin Haoran")),
    (INCIDENT_PART, lambda body: body.update(coder="somebody")),
    (INCIDENT_PART, lambda body: body.update(coding=None)),
    (INCIDENT_PART, lambda body: body.update(narrative=7)),
    (INCIDENT_PART, lambda body: body.update(confidence=None)),
    (INCIDENT_PART, lambda body: body.update(verdicts=[])),
    (INCIDENT_PART, lambda body: body.update(assertions=[])),
    (ASSERTION_PART, lambda body: body.update(text=None)),
    (ASSERTION_PART, lambda body: body.update(weight=1)),
    (ASSERTION_PART, lambda body: body.update(incident=PERSON.id)),
    (ASSERTION_PART, lambda body: body.pop("incident")),
    (VERDICT_PART, lambda body: body.update(by=CODER)),
    (VERDICT_PART, lambda body: body.update(second="somebody")),
    (VERDICT_PART, lambda body: body.update(status="true")),
    (VERDICT_PART, lambda body: body.clear()),
    (CARD_PART, lambda body: body.update(withdrawn=0)),
    (CARD_PART, lambda body: body.update(revision="1")),
    (CARD_PART, lambda body: body.update(revision=True)),
    (CARD_PART, lambda body: body.update(id="card")),
    (SELECTOR_PART, lambda body: body.update(normalised="030")),
    (SELECTOR_PART, lambda body: body.pop("value")),
    (ASSESSMENT_PART, lambda body: body.update(level="grave")),
    (ASSESSMENT_PART, lambda body: body.update(valid_until="2026-6-29")),
    (PLAN_PART, lambda body: body.update(status="yes")),
    (TASK_PART, lambda body: body.update(kind="errand")),
    (NOTE_PART, lambda body: body.update(step="somewhere")),
    (CLOSING_PART, lambda body: body.update(reason="bored")),
    (CLOSING_PART, lambda body: body.pop("retention")),
]


@pytest.mark.parametrize("number", range(len(CHANGES)))
def test_a_part_of_another_form_is_malformed_and_set_aside(number: int) -> None:
    said, change = CHANGES[number]
    body = parse_object(canonical(dict(said.body)))
    change(body)
    broken = replace(said, body=body)

    with pytest.raises(Malformed):
        check(broken)
    assert SetAside(said.part, "malformed") in together(*(broken if each is said else each for each in PARTS)).set_aside


def test_what_is_of_no_type_is_malformed() -> None:
    with pytest.raises(Malformed):
        check(replace(CASE_PART, type="part.diary"))
    assert together(*PARTS, replace(CASE_PART, part="x", type="part.diary")).set_aside == (SetAside("x", "malformed"),)


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        (changed(INCIDENT_PART, coding=CODING | {"severity": "grave"}), "code-severity"),
        (changed(INCIDENT_PART, coding={}), "coding-fields"),
        (changed(INCIDENT_PART, place_is="garden"), "code-sensitivity-of-place"),
        (changed(ASSERTION_PART, basis="gossip"), "code-attribution-basis"),
        (changed(VERDICT_PART, status="verified"), "second-person"),
        (changed(VERDICT_PART, status="refuted", second=CODER), "second-person"),
        (changed(CARD_PART, revision=1000), "card-revision"),
        (changed(CARD_PART, revision=-1), "card-revision"),
    ],
)
def test_a_part_that_breaks_the_rule_of_its_type_is_refused_and_set_aside(said: Said, rule: str) -> None:
    with pytest.raises(RuleBroken, match=f"^{rule}$"):
        check(said)
    whole = together(*(said if each.part == said.part else each for each in PARTS))
    assert SetAside(said.part, rule) in whole.set_aside
    assert whole.file.title == FILE.title


def test_a_verdict_is_its_authors_whatever_stands_in_it() -> None:
    whole = together(*(replace(each, author=COLLEAGUE) if each is VERDICT_PART else each for each in PARTS))

    assert [each.by for each in whole.file.incidents[0].verdicts] == [COLLEAGUE]


@given(st.sampled_from(PARTS), st.data())
def test_whatever_stands_in_a_part_it_is_read_whole_or_refused(said: Said, data: st.DataObject) -> None:
    body = parse_object(canonical(dict(said.body)))
    inner = data.draw(st.sampled_from([each for each in (body, body.get("coding")) if isinstance(each, dict)]))
    inner[data.draw(st.sampled_from([*sorted(inner), "more"]))] = data.draw(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just([]) | st.just([[{}]]) | st.just({})
    )
    broken = replace(said, body=body)

    whole = together(*(broken if each is said else each for each in PARTS))

    whole.file.check()
    try:
        check(broken)
    except (Malformed, RuleBroken):
        assert said.part in {each.part for each in whole.set_aside}
        return
    if said.type != "part.verdict" and not whole.set_aside:
        assert plain(body) in take_apart(whole.file).values()


# What does not fit in


@pytest.mark.parametrize(
    ("parts", "aside"),
    [
        ((CASE_PART, INCIDENT_PART), {INCIDENT_PART.part: "no-such-person"}),
        ((PERSON_PART, *OF_INCIDENT), dict.fromkeys([each.part for each in OF_INCIDENT], "no-such-incident")),
        (
            (PERSON_PART, INCIDENT_PART, *OF_INCIDENT, twin := changed(PERSON_PART, again=True, id=new_id("psn"))),
            {twin.part: "token-twice"},
        ),
        ((CASE_PART, twin := changed(CASE_PART, again=True, title="Another")), {twin.part: "said-twice"}),
        (
            (PERSON_PART, twin := changed(PERSON_PART, again=True, token=b64(bytes(16)))),
            {twin.part: "said-twice"},
        ),
        ((PERSON_PART, INCIDENT_PART, twin := changed(INCIDENT_PART, again=True)), {twin.part: "said-twice"}),
        ((PLAN_PART, twin := changed(PLAN_PART, again=True, text="Another.")), {twin.part: "said-twice"}),
        ((NOTE_PART, twin := changed(NOTE_PART, again=True, text="Another.")), {twin.part: "said-twice"}),
        ((SELECTOR_PART, twin := changed(SELECTOR_PART, again=True, value="+493023125417")), {twin.part: "said-twice"}),
        (
            (PERSON_PART, INCIDENT_PART, CARD_PART, twin := changed(CARD_PART, again=True)),
            {twin.part: "said-twice"},
        ),
        (
            (PERSON_PART, INCIDENT_PART, CARD_PART, twin := changed(CARD_PART, again=True, id=card.new_card_id())),
            {twin.part: "two-cards-of-one"},
        ),
        (
            (PERSON_PART, ground := changed(INCIDENT_PART, confidence="likely"), ASSERTION_PART),
            {ground.part: "confidence-without-ground"},
        ),
    ],
    ids=[
        "an incident of nobody",
        "what is of no incident",
        "one token for two",
        "two titles",
        "a person twice",
        "an incident twice",
        "a plan twice",
        "a note twice",
        "a selector twice",
        "a card twice",
        "two cards of one incident",
        "an attribution without a ground",
    ],
)
def test_what_does_not_fit_in_is_set_aside_and_stops_nothing_of_the_rest(
    parts: Sequence[Said], aside: dict[str, str]
) -> None:
    whole = together(*parts)

    assert {each.part: each.rule for each in whole.set_aside} == aside
    whole.file.check()
    rest = together(*(each for each in parts if each.part not in aside))
    if "confidence-without-ground" not in aside.values():
        assert (whole.file, rest.set_aside) == (rest.file, ())


def test_a_card_of_another_incident_is_no_correction_of_it() -> None:
    second = changed(INCIDENT_PART, again=True, id=new_id("inc"))
    moved = changed(CARD_PART, again=True, incident=second.body["id"], revision=5)

    whole = together(*PARTS, second, moved)

    assert whole.set_aside == (SetAside(moved.part, "cards-lost"),)
    assert whole.file.cards == (NOTE,)


def test_of_the_notes_of_a_card_the_latest_correction_stands_and_what_is_withdrawn_stays_so() -> None:
    second = changed(CARD_PART, again=True, revision=2)
    withdrawn = changed(CARD_PART, again=True, withdrawn=True)
    notes = (CARD_PART, second, withdrawn)

    for order in (notes, notes[::-1], (second, withdrawn, CARD_PART)):
        assert together(PERSON_PART, INCIDENT_PART, *order).file.cards == (replace(NOTE, withdrawn=True),)
    assert together(PERSON_PART, INCIDENT_PART, second, CARD_PART).file.cards == (replace(NOTE, revision=2),)


def test_two_cards_of_one_incident_keep_nobody_from_writing_and_the_second_counts_once_the_first_is_withdrawn() -> None:
    other = changed(CARD_PART, again=True, id=card.new_card_id())
    whole = together(*PARTS, other)
    check_successor(whole.file, replace(whole.file, title="Another"), author=COLLEAGUE)

    later = together(*PARTS, other, changed(CARD_PART, again=True, withdrawn=True))

    assert later.set_aside == ()
    assert [(each.id, each.withdrawn) for each in later.file.cards] == [(NOTE.id, True), (other.body["id"], False)]


def test_an_incident_may_be_moved_to_somebody_whom_a_later_entry_names() -> None:
    other = changed(PERSON_PART, again=True, id=new_id("psn"), token=b64(bytes(16)))
    moved = changed(INCIDENT_PART, affected=other.body["id"])

    whole = together(CASE_PART, PERSON_PART, moved, *OF_INCIDENT, SELECTOR_PART, other)

    assert whole.set_aside == ()
    assert whole.file.incidents[0].affected == other.body["id"]


def test_two_who_assert_at_once_are_both_heard_in_their_order() -> None:
    second = changed(ASSERTION_PART, again=True, by="the embassy")

    whole = together(*PARTS, second)

    assert [each.by for each in whole.file.incidents[0].assertions] == [SAID.by, "the embassy"]
    assert [whole.parts[Name("part.assertion", INCIDENT.id, number)] for number in (0, 1)] == [
        ASSERTION_PART.part,
        second.part,
    ]


# What a version may make of the one before


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        (None, changed(INCIDENT_PART, author=COLLEAGUE), "coder"),
        (INCIDENT_PART, changed(INCIDENT_PART, author=COLLEAGUE, coding=CODING | {"host_country": "NL"}), "coder"),
        (INCIDENT_PART, changed(INCIDENT_PART, author=COLLEAGUE, affected=new_id("psn")), "coder"),
        (INCIDENT_PART, changed(INCIDENT_PART, author=COLLEAGUE, coder=COLLEAGUE), "coder"),
        (INCIDENT_PART, changed(INCIDENT_PART, id=new_id("inc")), "part-of-another"),
        (PERSON_PART, changed(PERSON_PART, token=b64(bytes(16))), "token-changed"),
        (PERSON_PART, changed(PERSON_PART, id=new_id("psn")), "part-of-another"),
        (
            SELECTOR_PART,
            replace(SELECTOR_PART, body=Selector.of("phone", "+49 30 23125 418").body()),
            "part-of-another",
        ),
        (SELECTOR_PART, replace(SELECTOR_PART, body=Selector.of("email", "a@example.org").body()), "part-of-another"),
    ],
)
def test_a_version_unsays_nothing_that_others_rely_on(before: Said | None, after: Said, rule: str) -> None:
    with pytest.raises(RuleBroken, match=f"^{rule}$"):
        check_change(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, INCIDENT_PART),
        (None, PERSON_PART),
        (CASE_PART, changed(CASE_PART, author=COLLEAGUE, title="Another")),
        (PERSON_PART, changed(PERSON_PART, author=COLLEAGUE, statistics="withdrawn")),
        (INCIDENT_PART, changed(INCIDENT_PART, author=COLLEAGUE, narrative="Three rooms.")),
        (
            INCIDENT_PART,
            changed(INCIDENT_PART, author=COLLEAGUE, coder=COLLEAGUE, coding=CODING | {"host_country": "NL"}),
        ),
        (INCIDENT_PART, changed(INCIDENT_PART, author=COLLEAGUE, coder=COLLEAGUE, affected=new_id("psn"))),
        (SELECTOR_PART, changed(SELECTOR_PART, author=COLLEAGUE, value="+493023125417")),
    ],
)
def test_a_colleague_may_write_on(before: Said | None, after: Said) -> None:
    check_change(before, after)


def test_only_a_coding_in_anothers_name_needs_an_earlier_version_to_be_believed() -> None:
    theirs = changed(INCIDENT_PART, author=COLLEAGUE)

    assert not speaks_for_itself(theirs, 2)
    assert speaks_for_itself(theirs, 1)
    assert speaks_for_itself(INCIDENT_PART, 2)
    assert speaks_for_itself(changed(PERSON_PART, author=COLLEAGUE), 2)


# What a rule looks at besides


def test_a_verdict_is_given_of_a_coding_and_a_card_tells_of_coding_verdicts_and_consent() -> None:
    of_card = Name("part.card", NOTE.id, 4 * NOTE.revision + NOTE.written)

    assert looks_at([Name("part.verdict", INCIDENT.id, 1)], FILE) == {Name("part.incident", INCIDENT.id)}
    assert looks_at([of_card], FILE) == {
        Name("part.incident", INCIDENT.id),
        Name("part.person", PERSON.id),
        Name("part.verdict", INCIDENT.id, 0),
        Name("part.verdict", INCIDENT.id, 1),  # which a colleague may give meanwhile
    }
    for name in take_apart(FILE):
        if name.type not in ("part.verdict", "part.card"):
            assert looks_at([name], FILE) == frozenset()


def test_only_assertions_and_verdicts_follow_each_other() -> None:
    many = {name.type for name in take_apart(FILE) if name.is_one_of_many}

    assert many == {"part.assertion", "part.verdict"}


# Taken apart and put together

CODERS = st.sampled_from([CODER, COLLEAGUE])
PERSONS = st.builds(
    Affected,
    id=st.builds(lambda: new_id("psn")),
    relation=st.sampled_from(Relation),
    token=st.builds(lambda: b64(card.new_contribution_token())),
    statistics=st.sampled_from([None, GIVEN, DECLINED]),
    by_reporter=st.sampled_from([None, GIVEN]),
    can_be_asked=st.booleans(),
    note=st.text(max_size=9),
)
VERDICTS = st.builds(Verdict, st.sampled_from(VerificationStatus), st.just(CODER), st.just(COLLEAGUE))
CODINGS = st.sampled_from([CODING, dict.fromkeys(CODING), CODING | {"channel": ["unknown"]}])


@st.composite
def files(draw: st.DrawFn) -> CaseFile:
    """Any case that breaks no rule."""
    persons = draw(st.lists(PERSONS, min_size=1, max_size=3))
    incidents: list[Incident] = [
        incident(
            affected=draw(st.sampled_from(persons)).id,
            coder=draw(CODERS),
            coding=draw(CODINGS),
            narrative=draw(st.text(max_size=9)),
            assertions=tuple(draw(st.lists(st.sampled_from([SAID, DENIED]), max_size=3))),
            verdicts=tuple(draw(st.lists(VERDICTS | st.just(OPINION), max_size=3))),
            place_is=draw(st.sampled_from([None, "home"])),
        )
        for _ in range(draw(st.integers(0, 3)))
    ]
    notes = [
        CardNote(card.new_card_id(), each.id, draw(st.integers(0, 999)), each.coder, "1.0.0", withdrawn=withdrawn)
        for each in incidents
        for withdrawn in draw(st.lists(st.booleans(), max_size=2))
    ]
    told: set[str] = set()
    for each in [note for note in notes if not note.withdrawn]:
        if each.incident in told:
            notes.remove(each)
        told.add(each.incident)
    numbers = draw(st.sets(st.integers(1000, 9999), max_size=2))
    file = replace(
        NOTHING,
        title=draw(st.text(max_size=9)),
        summary=draw(st.text(max_size=9)),
        reports=FILE.reports,
        persons=tuple(persons),
        incidents=tuple(incidents),
        cards=tuple(notes),
        selectors=tuple(Selector.of("phone", f"+49 30 2312{number}") for number in sorted(numbers)),
    )
    file.check()
    return file


@given(files())
def test_what_is_taken_apart_is_put_together_again(file: CaseFile) -> None:
    whole = put_together(said_of(file), file.reports)

    assert (whole.file, whole.set_aside) == (file, ())
    assert whole.parts.keys() == take_apart(file).keys()


@given(files(), st.randoms(use_true_random=False))
def test_parts_of_one_type_alone_need_an_order_and_no_arrival_of_the_types_changes_a_case(
    file: CaseFile, chance: Any
) -> None:
    """The journal says the order of all; of what is said of different things it does not matter."""
    parts = said_of(file)
    types = sorted({said.type for said in parts})
    chance.shuffle(types)

    shuffled = sorted(parts, key=lambda said: types.index(said.type))

    assert put_together(shuffled, file.reports) == put_together(parts, file.reports)


@given(files(), st.data())
def test_whatever_parts_there_are_and_whoever_wrote_them_the_case_that_they_come_to_breaks_no_rule(
    file: CaseFile, data: st.DataObject
) -> None:
    """So nobody can write what keeps everybody else from writing on."""
    parts = said_of(file)
    for _ in range(data.draw(st.integers(1, 4))):
        kept = [each for each in parts if data.draw(st.integers(0, 4))] or parts
        said = data.draw(st.sampled_from(kept))
        like = data.draw(st.sampled_from([each for each in parts if each.type == said.type]))
        key = data.draw(st.sampled_from(sorted(said.body)))
        parts = [*kept, changed(said, again=True, author=data.draw(CODERS), **{key: like.body[key]})]
    parts = data.draw(st.permutations(parts))

    whole = put_together(parts, file.reports)

    whole.file.check()
    check_successor(whole.file, replace(whole.file, summary="…"), author=CODER)
    assert {said.part for said in parts} == {*whole.parts.values(), *(each.part for each in whole.set_aside)}
    assert take_apart(whole.file).keys() - whole.parts.keys() <= {Name("part.case")}


def test_of_one_card_every_note_has_a_name_of_its_own() -> None:
    """A note that was written stands beside one that takes it back, and the highest counts, in whatever order."""
    notes = [
        replace(NOTE, revision=revision, withdrawn=withdrawn, written=is_written)
        for revision in (0, 1, card.LAST_REVISION)
        for withdrawn in (False, True)
        for is_written in (False, True)
    ]
    parts = [each for each in PARTS if each is not CARD_PART]
    said = [changed(CARD_PART, again=True, **vars(note)) for note in notes]

    for order in (said, said[::-1]):
        whole = put_together([*parts, *order], FILE.reports)
        assert (whole.set_aside, whole.file.cards) == ((), (notes[-1],))


def test_tasks_and_notes_are_as_many_as_there_are_and_a_link_is_said_once() -> None:
    [task], [note] = FILE.tasks, FILE.notes
    file = replace(FILE, tasks=(task, replace(task, id=new_id("task"))), notes=(note, replace(note, id=new_id("note"))))
    link = {"id": new_id("link"), "kind": "relatives"}

    assert again(file) == file
    check(changed(CASE_PART, links=[link]))
    with pytest.raises(RuleBroken, match=r"^link-twice$"):
        check(changed(CASE_PART, links=[link, {**link, "kind": "other"}]))
