"""Cases over HTTP: opened, written, handed on, and closed to everybody else."""

import itertools
import multiprocessing
import os
import signal
from datetime import timedelta

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from app.actor import Actor
from app.audit.actions import Action
from app.audit.models import AuditEvent
from app.casework.cases import service
from app.casework.cases.membership import MembersChange
from app.casework.cases.models import Case, CasePart, JournalEntry, Membership
from app.casework.cases.schemas import EntriesIn
from app.database import Database
from app.people.grants.models import Grant
from app.people.staff.models import Certificate, Person
from app.protocol.encoding import sha256_hex
from app.protocol.journal import Removal
from app.protocol.sizes import Kind
from app.vocabulary import Role
from tests import factories
from tests.casework.conftest import CONSENT, Office, problem

ENTRY = factories.in_json(Kind.JOURNAL)
ENTRY_SHA256 = sha256_hex(factories.sealed(Kind.JOURNAL))


def part(id_: str = "", version: int = 1) -> dict[str, object]:
    return {"id": id_ or factories.id_("part"), "version": version, "file": factories.in_json(Kind.PART)}


def entry(*parts: dict[str, object], **more: object) -> dict[str, object]:
    """What a member writes on."""
    return {"entries": [ENTRY], "parts": list(parts), **more}


def part_of(rows: Session, case: Case) -> str:
    return rows.scalars(select(CasePart.id).where(CasePart.case_id == case.id)).one()


def grant(to: Person) -> dict[str, str]:
    return {"grantee": to.id, "file": factories.in_json(Kind.GRANT)}


def new_case(opener: Person, *members: Person, owner: Person | None = None) -> dict[str, object]:
    return {
        "id": factories.id_("case"),
        "team": opener.team_id,
        "owner": owner.id if owner else None,
        "priority": "p2",
        "entries": [ENTRY],
        "parts": [part()],
        "grants": [grant(member) for member in (opener, *members)],
    }


def test_a_triager_opens_a_case_for_a_caseworker(
    office: Office, rows: Session, triager: Person, caseworker: Person
) -> None:
    wanted = new_case(triager, caseworker, owner=caseworker)

    answer = office.post(triager, "/cases", wanted)

    assert answer.status_code == 201
    case = answer.json()
    assert (case["id"], case["owner"], case["stage"], case["priority"]) == (wanted["id"], caseworker.id, "intake", "p2")
    assert case["members"] == sorted([triager.id, caseworker.id])
    contents = office.get(caseworker, f"/cases/{case['id']}/contents").json()
    assert [each["grantee"] for each in contents["grants"]] == [caseworker.id]
    assert [(each["number"], each["file"]) for each in contents["entries"]] == [(1, ENTRY)]
    assert contents["parts"] == wanted["parts"]
    assert rows.query(JournalEntry).one().author_id == triager.id


def test_a_case_is_opened_with_its_opener_and_its_owner_among_the_members(
    office: Office, triager: Person, caseworker: Person
) -> None:
    without_owner = new_case(triager, owner=caseworker)
    without_opener = new_case(triager, caseworker, owner=caseworker) | {"grants": [grant(caseworker)]}
    triager_as_owner = new_case(triager, owner=triager)
    one_twice = new_case(triager, caseworker, caseworker, owner=caseworker)

    for wanted in (without_owner, without_opener, triager_as_owner, one_twice):
        assert problem(office.post(triager, "/cases", wanted)) == (422, "members-unfit")


def test_nobody_uncertified_becomes_a_member(office: Office, rows: Session, caseworker: Person) -> None:
    stranger = factories.person(rows, Role.CASEWORKER)

    refused = office.post(caseworker, "/cases", new_case(caseworker, stranger))

    assert problem(refused) == (422, "not-certified")
    assert rows.query(Case).count() == 0


def test_a_case_id_is_used_once(office: Office, caseworker: Person) -> None:
    wanted = new_case(caseworker)
    office.post(caseworker, "/cases", wanted)

    assert problem(office.post(caseworker, "/cases", wanted)) == (409, "case-exists")


def test_a_case_of_others_looks_absent(office: Office, rows: Session, case: Case) -> None:
    outsider = factories.certified(rows, Role.CASEWORKER, Role.SUPERVISOR)

    forbidden = office.get(outsider, f"/cases/{case.id}")
    absent = office.get(outsider, f"/cases/{factories.id_('case')}")

    assert (forbidden.status_code, forbidden.json()) == (404, absent.json())
    assert office.get(outsider, "/cases").json()["items"] == []


