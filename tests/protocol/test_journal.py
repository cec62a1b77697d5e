"""The one chain of a case: which entries count, what they bring, and what is passed over."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import age
from app.protocol import journal
from app.protocol.chain import Mark
from app.protocol.documents import Document, recipient_sha256
from app.protocol.encoding import MOST, canonical, new_id, sha256_hex
from app.protocol.errors import Malformed, NotAuthentic
from app.protocol.journal import (
    MOST_ENDED,
    MOST_PARTS,
    MOST_PIECES,
    Checkpoint,
    Ending,
    EndReason,
    Entry,
    KeyNote,
    PartNote,
    Place,
    Removal,
    ReportNote,
)
from app.protocol.members import MemberList
from app.protocol.opening import Opened
from app.protocol.types import TYPES
from tests.protocol.organisation import (
    ANALYST,
    CASE,
    CASE_KEY,
    CASEWORKER,
    COLLEAGUE,
    DAY,
    HOUR,
    KEY_OF_CASE,
    STRANGER,
    Person,
    approved,
    authority,
    entry,
    follow,
    link,
)

HASH, OTHER_HASH = "0" * 64, "1" * 64
GENESIS = link([CASEWORKER, COLLEAGUE], by=CASEWORKER)
PART, REPORT = new_id("part"), new_id("rep")
REPORT_KEY = KeyNote(REPORT, 1, HASH)
NEXT_KEY = age.generate()
TURNED = KeyNote(CASE, 2, recipient_sha256(NEXT_KEY.recipient))
FULL = Entry(
    parts=(PartNote(PART, "part.case", 1, HASH),),
    members=MemberList(frozenset([CASEWORKER.id]), CASEWORKER.id),
    keys=(KEY_OF_CASE, REPORT_KEY),
    reports=(ReportNote(REPORT, HASH),),
)


OF = {"part.person": new_id("psn"), "part.incident": new_id("inc")}


def part(version: int, *, type_: str = "part.case", id_: str = PART, sha256: str = HASH) -> Entry:
    return Entry(parts=(PartNote(id_, type_, version, sha256, OF.get(type_)),))


def refused(said: Entry, *chain: Opened, **how: Any) -> str:
    """Why this entry does not count behind these."""
    before = follow(*chain)
    opened = entry(said, after=chain[-1], **how)
    with pytest.raises(NotAuthentic) as failure:
        journal.after(before, Place(opened.sha256, opened), by=authority())
    assert follow(*chain, opened) == replace(
        before,
        mark=opened.mark if opened.mark.generation == 1 else Mark(opened.mark.version, opened.sha256, 1),
        passed_over=(len(chain) + 1,),
    )
    return failure.value.reason


# What an entry says


def test_what_is_written_is_read_again() -> None:
    for said in (
        FULL,
        Entry(),
        replace(FULL, members=None, approval="", ended=("",)),
        Entry(checkpoint=Checkpoint(HASH, (OTHER_HASH,))),
    ):
        assert journal.read(said.body()) == said


CHANGES: list[Callable[[dict[str, Any]], object]] = [
    lambda body: body.pop("parts"),
    lambda body: body.pop("members"),
    lambda body: body.pop("keys"),
    lambda body: body.pop("reports"),
    lambda body: body.update(more=1),
    lambda body: body.update(parts=None),
    lambda body: body.update(parts={}),
    lambda body: body.update(members=[]),
    lambda body: body.update(keys=None),
    lambda body: body.update(reports="rep"),
    lambda body: body.update(parts=body["parts"] * 2),
    lambda body: body.update(parts=[{**body["parts"][0], "id": new_id("part")} for _ in range(MOST_PARTS + 1)]),
    lambda body: body["parts"].append(None),
    lambda body: body["parts"][0].update(more=1),
    lambda body: body["parts"][0].update(id=CASE),
    lambda body: body["parts"][0].update(type="part.diary"),
    lambda body: body["parts"][0].update(type="consent"),
    lambda body: body["parts"][0].update(type=None),
    lambda body: body["parts"][0].update(version=0),
    lambda body: body["parts"][0].update(version=True),
    lambda body: body["parts"][0].update(version=MOST + 1),
    lambda body: body["parts"][0].update(sha256=None),
    lambda body: body["keys"][0].update(subject="case"),
    lambda body: body["keys"][0].update(generation=0),
    lambda body: body["keys"][0].update(recipient="age1pq1"),
    lambda body: body["keys"][0].pop("recipient"),
    lambda body: body["reports"][0].update(id=CASE),
    lambda body: body["reports"][0].update(sha256="0"),
    lambda body: body["reports"][0].update(more=1),
    lambda body: body["parts"][0].update({"of": new_id("psn")}),
    lambda body: body["parts"][0].update(type="part.person"),
    lambda body: body["parts"][0].update(reason="withdrawn"),
    lambda body: body["parts"][0].update({"from": {}}),
    lambda body: body["parts"][0].pop("to"),
    lambda body: body.pop("without"),
    lambda body: body.update(without=None),
    lambda body: body.update(without=[CASE]),
    lambda body: body.pop("approval"),
    lambda body: body.update(approval={}),
    lambda body: body.pop("ended"),
    lambda body: body.update(ended=None),
    lambda body: body.update(ended=[None]),
    lambda body: body.update(ended=[""] * (MOST_ENDED + 1)),
    lambda body: body.pop("confirmed"),
    lambda body: body.update(confirmed=[CASE]),
    lambda body: body.update(confirmed=[CASEWORKER.id] * (MOST_PARTS + 1)),
    lambda body: body.pop("lent"),
    lambda body: body.update(lent=None),
    lambda body: body.update(lent=[CASE]),
    lambda body: body.update(lent=[CASEWORKER.id] * (MOST_PARTS + 1)),
    lambda body: body.pop("checkpoint"),
    lambda body: body.update(checkpoint={}),
    lambda body: body.update(checkpoint={"text": HASH, "files": []}),
    lambda body: body.update(checkpoint={"text": HASH, "files": [HASH] * (MOST_PIECES + 1)}),
    lambda body: body.update(checkpoint={"text": "0", "files": [HASH]}),
    lambda body: body.update(checkpoint={"text": HASH, "files": [HASH], "more": 1}),
]


@pytest.mark.parametrize("number", range(len(CHANGES)))
def test_an_entry_of_another_form_is_malformed(number: int) -> None:
    body = FULL.body()
    CHANGES[number](body)

    with pytest.raises(Malformed):
        journal.read(body)


def test_an_entry_names_twenty_parts_at_most_of_every_type_that_there_is() -> None:
    types = [each for name, each in TYPES.items() if name.startswith("part.")]
    ofs = {"": None, "sha256": HASH}
    notes = [
        PartNote(new_id("part"), each.name, 1, HASH, ofs.get(each.of, f"{each.of}_{'0' * 32}"))
        for each in (types[n % len(types)] for n in range(MOST_PARTS))
    ]

    assert journal.read(Entry(parts=tuple(notes)).body()).parts == tuple(notes)


# Where it begins


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        (HASH, "journal"),
        (entry(Entry(keys=(KEY_OF_CASE,))), "journal"),  # says nothing of members
        (link([COLLEAGUE], by=CASEWORKER), "members-author"),
        (link([CASEWORKER], by=CASEWORKER, after=Mark(1, HASH)), "journal"),
        (entry(replace(FULL, keys=(REPORT_KEY,))), "key-name"),
        (entry(replace(FULL, keys=(KEY_OF_CASE,))), "key-name"),  # its report's is missing
        (entry(FULL, to=NEXT_KEY), "key-name"),
        (entry(replace(FULL, reports=FULL.reports * 2)), "report-twice"),
    ],
    ids=["junk", "no list", "its author not listed", "no first", "no key", "no report's key", "another key", "twice"],
)
def test_a_journal_without_a_first_entry_is_nobodys(first: Opened | str, reason: str) -> None:
    with pytest.raises(NotAuthentic, match=f"^{reason}$"):
        follow(first)


def test_the_first_entry_says_who_opened_the_case_and_what_it_is_of() -> None:
    found = follow(entry(FULL))

    assert found.members.opener == found.members.owner == CASEWORKER.id
    assert found.members.present == {CASEWORKER.id}
    assert (found.generation, found.reports, found.author) == (1, FULL.reports, CASEWORKER.id)
    assert [each.note for each in found.parts[PART]] == list(FULL.parts)
    found.check_named(CASE, 1, KEY_OF_CASE.recipient)
    found.check_named(REPORT, 1, HASH)


# What counts


def test_an_entry_adds_what_it_names_by_its_author_day_and_place() -> None:
    second = entry(part(1), by=COLLEAGUE, after=GENESIS)
    third = entry(part(2, sha256=OTHER_HASH), after=second, at="2026-06-16T10:00Z")

    found = follow(GENESIS, second, third)

    first_version, newest = found.parts[PART]
    assert (first_version.author, first_version.day, first_version.entry) == (COLLEAGUE.id, DAY, 2)
    assert (newest.author, newest.day, newest.entry) == (CASEWORKER.id, DAY + timedelta(1), 3)
    assert newest.note.sha256 == OTHER_HASH
    assert (found.mark, found.author, found.passed_over) == (third.mark, CASEWORKER.id, ())


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"by": STRANGER}, "not-a-writer"),
        ({"by": ANALYST}, "not-a-writer"),
        ({"to": NEXT_KEY}, "key-name"),
        ({"generation": 2}, "key-name"),
        ({"to": NEXT_KEY, "generation": 2}, "key-name"),
    ],
    ids=["a stranger", "somebody else", "another key", "another generation", "a key that no entry names"],
)
def test_an_entry_by_whom_or_under_which_key_nobody_said_changes_nothing(how: dict[str, Any], reason: str) -> None:
    assert refused(part(1), GENESIS, **how) == reason


TWO_PARTS = entry(
    Entry(
        parts=(
            PartNote(PART, "part.case", 1, HASH),
            PartNote(new_id("part"), "part.person", 1, HASH, OF["part.person"]),
        )
    ),
    after=GENESIS,
)
WITH_REPORT = entry(Entry(keys=(REPORT_KEY,), reports=(ReportNote(REPORT, HASH),)), after=GENESIS)


@pytest.mark.parametrize(
    ("said", "chain", "reason"),
    [
        (part(1), (GENESIS, TWO_PARTS), "part-version"),
        (part(1, sha256=OTHER_HASH), (GENESIS, TWO_PARTS), "part-version"),
        (part(2, type_="part.person"), (GENESIS, TWO_PARTS), "part-version"),
        (part(4), (GENESIS, TWO_PARTS), "part-version"),
        (part(MOST), (GENESIS,), "part-version"),
        (Entry(keys=(replace(KEY_OF_CASE, recipient=HASH),)), (GENESIS,), "key-name"),
        (Entry(keys=(replace(REPORT_KEY, recipient=OTHER_HASH),)), (GENESIS, WITH_REPORT), "key-name"),
        (Entry(keys=(TURNED, replace(TURNED, recipient=HASH))), (GENESIS,), "key-name"),
        (Entry(reports=(ReportNote(REPORT, HASH),)), (GENESIS,), "key-name"),
        (Entry(reports=(ReportNote(REPORT, HASH),)), (GENESIS, WITH_REPORT), "report-twice"),
        (Entry(reports=(ReportNote(REPORT, OTHER_HASH),)), (GENESIS, WITH_REPORT), "report-twice"),
        (Entry(keys=(REPORT_KEY,), reports=(ReportNote(REPORT, HASH),) * 2), (GENESIS,), "report-twice"),
    ],
    ids=[
        "a version that does not rise",
        "another file of a version",
        "another type of a part",
        "a version above the entry's own number",
        "the last version that there can be",
        "the case's key named otherwise",
        "a report's key named otherwise",
        "a key named in two ways at once",
        "a report without its key",
        "a report twice",
        "a report with another file",
        "a report twice at once",
    ],
)
def test_an_entry_that_contradicts_what_stands_changes_nothing(
    said: Entry, chain: tuple[Opened, ...], reason: str
) -> None:
    assert refused(said, *chain) == reason


def test_an_entry_counts_whole_or_not_at_all() -> None:
    both = replace(part(MOST), members=MemberList(frozenset([CASEWORKER.id])), keys=(TURNED,))

    found = follow(GENESIS, entry(both, after=GENESIS))

    assert found.members.present == {CASEWORKER.id, COLLEAGUE.id}
    assert (found.generation, dict(found.parts)) == (1, {})


def test_a_part_can_be_written_on_after_a_version_as_high_as_an_entry_may_name() -> None:
    ahead = entry(part(2), by=COLLEAGUE, after=GENESIS)

    assert follow(GENESIS, ahead, entry(part(3), after=ahead)).passed_over == ()


def test_a_key_may_be_named_again_as_it_is_and_an_entry_lies_under_each_that_was_named() -> None:
    turning = entry(Entry(keys=(KEY_OF_CASE, TURNED)), after=GENESIS, to=NEXT_KEY, generation=2)
    later = entry(part(1), by=COLLEAGUE, after=turning, to=NEXT_KEY, generation=2)

    found = follow(GENESIS, turning, later)

    assert (found.generation, found.passed_over) == (2, ())
    for subject, generation, recipient in (
        (CASE, 2, KEY_OF_CASE.recipient),
        (CASE, 3, TURNED.recipient),
        (REPORT, 1, HASH),
    ):
        with pytest.raises(NotAuthentic, match="key-name"):
            found.check_named(subject, generation, recipient)
    found.check_named(CASE, 2, TURNED.recipient)


@pytest.mark.parametrize(
    "second",
    [
        HASH,
        GENESIS,
        entry(Entry(), after=Mark(1, HASH)),
        entry(Entry(), after=Mark(2, GENESIS.sha256)),
        link([COLLEAGUE], by=COLLEAGUE),
        entry(Entry(), after=GENESIS, by=STRANGER),
    ],
    ids=["junk", "the first again", "behind another", "a number left out", "another first", "a stranger's"],
)
def test_what_does_not_count_keeps_its_place_and_its_hash(second: Opened | str) -> None:
    sha256 = second if isinstance(second, str) else second.sha256
    third = entry(part(1), by=COLLEAGUE, after=Mark(2, sha256))

    found = follow(GENESIS, second)
    later = follow(GENESIS, second, third)

    assert (found.mark, found.author, found.passed_over) == (Mark(2, sha256, 1), CASEWORKER.id, (2,))
    assert (later.mark, later.author, later.passed_over) == (third.mark, COLLEAGUE.id, (2,))
    assert [each.author for each in later.parts[PART]] == [COLLEAGUE.id]


def test_of_two_entries_of_one_number_the_one_that_lies_there_counts() -> None:
    one, other = entry(part(1), after=GENESIS), entry(part(1, sha256=OTHER_HASH), after=GENESIS)

    found = follow(GENESIS, one, other)

    assert found.passed_over == (3,)
    assert [each.note.sha256 for each in found.parts[PART]] == [HASH]


def test_an_entry_of_another_form_is_passed_over_though_a_member_signed_it() -> None:
    header = replace(entry(Entry(), after=GENESIS).document.header, body={"parts": []})
    broken = Opened(Document(header.line(), header, GENESIS.document.proof), HASH, None)

    assert follow(GENESIS, broken).passed_over == (2,)


def _is_not_among(people: frozenset[str], person: str) -> bool:
    return person not in people


def test_to_whom_the_newest_key_went_is_known_until_the_next() -> None:
    added = link([CASEWORKER, COLLEAGUE, ANALYST], by=CASEWORKER, after=GENESIS)
    removed = link([CASEWORKER, ANALYST], by=CASEWORKER, after=added)
    lent = entry(Entry(lent=(STRANGER.id,)), after=removed)
    turned = entry(Entry(keys=(TURNED,), without=(ANALYST.id,)), after=lent, to=NEXT_KEY, generation=2)

    def ids(*people: Person) -> frozenset[str]:
        return frozenset(each.id for each in people)

    before, after = follow(GENESIS, added, removed, lent), follow(GENESIS, added, removed, lent, turned)
    assert (before.holders, before.turned) == (ids(CASEWORKER, COLLEAGUE, ANALYST), 1)
    assert (after.holders, after.turned) == (ids(CASEWORKER), 5)
    for found, uncertified, is_due in (
        (follow(GENESIS), ids(), False),
        (follow(GENESIS), ids(COLLEAGUE), True),
        (follow(GENESIS, added), ids(STRANGER), False),
        (before, ids(), True),
        (after, ids(ANALYST, STRANGER, COLLEAGUE), False),
        (after, ids(), True),
        (follow(GENESIS, entry(Entry(lent=(STRANGER.id,)), after=GENESIS)), ids(STRANGER), True),
    ):
        is_certified = partial(_is_not_among, uncertified)
        assert found.is_turn_due(is_certified, is_certified, DAY) is is_due


def test_whoever_leaves_with_the_key_that_they_bring_in_has_it() -> None:
    said = Entry(members=MemberList(frozenset([COLLEAGUE.id])), keys=(TURNED,))
    opened = link([CASEWORKER, COLLEAGUE], by=CASEWORKER)
    left = entry(said, after=opened, to=NEXT_KEY, generation=2)

    assert follow(opened, left).holders == {CASEWORKER.id, COLLEAGUE.id}


def test_an_entry_without_a_key_goes_to_everybody() -> None:
    assert refused(Entry(without=(COLLEAGUE.id,)), GENESIS) == "key-name"


# What sums it up


def checkpoint(before: journal.Journal) -> Entry:
    return Entry(checkpoint=Checkpoint(sha256_hex(journal.summary(before)), (HASH,)))


def test_an_entry_that_sums_up_what_is_before_it_counts_and_one_that_says_otherwise_is_remembered_as_false() -> None:
    one = entry(part(1), after=GENESIS)
    true = entry(checkpoint(follow(GENESIS, one)), after=one)
    false = entry(checkpoint(follow(GENESIS)), after=one)

    assert (follow(GENESIS, one, true).checkpoint, follow(GENESIS, one, true).passed_over) == (3, ())
    found = follow(GENESIS, one, false)
    assert (found.checkpoint, found.passed_over, found.false_checkpoints) == (0, (3,), (3,))


def test_a_text_that_is_not_as_it_is_written_sums_up_nothing() -> None:
    text = journal.summary(follow(entry(FULL)))
    said = json.loads(text)

    assert journal.summary(journal.summed_up(text)) == text
    for name, value in said.items():
        others: list[object] = [None, 0, "x", [None], {}, [value], "case_" + "0" * 31]
        for other in others:
            if other != value and (name, other) != ("checkpoint", 0):
                with pytest.raises(Malformed):
                    journal.summed_up(canonical({**said, name: other}))
        with pytest.raises(Malformed):
            journal.summed_up(canonical({key: said[key] for key in said if key != name}))
    for changed in (b"", b"{}", b"[]", text + b" ", text.replace(b":", b": ", 1), canonical({**said, "more": 1})):
        with pytest.raises(Malformed):
            journal.summed_up(changed)


PIECE = {"piece": 1, "pieces": 1, "text": "{}"}


@pytest.mark.parametrize(
    "bodies",
    [
        [{**PIECE, "piece": 2}],
        [{**PIECE, "pieces": 2}],
        [{**PIECE, "piece": True}],
        [{**PIECE, "text": None}],
        [{**PIECE, "more": 1}],
        [{}],
        [{**PIECE, "pieces": 2}, {**PIECE, "pieces": 2}],
    ],
)
def test_pieces_are_all_of_one_checkpoint_in_their_order(bodies: list[dict[str, object]]) -> None:
    with pytest.raises(Malformed):
        journal.joined(bodies)


# No clock decides


DATES = ("2020-01-01T00:00Z", "2026-06-14T23:00Z", HOUR, "2026-06-16T23:00Z", "2026-06-17T00:00Z", "2031-01-01T00:00Z")


@pytest.mark.parametrize("at", DATES)
def test_an_entry_counts_whatever_its_date_which_is_shown_where_it_cannot_be(at: str) -> None:
    second = entry(part(1), after=GENESIS, at=at)
    third = entry(part(2), after=second)

    found = follow(GENESIS, second, third)

    assert (found.passed_over, len(found.parts[PART])) == ((), 2)
    assert found.clock_wrong == (() if at in (HOUR, "2026-06-16T23:00Z") else (2,))
    assert follow(link([CASEWORKER], by=CASEWORKER, at=at)).clock_wrong == tuple(1 for _ in found.clock_wrong)


@given(st.lists(st.sampled_from(DATES), min_size=1, max_size=6), st.integers(min_value=-2000, max_value=2000))
def test_every_reader_follows_the_same_entries_whatever_their_dates_and_the_readers_own(
    dates: list[str], days: int
) -> None:
    chain = [GENESIS]
    for number, at in enumerate(dates, start=1):
        chain.append(entry(part(number), after=chain[-1], at=at))

    found, elsewhere = follow(*chain), follow(*chain, by=authority(today=DAY + timedelta(days)))

    assert replace(elsewhere, clock_wrong=()) == replace(found, clock_wrong=())
    assert found.passed_over == ()


# Whatever lies there

PEOPLE = (CASEWORKER, COLLEAGUE, ANALYST, STRANGER)
PARTS = [new_id("part") for _ in range(3)]
NOTES = st.builds(
    lambda id_, type_, version, how: replace(
        part(version, type_=type_, id_=id_).parts[0], **{"sha256": None, "reason": how} if how else {}
    ),
    st.sampled_from(PARTS),
    st.sampled_from(["part.case", "part.person"]),
    st.integers(1, 6),
    st.sampled_from([None, None, EndReason.WITHDRAWN, EndReason.AGREED]),
)
WORDS = [
    approved(act, by=by).text.decode()
    for by in (CASEWORKER, COLLEAGUE)
    for act in (
        Ending(frozenset({(PARTS[0], 1)})),
        Removal(frozenset([CASEWORKER.id]), None),
        Removal(frozenset([CASEWORKER.id]), COLLEAGUE.id),
    )
]
LISTS = st.sets(st.sampled_from([each.id for each in PEOPLE]), min_size=1).flatmap(
    lambda ids: st.builds(
        MemberList,
        st.just(frozenset(ids)),
        st.sampled_from([None, *sorted(ids)]),
    )
)
SAYINGS = st.builds(
    Entry,
    parts=st.lists(NOTES, max_size=3, unique_by=lambda note: note.id).map(tuple),
    members=st.none() | LISTS,
    keys=st.lists(st.sampled_from([KEY_OF_CASE, TURNED, REPORT_KEY, replace(TURNED, recipient=HASH)]), max_size=2).map(
        tuple
    ),
    reports=st.lists(st.just(ReportNote(REPORT, HASH)), max_size=1).map(tuple),
    lent=st.lists(st.sampled_from([each.id for each in PEOPLE]), max_size=1).map(tuple),
    approval=st.sampled_from([None, *WORDS]),
)


@st.composite
def chains(draw: st.DrawFn) -> list[Place]:
    """What some service may show behind a first entry: honest entries, junk, and what does not follow."""
    places = [Place(GENESIS.sha256, GENESIS)]
    for _ in range(draw(st.integers(0, 6))):
        follows = draw(st.sampled_from([True, True, True, False]))
        after = Mark(len(places) if follows else draw(st.integers(1, 9)), places[-1].sha256, 1)
        opened = entry(draw(SAYINGS), by=draw(st.sampled_from(PEOPLE)), after=after, at=draw(st.sampled_from(DATES)))
        if draw(st.integers(0, 5)) == 0:
            header = replace(opened.document.header, body={"parts": None}, author=draw(st.sampled_from([None, CASE])))
            opened = replace(opened, document=replace(opened.document, header=header))
        places.append(Place(opened.sha256, draw(st.sampled_from([opened, opened, opened, None]))))
    return places


@given(chains(), st.data())
def test_whatever_lies_there_a_journal_is_followed_to_its_end_and_alike_in_however_many_steps(
    places: list[Place], data: st.DataObject
) -> None:
    known: dict[str, Any] = {"by": authority()}
    begun = journal.begin(CASE, places[0], **known)

    whole = journal.follow(begun, places[1:], **known)

    middle = data.draw(st.integers(1, len(places)))
    stepped = journal.follow(journal.follow(begun, places[1:middle], **known), places[middle:], **known)
    assert stepped == whole
    text = journal.summary(journal.follow(begun, places[1:middle], **known))
    assert journal.joined(journal.pieces(text)) == text
    summed_up = journal.follow(journal.summed_up(text), places[middle:], **known)
    assert journal.summary(summed_up) == journal.summary(whole)
    assert (summed_up.mark, summed_up.generation) == (whole.mark, whole.generation)
    assert (whole.mark.version, whole.mark.sha256) == (len(places), places[-1].sha256)
    assert {whole.members.opener} | {each.author for named in whole.parts.values() for each in named} <= (
        whole.members.ever
    )
    for named in whole.parts.values():
        versions = [each.note.version for each in named]
        assert versions == sorted(set(versions))
        assert len({each.note.type for each in named}) == 1
        assert all(each.note.version <= each.entry for each in named)
    assert whole.keys[CASE, 1] == recipient_sha256(CASE_KEY.recipient)
