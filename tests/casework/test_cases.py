"""Cases over HTTP: opened, written, handed on, and closed to everybody else."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.actions import Action
from app.audit.models import AuditEvent
from app.casework.cases.models import Case, CaseDocument, RemovalAgreement
from app.people.grants.models import Grant
from app.people.staff.models import Certificate, Person
from app.protocol.sizes import Kind
from app.vocabulary import Role
from tests import factories
from tests.casework.conftest import Desk, problem


def grant(to: Person) -> dict[str, str]:
    return {"grantee": to.id, "file": factories.in_json(Kind.GRANT)}


def new_case(opener: Person, *members: Person, owner: Person | None = None) -> dict[str, object]:
    return {
        "id": factories.id_("case"),
        "team": opener.team_id,
        "owner": owner.id if owner else None,
        "priority": "p2",
        "members": factories.in_json(Kind.CASE),
        "document": factories.in_json(Kind.CASE),
        "grants": [grant(member) for member in (opener, *members)],
    }


def test_a_triager_opens_a_case_for_a_caseworker(
    desk: Desk, rows: Session, triager: Person, caseworker: Person
) -> None:
    wanted = new_case(triager, caseworker, owner=caseworker)

    answer = desk.post(triager, "/cases", wanted)

    assert answer.status_code == 201
    case = answer.json()
    assert (case["id"], case["owner"], case["stage"], case["priority"]) == (wanted["id"], caseworker.id, "intake", "p2")
    assert case["members"] == sorted([triager.id, caseworker.id])
    assert desk.get(caseworker, f"/cases/{case['id']}/document").json()["author"] == triager.id
    assert len(desk.get(caseworker, f"/cases/{case['id']}/grants").json()["items"]) == 1


def test_a_case_is_opened_with_its_opener_and_its_owner_among_the_members(
    desk: Desk, triager: Person, caseworker: Person
) -> None:
    without_owner = new_case(triager, owner=caseworker)
    without_opener = new_case(triager, caseworker, owner=caseworker) | {"grants": [grant(caseworker)]}
    triager_as_owner = new_case(triager, owner=triager)

    for wanted in (without_owner, without_opener, triager_as_owner):
        assert problem(desk.post(triager, "/cases", wanted)) == (422, "members-unfit")


def test_nobody_uncertified_becomes_a_member(desk: Desk, rows: Session, caseworker: Person) -> None:
    stranger = factories.person(rows, Role.CASEWORKER)

    refused = desk.post(caseworker, "/cases", new_case(caseworker, stranger))

    assert problem(refused) == (422, "not-certified")
    assert rows.query(Case).count() == 0


def test_a_case_id_is_used_once(desk: Desk, caseworker: Person) -> None:
    wanted = new_case(caseworker)
    desk.post(caseworker, "/cases", wanted)

    assert problem(desk.post(caseworker, "/cases", wanted)) == (409, "case-exists")


def test_a_case_of_others_looks_absent(desk: Desk, rows: Session, case: Case) -> None:
    outsider = factories.certified(rows, Role.CASEWORKER, Role.SUPERVISOR)

    forbidden = desk.get(outsider, f"/cases/{case.id}")
    absent = desk.get(outsider, f"/cases/{factories.id_('case')}")

    assert (forbidden.status_code, forbidden.json()) == (404, absent.json())
    assert desk.get(outsider, "/cases").json()["items"] == []


def test_a_supervisor_of_the_team_sees_its_state_and_not_its_words(desk: Desk, case: Case, supervisor: Person) -> None:
    assert [item["id"] for item in desk.get(supervisor, "/cases").json()["items"]] == [case.id]
    for part in ("document", "documents/1", "grants", "members", "consents"):
        assert desk.get(supervisor, f"/cases/{case.id}/{part}").status_code == 404


def test_a_member_writes_the_next_version_and_the_old_one_stays(
    desk: Desk, rows: Session, case: Case, caseworker: Person
) -> None:
    body: dict[str, object] = {"document": factories.in_json(Kind.CASE)}

    written = desk.put(caseworker, f"/cases/{case.id}/document", body, version=1)

    assert (written.status_code, written.json()["version"], written.headers["ETag"]) == (200, 2, '"2"')
    assert desk.get(caseworker, f"/cases/{case.id}/documents/1").json()["version"] == 1
    assert desk.get(caseworker, f"/cases/{case.id}/document").json()["version"] == 2
    events = rows.query(AuditEvent).filter_by(action="case.written").all()
    assert [event.object_hash for event in events] == [written.json()["sha256"]]


def test_the_slower_of_two_writers_is_told_so(desk: Desk, rows: Session, case: Case, caseworker: Person) -> None:
    body: dict[str, object] = {"document": factories.in_json(Kind.CASE)}
    desk.put(caseworker, f"/cases/{case.id}/document", body, version=1)

    late = desk.put(caseworker, f"/cases/{case.id}/document", body, version=1)

    assert (problem(late), late.headers["ETag"]) == ((412, "stale-version"), '"2"')
    assert rows.query(CaseDocument).count() == 2


def test_a_member_adds_another_who_then_reads(
    desk: Desk, rows: Session, case: Case, caseworker: Person, triager: Person
) -> None:
    change: dict[str, object] = {"statement": factories.in_json(Kind.CASE), "add": [grant(triager)]}
    assert desk.get(triager, f"/cases/{case.id}").status_code == 404

    answer = desk.post(caseworker, f"/cases/{case.id}/members", change, version=1)

    assert answer.json()["members"] == sorted([caseworker.id, triager.id])
    assert desk.get(triager, f"/cases/{case.id}/document").status_code == 200
    chain = desk.get(triager, f"/cases/{case.id}/members")
    assert ([each["version"] for each in chain.json()["items"]], chain.headers["ETag"]) == ([1, 2], '"2"')


def test_a_case_with_other_members_has_another_version(
    desk: Desk, case: Case, caseworker: Person, triager: Person
) -> None:
    before = desk.get(caseworker, f"/cases/{case.id}")
    change: dict[str, object] = {"statement": factories.in_json(Kind.CASE), "add": [grant(triager)]}
    changed = desk.post(caseworker, f"/cases/{case.id}/members", change, version=1)

    after = desk.get(caseworker, f"/cases/{case.id}")

    assert (before.headers["ETag"], changed.headers["ETag"], after.headers["ETag"]) == ('"1"', '"2"', '"2"')
    assert after.json()["members"] != before.json()["members"]


def test_who_is_removed_gets_neither_words_nor_key_any_more(
    desk: Desk, rows: Session, caseworker: Person, triager: Person
) -> None:
    case = factories.case(rows, caseworker, triager)
    change: dict[str, object] = {"statement": factories.in_json(Kind.CASE), "remove": [triager.id]}

    desk.post(caseworker, f"/cases/{case.id}/members", change, version=1).raise_for_status()

    for part in ("", "/document", "/grants", "/members", "/consents"):
        assert desk.get(triager, f"/cases/{case.id}{part}").status_code == 404
    rows.expire_all()
    assert [(each.revoked, each.file) for each in rows.query(Grant).filter_by(grantee=triager.id, subject=case.id)] == [
        (True, None)
    ]


def test_who_wrote_the_newest_version_does_not_leave_a_case_that_nobody_can_read(
    desk: Desk, rows: Session, caseworker: Person, triager: Person
) -> None:
    case = factories.case(rows, caseworker, triager)
    path = f"/cases/{case.id}"
    leave: dict[str, object] = {"statement": factories.in_json(Kind.CASE), "remove": [triager.id]}
    document: dict[str, object] = {"document": factories.in_json(Kind.CASE)}
    desk.put(triager, f"{path}/document", document, version=1).raise_for_status()

    refused = desk.post(triager, f"{path}/members", leave, version=1)
    desk.put(caseworker, f"{path}/document", document, version=2).raise_for_status()
    left = desk.post(triager, f"{path}/members", leave, version=1)

    assert problem(refused) == (409, "last-author")
    assert left.json()["members"] == [caseworker.id]


def test_nobody_stays_in_a_case_by_writing_without_end(
    desk: Desk, rows: Session, caseworker: Person, triager: Person
) -> None:
    case = factories.case(rows, caseworker, triager)
    document: dict[str, object] = {"document": factories.in_json(Kind.CASE)}
    desk.put(triager, f"/cases/{case.id}/document", document, version=1).raise_for_status()
    remove: dict[str, object] = {"statement": factories.in_json(Kind.CASE), "remove": [triager.id]}

    removed = desk.post(caseworker, f"/cases/{case.id}/members", remove, version=1)

    assert removed.json()["members"] == [caseworker.id]


def test_a_case_keeps_an_owner_among_its_members(
    desk: Desk, rows: Session, caseworker: Person, triager: Person
) -> None:
    other = factories.certified(rows, Role.CASEWORKER)
    case = factories.case(rows, caseworker, triager)
    remove: dict[str, object] = {"statement": factories.in_json(Kind.CASE), "remove": [caseworker.id]}
    path = f"/cases/{case.id}/members"

    assert problem(desk.post(triager, path, remove, version=1)) == (422, "members-unfit")
    assert problem(desk.post(triager, path, remove | {"owner": triager.id}, version=1)) == (422, "members-unfit")

    hand_on: dict[str, object] = {"statement": remove["statement"], "owner": other.id, "add": [grant(other)]}
    handed_on = desk.post(caseworker, path, hand_on, version=1)

    assert handed_on.json()["owner"] == other.id
    actions = rows.scalars(select(AuditEvent.action).where(AuditEvent.object_id == case.id)).all()
    assert actions.count(Action.CASE_CHANGED) == 1


def test_nobody_alone_puts_out_the_opener_or_takes_the_case_from_its_owner(
    desk: Desk, rows: Session, caseworker: Person, triager: Person
) -> None:
    third = factories.certified(rows, Role.CASEWORKER)
    case = factories.case(rows, caseworker, triager, third)
    path, statement = f"/cases/{case.id}/members", {"statement": factories.in_json(Kind.CASE)}
    put_out: dict[str, object] = {**statement, "remove": [caseworker.id], "owner": third.id}
    take: dict[str, object] = {**statement, "owner": third.id}
    agree: dict[str, object] = {**statement, "agree": [caseworker.id]}

    assert problem(desk.post(third, path, put_out, version=1)) == (409, "second-person-needed")
    assert problem(desk.post(third, path, take, version=1)) == (409, "second-person-needed")
    desk.post(third, path, agree, version=1).raise_for_status()
    assert problem(desk.post(third, path, put_out, version=2)) == (409, "second-person-needed")
    desk.post(triager, path, agree, version=2).raise_for_status()
    done = desk.post(third, path, put_out, version=3)

    assert (done.json()["members"], done.json()["owner"]) == (sorted([triager.id, third.id]), third.id)
    assert rows.query(RemovalAgreement).count() == 0


def test_who_is_certified_no_more_is_put_out_by_one(desk: Desk, rows: Session, caseworker: Person) -> None:
    colleague = factories.certified(rows, Role.CASEWORKER)
    case = factories.case(rows, caseworker, colleague)
    rows.query(Certificate).filter_by(person_id=caseworker.id).delete()
    rows.commit()
    statement = {"statement": factories.in_json(Kind.CASE)}
    change: dict[str, object] = {**statement, "remove": [caseworker.id], "owner": colleague.id}

    done = desk.post(colleague, f"/cases/{case.id}/members", change, version=1)

    assert (done.status_code, done.json()["members"]) == (201, [colleague.id])


def test_whom_one_agrees_to_let_go_is_a_member(desk: Desk, rows: Session, caseworker: Person) -> None:
    case, stranger = factories.case(rows, caseworker), factories.certified(rows, Role.CASEWORKER)
    change: dict[str, object] = {"statement": factories.in_json(Kind.CASE), "agree": [stranger.id]}

    assert problem(desk.post(caseworker, f"/cases/{case.id}/members", change, version=1)) == (422, "members-unfit")