def test_a_supervisor_of_the_team_sees_its_state_and_not_its_words(
    office: Office, rows: Session, case: Case, supervisor: Person
) -> None:
    assert [item["id"] for item in office.get(supervisor, "/cases").json()["items"]] == [case.id]
    for path in ("contents", f"parts/{part_of(rows, case)}", "consents"):
        assert office.get(supervisor, f"/cases/{case.id}/{path}").status_code == 404


def test_a_member_writes_the_next_version_and_the_old_one_stays(
    office: Office, rows: Session, case: Case, caseworker: Person
) -> None:
    known, path = part_of(rows, case), f"/cases/{case.id}"

    written = office.post(caseworker, f"{path}/entries", entry(part(known, 2), part()), version=1)

    assert written.status_code == 201
    contents = office.get(caseworker, f"{path}/contents").json()
    assert [each["number"] for each in contents["entries"]] == [1, 2]
    assert sorted(each["version"] for each in contents["parts"]) == [1, 2]
    versions = office.get(caseworker, f"{path}/parts/{known}").json()["items"]
    assert [(each["id"], each["version"]) for each in versions] == [(known, 1), (known, 2)]
    events = rows.query(AuditEvent).filter_by(action=Action.CASE_WRITTEN).all()
    assert [event.object_hash for event in events] == [ENTRY_SHA256]


def test_a_case_is_opened_by_one_event_however_much_it_holds(
    office: Office, rows: Session, case: Case, caseworker: Person
) -> None:
    more = entry(*(part() for _ in range(30))) | {"entries": [ENTRY, ENTRY]}
    office.post(caseworker, f"/cases/{case.id}/entries", more, version=1).raise_for_status()

    contents = office.get(caseworker, f"/cases/{case.id}/contents").json()

    assert (len(contents["entries"]), len(contents["parts"])) == (3, 31)
    assert rows.query(AuditEvent.action).order_by(AuditEvent.seq).all() == [("case.written",), ("case.read",)]


def test_who_has_the_journal_up_to_an_entry_is_given_what_follows(
    office: Office, case: Case, caseworker: Person
) -> None:
    office.post(caseworker, f"/cases/{case.id}/entries", entry(), version=1).raise_for_status()

    shown = [office.get(caseworker, f"/cases/{case.id}/contents?after={after}").json() for after in (0, 1, 2)]

    assert [[each["number"] for each in contents["entries"]] for contents in shown] == [[1, 2], [2], []]
    assert [len(contents["parts"]) for contents in shown] == [1, 1, 1]


def test_the_slower_of_two_writers_is_told_so(office: Office, rows: Session, case: Case, caseworker: Person) -> None:
    office.post(caseworker, f"/cases/{case.id}/entries", entry(part()), version=1).raise_for_status()

    late = office.post(caseworker, f"/cases/{case.id}/entries", entry(part()), version=1)

    assert (problem(late), late.headers["ETag"]) == ((412, "stale-version"), '"2"')
    assert (rows.query(JournalEntry).count(), rows.query(CasePart).count()) == (2, 2)


def test_a_part_is_written_once_in_a_request_above_its_newest_version_and_not_above_the_newest_entry(
    office: Office, rows: Session, case: Case, caseworker: Person
) -> None:
    """Of a write that does not fit nothing is kept, whatever else is in it."""
    known, path = part_of(rows, case), f"/cases/{case.id}/entries"
    again, far_ahead, new, twice = part(known, 1), part(known, 3), part(version=2), part()

    for unfit in ([again], [far_ahead], [new], [twice, twice], [part(known, 2), new]):
        assert problem(office.post(caseworker, path, entry(*unfit), version=1)) == (422, "parts-unfit")

    assert (rows.query(JournalEntry).count(), rows.query(CasePart).count()) == (1, 1)


def test_a_version_that_was_named_and_never_stored_is_left_out_by_the_next(
    office: Office, rows: Session, case: Case, caseworker: Person
) -> None:
    known, path = part_of(rows, case), f"/cases/{case.id}"
    office.post(caseworker, f"{path}/entries", entry(), version=1).raise_for_status()

    office.post(caseworker, f"{path}/entries", entry(part(known, 3)), version=2).raise_for_status()

    assert [each["version"] for each in office.get(caseworker, f"{path}/contents").json()["parts"]] == [3]
    assert [each["version"] for each in office.get(caseworker, f"{path}/parts/{known}").json()["items"]] == [1, 3]


