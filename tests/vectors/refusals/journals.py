"""The journal of a case (docs/protocol.md, section 13): where it begins, what counts of it, and what that says."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

from app import age
from app.protocol import journal
from app.protocol.certificates import certificate
from app.protocol.documents import Header, recipient_sha256, signed
from app.protocol.encoding import sha256_hex
from app.protocol.journal import (
    Act,
    Checkpoint,
    Ending,
    EndReason,
    Entry,
    HeldNote,
    KeyNote,
    Moved,
    Moving,
    Origin,
    PartNote,
    Place,
    Removal,
    ReportNote,
)
from app.protocol.members import MemberList
from app.protocol.opening import Opened
from app.protocol.pairs import Recovery, RecoveryReason
from app.protocol.statements import ApprovalStatement
from app.vocabulary import ApprovalState, Role
from tests.vectors.make import (
    ANALYST,
    APPROVAL,
    CASE,
    CASE_KEY,
    CASEWORKER,
    CERTIFICATES,
    DAY,
    HOUR,
    KNOWN,
    ORG,
    PART,
    REPORT,
    REPORT_KEY,
    STRANGER,
    SUPERVISOR,
    TRIAGER,
    Person,
    counted_id,
)
from tests.vectors.refusals.opening import CUSTODIAN, SECOND_CUSTODIAN
from tests.vectors.refusals.vector import Vector, malformed, not_authentic

_HASH, _OTHER_HASH = "b" * 64, "c" * 64
_KEY: Final = KeyNote(CASE, 1, recipient_sha256(CASE_KEY.recipient))
_TURNED: Final = KeyNote(CASE, 2, recipient_sha256(REPORT_KEY.recipient))
_OF_REPORT: Final = KeyNote(REPORT, 1, _HASH)
_OF_PART: Final = KeyNote(PART, 1, _HASH)
_HELD: Final = HeldNote(PART, frozenset([CASEWORKER.id]))
_OF: Final = {
    "part.person": counted_id("psn", 1),
    "part.identity": counted_id("psn", 1),
    "part.incident": counted_id("inc", 1),
    "part.assertion": counted_id("inc", 1),
    "part.note": counted_id("note", 1),
}
_JOINED: Final = ReportNote(REPORT, _HASH)
# On which days, both included, whom a reader holds for certified.
_CERTIFIED: Final = {
    **{
        person.id: ["2026-06-15", "2026-12-31"]
        for person in (CASEWORKER, TRIAGER, STRANGER, CUSTODIAN, SECOND_CUSTODIAN)
    },
    SUPERVISOR.id: ["2000-01-01", "2099-12-31"],
}


OTHER_CASE: Final = counted_id("case", 9)
_ORIGIN: Final = Origin(OTHER_CASE, counted_id("part", 9), 3, _HASH)


def journals() -> Iterator[Vector]:
    """Given are the files of a case's journal in their order, each by its hash, with the text of the authentic entry
    that lies in it (null where none does); whom the reader holds for certified, from and until which day; and its day.

    Gives who is a member, who owns the case, its newest generation, its reports, of each part the versions that are
    named with the place of the entry that names each, and the places of what is passed over and of what has a wrong
    clock.
    """
    yield from _beginnings()
    yield from _what_counts()
    yield from _what_contradicts()
    yield from _of_two()
    yield from _parts_of_one_thing()
    yield from _ends()
    yield from _from_elsewhere()
    yield from _gone_elsewhere()
    yield from _turned()
    yield from _recovered()
    yield from _until_a_day()
    yield from _summed_up()
    yield from _dates()


def _beginnings() -> Iterator[Vector]:
    rule = "a journal begins with an entry by somebody on its list, which names the key that it is sealed to"
    genesis = _list(1, [CASEWORKER], by=CASEWORKER)
    yield Vector(rule, "one entry", _given([genesis]), gives=_gives())
    here, elsewhere = (replace(_part(1)[0], origin=replace(_ORIGIN, case=case)) for case in (CASE, OTHER_CASE))
    full = _entry(
        1,
        Entry(
            parts=(PartNote(PART, "part.case", 1, _HASH),),
            members=MemberList(frozenset([CASEWORKER.id]), CASEWORKER.id),
            keys=(_KEY, _OF_REPORT),
            reports=(_JOINED,),
        ),
    )
    gives = _gives(owner=CASEWORKER.id, reports=[REPORT], parts={PART: [[1, 1]]})
    yield Vector(rule, "with all that there is to say", _given([full]), gives=gives)
    for name, first, reason in (
        ("by somebody who is not on its list", _list(1, [CASEWORKER], by=TRIAGER), "members-author"),
        ("without a list", _entry(1, Entry(keys=(_KEY,))), "journal"),
        ("a second entry", _list(2, [CASEWORKER], by=CASEWORKER, after=genesis), "journal"),
        ("junk", None, "journal"),
        ("without a key", _entry(1, _of([CASEWORKER], keys=())), "key-name"),
        ("under another key", _entry(1, _of([CASEWORKER]), to=REPORT_KEY), "key-name"),
        ("under another generation", _entry(1, _of([CASEWORKER]), generation=2), "key-name"),
        ("with a report whose key it does not name", _entry(1, _of([CASEWORKER], reports=(_JOINED,))), "key-name"),
        (
            "with a report twice",
            _entry(1, _of([CASEWORKER], keys=(_KEY, _OF_REPORT), reports=(_JOINED, _JOINED))),
            "report-twice",
        ),
        ("with a part at its second version", _entry(1, _of([CASEWORKER], parts=_part(2))), "part-version"),
        ("with the end of a part", _entry(1, _of([CASEWORKER], parts=_end(1).parts)), "part-end"),
        ("with a part from this very case", _entry(1, _of([CASEWORKER], parts=(here,))), "part-origin"),
        ("with a part from another case", _entry(1, _of([CASEWORKER], parts=(elsewhere,))), "part-origin"),
    ):
        yield Vector(rule, name, _given([first]), not_authentic(reason))

    rule = "an entry has its fields and no others"
    said = full.document.header.body
    ended = {**said["parts"][0], "sha256": None, "reason": "withdrawn"}
    moved, to_another = {**ended, "reason": "moved", "to": OTHER_CASE}, Moved(OTHER_CASE).body()
    twenty = [{**said["parts"][0], "id": counted_id("part", number)} for number in range(20)]
    many = {"parts": twenty}
    of_twenty = _gives(
        owner=CASEWORKER.id, reports=[REPORT], parts={counted_id("part", number): [[1, 1]] for number in range(20)}
    )
    yield Vector(rule, "twenty parts", _given([_body(full, {**said, **many})]), gives=of_twenty)
    for name, body in (
        ("more than twenty parts", {"parts": [*twenty, {**twenty[0], "id": counted_id("part", 20)}]}),
        ("a part twice", {"parts": said["parts"] * 2}),
        ("a part of no type", {"parts": [{**said["parts"][0], "type": "part.diary"}]}),
        ("a part that is none", {"parts": [{**said["parts"][0], "type": "consent"}]}),
        ("a part of something else", {"parts": [{**said["parts"][0], "id": CASE}]}),
        ("a version of none", {"parts": [{**said["parts"][0], "version": 0}]}),
        ("a part without its hash", {"parts": [{**said["parts"][0], "sha256": None}]}),
        ("a part of something, of which a case has one", {"parts": [{**said["parts"][0], "of": counted_id("psn", 1)}]}),
        ("a person's part of nobody", {"parts": [{**said["parts"][0], "type": "part.person"}]}),
        ("a selector's part of no hash", {"parts": [{**said["parts"][0], "type": "part.selector", "of": "1"}]}),
        ("a part that ends, with its hash", {"parts": [{**said["parts"][0], "reason": "withdrawn"}]}),
        ("a part that ends for no reason", {"parts": [{**ended, "reason": "whim"}]}),
        ("a part that is moved nowhere", {"parts": [{**ended, "reason": "moved"}]}),
        ("a part that goes elsewhere, and is not moved", {"parts": [{**ended, "to": OTHER_CASE}]}),
        ("a part that goes elsewhere, and does not end", {"parts": [{**said["parts"][0], "to": OTHER_CASE}]}),
        ("a part from nowhere", {"parts": [{**said["parts"][0], "from": {}}]}),
        ("a part that goes elsewhere than the entry says", {"parts": [moved], "moved": {**to_another, "to": CASE}}),
        ("a part that goes elsewhere, of which the entry says nothing", {"parts": [moved]}),
        ("reports that go elsewhere twice", {"moved": {**to_another, "reports": [REPORT, REPORT]}}),
        ("a move to no case", {"moved": {**to_another, "to": PART}}),
        ("a part from elsewhere that ends", {"parts": [{**ended, "from": _ORIGIN.body()}]}),
        ("an approval that is no text", {"approval": {}}),
        ("a key that goes not to what is nobody", {"without": [CASE]}),
        ("a key that goes not to no list", {"without": None}),
        ("certificates that are no list", {"ended": None}),
        ("certificates that are no texts", {"ended": [None]}),
        ("more certificates than of two", {"ended": ["", "", ""]}),
        ("a checkpoint of nothing", {"checkpoint": {}}),
        ("a checkpoint without a file", {"checkpoint": {"text": _HASH, "files": []}}),
        ("a part with more", {"parts": [{**said["parts"][0], "more": 1}]}),
        ("parts that are no list", {"parts": None}),
        ("a key of nothing", {"keys": [{**said["keys"][0], "subject": "case"}]}),
        ("a key of no generation", {"keys": [{**said["keys"][0], "generation": 0}]}),
        ("a key by its recipient's text", {"keys": [{**said["keys"][0], "recipient": str(CASE_KEY.recipient)}]}),
        ("keys that are no list", {"keys": None}),
        ("holders that are no list", {"held": None}),
        ("holders of nothing", {"held": [{"part": CASE, "people": [CASEWORKER.id]}]}),
        ("holders who are nobody", {"held": [{"part": PART, "people": []}]}),
        ("a report of another kind", {"reports": [{"id": CASE, "sha256": _HASH}]}),
        ("a report without its hash", {"reports": [{"id": REPORT}]}),
        ("reports that are no list", {"reports": None}),
        ("something more", {"more": 1}),
        *((f"members: {name}", {"members": body}) for name, body in _lists(said["members"])),
    ):
        yield Vector(rule, name, _given([_body(full, {**said, **body})]), malformed())
    for key in said:
        less = {name: value for name, value in said.items() if name != key}
        yield Vector(rule, f"without {key}", _given([_body(full, less)]), malformed())


def _lists(said: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    for name, body in (
        ("nobody", {"members": []}),
        ("somebody twice", {"members": [CASEWORKER.id, CASEWORKER.id]}),
        ("another order", {"members": [TRIAGER.id, CASEWORKER.id]}),
        ("something else than people", {"members": [CASE, CASEWORKER.id]}),
        ("no list", {"members": CASEWORKER.id}),
        ("something more", {"more": 1}),
        ("an owner who is not on it", {"owner": TRIAGER.id}),
        ("an owner who is nobody", {"owner": 1}),
    ):
        yield name, {**said, **body}
    yield "not an object", []


def _what_counts() -> Iterator[Vector]:
    rule = "an entry counts if it follows the file before it, by a member after that one; else it keeps its place"
    genesis = _list(1, [CASEWORKER], by=CASEWORKER)
    second = _list(2, [CASEWORKER, TRIAGER], by=CASEWORKER, after=genesis)
    third = _list(3, [TRIAGER], by=CASEWORKER, after=second)
    gone = _list(4, [CASEWORKER], by=CASEWORKER, after=third)
    broken = _body(second, {"members": []})
    added = [CASEWORKER, TRIAGER]
    for name, chain, gives in (
        ("two", [genesis, second], _gives(added)),
        ("three", [genesis, second, third], _gives([TRIAGER])),
        ("one missing", [genesis, third], _gives(passed_over=[2])),
        ("two in the other order", [genesis, third, second], _gives(passed_over=[2, 3])),
        ("one twice", [genesis, genesis], _gives(passed_over=[2])),
        ("one that follows another", [_list(1, [TRIAGER], by=TRIAGER), second], _gives([TRIAGER], passed_over=[2])),
        (
            "a number left out",
            [genesis, _list(3, [TRIAGER], by=CASEWORKER, after=genesis)],
            _gives(passed_over=[2]),
        ),
        ("of another form", [genesis, broken], _gives(passed_over=[2])),
        ("junk", [genesis, None], _gives(passed_over=[2])),
        ("by a stranger", [genesis, _list(2, [STRANGER], by=STRANGER, after=genesis)], _gives(passed_over=[2])),
        (
            "by somebody who adds themselves",
            [genesis, _list(2, added, by=TRIAGER, after=genesis)],
            _gives(passed_over=[2]),
        ),
        ("by somebody who had left", [genesis, second, third, gone], _gives([TRIAGER], passed_over=[4])),
        (
            "by a supervisor who is no member",
            [genesis, _list(2, [CASEWORKER], by=SUPERVISOR, after=genesis)],
            _gives(passed_over=[2]),
        ),
        (
            "two of one number: the one that lies there",
            [genesis, second, _list(2, [CASEWORKER], by=CASEWORKER, after=genesis)],
            _gives(added, passed_over=[3]),
        ),
        (
            "one behind what is passed over, which it follows",
            [genesis, broken, _list(3, [TRIAGER], by=CASEWORKER, after=broken)],
            _gives([TRIAGER], passed_over=[2]),
        ),
        (
            "one behind junk, which it follows",
            [genesis, None, _list(3, [TRIAGER], by=CASEWORKER, after=_Junk(2))],
            _gives([TRIAGER], passed_over=[2]),
        ),
    ):
        yield Vector(rule, name, _given(chain), gives=gives)


def _what_contradicts() -> Iterator[Vector]:
    rule = "an entry that contradicts what stands is passed over whole"
    genesis = _list(1, [CASEWORKER, TRIAGER], by=CASEWORKER)
    both = [CASEWORKER, TRIAGER]
    written = _entry(2, Entry(parts=_part(1)), after=genesis)
    joined = _entry(2, Entry(keys=(_OF_REPORT,), reports=(_JOINED,)), after=genesis)
    named = _entry(2, Entry(keys=(_OF_REPORT,)), after=genesis)
    closed = _entry(2, Entry(parts=_part(1, type_="part.identity"), keys=(_OF_PART,), held=(_HELD,)), after=genesis)
    turned = _entry(2, Entry(keys=(_TURNED,)), after=genesis, to=REPORT_KEY, generation=2)
    for name, chain, gives in (
        (
            "the next version, by another",
            [genesis, written, _entry(3, Entry(parts=_part(2)), after=written, by=TRIAGER)],
            _gives(both, parts={PART: [[1, 2], [2, 3]]}),
        ),
        (
            "a version left out",
            [genesis, written, _entry(3, Entry(parts=_part(3)), after=written)],
            _gives(both, parts={PART: [[1, 2], [3, 3]]}),
        ),
        ("a report that joins", [genesis, joined], _gives(both, reports=[REPORT])),
        ("a key that is turned", [genesis, turned], _gives(both, generation=2)),
        ("a part with its own key", [genesis, closed], _gives(both, parts={PART: [[1, 2]]})),
        (
            "a key named again as it is",
            [genesis, _entry(2, Entry(keys=(_KEY,)), after=genesis)],
            _gives(both),
        ),
        (
            "under the new key",
            [genesis, turned, _entry(3, Entry(parts=_part(1)), after=turned, to=REPORT_KEY, generation=2)],
            _gives(both, generation=2, parts={PART: [[1, 3]]}),
        ),
    ):
        yield Vector(rule, name, _given(chain), gives=gives)
    of_written: dict[str, Any] = {"parts": {PART: [[1, 2]]}}
    of_two = replace(_OF_PART, subject=counted_id("part", 2))
    next_of_part = replace(_OF_PART, generation=2)
    for name, said in (
        ("a part's own key before the part", Entry(keys=(of_two,), held=(_held(of_two.subject),))),
        (
            "the own key of another part",
            Entry(parts=_part(1, type_="part.identity"), keys=(of_two,), held=(_held(of_two.subject),)),
        ),
        ("an own key for a type that has none", Entry(parts=_part(1), keys=(_OF_PART,), held=(_HELD,))),
        (
            "a part's own key in its second generation",
            Entry(parts=_part(1, type_="part.identity"), keys=(next_of_part,), held=(_HELD,)),
        ),
        ("a part's own key for nobody", Entry(parts=_part(1, type_="part.identity"), keys=(_OF_PART,))),
        (
            "a part's own key for others alone",
            Entry(parts=_part(1, type_="part.identity"), keys=(_OF_PART,), held=(_held(PART, TRIAGER),)),
        ),
        (
            "a part's own key for who is no member",
            Entry(parts=_part(1, type_="part.identity"), keys=(_OF_PART,), held=(_held(PART, CASEWORKER, STRANGER),)),
        ),
    ):
        yield Vector(rule, name, _given([genesis, _entry(2, said, after=genesis)]), gives=_gives(both, passed_over=[2]))
    second_of_part = _part(2, type_="part.identity")
    next_key = Entry(keys=(next_of_part,), held=(_held(PART, CASEWORKER, TRIAGER),))
    with_version = replace(next_key, parts=second_of_part)
    chain = [genesis, closed, _entry(3, with_version, after=closed)]
    of_both = _gives(both, parts={PART: [[1, 2], [2, 3]]})
    yield Vector(rule, "a part's own key turned with a version", _given(chain), gives=of_both)
    turned_part = _entry(3, next_key, after=closed)
    after_it = _entry(4, replace(next_key, keys=(replace(_OF_PART, generation=3),)), after=turned_part, by=TRIAGER)
    told = _gives(both, parts={PART: [[1, 2]]})
    yield Vector(rule, "a part's own key turned", _given([genesis, closed, turned_part]), gives=told)
    yield Vector(
        rule, "a part's own key turned by who got it", _given([genesis, closed, turned_part, after_it]), gives=told
    )
    besides = Entry(held=(_held(PART, TRIAGER),))
    for name, said, by in (
        ("a part's own key turned by who does not hold it", next_key, TRIAGER),
        ("a part's own key turned without holders", Entry(keys=(next_of_part,)), CASEWORKER),
        ("a part's own key turned twice at once", replace(next_key, keys=(next_of_part, next_of_part)), CASEWORKER),
        ("a part's own key named again", Entry(parts=second_of_part, keys=(_OF_PART,), held=(_HELD,)), CASEWORKER),
        (
            "a part's own key, a generation left out",
            replace(next_key, keys=(replace(_OF_PART, generation=3),)),
            CASEWORKER,
        ),
        ("a part's own key for somebody more, where nobody owns the case", besides, CASEWORKER),
        ("holders twice", Entry(held=(_HELD, _HELD)), CASEWORKER),
        ("a part's own key for oneself", besides, TRIAGER),
    ):
        chain = [genesis, closed, _entry(3, said, after=closed, by=by)]
        yield Vector(rule, name, _given(chain), gives=_gives(both, parts={PART: [[1, 2]]}, passed_over=[3]))
    next_of_report = replace(_OF_REPORT, generation=2)
    of_joined: dict[str, Any] = {"reports": [REPORT]}
    for name, before, said, more in (
        ("a report's key turned", joined, Entry(keys=(next_of_report,)), of_joined),
        (
            "a report's key turned twice",
            joined,
            Entry(keys=(next_of_report, replace(next_of_report, generation=3))),
            of_joined,
        ),
        (
            "a report that joins with two keys",
            written,
            Entry(keys=(_OF_REPORT, next_of_report), reports=(_JOINED,)),
            of_joined | of_written,
        ),
    ):
        chain = [genesis, before, _entry(3, said, after=before)]
        yield Vector(rule, name, _given(chain), gives=_gives(both, **more))
    for name, before, said, more in (
        (
            "a report's key, a generation left out",
            joined,
            Entry(keys=(replace(next_of_report, generation=3),)),
            of_joined,
        ),
        ("the next key of a report of another case", written, Entry(keys=(next_of_report,)), of_written),
        ("the next key of a report that has not joined", named, Entry(keys=(next_of_report,)), {}),
    ):
        chain = [genesis, before, _entry(3, said, after=before)]
        yield Vector(rule, name, _given(chain), gives=_gives(both, passed_over=[3], **more))
    for name, before, said, more in (
        ("a version again", written, Entry(parts=_part(1)), of_written),
        ("another file of a version", written, Entry(parts=_part(1, sha256=_OTHER_HASH)), of_written),
        ("another type of a part", written, Entry(parts=_part(2, type_="part.person")), of_written),
        ("a version above the entry's number", written, Entry(parts=_part(4)), of_written),
        ("with a list beside it", written, _of([CASEWORKER], keys=(), parts=_part(1)), of_written),
        ("the case's key named otherwise", written, Entry(keys=(replace(_KEY, recipient=_HASH),)), of_written),
        (
            "a report's key named otherwise",
            joined,
            Entry(keys=(replace(_OF_REPORT, recipient=_OTHER_HASH),)),
            {"reports": [REPORT]},
        ),
        ("a key named in two ways", written, Entry(keys=(_TURNED, replace(_TURNED, recipient=_HASH))), of_written),
        ("a report whose key nobody named", written, Entry(reports=(_JOINED,)), of_written),
        ("a report twice", joined, Entry(reports=(_JOINED,)), {"reports": [REPORT]}),
        (
            "a report with another file",
            joined,
            Entry(reports=(ReportNote(REPORT, _OTHER_HASH),)),
            {"reports": [REPORT]},
        ),
    ):
        chain = [genesis, before, _entry(3, said, after=before)]
        yield Vector(rule, name, _given(chain), gives=_gives(both, passed_over=[3], **more))
    twice = Entry(keys=(_OF_REPORT,), reports=(_JOINED, _JOINED))
    chain = [genesis, _entry(2, twice, after=genesis)]
    yield Vector(rule, "a report twice at once", _given(chain), gives=_gives(both, passed_over=[2]))
    for name, to, generation in (
        ("sealed to a key that no entry names", REPORT_KEY, 2),
        ("sealed to another key", REPORT_KEY, 1),
        ("of a generation that no entry names", CASE_KEY, 2),
    ):
        chain = [genesis, _entry(2, Entry(parts=_part(1)), after=genesis, to=to, generation=generation)]
        yield Vector(rule, name, _given(chain), gives=_gives(both, passed_over=[2]))


def _parts_of_one_thing() -> Iterator[Vector]:
    rule = "a part is of one person, incident or selector for good"
    genesis = _list(1, [CASEWORKER, TRIAGER], by=CASEWORKER)
    for type_, other in (("part.person", "psn"), ("part.identity", "psn"), ("part.incident", "inc")):
        keys, held = ((_OF_PART,), (_HELD,)) if type_ == "part.identity" else ((), ())
        first = _entry(2, Entry(parts=_part(1, type_=type_), keys=keys, held=held), after=genesis)
        [note] = _part(2, type_=type_)
        for name, of, gives in (
            ("the next version", note.of, {"parts": {PART: [[1, 2], [2, 3]]}}),
            ("a version that is another's", counted_id(other, 2), {"parts": {PART: [[1, 2]]}, "passed_over": [3]}),
        ):
            chain = [genesis, first, _entry(3, Entry(parts=(replace(note, of=of),)), by=TRIAGER, after=first)]
            yield Vector(rule, f"{type_}: {name}", _given(chain), gives=_gives([CASEWORKER, TRIAGER], **gives))


def _ends() -> Iterator[Vector]:
    rule = "a part ends by rule at once, otherwise by two, and what was written once with its incident alone"
    both = [CASEWORKER, TRIAGER]
    genesis = _list(1, both, by=CASEWORKER)
    first = _entry(2, Entry(parts=_part(1, type_="part.person")), after=genesis)
    ended = _entry(3, _end(2), after=first)
    agreed = Ending(frozenset({(PART, 1)}), frozenset({_OF["part.person"]}))
    of_another = replace(agreed, parts=frozenset({(counted_id("part", 2), 1)}))
    to_another = Moving(OTHER_CASE)
    gone = _list(3, [CASEWORKER], by=CASEWORKER, after=first)
    of_supervisor = _list(1, [SUPERVISOR], by=SUPERVISOR)
    theirs = _entry(2, Entry(parts=_part(1, type_="part.person")), after=of_supervisor, by=SUPERVISOR)
    noted = _entry(2, Entry(parts=_part(1, type_="part.note")), after=genesis)
    unnoted = _entry(3, _end(2, type_="part.note"), after=noted)
    stands, over = {PART: [[1, 2]]}, {PART: [[1, 2], [2, 3]]}
    moved = replace(_end(2, EndReason.MOVED, to=OTHER_CASE), moved=Moved(OTHER_CASE))
    for name, chain, gives in (
        ("withdrawn", [genesis, first, ended], _gives(both, parts=over)),
        ("a note by itself", [genesis, noted, unnoted], _gives(both, parts=over)),
        (
            "by retention",
            [genesis, first, _entry(3, _end(2, EndReason.RETENTION), after=first)],
            _gives(both, parts=over),
        ),
        ("moved by one", [genesis, first, _entry(3, moved, after=first)], _gives(both, parts=stands, passed_over=[3])),
        (
            "moved by two",
            [genesis, first, _entry(3, replace(moved, approval=_word(to_another, TRIAGER)), after=first)],
            _gives(both, parts=over, seconded=[[TRIAGER.id, 3]]),
        ),
        (
            "by two",
            [genesis, first, _entry(3, _agreed_end(_word(agreed, TRIAGER)), after=first)],
            _gives(both, parts=over, seconded=[[TRIAGER.id, 3]]),
        ),
        (
            "by two, of whom one said so of its move",
            [genesis, first, _entry(3, _agreed_end(_word(to_another, TRIAGER)), after=first)],
            _gives(both, parts=stands, passed_over=[3]),
        ),
        (
            "by two, of whom one said so of another part",
            [
                genesis,
                first,
                _entry(
                    3,
                    _agreed_end(_word(of_another, TRIAGER)),
                    after=first,
                ),
            ],
            _gives(both, parts=stands, passed_over=[3]),
        ),
        (
            "by two, of whom one said so of the part and of no answers",
            [genesis, first, _entry(3, _agreed_end(_word(replace(agreed, people=frozenset()), TRIAGER)), after=first)],
            _gives(both, parts=stands, passed_over=[3]),
        ),
        (
            "by two of whom one is the author",
            [genesis, first, _entry(3, _agreed_end(_word(agreed, CASEWORKER)), after=first)],
            _gives(both, parts=stands, passed_over=[3]),
        ),
        (
            "by two of whom one has left",
            [genesis, first, gone, _entry(4, _agreed_end(_word(agreed, TRIAGER)), after=gone)],
            _gives([CASEWORKER], parts=stands, passed_over=[4]),
        ),
        (
            "by the last member and a supervisor",
            [genesis, first, gone, _entry(4, _agreed_end(_word(agreed, SUPERVISOR)), after=gone)],
            _gives([CASEWORKER], parts={PART: [[1, 2], [2, 4]]}, seconded=[[SUPERVISOR.id, 4]]),
        ),
        (
            "by a supervisor alone, with their own word",
            [of_supervisor, theirs, _entry(3, _agreed_end(_word(agreed, SUPERVISOR)), after=theirs, by=SUPERVISOR)],
            _gives([SUPERVISOR], parts=stands, passed_over=[3]),
        ),
        (
            "a version after the end",
            [genesis, first, ended, _entry(4, Entry(parts=_part(3, type_="part.person")), after=ended)],
            _gives(both, parts=over, passed_over=[4]),
        ),
        (
            "another end after the end",
            [genesis, first, ended, _entry(4, _end(3, EndReason.RETENTION), after=ended)],
            _gives(both, parts=over, passed_over=[4]),
        ),
        ("of what there is not", [genesis, _entry(2, _end(1), after=genesis)], _gives(both, passed_over=[2])),
        (
            "under a number that was used",
            [genesis, first, _entry(3, _end(1), after=first)],
            _gives(both, parts=stands, passed_over=[3]),
        ),
        (
            "of another person",
            [genesis, first, _entry(3, _other_of(_end(2)), after=first)],
            _gives(both, parts=stands, passed_over=[3]),
        ),
    ):
        yield Vector(rule, name, _given(chain), gives=gives)
    incident = PartNote(counted_id("part", 2), "part.incident", 1, _HASH, _OF["part.incident"])
    told = _entry(2, Entry(parts=(incident, *_part(1, type_="part.assertion"))), after=genesis)
    its_end = replace(incident, version=2, sha256=None, reason=EndReason.WITHDRAWN)
    unsaid = _end(2, type_="part.assertion")
    both_told = {PART: [[1, 2]], incident.id: [[1, 2]]}
    for name, said, gives in (
        ("an assertion alone", unsaid, _gives(both, parts=both_told, passed_over=[3])),
        (
            "an assertion with its incident",
            Entry(parts=(*unsaid.parts, its_end)),
            _gives(both, parts={part: [[1, 2], [2, 3]] for part in both_told}),
        ),
        (
            "an assertion with its incident, as two agreed",
            _both_end(unsaid, its_end, Ending(frozenset((part, 1) for part in both_told))),
            _gives(both, parts={part: [[1, 2], [2, 3]] for part in both_told}, seconded=[[TRIAGER.id, 3]]),
        ),
        (
            "an assertion with its incident, of which one said so alone",
            _both_end(unsaid, its_end, Ending(frozenset({(incident.id, 1)}))),
            _gives(both, parts=both_told, passed_over=[3]),
        ),
    ):
        yield Vector(rule, name, _given([genesis, told, _entry(3, said, after=told)]), gives=gives)


def _both_end(unsaid: Entry, its_end: PartNote, act: Ending) -> Entry:
    notes = (replace(each, reason=EndReason.AGREED) for each in (*unsaid.parts, its_end))
    return Entry(parts=tuple(notes), approval=_word(act, TRIAGER))


def _agreed_end(approval: str) -> Entry:
    return replace(_end(2, EndReason.AGREED), approval=approval)


def _other_of(said: Entry) -> Entry:
    return Entry(parts=tuple(replace(note, of=counted_id("psn", 2)) for note in said.parts))


def _from_elsewhere() -> Iterator[Vector]:
    rule = "a part comes from another case in its first version, once, and by the word of two"
    both = [CASEWORKER, TRIAGER]
    genesis = _list(1, both, by=CASEWORKER)
    [note] = _part(1)
    came, arrived = replace(note, origin=_ORIGIN), Moving(CASE).sha256(OTHER_CASE)
    elsewhere: dict[str, Any] = {"subject": OTHER_CASE, "object": OTHER_CASE, "of": arrived}
    agreed = _word(Moving(CASE), TRIAGER, **elsewhere)
    first = _entry(2, Entry(parts=(came,), approval=agreed), after=genesis)
    second, another = replace(came, id=counted_id("part", 2)), replace(_ORIGIN, part=counted_id("part", 8))

    def brought(approval: str | None, *parts: PartNote, after: Opened = genesis, number: int = 2) -> Opened:
        return _entry(number, Entry(parts=parts, approval=approval), after=after)

    for name, chain, gives in (
        ("once", [genesis, first], _gives(both, parts={PART: [[1, 2]]})),
        (
            "the next version",
            [genesis, first, _entry(3, Entry(parts=_part(2)), after=first)],
            _gives(both, parts={PART: [[1, 2], [2, 3]]}),
        ),
        (
            "in a later version",
            [genesis, first, brought(agreed, replace(came, version=2, origin=another), after=first, number=3)],
            _gives(both, parts={PART: [[1, 2]]}, passed_over=[3]),
        ),
        (
            "twice",
            [genesis, first, brought(agreed, second, after=first, number=3)],
            _gives(both, parts={PART: [[1, 2]]}, passed_over=[3]),
        ),
        ("twice at once", [genesis, brought(agreed, came, second)], _gives(both, passed_over=[2])),
        (
            "from this very case",
            [genesis, brought(_word(Moving(CASE), TRIAGER), replace(note, origin=replace(_ORIGIN, case=CASE)))],
            _gives(both, passed_over=[2]),
        ),
        *(
            (name, [genesis, brought(approval, came)], _gives(both, passed_over=[2]))
            for name, approval in (
                ("by one", None),
                ("by a word that is none", "a word"),
                ("by oneself", _word(Moving(CASE), CASEWORKER, **elsewhere)),
                ("by two, of whom one is no member", _word(Moving(CASE), SUPERVISOR, **elsewhere)),
                ("by a word for the way back", _word(Moving(OTHER_CASE), TRIAGER)),
                ("by a word said in this case", _word(Moving(CASE), TRIAGER, **elsewhere | {"subject": CASE})),
                (
                    "by a word that it goes to a third case",
                    _word(Moving(CASE), TRIAGER, **elsewhere | {"of": Moving(PART).sha256(OTHER_CASE)}),
                ),
                ("by a no", _word(Moving(CASE), TRIAGER, **elsewhere, decision="rejected")),
            )
        ),
    ):
        yield Vector(rule, name, _given(chain), gives=gives)


def _gone_elsewhere() -> Iterator[Vector]:
    rule = "reports and parts go to another case by the word of two, in entries of one author that follow each other"
    both = [CASEWORKER, TRIAGER]
    genesis = _list(1, both, by=CASEWORKER)
    person, note = (
        _part(1, type_="part.person"),
        PartNote(counted_id("part", 2), "part.note", 1, _HASH, counted_id("note", 1)),
    )
    keys, reports = (_OF_REPORT,), (_JOINED,)
    first = _entry(2, Entry(parts=(*person, note), keys=keys, reports=reports), after=genesis)
    agreed, with_report = _word(Moving(OTHER_CASE), TRIAGER), Moved(OTHER_CASE, (REPORT,), whole=True)

    def ends(part: PartNote) -> PartNote:
        return replace(part, version=2, sha256=None, reason=EndReason.MOVED, to=OTHER_CASE)

    gone = Entry(parts=(ends(person[0]),), approval=agreed, moved=with_report)
    more = Entry(parts=(ends(note),), approval=agreed, moved=replace(with_report, reports=()))
    went = _entry(3, gone, after=first)
    wrote = _entry(4, Entry(), after=went)
    back = Entry(reports=reports)
    stands = {PART: [[1, 2]], note.id: [[1, 2]]}
    half = {PART: [[1, 2], [2, 3]], note.id: [[1, 2]]}
    seconded, given = [[TRIAGER.id, 3]], [genesis, first]
    for name, chain, gives in (
        ("all of it", [*given, went], _gives(both, parts=half, seconded=seconded)),
        (
            "more of it",
            [*given, went, _entry(4, more, after=went)],
            _gives(both, parts={**half, note.id: [[1, 2], [2, 4]]}, seconded=[*seconded, [TRIAGER.id, 4]]),
        ),
        (
            "more of it, by another author",
            [*given, went, _entry(4, more, after=went, by=TRIAGER)],
            _gives(both, parts=half, seconded=seconded, passed_over=[4]),
        ),
        (
            "more of it, later",
            [*given, went, wrote, _entry(5, more, after=wrote)],
            _gives(both, parts=half, seconded=seconded, passed_over=[5]),
        ),
        (
            "a report comes back",
            [*given, went, _entry(4, back, after=went)],
            _gives(both, parts=half, seconded=seconded, reports=[REPORT]),
        ),
        (
            "by one",
            [*given, _entry(3, replace(gone, approval=None), after=first)],
            _gives(both, parts=stands, reports=[REPORT], passed_over=[3]),
        ),
        (
            "a report that is not there",
            [genesis, _entry(2, Entry(approval=agreed, moved=with_report), after=genesis)],
            _gives(both, passed_over=[2]),
        ),
        (
            "to itself",
            [
                *given,
                _entry(3, Entry(approval=_word(Moving(CASE), TRIAGER), moved=Moved(CASE, (REPORT,))), after=first),
            ],
            _gives(both, parts=stands, reports=[REPORT], passed_over=[3]),
        ),
    ):
        yield Vector(rule, name, _given(chain), gives=gives)


def _turned() -> Iterator[Vector]:
    rule = "a key turns to the next generation, and nothing is written under an earlier one"
    genesis = _list(1, [CASEWORKER], by=CASEWORKER)
    turned = _entry(2, Entry(keys=(_TURNED,)), after=genesis, to=REPORT_KEY, generation=2)
    far = replace(_TURNED, generation=3)
    for name, chain, gives in (
        ("turned", [genesis, turned], _gives(generation=2)),
        (
            "under the earlier key",
            [genesis, turned, _entry(3, Entry(parts=_part(1)), after=turned)],
            _gives(generation=2, passed_over=[3]),
        ),
        (
            "in an entry under the earlier key",
            [genesis, _entry(2, Entry(keys=(_TURNED,)), after=genesis)],
            _gives(passed_over=[2]),
        ),
        (
            "turned, without one who is certified no longer",
            [
                genesis,
                _entry(2, Entry(keys=(_TURNED,), without=(TRIAGER.id,)), after=genesis, to=REPORT_KEY, generation=2),
            ],
            _gives(generation=2),
        ),
        (
            "without somebody, and not turned",
            [genesis, _entry(2, Entry(without=(TRIAGER.id,)), after=genesis)],
            _gives(passed_over=[2]),
        ),
        (
            "a generation left out",
            [genesis, _entry(2, Entry(keys=(far,)), after=genesis, to=REPORT_KEY, generation=3)],
            _gives(passed_over=[2]),
        ),
    ):
        yield Vector(rule, name, _given(chain), gives=gives)


def _summed_up() -> Iterator[Vector]:
    rule = "a checkpoint says what the entries before it come to"
    genesis = _list(1, [CASEWORKER], by=CASEWORKER)
    second = _entry(2, Entry(parts=_part(1)), after=genesis)
    places = [Place(each.sha256, each) for each in (genesis, second)]
    begun = journal.begin(CASE, places[0], by=KNOWN)
    before = journal.follow(begun, places[1:], by=KNOWN)
    parts = {PART: [[1, 2]]}
    for name, text, gives in (
        ("as it is", journal.summary(before), _gives(parts=parts)),
        ("of fewer entries", journal.summary(begun), _gives(parts=parts, passed_over=[3])),
        (
            "of other members",
            journal.summary(replace(before, members=replace(before.members, owner=CASEWORKER.id))),
            _gives(parts=parts, passed_over=[3]),
        ),
        ("without the part", journal.summary(replace(before, parts={})), _gives(parts=parts, passed_over=[3])),
        ("of another key", journal.summary(replace(before, keys={})), _gives(parts=parts, passed_over=[3])),
    ):
        said = Entry(checkpoint=Checkpoint(sha256_hex(text), (_HASH,)))
        yield Vector(rule, name, _given([genesis, second, _entry(3, said, after=second)]), gives=gives)


def _of_two() -> Iterator[Vector]:
    rule = "opener and owner go by themselves, or by two, and so does the case from its owner"
    everybody = [CASEWORKER, TRIAGER, SUPERVISOR]
    opened = _list(1, everybody, by=CASEWORKER, owner=TRIAGER)
    took = _list(2, everybody, by=CASEWORKER, after=opened, owner=CASEWORKER)
    stays: dict[str, Any] = {"owner": TRIAGER.id, "people": everybody}
    for name, chain, gives in (
        (
            "the opener, by one",
            [opened, _list(2, [TRIAGER, SUPERVISOR], by=TRIAGER, after=opened, owner=TRIAGER)],
            _gives(**stays, passed_over=[2]),
        ),
        (
            "the owner, by one",
            [opened, _list(2, [CASEWORKER, SUPERVISOR], by=CASEWORKER, after=opened)],
            _gives(**stays, passed_over=[2]),
        ),
        (
            "the owner, by one who took the case before",
            [opened, took, _list(3, [CASEWORKER, SUPERVISOR], by=CASEWORKER, after=took, owner=CASEWORKER)],
            _gives(**stays, passed_over=[2, 3]),
        ),
        (
            "the owner, who hands the case on",
            [opened, _list(2, [CASEWORKER, SUPERVISOR], by=TRIAGER, after=opened, owner=CASEWORKER)],
            _gives([CASEWORKER, SUPERVISOR], owner=CASEWORKER.id),
        ),
        (
            "another, by one",
            [opened, _list(2, [CASEWORKER, TRIAGER], by=TRIAGER, after=opened, owner=TRIAGER)],
            _gives([CASEWORKER, TRIAGER], owner=TRIAGER.id),
        ),
    ):
        yield Vector(rule, name, _given(chain), gives=gives)
    yield from _seconded(opened, everybody)
    yield from _ended(opened, everybody)


def _seconded(opened: Opened, everybody: Sequence[Person]) -> Iterator[Vector]:
    rule = (
        "an act of two holds the approval of this very act, by another member, or by a supervisor where there is none"
    )
    rest = [CASEWORKER, SUPERVISOR]
    put_out = Removal(frozenset([TRIAGER.id]), CASEWORKER.id)
    handed_over = Removal(frozenset(), CASEWORKER.id)
    stays: dict[str, Any] = {"owner": TRIAGER.id, "people": everybody}
    word = _word(put_out, SUPERVISOR)
    done = _list(2, rest, by=CASEWORKER, after=opened, owner=CASEWORKER, approval=word)
    out = _gives(rest, owner=CASEWORKER.id, seconded=[[SUPERVISOR.id, 2]])
    yield Vector(rule, "the owner, by two", _given([opened, done]), gives=out)
    line, signatures, _ = word.split("\n")
    for name, text in (
        ("by the author", _word(put_out, CASEWORKER)),
        ("by the one whom it is about", _word(put_out, TRIAGER)),
        ("by somebody who is no member", _word(put_out, ANALYST)),
        ("by somebody whom nobody certified", _word(put_out, STRANGER)),
        ("of another act", _word(handed_over, SUPERVISOR)),
        ("of the same with another owner", _word(replace(put_out, owner=SUPERVISOR.id), SUPERVISOR)),
        ("of the opener", _word(Removal(frozenset([CASEWORKER.id]), CASEWORKER.id), SUPERVISOR)),
        ("of the end of a part", _word(Ending(frozenset({(PART, 1)})), SUPERVISOR)),
        ("of another case's key", _word(put_out, SUPERVISOR, to=REPORT_KEY)),
        ("about another case", _word(put_out, SUPERVISOR, subject=OTHER_CASE)),
        ("of another case", _word(put_out, SUPERVISOR, object=OTHER_CASE)),
        ("of the act in another case", _word(put_out, SUPERVISOR, of=put_out.sha256(OTHER_CASE))),
        ("of another organisation", _word(put_out, SUPERVISOR, org=_HASH)),
        ("a no", _word(put_out, SUPERVISOR, decision="rejected")),
        (
            "with a card",
            _word(put_out, SUPERVISOR, cards=[{"id": counted_id("card", 1), "revision": 0, "sig": "A" * 86}]),
        ),
        ("of a coding", APPROVAL.text.decode()),
        ("changed after it was signed", word.replace(put_out.sha256(CASE), handed_over.sha256(CASE))),
        ("under the signature of another", f"{line}\n{signatures.replace(SUPERVISOR.id, CASEWORKER.id)}\n"),
        ("without a signature", f'{line}\n{{"sigs":[]}}\n'),
        ("of another form", "{}"),
        ("no document", ""),
        ("a certificate", _certificate(CASEWORKER)),
    ):
        alone = _list(2, rest, by=CASEWORKER, after=opened, owner=CASEWORKER, approval=text)
        yield Vector(rule, f"an approval {name}", _given([opened, alone]), gives=_gives(**stays, passed_over=[2]))
    handed = _list(2, everybody, by=CASEWORKER, after=opened, owner=CASEWORKER, approval=_word(handed_over, SUPERVISOR))
    gives = _gives(everybody, owner=CASEWORKER.id, seconded=[[SUPERVISOR.id, 2]])
    yield Vector(rule, "the case from its owner, by two", _given([opened, handed]), gives=gives)
    back = _list(3, everybody, by=SUPERVISOR, after=done, owner=CASEWORKER)
    theirs = _list(4, everybody, by=CASEWORKER, after=back, owner=TRIAGER)
    again = _list(5, rest, by=CASEWORKER, after=theirs, owner=CASEWORKER, approval=word)
    chain, second = [opened, done, back, theirs, again], [[SUPERVISOR.id, 2]]
    gives = _gives(**stays, seconded=second, passed_over=[5])
    yield Vector(rule, "an approval that was used", _given(chain), gives=gives)
    anew = _list(5, rest, by=CASEWORKER, after=theirs, owner=CASEWORKER, approval=_word(put_out, SUPERVISOR, number=2))
    gives = _gives(rest, owner=CASEWORKER.id, seconded=[*second, [SUPERVISOR.id, 5]])
    yield Vector(rule, "the same act approved anew", _given([opened, done, back, theirs, anew]), gives=gives)
    two = _list(1, [CASEWORKER, TRIAGER], by=CASEWORKER, owner=TRIAGER)
    for name, text, gives in (
        (
            "a supervisor's where there is no other member",
            word,
            _gives([CASEWORKER], owner=CASEWORKER.id, seconded=second),
        ),
        (
            "somebody else's where there is no other member",
            _word(put_out, ANALYST),
            _gives([CASEWORKER, TRIAGER], owner=TRIAGER.id, passed_over=[2]),
        ),
    ):
        last = _list(2, [CASEWORKER], by=CASEWORKER, after=two, owner=CASEWORKER, approval=text)
        yield Vector(rule, name, _given([two, last]), gives=gives)
    others = _list(1, [CASEWORKER, TRIAGER, ANALYST], by=CASEWORKER, owner=TRIAGER)
    beside = _list(2, [CASEWORKER, ANALYST], by=CASEWORKER, after=others, owner=CASEWORKER, approval=word)
    gives = _gives([CASEWORKER, TRIAGER, ANALYST], owner=TRIAGER.id, passed_over=[2])
    yield Vector(rule, "a supervisor's where there is another member", _given([others, beside]), gives=gives)


def _ended(opened: Opened, everybody: Sequence[Person]) -> Iterator[Vector]:
    rule = (
        "whom a certificate in the entry leaves without a role is put out by one, and no date of anybody's makes it so"
    )
    rest = [CASEWORKER, SUPERVISOR]
    stays: dict[str, Any] = {"owner": TRIAGER.id, "people": everybody}
    after_the_end = date(2027, 1, 2)
    ended = _certificate(TRIAGER)
    out = _list(2, rest, by=CASEWORKER, after=opened, owner=CASEWORKER, ended=[ended])
    for name, today in (("when they have left", DAY), ("to a reader of a later day", after_the_end)):
        given = _given([opened, out], today=today)
        yield Vector(rule, name, given, gives=_gives(rest, owner=CASEWORKER.id))
    for name, texts in (
        ("without one", []),
        ("of somebody else", [_certificate(ANALYST)]),
        ("that leaves them a role", [_certificate(TRIAGER, Role.ANALYST)]),
        ("by somebody who is no supervisor", [_certificate(TRIAGER, by=CASEWORKER)]),
        ("changed after it was signed", [_certificate(ANALYST).replace(ANALYST.id, TRIAGER.id)]),
        ("that is none", [_word(Removal(frozenset([TRIAGER.id]), CASEWORKER.id), SUPERVISOR)]),
        ("of another form", [""]),
    ):
        alone = _list(2, rest, by=CASEWORKER, after=opened, owner=CASEWORKER, ended=texts)
        yield Vector(rule, f"a certificate {name}", _given([opened, alone]), gives=_gives(**stays, passed_over=[2]))
    led = _list(1, everybody, by=CASEWORKER, owner=SUPERVISOR)
    listed = _list(
        2, [CASEWORKER, TRIAGER], by=CASEWORKER, after=led, owner=CASEWORKER, ended=[_certificate(SUPERVISOR)]
    )
    gives = _gives(everybody, owner=SUPERVISOR.id, passed_over=[2])
    yield Vector(rule, "a certificate of somebody whom the root lists", _given([led, listed]), gives=gives)
    for name, at in (("ahead", _AHEAD), ("back", _BACK), ("after their last day", _LATER)):
        alone = _list(2, rest, by=CASEWORKER, after=opened, owner=CASEWORKER, at=at)
        for reader, today in (("", DAY), (", to a reader of a day after that", date(2031, 6, 1))):
            given = _given([opened, alone], today=today)
            yield Vector(rule, f"dated {name}{reader}", given, gives=_gives(**stays, passed_over=[2]))


def _recovered() -> Iterator[Vector]:
    rule = "of two custodians the first makes somebody a member, by the act of the second; nobody else who is none does"
    genesis = _list(1, [CASEWORKER], by=CASEWORKER, owner=CASEWORKER)
    present = [CASEWORKER, TRIAGER]
    owned: dict[str, Any] = {"owner": CASEWORKER.id}
    yield Vector(rule, "by two", _given([genesis, _recovery(genesis)]), gives=_gives(present, **owned))
    again = _recovery(genesis, act=_act(people=(CASEWORKER.id,)), people=[CASEWORKER])
    yield Vector(rule, "for a member who has lost the key", _given([genesis, again]), gives=_gives(**owned))
    for name, files in (("the keys of parts", 2), ("as many keys as fit", 61)):
        given = _recovery(genesis, act=_act(files=[f"{number:064x}" for number in range(files)]))
        yield Vector(rule, f"with {name}", _given([genesis, given]), gives=_gives(present, **owned))
    turned = _entry(2, Entry(keys=(_TURNED,)), after=genesis, to=REPORT_KEY, generation=2)
    replayed = _recovery(turned, number=3, to=REPORT_KEY, generation=2)
    told = _given([genesis, turned, replayed])
    yield Vector(rule, "an act again, after a turn", told, gives=_gives(generation=2, passed_over=[3], **owned))
    listed = MemberList(frozenset([CASEWORKER.id, TRIAGER.id]), CASEWORKER.id)
    for name, entry in (
        ("by one alone", _recovery(genesis, act=_act(by=CUSTODIAN))),
        ("by the second herself", _recovery(genesis, by=SECOND_CUSTODIAN)),
        ("by a member", _recovery(genesis, by=CASEWORKER, act=_act(to=CASEWORKER))),
        ("by an act of a caseworker", _recovery(genesis, act=_act(by=TRIAGER))),
        ("by an act of somebody whom nobody certifies", _recovery(genesis, act=_act(by=STRANGER))),
        ("by an act for another first custodian", _recovery(genesis, act=_act(to=SECOND_CUSTODIAN))),
        ("of another case", _recovery(genesis, act=_act(subject=OTHER_CASE))),
        ("about another case", _recovery(genesis, act=_act(about=OTHER_CASE))),
        ("of another organisation", _recovery(genesis, act=_act(org="0" * 64))),
        ("of generation 99", _recovery(genesis, act=_act(generation=99))),
        ("of another recipient", _recovery(genesis, act=_act(recipient=_HASH))),
        ("of another form", _recovery(genesis, act=_act(until="in June"))),
        ("until a day that is over", _recovery(genesis, act=_act(until="2026-06-14"))),
        (
            "with a member confirmed",
            _recovery(genesis, entry=Entry(members=listed, recovery=_act(), confirmed=(TRIAGER.id,))),
        ),
        ("with one file twice", _recovery(genesis, act=_act(files=[_HASH, _HASH]))),
        ("with one file more than fit", _recovery(genesis, act=_act(files=[f"{each:064x}" for each in range(62)]))),
        ("15 days after the act", _recovery(genesis, at="2026-06-30T09:00Z")),
        ("two days before the act", _recovery(genesis, act=_act(at="2026-06-17T09:00Z"))),
        ("for somebody else", _recovery(genesis, people=[CASEWORKER, STRANGER])),
        ("for one more", _recovery(genesis, people=[CASEWORKER, TRIAGER, STRANGER])),
        ("with somebody put out", _recovery(genesis, people=[TRIAGER], owner=None)),
        ("with another owner", _recovery(genesis, owner=TRIAGER)),
        ("with no list", _recovery(genesis, entry=Entry(recovery=_act()))),
        ("with a key", _recovery(genesis, entry=Entry(members=listed, recovery=_act(), keys=(_OF_REPORT,)))),
        ("with a part", _recovery(genesis, entry=Entry(members=listed, recovery=_act(), parts=_part(1)))),
        ("by an approval", _recovery(genesis, act=APPROVAL.text.decode())),
        ("by no document", _recovery(genesis, act="no act")),
        ("by no act", _recovery(genesis, entry=Entry(members=listed))),
    ):
        yield Vector(rule, name, _given([genesis, entry]), gives=_gives(passed_over=[2], **owned))


def _until_a_day() -> Iterator[Vector]:
    rule = "whom custodians make a member until a day writes until that day, unless a member confirms them"
    genesis = _list(1, [CASEWORKER], by=CASEWORKER, owner=CASEWORKER)
    given = _recovery(genesis, act=_act(until="2026-06-20"))
    present, owned = [CASEWORKER, TRIAGER], {"owner": CASEWORKER.id}
    later = date(2026, 7, 1)

    def told(name: str, *entries: Opened, people: Sequence[Person] = present, over: Sequence[int] = ()) -> Vector:
        chain = _given([genesis, *entries], today=later)
        return Vector(rule, name, chain, gives=_gives(people, passed_over=list(over), **owned))

    def then(said: Entry, by: Person, day: int, after: Opened = given) -> Opened:
        return _entry(after.mark.version + 1, said, by=by, after=after, at=f"2026-06-{day}T09:00Z")

    yield told("on that day", given, then(Entry(), TRIAGER, 20))
    yield told("on the next", given, then(Entry(), TRIAGER, 21), over=[3])
    confirmed = then(Entry(confirmed=(TRIAGER.id,)), CASEWORKER, 18)
    yield told("confirmed", given, confirmed, then(Entry(), TRIAGER, 21, confirmed))
    for name, said, by in (
        ("confirmed by themselves", Entry(confirmed=(TRIAGER.id,)), TRIAGER),
        ("another one confirmed", Entry(confirmed=(CASEWORKER.id,)), CASEWORKER),
        (
            "confirmed who goes",
            Entry(members=MemberList(_ids([CASEWORKER]), CASEWORKER.id), confirmed=(STRANGER.id,)),
            CASEWORKER,
        ),
    ):
        unconfirmed = then(said, by, 18)
        yield told(name, given, unconfirmed, then(Entry(), TRIAGER, 21, unconfirmed), over=[3, 4])
    for name, until in (("until later", "2026-06-25"), ("for good", None)):
        again = _recovery(given, number=3, act=_act(until=until), at="2026-06-16T09:00Z")
        yield told(f"again, {name}", given, again, then(Entry(), TRIAGER, 25, again))
    again = _recovery(given, number=3, act=_act(until="2026-06-25"), at="2026-06-16T09:00Z")
    yield told("again, until later, and past that", given, again, then(Entry(), TRIAGER, 26, again), over=[4])
    sooner = _recovery(given, number=3, act=_act(until="2026-06-16"), at="2026-06-16T09:00Z")
    yield told("again, until sooner", given, sooner, then(Entry(), TRIAGER, 20, sooner))
    # Who was a member before is one for good, whatever becomes of what they were given.
    known = _recovery(genesis, act=_act(people=(CASEWORKER.id,), until="2026-06-16"), people=[CASEWORKER])
    yield told("a member before", known, then(Entry(), CASEWORKER, 25, known), people=[CASEWORKER])
    led = then(Entry(members=MemberList(_ids(present), TRIAGER.id)), CASEWORKER, 16)
    led_by: dict[str, Any] = {"owner": TRIAGER.id}
    alone = Entry(members=MemberList(_ids([CASEWORKER])))
    on_it, later_on = then(alone, CASEWORKER, 20, led), then(alone, CASEWORKER, 21, led)
    gives = _gives(present, passed_over=[4], **led_by)
    yield Vector(rule, "its owner put out on that day", _given([genesis, given, led, on_it], today=later), gives=gives)
    gives = _gives([CASEWORKER])
    yield Vector(rule, "its owner put out later", _given([genesis, given, led, later_on], today=later), gives=gives)


def _ids(people: Sequence[Person]) -> frozenset[str]:
    return frozenset(person.id for person in people)


def _act(
    *,
    by: Person = SECOND_CUSTODIAN,
    to: Person = CUSTODIAN,
    about: str = CASE,
    org: str = ORG,
    at: str = HOUR,
    people: tuple[str, ...] = (TRIAGER.id,),
    **body: Any,
) -> str:
    """What the second custodian signs, who gives the case to the triager; `body` is said otherwise in it."""
    said = Recovery(CASE, 1, _KEY.recipient, people, RecoveryReason.LOST, (_HASH,)).body()
    header = Header.new("recovery", about, {**said, **body}, org=org, author=by.id, at=at, to=to.identity.recipient)
    return signed(header, by.signer).text.decode()


def _recovery(
    after: Opened,
    *,
    number: int = 2,
    by: Person = CUSTODIAN,
    act: str | None = None,
    people: Sequence[Person] = (CASEWORKER, TRIAGER),
    owner: Person | None = CASEWORKER,
    entry: Entry | None = None,
    **more: Any,
) -> Opened:
    """The first custodian's entry."""
    listed = MemberList(frozenset(person.id for person in people), owner.id if owner else None)
    return _entry(number, entry or Entry(members=listed, recovery=act or _act()), by=by, after=after, **more)


