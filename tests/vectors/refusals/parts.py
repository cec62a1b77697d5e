"""The parts of a case (docs/protocol.md, section 13): what each may say, and what all of them come to."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.protocol.encoding import b64
from tests.vectors.make import CASE, CASEWORKER, PART, TRIAGER, Person, counted_id
from tests.vectors.make_types import BODIES
from tests.vectors.refusals.vector import Vector, malformed

_PARTS = {name.type: body for name, body in BODIES.items()}
_CODING = _PARTS["part.incident"]["coding"]
_PERSON_2 = counted_id("psn", 2)
_JUDGED, _BOTH = {"verification_status": "verified"}, ["email", "unknown"]


def parts() -> Iterator[Vector]:
    """Given are the type and the body of a part, its author, and body and author of the version before, or null."""
    rule = "a part has the fields of its type and no others"
    for type_, body in _PARTS.items():
        yield Vector(rule, f"{type_}", _given(type_, body))
        yield Vector(rule, f"{type_}: something more", _given(type_, {**body, "more": 1}), malformed())
        for key in body:
            less = {name: value for name, value in body.items() if name != key}
            yield Vector(rule, f"{type_}: without {key}", _given(type_, less), malformed())
            other = 7 if isinstance(body[key], str | None) else "7"
            yield Vector(rule, f"{type_}: {key} of another kind", _given(type_, {**body, key: other}), malformed())
    for type_, key, value in (
        ("part.person", "id", CASE),
        ("part.person", "token", b64(bytes(15))),
        ("part.person", "relation", "neighbour"),
        ("part.person", "statistics", "yes"),
        ("part.person", "can_be_asked", 1),
        ("part.incident", "affected", CASEWORKER.id),
        ("part.incident", "coder", counted_id("psn", 1)),
        ("part.assertion", "incident", CASE),
        ("part.verdict", "incident", CASE),
        ("part.verdict", "status", "true"),
        ("part.verdict", "second", "somebody"),
        ("part.verdict", "by", CASEWORKER.id),
        ("part.card", "id", "card"),
        ("part.card", "revision", True),
        ("part.card", "withdrawn", 0),
        ("part.tie", "card", CASE),
        ("part.tie", "token", b64(bytes(15))),
        ("part.tie", "revision", True),
        ("part.tie", "signed", [{}, {}]),
        ("part.selector", "normalised", "030 23125417"),
        ("part.selector", "type", "name"),
        ("part.identity", "person", CASE),
        ("part.assessment", "level", "grave"),
        ("part.assessment", "valid_until", "soon"),
        ("part.plan", "status", "yes"),
        ("part.task", "id", CASE),
        ("part.task", "kind", "errand"),
        ("part.note", "id", CASE),
        ("part.note", "step", "somewhere"),
        ("part.closing", "reason", "bored"),
        ("part.closing", "outcome", "good"),
        ("part.closing", "retention", "forever"),
    ):
        given = _given(type_, {**_PARTS[type_], key: value})
        yield Vector(rule, f"{type_}: {key} {value}", given, malformed())
    yield Vector(rule, "of no type", _given("part.diary", {}), malformed())

    rule = "every code is one of its list, and two persons give a verdict that takes two"
    broken: str | None
    changes: dict[str, Any]
    for name, type_, changes, broken in (
        ("nothing in its coding", "part.incident", {"coding": {}}, "coding-fields"),
        ("a name in its coding", "part.incident", {"coding": {**_CODING, "name": "Lin"}}, "coding-fields"),
        ("a verdict in its coding", "part.incident", {"coding": {**_CODING, **_JUDGED}}, "coding-fields"),
        ("a code of no list", "part.incident", {"coding": {**_CODING, "severity": "grave"}}, "code-severity"),
        ("one where several are taken", "part.incident", {"coding": {**_CODING, "channel": "email"}}, "code-channel"),
        ("a code twice", "part.incident", {"coding": {**_CODING, "channel": ["email"] * 2}}, "code-channel"),
        ("unknown beside another", "part.incident", {"coding": {**_CODING, "channel": _BOTH}}, "code-channel"),
        ("a fifth quarter", "part.incident", {"coding": {**_CODING, "quarter": "2026-Q5"}}, "code-quarter"),
        ("a place of no list", "part.incident", {"place_is": "garden"}, "code-sensitivity-of-place"),
        ("a confidence of no list", "part.incident", {"confidence": "sure"}, "code-attribution-confidence"),
        ("a basis of no list", "part.assertion", {"basis": "gossip"}, "code-attribution-basis"),
        ("a reliability of no list", "part.assertion", {"reliability": "A"}, "code-source-reliability"),
        ("a credibility of no list", "part.assertion", {"credibility": "1"}, "code-information-credibility"),
        ("one alone", "part.verdict", {"second": None}, "second-person"),
        ("one who is both", "part.verdict", {"second": CASEWORKER.id}, "second-person"),
        ("a revision too many", "part.card", {"revision": 1000}, "card-revision"),
        ("a revision of none", "part.card", {"revision": -1}, "card-revision"),
    ):
        given = _given(type_, {**_PARTS[type_], **changes})
        yield Vector(rule, f"{type_}: {name}", given, ("RuleBroken", broken))
    for name, type_, changes in (
        ("nothing coded", "part.incident", {"coding": dict.fromkeys(_CODING)}),
        ("unknown alone", "part.incident", {"coding": {**_CODING, "channel": ["unknown"]}}),
        ("an opinion of one", "part.verdict", {"status": "under_review", "second": None}),
        ("the last revision", "part.card", {"revision": 999, "withdrawn": True}),
    ):
        yield Vector(rule, name, _given(type_, {**_PARTS[type_], **changes}))

    rule = "a version unsays nothing of the one before that others rely on"
    incident, person, selector, identity, tie = (
        _PARTS[f"part.{name}"] for name in ("incident", "person", "selector", "identity", "tie")
    )
    back = {**tie, "revision": 1, "card": counted_id("card", 3), "before": tie["card"], "signed": []}
    recoded = {**incident, "coding": {**_CODING, "host_country": "NL"}}
    moved = {**incident, "affected": counted_id("psn", 2)}
    phone = {"type": "phone", "value": "+49 30 23125 418", "normalised": "+493023125418"}
    for name, type_, before, body, by, broken in (
        ("the first, coded by its author", "part.incident", None, incident, CASEWORKER, None),
        ("the first, in another's name", "part.incident", None, incident, TRIAGER, "coder"),
        ("other words, by another", "part.incident", incident, {**incident, "narrative": "…"}, TRIAGER, None),
        ("coded anew by another, in the first's name", "part.incident", incident, recoded, TRIAGER, "coder"),
        ("coded anew by another", "part.incident", incident, {**recoded, "coder": TRIAGER.id}, TRIAGER, None),
        (
            "not coded anew, in one's own name",
            "part.incident",
            incident,
            {**incident, "coder": TRIAGER.id},
            TRIAGER,
            "coder",
        ),
        ("moved to somebody else, in the first's name", "part.incident", incident, moved, TRIAGER, "coder"),
        ("moved to somebody else", "part.incident", incident, {**moved, "coder": TRIAGER.id}, TRIAGER, None),
        (
            "another incident",
            "part.incident",
            incident,
            {**incident, "id": counted_id("inc", 2)},
            CASEWORKER,
            "part-of-another",
        ),
        ("another answer", "part.person", person, {**person, "statistics": "withdrawn"}, TRIAGER, None),
        ("another token", "part.person", person, {**person, "token": b64(bytes(16))}, TRIAGER, "token-changed"),
        ("another person", "part.person", person, {**person, "id": counted_id("psn", 2)}, TRIAGER, "part-of-another"),
        ("as found otherwise", "part.selector", selector, {**selector, "value": "030 23125-417"}, TRIAGER, None),
        ("other words", "part.identity", identity, {**identity, "names": ""}, TRIAGER, None),
        ("of another person", "part.identity", identity, {**identity, "person": _PERSON_2}, TRIAGER, "part-of-another"),
        ("another selector", "part.selector", selector, phone, TRIAGER, "part-of-another"),
        ("asked of another", "part.tie", tie, {**tie, "asked_of": CASEWORKER.id}, TRIAGER, None),
        ("taken back", "part.tie", tie, {**back, "by": TRIAGER.id}, TRIAGER, None),
        ("taken back in another's name", "part.tie", tie, back, TRIAGER, "tie"),
        ("taken back by the same card", "part.tie", tie, {**back, "card": tie["card"]}, CASEWORKER, "tie"),
        ("taken back without the card before", "part.tie", tie, {**back, "before": None}, CASEWORKER, "tie"),
        ("another token", "part.tie", tie, {**tie, "token": b64(bytes(16))}, TRIAGER, "token-changed"),
        ("another title", "part.case", _PARTS["part.case"], {"title": "", "summary": "", "links": []}, TRIAGER, None),
    ):
        given = _given(type_, body, by=by, before=before)
        yield Vector(rule, f"{type_}: {name}", given, ("RuleBroken", broken) if broken else None)


def cases() -> Iterator[Vector]:
    """Given are the parts of a case, each with its type, body and author, in the order in which the journal names them.

    Gives which are set aside, each with the rule, and what is left: the ids of persons, incidents and cards, of each
    incident how many assertions and verdicts it has and its confidence, and the numbers of selectors and identities.
    """
    rule = "what does not fit in is set aside, and stops nothing of the rest"
    types = list(_PARTS)
    whole = [_said(number, type_) for number, type_ in enumerate(types[:8], start=1)]
    work = [_said(number, type_) for number, type_ in enumerate(types[8:13], start=12)]
    tie = _said(17, "part.tie")
    forged = _said(17, "part.tie", revision=1)  # its signatures are of the first
    case, person, incident, _, verdict, card, selector, identity = whole
    second = {"id": counted_id("psn", 2)}
    other = _said(9, "part.person", **second, token=b64(bytes(16)))
    moved = _said(3, "part.incident", affected=second["id"])
    lost = _said(9, "part.card", incident=counted_id("inc", 2), revision=1)
    another = _said(10, "part.card", id=counted_id("card", 2))
    of_nobody = {3: "no-such-person", 8: "no-such-person"}
    of_none = dict.fromkeys((4, 5, 6), "no-such-incident")
    for name, given, aside, left in (
        ("nothing", [], {}, _left(0, 0, 0, 0, 0)),
        ("one of each", whole, {}, _left()),
        ("the other way round", whole[::-1], {}, _left()),
        ("moved to somebody who is named later", [case, person, moved, *whole[3:], other], {}, _left(persons=2)),
        ("what is of nobody", [case, *whole[2:]], of_nobody | of_none, _left(0, 0, 0, identities=0)),
        ("what is of no incident", [case, person, *whole[3:]], of_none, _left(1, 0, 0)),
        (
            "a confidence without a ground",
            [case, person, incident, verdict, card, selector, identity],
            {3: "confidence-without-ground"},
            _left(said=(0, 1), confidence="not_assessed"),
        ),
        ("a token of two", [*whole, _said(9, "part.person", **second)], {9: "token-twice"}, _left()),
        ("a title twice", [*whole, _said(9, "part.case")], {9: "said-twice"}, _left()),
        ("an incident twice", [*whole, _said(9, "part.incident")], {9: "said-twice"}, _left()),
        ("who somebody is twice", [*whole, _said(9, "part.identity")], {9: "said-twice"}, _left()),
        ("who somebody is without its key", whole[:-1], {}, _left(identities=0)),
        ("a selector twice", [*whole, _said(9, "part.selector")], {9: "said-twice"}, _left()),
        ("what the work leaves", [*whole, *work], {}, _left()),
        ("an assessment twice", [*work, _said(9, "part.assessment")], {9: "said-twice"}, _left(0, 0, 0, 0, 0)),
        ("a note twice", [*work, _said(9, "part.note", text="")], {9: "said-twice"}, _left(0, 0, 0, 0, 0)),
        ("a tie to another case", [*whole, tie], {}, _left()),
        ("a tie of nobody", [case, tie], {17: "no-such-person"}, _left(0, 0, 0, 0, 0)),
        ("a tie that nobody signed like this", [*whole, forged], {17: "tie"}, _left()),
        ("an assertion twice is two", [*whole, _said(9, "part.assertion")], {}, _left(said=(2, 1))),
        ("of another form", [*whole, _said(9, "part.case", more=1)], {9: "malformed"}, _left()),
        ("with a broken rule", [*whole, _said(9, "part.card", revision=1000)], {9: "card-revision"}, _left()),
        (
            "a card of another incident",
            [*whole, _said(10, "part.incident", id=counted_id("inc", 2), confidence="not_assessed"), lost],
            {9: "cards-lost"},
            _left(incidents=2),
        ),
        ("two cards of one incident", [*whole, another], {10: "two-cards-of-one"}, _left()),
        (
            "a card anew after the first was withdrawn",
            [*whole, another, _said(11, "part.card", withdrawn=True)],
            {},
            _left(cards=2),
        ),
    ):
        rules = sorted([counted_id("part", number), broken] for number, broken in aside.items())
        yield Vector(rule, name, {"parts": given}, gives={"set_aside": rules, **left})


def _left(
    persons: int = 1,
    incidents: int = 1,
    cards: int = 1,
    selectors: int = 1,
    identities: int = 1,
    *,
    said: tuple[int, int] = (1, 1),
    confidence: str = "likely",
) -> dict[str, Any]:
    told = [[*said, confidence], [0, 0, "not_assessed"]]
    return {
        "persons": [counted_id("psn", number) for number in range(1, persons + 1)],
        "incidents": {counted_id("inc", number): told[number - 1] for number in range(1, incidents + 1)},
        "cards": [counted_id("card", number) for number in range(1, cards + 1)],
        "selectors": selectors,
        "identities": identities,
    }


def _said(number: int, type_: str, **changes: Any) -> dict[str, Any]:
    body = {**_PARTS[type_], **changes}
    return {"part": counted_id("part", number), "type": type_, "body": body, "author": CASEWORKER.id}


def _given(
    type_: str, body: Mapping[str, Any], *, by: Person = CASEWORKER, before: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    said = {"part": PART, "type": type_, "body": body, "author": by.id}
    return {**said, "before": before and {"body": before, "author": CASEWORKER.id}}