def test_a_part_of_the_same_id_in_another_case_is_another_part(
    office: Office, rows: Session, case: Case, caseworker: Person
) -> None:
    other, known = factories.case(rows, caseworker), part_of(rows, case)

    assert problem(office.post(caseworker, f"/cases/{other.id}/entries", entry(part(known, 2)), version=1)) == (
        422,
        "parts-unfit",
    )
    assert problem(office.get(caseworker, f"/cases/{other.id}/parts/{known}")) == (404, "not-found")


def test_a_write_without_an_entry_or_with_another_files_length_is_refused(
    office: Office, case: Case, caseworker: Person
) -> None:
    without, of_another_length = entry() | {"entries": []}, entry() | {"entries": [factories.in_json(Kind.CARD)]}

    answers = [
        office.post(caseworker, f"/cases/{case.id}/entries", body, version=1) for body in (without, of_another_length)
    ]

    assert [problem(answer) for answer in answers] == [(422, "invalid-request"), (422, "not-an-envelope")]


def test_a_member_adds_another_who_then_reads(office: Office, case: Case, caseworker: Person, triager: Person) -> None:
    assert office.get(triager, f"/cases/{case.id}").status_code == 404

    answer = office.post(caseworker, f"/cases/{case.id}/entries", entry(add=[grant(triager)]), version=1)

    assert answer.json()["members"] == sorted([caseworker.id, triager.id])
    contents = office.get(triager, f"/cases/{case.id}/contents").json()
    assert [each["grantee"] for each in contents["grants"]] == [triager.id]
    assert [each["number"] for each in contents["entries"]] == [1, 2]


def test_a_key_that_turns_goes_to_every_member_and_the_one_before_it_to_the_case(
    office: Office, case: Case, caseworker: Person, triager: Person
) -> None:
    """Who comes later is granted the newest alone."""
    path, itself = f"/cases/{case.id}", {"grantee": case.id, "file": factories.in_json(Kind.GRANT)}
    for turned in ([grant(caseworker)], [itself], [grant(caseworker), grant(triager), itself]):
        refused = office.post(caseworker, f"{path}/entries", entry(turned=turned), version=1)
        assert problem(refused) == (422, "members-unfit")

    office.post(caseworker, f"{path}/entries", entry(turned=[grant(caseworker), itself]), version=1).raise_for_status()
    office.post(caseworker, f"{path}/entries", entry(add=[grant(triager)]), version=2).raise_for_status()

    of_member, of_newcomer = (office.get(who, f"{path}/contents").json()["grants"] for who in (caseworker, triager))
    assert sorted((each["grantee"], each["generation"]) for each in of_member) == sorted(
        [(caseworker.id, 1), (caseworker.id, 2), (case.id, 1)]
    )
    assert sorted((each["grantee"], each["generation"]) for each in of_newcomer) == sorted(
        [(triager.id, 2), (case.id, 1)]
    )


def test_the_next_key_of_a_report_is_kept_for_the_case_that_it_is_in_and_for_no_other(
    office: Office, rows: Session, case: Case, caseworker: Person
) -> None:
    epoch = factories.epoch(rows)
    theirs, gone, elsewhere = (factories.report(rows, epoch, case=each) for each in (case, case, None))
    gone.destroyed_on = factories.DAY
    rows.commit()
    file = factories.in_json(Kind.GRANT)

    refused = office.post(
        caseworker,
        f"/cases/{case.id}/entries",
        entry(report_keys=[{"report": elsewhere.id, "file": file}]),
        version=1,
    )
    keys = [{"report": each.id, "file": file} for each in (theirs, gone)]
    office.post(caseworker, f"/cases/{case.id}/entries", entry(report_keys=keys), version=1).raise_for_status()

    assert problem(refused) == (404, "not-found")
    kept = rows.query(Grant).filter(Grant.grantee == case.id, Grant.subject.in_([theirs.id, gone.id, elsewhere.id]))
    [grant] = kept.filter(Grant.generation > 1)
    assert (grant.subject, grant.generation) == (theirs.id, 2)


def turned(case: Case, *members: Person) -> list[dict[str, str]]:
    """The grants with which the key of a case turns."""
    return [*map(grant, members), {"grantee": case.id, "file": factories.in_json(Kind.GRANT)}]