_AHEAD, _BACK, _LATER = "2031-01-01T00:00Z", "2020-01-01T00:00Z", "2027-01-01T09:00Z"


def _held(part: str, *people: Person) -> HeldNote:
    return HeldNote(part, frozenset(each.id for each in people or (CASEWORKER,)))


def _dates() -> Iterator[Vector]:
    rule = "an entry counts whatever its date, which is told where it cannot be"
    genesis = _list(1, [CASEWORKER], by=CASEWORKER)
    for at, wrong in (
        ("2026-06-15T00:00Z", []),
        ("2026-06-16T23:00Z", []),
        ("2026-06-17T00:00Z", [2]),
        ("2026-06-14T23:00Z", [2]),
        (_AHEAD, [2]),
    ):
        chain = [genesis, _entry(2, Entry(parts=_part(1)), after=genesis, at=at)]
        yield Vector(rule, at, _given(chain), gives=_gives(parts={PART: [[1, 2]]}, clock_wrong=wrong))
    ahead = _list(1, [CASEWORKER], by=CASEWORKER, at=_AHEAD)
    yield Vector(rule, "the first", _given([ahead]), gives=_gives(clock_wrong=[1]))
    second = _entry(2, Entry(), after=genesis, at="2026-06-20T09:00Z")
    third = _entry(3, Entry(), after=second, at="2026-06-16T09:00Z")
    told = _given([genesis, second, third], today=date(2026, 7, 1))
    yield Vector(rule, "an earlier one behind a later one", told, gives=_gives())


