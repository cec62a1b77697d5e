"""A case is shared: begun with its first members, and handed on, each change with a grant for whoever comes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from app import age
from app.client.casework.case_views import view
from app.client.casework.cases.following import JOURNAL, authority, was_certified
from app.client.casework.cases.reading import OpenCase, whole
from app.client.casework.cases.turning import gone, grants_of, is_turn_due
from app.client.casework.cases.writing import (
    changes_of,
    current,
    seal_entries,
    store,
    turn,
    with_own_keys,
)
from app.client.machine import pairs
from app.client.machine.sealed import Key
from app.client.machine.staff import NotGranted, Staff
from app.protocol import journal
from app.protocol.case import NOTHING, CaseFile, RuleBroken, take_apart
from app.protocol.chain import Mark
from app.protocol.documents import recipient_sha256
from app.protocol.encoding import new_id
from app.protocol.journal import Entry, HeldNote, KeyNote, ReportNote
from app.protocol.members import MemberList, put_out
from app.vocabulary import GrantKind, Priority


@dataclass(frozen=True)
class NewCase:
    """A case as it is sealed before the service has it: its key, and the request that opens it.

    `mark` is that of the last entry of its journal.
    """

    key: Key = field(repr=False)
    request: Mapping[str, object] = field(repr=False)
    mark: Mark

    def remember(self, staff: Staff) -> None:
        """Once the service has taken it."""
        staff.seen.record(JOURNAL, self.key.subject, self.mark)


def new(
    staff: Staff,
    report: ReportNote,
    report_key: age.HybridRecipient,
    priority: Priority,
    *,
    owner: str,
    people: Collection[str],
    title: str = "",
    summary: str = "",
) -> NewCase:
    """A new case of this person's team, of this report: the first entry of its journal, the key for everybody listed.

    The entry names the case's key and the report's, so that nobody can put another in their place.
    """
    joins = Entry(keys=(KeyNote(report.id, 1, recipient_sha256(report_key)),), reports=(report,))
    team = str(staff.service.get(f"/people/{staff.person}").json()["team"])
    said = replace(NOTHING, title=title, summary=summary)
    return _new(staff, joins, MemberList(frozenset(people), owner), said, team=team, priority=priority)


def open_beside(staff: Staff, case: OpenCase, *, title: str = "") -> str:
    """Open a case of the same members and team, into which reports of this one may go; its id. Raises `Refused`."""
    now, listed = view(staff, case.id), MemberList(case.members, case.member_list.owner)
    made = _new(staff, Entry(), listed, replace(NOTHING, title=title), team=now.team, priority=now.priority)
    staff.service.post("/cases", made.request)
    made.remember(staff)
    return made.key.subject


def _new(staff: Staff, joins: Entry, listed: MemberList, said: CaseFile, *, team: str, priority: Priority) -> NewCase:
    key = Key(new_id("case"), age.generate(), generation=1)
    changes = changes_of(staff, key, take_apart(said))
    own = KeyNote(key.subject, key.generation, recipient_sha256(key.identity.recipient))
    entry = replace(joins, members=listed, keys=(own, *joins.keys))
    entries = seal_entries(staff, key, changes, first=entry, after=None)
    head = entries[-1].mark
    request = {
        "id": key.subject,
        "team": team,
        "owner": listed.owner,
        "priority": priority.value,
        "entries": [each.file for each in entries],
        "parts": [each.wire for each in changes],
        "grants": grants_of(staff, key, listed.members, head=head),
        "pairs": pairs.make(staff, key.identity, key.subject, head=head),
    }
    return NewCase(key, request, head)


@dataclass(frozen=True)
class Joining:
    """A report joins a case: the entry, as it is sealed before the service has it, and the request that holds it."""

    case: OpenCase = field(repr=False)
    request: Mapping[str, object] = field(repr=False)
    mark: Mark

    def remember(self, staff: Staff) -> None:
        """Once the service has taken it."""
        staff.seen.record(JOURNAL, self.case.id, self.mark)


def joining(staff: Staff, case: OpenCase, report: ReportNote, report_key: age.HybridRecipient) -> Joining:
    """The entry by which a report joins a case that this person works on. It names the report's key."""
    case = current(staff, whole(staff, case))
    entry = Entry(keys=(KeyNote(report.id, 1, recipient_sha256(report_key)),), reports=(report,))
    [written] = seal_entries(staff, case.key, [], first=entry, after=case.journal.mark)
    request = {"case": case.id, "after": case.version, "entry": written.file}
    return Joining(case, request, written.mark)