def test_nothing_is_taken_under_a_key_that_is_with_somebody_who_left(
    office: Office, rows: Session, caseworker: Person, triager: Person
) -> None:
    """Who is removed takes it with them, and whoever is certified no longer, members and whom it was lent to."""
    colleague = factories.certified(rows, Role.CASEWORKER)
    case = factories.case(rows, caseworker, triager, colleague)
    path, consents = f"/cases/{case.id}/entries", f"/cases/{case.id}/consents"

    def refused(version: int) -> None:
        assert problem(office.post(caseworker, path, entry(), version=version)) == (409, "turn-first")
        assert problem(office.post(caseworker, consents, CONSENT)) == (409, "turn-first")

    office.post(caseworker, path, entry(remove=[triager.id]), version=1).raise_for_status()
    refused(2)
    turn = entry(turned=turned(case, caseworker, colleague))
    office.post(caseworker, path, turn, version=2).raise_for_status()
    lent = factories.certified(rows, Role.CASEWORKER)
    asked = {"subject": "coding", "object": case.id, "approver": lent.id, "grant": grant(lent)}
    approval = office.post(caseworker, "/approvals", asked).json()["id"]
    office.post(caseworker, f"/approvals/{approval}/transitions", {"to": "cancelled"}, version=1).raise_for_status()
    office.post(caseworker, path, entry(), version=3).raise_for_status()
    for number, person in ((4, lent), (5, colleague)):
        rows.query(Certificate).filter_by(person_id=person.id).delete()
        refused(number)
        staying = [caseworker] if person is colleague else [caseworker, colleague]
        office.post(caseworker, path, entry(turned=turned(case, *staying)), version=number).raise_for_status()
    assert office.post(caseworker, consents, CONSENT).status_code == 201


def test_a_case_with_other_members_has_another_version(
    office: Office, case: Case, caseworker: Person, triager: Person
) -> None:
    before = office.get(caseworker, f"/cases/{case.id}")
    changed = office.post(caseworker, f"/cases/{case.id}/entries", entry(add=[grant(triager)]), version=1)

    after = office.get(caseworker, f"/cases/{case.id}")

    assert (before.headers["ETag"], changed.headers["ETag"], after.headers["ETag"]) == ('"1"', '"2"', '"2"')
    assert after.json()["members"] != before.json()["members"]


def test_a_part_with_a_key_of_its_own_shows_its_holders_and_to_each_their_grant(
    office: Office, rows: Session, caseworker: Person, triager: Person
) -> None:
    third = factories.certified(rows, Role.CASEWORKER)
    case = factories.case(rows, caseworker, triager, third)
    path, identity = f"/cases/{case.id}", part()
    new = identity | {"grants": [grant(caseworker), grant(triager)]}

    office.post(triager, f"{path}/entries", entry(new), version=1).raise_for_status()

    of_holder, of_other = (office.get(who, f"{path}/contents").json() for who in (triager, third))
    assert [(each["part"], sorted(each["holders"])) for each in of_other["part_keys"]] == [
        (identity["id"], sorted([caseworker.id, triager.id]))
    ]
    assert of_other["part_keys"][0]["grants"] == []
    assert [each["grantee"] for each in of_holder["part_keys"][0]["grants"]] == [triager.id]
    assert [each["grantee"] for each in of_holder["grants"]] == [triager.id]


def test_the_holders_of_a_part_are_its_writer_the_owner_and_two_at_least(
    office: Office, rows: Session, caseworker: Person, triager: Person
) -> None:
    stranger = factories.certified(rows, Role.CASEWORKER)
    case, alone = factories.case(rows, caseworker, triager), factories.case(rows, caseworker)
    known, path = part_of(rows, case), f"/cases/{case.id}/entries"
    for writer, holders in (
        (caseworker, [caseworker]),
        (triager, [triager]),
        (triager, [caseworker]),
        (caseworker, [caseworker, triager, stranger]),
        (caseworker, [caseworker, triager, triager]),
    ):
        new = part() | {"grants": [grant(each) for each in holders]}
        assert problem(office.post(writer, path, entry(new), version=1)) == (422, "holders-unfit")
    later = part(known, 2) | {"grants": [grant(caseworker), grant(triager)]}
    assert problem(office.post(caseworker, path, entry(later), version=1)) == (422, "holders-unfit")
    of_one = entry(part() | {"grants": [grant(caseworker)]})
    office.post(caseworker, f"/cases/{alone.id}/entries", of_one, version=1).raise_for_status()


