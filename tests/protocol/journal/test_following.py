"""What the entries of a journal come to: who has which key, what came and went, and why an entry does not count."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from app import age
from app.protocol import journal
from app.protocol.certificates import Trust
from app.protocol.documents import Document, Header, recipient_sha256, signed
from app.protocol.encoding import new_id
from app.protocol.errors import NotAuthentic
from app.protocol.journal import (
    Act,
    Authority,
    Ending,
    EndReason,
    Entry,
    HeldNote,
    Journal,
    KeyNote,
    Moved,
    Moving,
    Origin,
    PartNote,
    Place,
    ReportNote,
)
from app.protocol.members import MemberList
from app.protocol.opening import Opened
from app.protocol.pairs import Recovery, RecoveryReason
from app.protocol.statements import ApprovalStatement
from app.vocabulary import ApprovalState, Role
from tests.protocol.organisation import (
    ANALYST,
    CASE,
    CASEWORKER,
    COLLEAGUE,
    DAY,
    HOUR,
    KEY_OF_CASE,
    ORG,
    ROOT,
    STRANGER,
    Person,
    approved,
    authority,
    case_header,
    certify,
    entry,
    follow,
    link,
    person,
)

HASH, OTHER_HASH = "0" * 64, "1" * 64
OTHER = new_id("case")
FIRST, SECOND = person(Role.CUSTODIAN), person(Role.CUSTODIAN)
KNOWN = Trust.pinned(ROOT, ORG).with_certificates(
    [certify(each) for each in (CASEWORKER, COLLEAGUE, ANALYST, FIRST, SECOND)]
)
EVERYBODY = [CASEWORKER, COLLEAGUE, ANALYST]
OPENED = link(EVERYBODY, by=CASEWORKER, owner=COLLEAGUE)
NEXT_KEY = age.generate()
TURNED = KeyNote(CASE, 2, recipient_sha256(NEXT_KEY.recipient))
PART, OWN, REPORT = new_id("part"), new_id("part"), new_id("rep")
OF_PERSON, OF_INCIDENT = new_id("psn"), new_id("inc")
REPORT_KEY, OWN_KEY = KeyNote(REPORT, 1, HASH), KeyNote(OWN, 1, HASH)
JOINED = Entry(keys=(REPORT_KEY,), reports=(ReportNote(REPORT, HASH),))


def known(today: date = DAY) -> Authority:
    """A reader to whom everybody is certified on every day."""
    return replace(authority(today=today, trust=KNOWN), was_certified=lambda *_: True)


def note(version: int, id_: str = PART, type_: str = "part.person", of: str | None = OF_PERSON) -> PartNote:
    return PartNote(id_, type_, version, HASH, of)


def end(version: int, reason: EndReason, **how: Any) -> PartNote:
    return replace(note(version, **how), sha256=None, reason=reason, to=OTHER if reason is EndReason.MOVED else None)


def held(*people: Person, part: str = OWN) -> HeldNote:
    return HeldNote(part, ids(*people))


def ids(*people: Person) -> frozenset[str]:
    return frozenset(each.id for each in people)


def why(said: Entry, *chain: Opened, **how: Any) -> str:
    """For what reason the entry does not count behind these."""
    opened = entry(said, after=chain[-1], **how)
    with pytest.raises(NotAuthentic) as failure:
        journal.after(follow(*chain, by=known()), Place(opened.sha256, opened), by=known())
    return failure.value.reason


# An own key: whoever made the identity part has it; the case is owned by a colleague.
CLOSED = entry(
    Entry(parts=(note(1, OWN, "part.identity"),), keys=(OWN_KEY,), held=(held(CASEWORKER),)),
    after=OPENED,
)


def test_who_has_a_parts_own_key_is_who_made_it_and_to_whom_it_went_by_the_owners_word() -> None:
    to_owner = entry(Entry(held=(held(COLLEAGUE),)), after=CLOSED)
    to_others = entry(Entry(held=(held(ANALYST),)), after=to_owner, by=COLLEAGUE)
    again = Entry(keys=(replace(OWN_KEY, generation=2, recipient=OTHER_HASH),), held=(held(CASEWORKER, COLLEAGUE),))
    turned = entry(again, after=to_others)

    assert follow(OPENED, CLOSED).held == {OWN: ids(CASEWORKER)}
    assert follow(OPENED, CLOSED, to_owner).held == {OWN: ids(CASEWORKER, COLLEAGUE)}
    assert follow(OPENED, CLOSED, to_owner, to_others).held == {OWN: ids(*EVERYBODY)}
    assert follow(OPENED, CLOSED, to_owner, to_others, turned).held == {OWN: ids(CASEWORKER, COLLEAGUE)}


@pytest.mark.parametrize(
    ("said", "by", "reason"),
    [
        (Entry(held=(held(ANALYST),)), CASEWORKER, "holders"),
        (Entry(held=(held(COLLEAGUE),)), COLLEAGUE, "holders"),
        (Entry(held=(held(COLLEAGUE, ANALYST),)), CASEWORKER, "holders"),
        (Entry(held=(held(COLLEAGUE, part=PART),)), CASEWORKER, "holders"),
        (Entry(keys=(replace(OWN_KEY, generation=2),)), CASEWORKER, "holders"),
        (Entry(keys=(replace(OWN_KEY, generation=2),), held=(held(ANALYST),)), ANALYST, "key-name"),
        (Entry(keys=(replace(OWN_KEY, generation=3),), held=(held(CASEWORKER),)), CASEWORKER, "key-name"),
    ],
    ids=[
        "to another, by a holder who does not own the case",
        "to the owner, by herself",
        "to the owner and another",
        "of a part without such a key",
        "the next for nobody",
        "the next by who has none",
        "a generation left out",
    ],
)
def test_nobody_else_gets_a_parts_own_key(said: Entry, by: Person, reason: str) -> None:
    assert why(said, OPENED, CLOSED, by=by) == reason


def test_a_version_lies_under_the_newest_key_that_its_part_is_sealed_to() -> None:
    turning = Entry(keys=(TURNED,), parts=(note(2, OWN, "part.identity"), note(1)))
    turned = entry(turning, after=CLOSED, to=NEXT_KEY, generation=2)

    found = follow(OPENED, CLOSED, turned)

    assert [each.generation for each in found.parts[OWN]] == [1, 1]
    assert [each.generation for each in found.parts[PART]] == [2]


def test_how_old_a_key_is_goes_by_the_entry_that_brought_it_in() -> None:
    joined = entry(JOINED, after=CLOSED)
    named_again = entry(Entry(keys=(REPORT_KEY,)), after=joined)
    turned = entry(Entry(keys=(TURNED,)), after=named_again, to=NEXT_KEY, generation=2)
    next_keys = Entry(
        keys=(replace(REPORT_KEY, generation=2), replace(OWN_KEY, generation=2)),
        held=(held(CASEWORKER),),
    )
    renewed = entry(next_keys, after=turned, to=NEXT_KEY, generation=2)
    gone = entry(
        Entry(parts=(end(2, EndReason.WITHDRAWN, id_=OWN, type_="part.identity"),)),
        after=turned,
        to=NEXT_KEY,
        generation=2,
    )

    assert follow(OPENED, CLOSED, joined, named_again).keyed == {OWN: 2, REPORT: 3}
    before = follow(OPENED, CLOSED, joined, named_again, turned)
    assert (before.passed_over, before.old_reports, before.old_parts) == ((), [REPORT], [OWN])
    after = follow(OPENED, CLOSED, joined, named_again, turned, renewed)
    assert (after.keyed, after.old_reports, after.old_parts) == ({OWN: 6, REPORT: 6}, [], [])
    assert follow(OPENED, CLOSED, joined, named_again, turned, gone).old_parts == []
    # As a checkpoint that is false may leave it out.
    assert replace(before, parts={}).old_parts == []
    new = new_id("part")
    said = Entry(
        parts=(note(1, new, "part.identity"),),
        keys=(KeyNote(new, 1, HASH), REPORT_KEY, TURNED),
        held=(held(CASEWORKER, part=new),),
        reports=JOINED.reports,
    )
    found = follow(OPENED, CLOSED, entry(said, after=CLOSED, to=NEXT_KEY, generation=2))
    assert (found.turned, found.old_reports, found.old_parts) == (3, [], [OWN])


def test_the_next_key_of_a_report_is_named_where_it_has_joined() -> None:
    named = entry(Entry(keys=(REPORT_KEY,)), after=OPENED)

    assert why(Entry(keys=(replace(REPORT_KEY, generation=2),)), OPENED, named) == "key-name"


def test_a_turn_is_due_while_somebody_has_the_newest_key_by_a_loan_or_past_their_day() -> None:
    lent = entry(Entry(lent=(STRANGER.id,)), after=OPENED)
    turning = Entry(keys=(TURNED,), lent=(STRANGER.id,))
    turned = entry(turning, after=OPENED, to=NEXT_KEY, generation=2)
    before = entry(Entry(keys=(TURNED,)), after=lent, to=NEXT_KEY, generation=2)
    given = recovery(OPENED, until=DAY)
    guest = follow(OPENED, given, entry(Entry(keys=(TURNED,)), after=given, to=NEXT_KEY, generation=2), by=known())

    def is_due(found: Journal, today: date = DAY) -> bool:
        return found.is_turn_due(lambda each: each != STRANGER.id, lambda _: False, today)

    assert is_due(follow(OPENED, lent))
    assert is_due(follow(OPENED, turned))
    assert not is_due(follow(OPENED, lent, before))
    assert follow(OPENED, given, by=known()).is_turn_due(bool, lambda _: False, DAY)  # a custodian has it
    assert not guest.is_turn_due(bool, lambda _: False, DAY)
    assert guest.is_turn_due(bool, lambda _: False, DAY + timedelta(1))


# What custodians do


def recovery(
    after: Opened, people: Collection[Person] = (STRANGER,), until: date | None = None, at: str = HOUR
) -> Opened:
    """The entry of the first of two custodians behind another, by the act of the second."""
    present = follow(OPENED).members.joined_by(ids(STRANGER) | ids(*people))
    act = Recovery(CASE, 1, KEY_OF_CASE.recipient, tuple(sorted(ids(*people))), RecoveryReason.LOST, (HASH,), until)
    header = Header.new("recovery", CASE, act.body(), org=ORG, author=SECOND.id, at=at, to=FIRST.identity.recipient)
    said = Entry(members=present, recovery=signed(header, SECOND.signer).text.decode())
    if people == [CASEWORKER]:
        said = replace(said, members=follow(OPENED).members.joined_by(frozenset()))
    return entry(said, by=FIRST, after=after, at=at)


def test_whom_custodians_give_a_case_has_all_its_keys_and_so_has_the_custodian_who_gave_them() -> None:
    ahead = "2026-06-20T09:00Z"

    found = follow(OPENED, CLOSED, recovery(CLOSED, at=ahead), by=known(today=date(2026, 6, 20)))

    assert found.members.present == ids(*EVERYBODY, STRANGER)
    assert found.holders == ids(*EVERYBODY, STRANGER, FIRST)
    assert found.held == {OWN: ids(CASEWORKER, STRANGER, FIRST)}
    assert (found.day, found.author, found.clock_wrong) == (date(2026, 6, 20), FIRST.id, ())
    assert follow(OPENED, recovery(OPENED, at=ahead), by=known()).clock_wrong == (2,)


def test_who_is_a_member_until_a_day_is_one_until_the_latest_or_for_good() -> None:
    soon, later = DAY + timedelta(5), DAY + timedelta(10)
    first = recovery(OPENED, until=soon)

    def guests(*entries: Opened) -> dict[str, date]:
        found = follow(OPENED, *entries, by=known())
        assert found.passed_over == ()
        return dict(found.guests)

    assert guests(first) == {STRANGER.id: soon}
    assert guests(first, recovery(first, until=later)) == {STRANGER.id: later}
    assert guests(first, recovery(first, until=DAY)) == {STRANGER.id: soon}
    assert guests(first, recovery(first)) == {}
    assert guests(recovery(OPENED)) == {}
    assert guests(recovery(OPENED, [CASEWORKER], until=soon)) == {}
    confirmed = entry(Entry(confirmed=(STRANGER.id,)), after=first)
    assert guests(first, confirmed) == {}


@pytest.mark.parametrize(
    ("said", "how", "reason"),
    [
        (Entry(confirmed=(COLLEAGUE.id,)), {"by": CASEWORKER}, "recovery"),
        (Entry(confirmed=(STRANGER.id,)), {"by": STRANGER}, "recovery"),
        (Entry(), {"by": STRANGER, "at": "2026-06-16T00:00Z"}, "recovery-over"),
    ],
    ids=["confirmed who is no guest", "by themselves", "past their day"],
)
def test_a_guest_is_one_until_their_day(said: Entry, how: dict[str, Any], reason: str) -> None:
    assert why(said, OPENED, recovery(OPENED, until=DAY), **how) == reason


def test_custodians_make_nobody_a_member_on_a_day_that_is_over_or_with_more_than_the_list() -> None:
    over = recovery(OPENED, until=DAY - timedelta(1))
    said = journal.read(recovery(OPENED).document.header.body)

    assert why(journal.read(over.document.header.body), OPENED, by=FIRST) == "recovery"
    assert why(replace(said, parts=(note(1),)), OPENED, by=FIRST) == "recovery"


# What comes from another case, and goes there


def arriving(by: Person = COLLEAGUE) -> str:
    """The word of the second, said in the other case, that parts of it come into this one."""
    word = ApprovalStatement(new_id("apr"), Moving.subject, OTHER, Moving(CASE).sha256(OTHER), ApprovalState.APPROVED)
    return signed(case_header(type="approval", subject=OTHER, author=by.id, body=word.body()), by.signer).text.decode()


def came(version: int, *, case: str = OTHER, part: str = PART, from_part: str = PART) -> PartNote:
    return replace(note(version, part), origin=Origin(case, from_part, 1, HASH))


def test_a_part_comes_from_another_case_in_its_first_version_and_once() -> None:
    first = entry(Entry(parts=(came(1),), approval=arriving()), after=OPENED)
    own = approved(Moving(CASE), by=COLLEAGUE).text.decode()
    elsewhere = new_id("part")

    assert follow(OPENED, first).origins == {Origin(OTHER, PART, 1, HASH)}
    for said, chain in (
        (Entry(parts=(came(2, from_part=elsewhere),), approval=arriving()), (OPENED, first)),
        (Entry(parts=(came(1, part=elsewhere),), approval=arriving()), (OPENED, first)),
        (Entry(parts=(came(1), came(1, part=elsewhere)), approval=arriving()), (OPENED,)),
        (Entry(parts=(came(1, case=CASE),), approval=own), (OPENED,)),
    ):
        assert why(said, *chain) == "part-origin"
    with pytest.raises(NotAuthentic, match=r"^part-origin$"):
        follow(
            entry(
                Entry(
                    parts=(came(1),),
                    members=MemberList(ids(CASEWORKER)),
                    keys=(KEY_OF_CASE,),
                    approval=arriving(),
                )
            )
        )


def text_of(act: Act, by: Person = COLLEAGUE) -> str:
    return approved(act, by=by).text.decode()


def test_a_case_that_went_into_another_whole_is_none_of_its_own_until_a_report_joins() -> None:
    joined = entry(JOINED, after=OPENED)
    half = entry(Entry(moved=Moved(OTHER, (REPORT,)), approval=text_of(Moving(OTHER))), after=joined)
    whole = entry(Entry(moved=Moved(OTHER, (REPORT,), whole=True), approval=text_of(Moving(OTHER))), after=joined)
    later = entry(Entry(), after=whole)
    again = entry(replace(JOINED, keys=()), after=later)

    assert follow(OPENED, joined, half).merged_into is None
    assert follow(OPENED, joined, half).reports == ()
    assert follow(OPENED, joined, whole).merged_into == OTHER
    assert follow(OPENED, joined, whole, later).merged_into == OTHER
    assert follow(OPENED, joined, whole, later, again).merged_into is None


@pytest.mark.parametrize(
    "moved", [Moved(OTHER, (REPORT,)), Moved(CASE)], ids=["a report that is not there", "to itself"]
)
def test_nothing_goes_that_is_not_there_or_to_where_it_is(moved: Moved) -> None:
    assert why(Entry(moved=moved, approval=text_of(Moving(moved.to))), OPENED) == "moved"


# What ends

ASSERTION: dict[str, Any] = {"id_": OWN, "type_": "part.assertion", "of": OF_INCIDENT}
INCIDENT: dict[str, Any] = {"type_": "part.incident", "of": OF_INCIDENT}
TOLD = entry(Entry(parts=(note(1, **INCIDENT), note(1, **ASSERTION))), after=OPENED)


def test_what_was_written_once_goes_with_its_incident_by_the_word_for_that() -> None:
    both = (end(2, EndReason.AGREED, **INCIDENT), end(2, EndReason.AGREED, **ASSERTION))
    agreed = Entry(parts=both, approval=text_of(Ending(frozenset({(PART, 1), (OWN, 1)}))))

    assert follow(OPENED, TOLD, entry(agreed, after=TOLD)).passed_over == ()
    assert why(Entry(parts=both), OPENED, TOLD) == "second-person"
    assert why(replace(agreed, approval=text_of(Ending(frozenset({(PART, 1)})))), OPENED, TOLD) == "approval"
    later = entry(Entry(parts=(note(2, **INCIDENT),)), after=TOLD)
    after_it = replace(agreed, parts=(end(3, EndReason.AGREED, **INCIDENT), both[1]))
    assert why(after_it, OPENED, TOLD, later) == "approval"
    assert why(Entry(parts=both[1:]), OPENED, TOLD) == "part-end"


def test_what_was_written_once_moves_without_its_incident_and_ends_by_nothing_else_so() -> None:
    moved = Entry(parts=(end(2, EndReason.MOVED, **ASSERTION),), moved=Moved(OTHER), approval=text_of(Moving(OTHER)))

    assert follow(OPENED, TOLD, entry(moved, after=TOLD)).passed_over == ()
    assert why(Entry(parts=(end(2, EndReason.WITHDRAWN, **ASSERTION),)), OPENED, TOLD) == "part-end"


def test_a_note_ends_by_itself_and_by_two_unless_by_rule() -> None:
    noted: dict[str, Any] = {"type_": "part.note", "of": new_id("note")}
    there = entry(Entry(parts=(note(1, **noted),)), after=OPENED)
    by_rule, by_two = (Entry(parts=(end(2, why, **noted),)) for why in (EndReason.WITHDRAWN, EndReason.AGREED))

    assert follow(OPENED, there, entry(by_rule, after=there)).passed_over == ()
    assert why(by_two, OPENED, there) == "second-person"


def test_what_has_ended_stays_so() -> None:
    ended = entry(Entry(parts=(end(2, EndReason.WITHDRAWN, **INCIDENT),)), after=TOLD)

    assert why(Entry(parts=(note(3, **INCIDENT),)), OPENED, TOLD, ended) == "part-end"
    assert why(Entry(parts=(end(1, EndReason.WITHDRAWN),)), OPENED) == "part-end"


# Where it stands in the chain


def test_an_entry_is_signed_by_somebody_and_follows_the_one_before_it() -> None:
    unsigned = _by_nobody(entry(Entry(), after=OPENED))

    for place, reason in (
        (Place(unsigned.sha256, unsigned), "author"),
        (Place(HASH, None), "journal"),
        (Place(OPENED.sha256, OPENED), "journal"),
    ):
        with pytest.raises(NotAuthentic, match=f"^{reason}$"):
            journal.after(follow(OPENED), place, by=authority())
    with pytest.raises(NotAuthentic, match=r"^author$"):
        follow(_by_nobody(OPENED))


def _by_nobody(opened: Opened) -> Opened:
    header = replace(opened.document.header, author=None)
    return replace(opened, document=Document(header.line(), header, opened.document.proof))


def test_a_journal_was_read_from_its_first_entry_which_brought_in_its_key() -> None:
    found = follow(OPENED)

    assert (found.turned, found.turned_on, found.checkpoint, found.since) == (1, DAY, 0, 0)


def test_the_day_of_a_journal_is_the_latest_that_an_entry_says() -> None:
    ahead = entry(Entry(), after=OPENED, at="2026-06-17T00:00Z")
    back = entry(Entry(), after=ahead, at="2026-06-14T00:00Z")

    assert follow(OPENED, ahead, back).day == date(2026, 6, 17)