def change_members(
    staff: Staff,
    case: OpenCase,
    *,
    add: Collection[str] = (),
    remove: Collection[str] = (),
    owner: str | None = None,
    approval: str | None = None,
) -> OpenCase:
    """Say who works on the case from now on, with a grant for each who comes. Who is a member until a day stays by it.

    What those who go have read cannot be unread, and what they wrote stays. The key turns by the same entry, or where
    one goes by oneself before the next who writes. Nobody alone puts out who opened or who
    owns the case, or takes it from its owner, unless a certificate has left them without a role: `approval` is the text
    of another person's (`act_approvals`). Raises `RuleBroken` where it lacks, `NotAuthentic` where it is not of this.
    """
    case = whole(staff, case)
    if out := gone(staff, case):
        case, remove = turn(staff, case), set(remove) - out
        if not (add or remove or owner):
            return case
    before = case.member_list
    stay = tuple(sorted(case.journal.guests.keys() & set(add)))
    said = MemberList((before.present - set(remove)) | set(add), owner or before.owner)
    ended = _ended(staff, put_out(before, said, staff.person))
    entry = Entry(members=said, approval=approval, ended=ended, confirmed=stay)
    acts = journal.acts(case.journal, entry, staff.person, by=authority(staff), on=staff.today)
    if approval is None and any(acts):
        raise RuleBroken("second-person")
    added = grants_of(staff, case.key, set(add) - set(stay), head=case.journal.mark)
    more: dict[str, object] = {"add": added, "remove": sorted(remove), **({"owner": owner} if owner else {})}
    if stay:
        more["confirm"] = stay
    return store(staff, case, [], entry=entry, more=more, turns=bool(remove) and staff.person not in remove)


def _ended(staff: Staff, people: Collection[str]) -> tuple[str, ...]:
    """The certificates that have left some of these without a role: their colleagues need nobody's word then."""
    left = [person for person in sorted(people) if not was_certified(staff, person, staff.today)]
    found = (staff.trust.last_certificate(person) for person in left)
    return tuple(each.text.decode() for each in found if each and not each.header.body["roles"])


def make_pairs(staff: Staff, case: OpenCase) -> None:
    """Make the pairs of the case's key anew, for the custodians of today, and of those of its parts that one holds.

    Where the key of the case is to turn, it turns with its pairs.
    """
    if is_turn_due(staff, case):
        turn(staff, case)
    else:
        pairs.keep(staff, case.identity, case.id, generation=case.key.generation, head=case.journal.mark)
    for key in case.keys.own.values():
        pairs.keep(staff, key.identity, key.subject, generation=key.generation, case=case.id)


def lend(staff: Staff, case: OpenCase, to: str) -> OpenCase:
    """Say that the key of the case is lent to somebody for a decision; `approvals.request` sends it them.

    No client takes it without: every member sees who could read the case.
    """
    return store(staff, case, [], entry=Entry(lent=(to,)))


def grant_part(staff: Staff, case: OpenCase, part: str, to: str) -> None:
    """Give one member more the key of a part that has its own: the owner names them, or they are the owner.

    The journal says so first; interrupted before the grant, it is given when this is done again. Raises `RuleBroken`
    where it is neither, or they are no member; `NotGranted` where this person does not hold it.
    """
    case = with_own_keys(staff, whole(staff, case))
    key = case.keys.own.get(part)
    if key is None:
        raise NotGranted(f"the key of {part} was not granted to this person")
    if to not in case.members or case.member_list.owner not in (staff.person, to):
        raise RuleBroken("holders")
    if to not in case.journal.held[part]:
        case = store(staff, case, [], entry=Entry(held=(HeldNote(part, frozenset([to])),)))
        key = case.keys.own[part]
    grant = staff.grant(key.identity, part, staff.certified(to), GrantKind.ASSIGNED, generation=key.generation)
    staff.service.post(f"/cases/{case.id}/parts/{part}/grants", grant)