def test_the_owner_names_further_holders_and_whoever_holds_a_key_can_grant_it_to_the_owner(
    office: Office, rows: Session, caseworker: Person, triager: Person
) -> None:
    third, stranger = factories.certified(rows, Role.CASEWORKER), factories.certified(rows, Role.CASEWORKER)
    case = factories.case(rows, caseworker, triager, third)
    known, identity = part_of(rows, case), part() | {"grants": [grant(caseworker), grant(triager)]}
    office.post(caseworker, f"/cases/{case.id}/entries", entry(identity), version=1).raise_for_status()
    path = f"/cases/{case.id}/parts/{identity['id']}/grants"

    assert problem(office.post(third, path, grant(third))) == (404, "not-found")
    assert problem(office.post(triager, path, grant(third))) == (422, "holders-unfit")
    assert problem(office.post(caseworker, path, grant(stranger))) == (422, "holders-unfit")
    assert problem(office.post(caseworker, path, grant(triager))) == (422, "holders-unfit")
    of_case = f"/cases/{case.id}/parts/{known}/grants"
    assert problem(office.post(caseworker, of_case, grant(third))) == (404, "not-found")
    office.post(caseworker, f"/cases/{case.id}/entries", entry(owner=third.id), version=2).raise_for_status()
    assert office.post(triager, path, grant(third)).status_code == 201
    [key] = office.get(third, f"/cases/{case.id}/contents").json()["part_keys"]
    assert len(key["grants"]) == 1


def test_the_next_key_of_a_part_comes_from_who_holds_it_and_is_for_members(
    office: Office, rows: Session, caseworker: Person, triager: Person
) -> None:
    third, stranger = factories.certified(rows, Role.CASEWORKER), factories.certified(rows, Role.CASEWORKER)
    case = factories.case(rows, caseworker, triager, third)
    identity = part() | {"grants": [grant(caseworker), grant(triager)]}
    path, id_ = f"/cases/{case.id}/entries", identity["id"]
    office.post(caseworker, path, entry(identity), version=1).raise_for_status()
    itself = {"grantee": id_, "file": factories.in_json(Kind.GRANT)}

    for writer, of_part, grants in (
        (third, id_, [grant(third), itself]),
        (caseworker, id_, [grant(caseworker)]),
        (caseworker, id_, [grant(triager), itself]),
        (caseworker, id_, [grant(caseworker), grant(stranger), itself]),
        (caseworker, factories.id_("part"), [grant(caseworker), itself]),
    ):
        keys = [{"part": of_part, "grants": grants}]
        assert problem(office.post(writer, path, entry(part_keys=keys), version=2)) == (422, "holders-unfit")
    keys = [{"part": id_, "grants": [grant(caseworker), itself]}]
    office.post(caseworker, path, entry(part_keys=keys), version=2).raise_for_status()

    [key] = office.get(caseworker, f"/cases/{case.id}/contents").json()["part_keys"]
    assert sorted((each["grantee"], each["generation"]) for each in key["grants"]) == sorted(
        [(caseworker.id, 1), (caseworker.id, 2), (id_, 1)]
    )
    of_triager = {"grants": [grant(triager), itself], "part": id_}
    refused = office.post(triager, path, entry(part_keys=[of_triager]), version=3)
    assert problem(refused) == (422, "holders-unfit")
    office.post(caseworker, f"/cases/{case.id}/parts/{id_}/grants", grant(triager)).raise_for_status()


def test_nothing_is_written_under_the_own_key_of_a_part_that_is_with_somebody_who_works_on_it_no_longer(
    office: Office, rows: Session, caseworker: Person, triager: Person
) -> None:
    """Though the key of the case has turned: each part by whoever holds its key."""
    third = factories.certified(rows, Role.CASEWORKER)
    case = factories.case(rows, caseworker, triager, third)
    identity = part() | {"grants": [grant(caseworker), grant(triager)]}
    path, id_ = f"/cases/{case.id}/entries", str(identity["id"])
    office.post(caseworker, path, entry(identity), version=1).raise_for_status()
    turn = {"remove": [triager.id], "turned": turned(case, caseworker, third)}
    office.post(third, path, entry(**turn), version=2).raise_for_status()
    later = part(id_, version=2)
    key = {"part": id_, "grants": [grant(caseworker), {"grantee": id_, "file": factories.in_json(Kind.GRANT)}]}

    refused = office.post(caseworker, path, entry(later), version=3)
    office.post(caseworker, path, entry(later, part_keys=[key]), version=3).raise_for_status()
    office.post(caseworker, path, entry(part(id_, version=3)), version=4).raise_for_status()

    assert problem(refused) == (409, "turn-first")