class _Junk:
    """A file that nobody can open."""

    def __init__(self, number: int) -> None:
        self.number, self.sha256 = number, "0" * 63 + str(number)


def _part(version: int, *, type_: str = "part.case", sha256: str = _HASH) -> tuple[PartNote, ...]:
    return (PartNote(PART, type_, version, sha256, _OF.get(type_)),)


def _end(version: int, reason: EndReason = EndReason.WITHDRAWN, *, type_: str = "part.person", **more: Any) -> Entry:
    return Entry(parts=(PartNote(PART, type_, version, None, _OF.get(type_), reason=reason, **more),))


def _of(people: Sequence[Person], *, keys: tuple[KeyNote, ...] = (_KEY,), **more: Any) -> Entry:
    return Entry(members=MemberList(frozenset(person.id for person in people)), keys=keys, **more)


def _list(
    number: int,
    people: Sequence[Person],
    *,
    by: Person,
    after: Opened | _Junk | None = None,
    owner: Person | None = None,
    approval: str | None = None,
    ended: Sequence[str] = (),
    at: str = HOUR,
) -> Opened:
    said = Entry(
        members=MemberList(frozenset(person.id for person in people), owner.id if owner else None),
        keys=() if after else (_KEY,),
        approval=approval,
        ended=tuple(ended),
    )
    return _entry(number, said, by=by, after=after, at=at)


