"""A case is shared: begun with its first members, and handed on, each change with a grant for whoever comes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from app import age
from app.client.casework.cases import members
from app.client.casework.cases.document import OpenCase, write
from app.client.machine import sealed
from app.client.machine.sealed import Key
from app.client.machine.staff import Staff
from app.protocol.case import CaseFile, RuleBroken
from app.protocol.chain import Mark
from app.protocol.encoding import new_id
from app.protocol.members import MemberList, need_second_person
from app.vocabulary import GrantKind, Priority


@dataclass(frozen=True)
class NewCase:
    """A case as it is sealed before the service has it: its key, and the request that opens it."""

    key: Key = field(repr=False)
    request: Mapping[str, object] = field(repr=False)
    marks: Mapping[str, Mark]

    def remember(self, staff: Staff) -> None:
        """Once the service has taken it."""
        for type_, mark in self.marks.items():
            staff.seen.record(type_, self.key.subject, mark)


def new(staff: Staff, file: CaseFile, priority: Priority, *, owner: str, people: Collection[str]) -> NewCase:
    """A new case of this person's team: the first list of members, the first version, the key for everybody listed."""
    key = Key(new_id("case"), age.generate(), generation=1)
    statement = members.state_list(staff, key, MemberList(frozenset(people), owner))
    document = sealed.write(staff, key, "case", file.body())
    request = {
        "id": key.subject,
        "team": staff.service.get(f"/people/{staff.person}").json()["team"],
        "owner": owner,
        "priority": priority.value,
        "members": statement.file,
        "document": document.file,
        "grants": [
            staff.grant(key.identity, key.subject, staff.certified(person), GrantKind.ASSIGNED)
            for person in sorted(people)
        ],
    }
    return NewCase(key, request, {"members": statement.mark, "case": document.mark})


def change_members(
    staff: Staff,
    case: OpenCase,
    *,
    add: Collection[str] = (),
    remove: Collection[str] = (),
    owner: str | None = None,
    agree: Collection[str] = (),
) -> OpenCase:
    """The next statement of who works on the case, with a grant for each who comes.

    What those who go have read cannot be unread. Only who is there may have written the newest version, so where its
    author goes, it is written again first, and who wrote last does not leave by themselves: `RuleBroken`. Should
    somebody write on while they are removed, `restore` leads back.

    Nobody alone puts out who opened or who owns the case, or takes it from its owner: another member says before, with
    `agree`, whom they would let go too. Where nobody has, `RuleBroken`.
    """
    before = case.member_list
    said = MemberList((before.present - set(remove)) | set(add), owner or before.owner, frozenset(agree))
    if need_second_person(
        before, said, staff.person, is_certified=lambda person: members.was_certified(staff, person, staff.today)
    ):
        raise RuleBroken("second-person")
    if case.author in remove:
        if case.author == staff.person:
            raise RuleBroken("last-author")
        case = write(staff, case, case.file)
    statement = members.state_list(staff, case.key, said, after=before.mark)
    request: dict[str, object] = {
        "statement": statement.file,
        "add": [
            staff.grant(
                case.identity,
                case.id,
                staff.certified(person),
                GrantKind.ASSIGNED,
                generation=case.key.generation,
            )
            for person in sorted(add)
        ],
        "remove": sorted(remove),
        "agree": sorted(agree),
    }
    if owner:
        request["owner"] = owner
    staff.service.post(f"/cases/{case.id}/members", request, version=before.mark.version)
    staff.seen.record("members", case.id, statement.mark)
    return replace(case, member_list=members.after(staff, before, statement))