def test_who_has_new_keys_may_be_left_for_later_when_a_key_turns_and_nobody_else(
    office: Office, rows: Session, caseworker: Person, triager: Person
) -> None:
    """Also who had them before they came to the case: whoever turns it may not have compared their words."""
    case = factories.case(rows, caseworker, triager)
    path = f"/cases/{case.id}/entries"
    refused = [
        problem(office.post(caseworker, path, entry(turned=turned(case, *members)), version=1))
        for members in ([caseworker], [caseworker, triager, triager])
    ]
    triager.had_other_keys = True
    rows.commit()

    office.post(caseworker, path, entry(turned=turned(case, caseworker)), version=1).raise_for_status()
    office.post(caseworker, path, entry(), version=2).raise_for_status()

    assert refused == [(422, "members-unfit")] * 2


def test_who_is_removed_holds_no_key_of_a_part_any_more_unless_nobody_else_does(
    office: Office, rows: Session, caseworker: Person, triager: Person
) -> None:
    case = factories.case(rows, caseworker, triager)
    known, both = part_of(rows, case), part() | {"grants": [grant(caseworker), grant(triager)]}
    office.post(caseworker, f"/cases/{case.id}/entries", entry(both), version=1).raise_for_status()
    factories.grant(rows, known, triager.id)  # as if of its own, and triager's alone

    office.post(caseworker, f"/cases/{case.id}/entries", entry(remove=[triager.id]), version=2).raise_for_status()

    keys = office.get(caseworker, f"/cases/{case.id}/contents").json()["part_keys"]
    assert {each["part"]: each["holders"] for each in keys} == {
        both["id"]: [caseworker.id],
        known: [triager.id],
    }


def test_a_process_that_is_killed_while_a_case_is_written_leaves_all_of_it_or_nothing(
    office: Office, rows: Session, caseworker: Person, triager: Person, url: str
) -> None:
    """At each statement, and before the transaction is on disk: entries, parts, keys of parts, members."""
    third = factories.certified(rows, Role.CASEWORKER)
    case, identity = factories.case(rows, caseworker, triager), part()
    identity |= {"grants": [grant(caseworker), grant(triager)]}
    new = EntriesIn.model_validate({"entries": [ENTRY, ENTRY], "parts": [part(), identity], "add": [grant(third)]})
    actor = Actor(caseworker.id, frozenset({Role.CASEWORKER}), caseworker.team_id, factories.DAY)
    rows.commit()

    def written() -> tuple[int, ...]:
        rows.expire_all()
        counted = (JournalEntry, CasePart, Membership, Grant, AuditEvent)
        found = tuple(rows.query(each).count() for each in counted)
        rows.commit()
        return found

    before, ends = written(), list[int | None]()
    while not ends or ends[-1] == -signal.SIGKILL:
        assert written() == before
        args = (url, actor, case.id, new, len(ends))
        process = multiprocessing.get_context("fork").Process(target=write_and_die, args=args)
        process.start()
        process.join()
        ends.append(process.exitcode)

    assert ends[-1] == 0
    assert len(ends) > len(("case", "member", "entry", "part", "grant", "audit", "commit"))
    assert written()[:4] == tuple(map(sum, zip(before[:4], (2, 2, 1, 3), strict=True)))


def write_and_die(url: str, actor: Actor, case: str, new: EntriesIn, statement: int) -> None:
    """Killed before this statement of its transaction, or, where there are not as many, at its end."""
    database, left = Database(url), itertools.count(statement, -1)

    def die(*_: object) -> None:
        if next(left) == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    with database.write() as session:
        for what in ("before_cursor_execute", "commit"):
            event.listen(session.connection(), what, die)
        change = MembersChange(add=[each.as_new() for each in new.add])
        service.write(session, actor, case, new.as_writing(), change, seen={1}, now=factories.HOUR)
    os._exit(0)


def test_who_is_removed_gets_neither_words_nor_key_any_more(
    office: Office, rows: Session, caseworker: Person, triager: Person
) -> None:
    case = factories.case(rows, caseworker, triager)

    office.post(caseworker, f"/cases/{case.id}/entries", entry(remove=[triager.id]), version=1).raise_for_status()

    for path in ("", "/contents", f"/parts/{part_of(rows, case)}", "/consents"):
        assert office.get(triager, f"/cases/{case.id}{path}").status_code == 404
    assert problem(office.post(triager, f"/cases/{case.id}/entries", entry(), version=2)) == (404, "not-found")
    rows.expire_all()
    assert [(each.revoked, each.file) for each in rows.query(Grant).filter_by(grantee=triager.id, subject=case.id)] == [
        (True, None)
    ]