def _word(act: Act, by: Person, *, number: int = 1, to: age.HybridIdentity = CASE_KEY, **more: Any) -> str:
    """What somebody signed of an act; `more` is said otherwise in it, `subject` and `org` in its line 1."""
    about = {name: more.pop(name) for name in ("subject", "org") if name in more}
    word = ApprovalStatement(
        counted_id("apr", number), act.subject, CASE, act.sha256(CASE), decision=ApprovalState.APPROVED
    )
    header = Header.new(
        "approval",
        about.get("subject", CASE),
        {**word.body(), **more},
        org=about.get("org", ORG),
        author=by.id,
        at=HOUR,
        to=to.recipient,
        generation=1,
    )
    return signed(header, by.signer).text.decode()


def _certificate(person: Person, *roles: Role, by: Person = SUPERVISOR) -> str:
    """Above the one that they have, with these roles."""
    certified = replace(person.certified, roles=frozenset(roles))
    return certificate(
        certified, org=ORG, signer=by.signer, valid_from=DAY, valid_until=DAY, previous=CERTIFICATES[0]
    ).text.decode()


def _entry(
    number: int,
    said: Entry,
    *,
    by: Person = CASEWORKER,
    after: Opened | _Junk | None = None,
    at: str = HOUR,
    to: age.HybridIdentity = CASE_KEY,
    generation: int = 1,
) -> Opened:
    header = Header(
        type="journal",
        org=ORG,
        subject=CASE,
        version=number,
        previous=after.sha256 if after else None,
        generation=generation,
        sealed_to=recipient_sha256(to.recipient),
        author=by.id,
        at=at,
        body=said.body(),
    )
    # A file's hash that is known before it is sealed, and another for each file.
    return Opened(signed(header, by.signer), f"{number}{by.id[-1]}" * 32, None)


def _body(entry: Opened, body: Mapping[str, Any]) -> Opened:
    return replace(entry, document=signed(replace(entry.document.header, body=dict(body)), CASEWORKER.signer))


def _given(chain: Sequence[Opened | None], *, today: date = DAY) -> dict[str, Any]:
    places = [
        {"sha256": each.sha256, "text": each.document.text.decode()}
        if each
        else {"sha256": _Junk(number).sha256, "text": None}
        for number, each in enumerate(chain, start=1)
    ]
    return {"case": CASE, "places": places, "certified": _CERTIFIED, "today": str(today)}


def _gives(people: Sequence[Person] = (CASEWORKER,), **more: Any) -> dict[str, Any]:
    ordinary: dict[str, Any] = {"owner": None, "generation": 1, "reports": [], "parts": {}}
    told = {"members": sorted(person.id for person in people), **ordinary, "passed_over": [], "clock_wrong": []}
    return {**told, "seconded": [], **more}