def test_who_wrote_last_may_leave_and_what_they_wrote_stays(
    office: Office, rows: Session, caseworker: Person, triager: Person
) -> None:
    case = factories.case(rows, caseworker, triager)
    path, written = f"/cases/{case.id}", part()
    office.post(triager, f"{path}/entries", entry(written), version=1).raise_for_status()

    left = office.post(triager, f"{path}/entries", entry(remove=[triager.id]), version=2)

    assert left.json()["members"] == [caseworker.id]
    assert written in office.get(caseworker, f"{path}/contents").json()["parts"]


def test_a_case_keeps_an_owner_among_its_members(
    office: Office, rows: Session, caseworker: Person, triager: Person
) -> None:
    other = factories.certified(rows, Role.CASEWORKER)
    case = factories.case(rows, caseworker, triager)
    path, remove = f"/cases/{case.id}/entries", [caseworker.id]

    assert problem(office.post(triager, path, entry(remove=remove), version=1)) == (422, "members-unfit")
    to_no_owner = entry(remove=remove, owner=triager.id)
    assert problem(office.post(triager, path, to_no_owner, version=1)) == (422, "members-unfit")

    handed_on = office.post(caseworker, path, entry(owner=other.id, add=[grant(other)]), version=1)

    assert handed_on.json()["owner"] == other.id
    actions = rows.scalars(select(AuditEvent.action).where(AuditEvent.object_id == case.id)).all()
    assert actions.count(Action.CASE_CHANGED) == 1


def removal(case: Case, *people: Person, owner: Person | None) -> str:
    """The hash of what is approved."""
    return Removal(frozenset(each.id for each in people), owner.id if owner else None).sha256(case.id)


def approve(office: Office, case: Case, of: str, *, asked_by: Person, by: Person, lend: bool = False) -> None:
    """One asks another about an act in a case, and they say yes."""
    asked: dict[str, object] = {"subject": "removal", "object": case.id, "approver": by.id, "of": of}
    if lend:
        asked["grant"] = grant(by)
    approval = office.post(asked_by, "/approvals", asked).json()["id"]
    decision = {"to": "approved", "statement": factories.in_json(Kind.TASK)}
    office.post(by, f"/approvals/{approval}/transitions", decision, version=1).raise_for_status()


def test_nobody_alone_puts_out_the_opener_or_takes_the_case_from_its_owner(
    office: Office, rows: Session, caseworker: Person, triager: Person
) -> None:
    third = factories.certified(rows, Role.CASEWORKER)
    case = factories.case(rows, caseworker, triager, third)
    path = f"/cases/{case.id}/entries"
    put_out, take = entry(remove=[caseworker.id], owner=third.id), entry(owner=third.id)
    of = removal(case, caseworker, owner=third)

    for change in (put_out, take):
        assert problem(office.post(third, path, change, version=1)) == (409, "second-person-needed")
    approve(office, case, of, asked_by=third, by=triager)
    # Neither is it another act, nor does whoever approved it do it alone.
    assert problem(office.post(third, path, take, version=1)) == (409, "second-person-needed")
    assert problem(office.post(triager, path, put_out, version=1)) == (409, "second-person-needed")
    done = office.post(third, path, put_out, version=1)

    assert (done.json()["members"], done.json()["owner"]) == (sorted([triager.id, third.id]), third.id)


def test_what_was_approved_once_is_done_once(
    office: Office, rows: Session, caseworker: Person, triager: Person
) -> None:
    third = factories.certified(rows, Role.CASEWORKER)
    case = factories.case(rows, caseworker, triager, third)
    path = f"/cases/{case.id}/entries"
    put_out = entry(remove=[caseworker.id], owner=third.id)
    approve(office, case, removal(case, caseworker, owner=third), asked_by=third, by=triager)
    office.post(third, path, put_out, version=1).raise_for_status()
    back = entry(add=[grant(caseworker)], owner=caseworker.id)
    members = (caseworker, triager, third)
    office.post(third, path, back | {"turned": turned(case, *members)}, version=2).raise_for_status()

    assert problem(office.post(third, path, put_out, version=3)) == (409, "second-person-needed")


def test_a_supervisor_is_the_second_only_where_there_is_no_other_member(
    office: Office, rows: Session, caseworker: Person, triager: Person, supervisor: Person
) -> None:
    colleague = factories.certified(rows, Role.CASEWORKER)
    alone, beside = factories.case(rows, caseworker, triager), factories.case(rows, caseworker, triager, colleague)
    put_out = entry(remove=[caseworker.id])
    put_out_with_owner = {**put_out, "owner": colleague.id}
    outsider = factories.certified(rows, Role.CASEWORKER)
    asked = {"subject": "removal", "object": alone.id, "approver": outsider.id, "of": "0" * 64}

    assert problem(office.post(triager, "/approvals", {**asked, "grant": grant(outsider)})) == (422, "approver-unfit")
    approve(office, beside, removal(beside, caseworker, owner=colleague), asked_by=triager, by=supervisor, lend=True)
    refused = office.post(triager, f"/cases/{beside.id}/entries", put_out_with_owner, version=1)
    assert problem(refused) == (409, "second-person-needed")
    own = entry(add=[grant(outsider)], remove=[caseworker.id], owner=outsider.id)
    approve(office, alone, removal(alone, caseworker, owner=outsider), asked_by=triager, by=supervisor, lend=True)
    done = office.post(triager, f"/cases/{alone.id}/entries", own, version=1)
    assert done.json()["members"] == sorted([triager.id, outsider.id])


def test_whoever_leads_a_case_sees_that_they_are_to_go_and_stops_nobody_from_asking(
    office: Office, rows: Session, caseworker: Person, triager: Person
) -> None:
    third = factories.certified(rows, Role.CASEWORKER)
    case = factories.case(rows, caseworker, triager, third)
    of = removal(case, caseworker, owner=third)
    asked = {"subject": "removal", "object": case.id, "approver": triager.id, "of": of}
    approval = office.post(third, "/approvals", asked).json()["id"]

    seen = office.get(caseworker, "/approvals").json()["items"]
    taken_back = office.post(caseworker, f"/approvals/{approval}/transitions", {"to": "cancelled"}, version=1)

    assert [(item["id"], item["of"]) for item in seen] == [(approval, of)]
    assert problem(taken_back) == (409, "no-such-step")


def test_who_is_certified_no_more_is_put_out_by_one(office: Office, rows: Session, caseworker: Person) -> None:
    colleague = factories.certified(rows, Role.CASEWORKER)
    case = factories.case(rows, caseworker, colleague)
    rows.query(Certificate).filter_by(person_id=caseworker.id).delete()
    rows.commit()
    change = entry(remove=[caseworker.id], owner=colleague.id, turned=turned(case, colleague))

    done = office.post(colleague, f"/cases/{case.id}/entries", change, version=1)

    assert (done.status_code, done.json()["members"]) == (201, [colleague.id])


def test_who_leads_a_case_until_a_day_is_put_out_by_nobody_alone_before_it_is_over(
    office: Office, rows: Session, caseworker: Person
) -> None:
    colleague = factories.certified(rows, Role.CASEWORKER)
    case = factories.case(rows, caseworker, colleague)
    path, change = f"/cases/{case.id}/entries", entry(remove=[caseworker.id], owner=colleague.id)
    refused = []
    for until in (factories.DAY + timedelta(days=1), factories.DAY, factories.DAY - timedelta(days=1)):
        rows.get_one(Membership, (case.id, caseworker.id), populate_existing=True).until = until
        rows.commit()
        if until >= factories.DAY:
            refused.append(problem(office.post(colleague, path, change, version=1)))

    over = office.post(colleague, path, change | {"turned": turned(case, colleague)}, version=1)

    assert refused == [(409, "second-person-needed")] * 2
    assert (over.status_code, over.json()["members"]) == (201, [colleague.id])


def test_a_change_of_members_that_contradicts_itself_or_what_is_there_is_refused(
    office: Office, rows: Session, caseworker: Person, triager: Person
) -> None:
    newcomer = factories.certified(rows, Role.CASEWORKER)
    case = factories.case(rows, caseworker, triager)
    path = f"/cases/{case.id}/entries"

    for change in (
        entry(remove=[caseworker.id, triager.id]),
        entry(add=[grant(triager)]),
        entry(add=[grant(newcomer), grant(newcomer)]),
        entry(remove=[newcomer.id]),
        entry(owner=newcomer.id),
    ):
        assert problem(office.post(caseworker, path, change, version=1)) == (422, "members-unfit")
    done = office.post(caseworker, path, entry(add=[grant(newcomer)]), version=1)

    recorded = select(AuditEvent.action).where(AuditEvent.object_id == case.id)
    assert done.json()["members"] == sorted([caseworker.id, triager.id, newcomer.id])
    assert (done.json()["owner"], done.json()["version"]) == (caseworker.id, 2)
    actions = rows.scalars(recorded).all()
    assert (actions.count(Action.MEMBERS_CHANGED), actions.count(Action.CASE_CHANGED)) == (1, 0)
