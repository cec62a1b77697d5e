"""The first custodian of a pair gives the key of a case to those for whom the second has peeled it."""

from app.client.casework.cases.following import JOURNAL, authority, followed_by
from app.client.casework.cases.turning import grants_of
from app.client.machine import sealed
from app.client.machine.sealed import key_in
from app.client.machine.staff import Staff
from app.client.people.custodians import Waiting
from app.protocol import journal
from app.protocol.grants import OpenedGrant
from app.protocol.journal import Entry, Journal, Place


def grant(staff: Staff, found: Waiting) -> tuple[str, ...]:
    """Make them members by an entry of the journal that holds the act whole, and grant them the keys.

    What the case says is not fetched. Of its parts those are granted that the journal names by this key; which are not
    is given back. Raises `NotAuthentic` where the act is not of the newest key that the journal names, and `Refused`.
    """
    people, path = frozenset(found.act.people), f"/cases/{found.act.subject}/recoveries/{found.recovery}"
    key, before = followed_by(staff, found.key, staff.service.get_case(f"{path}/journal").json())
    said = before.members.joined_by(people)
    written = sealed.write(staff, key, JOURNAL, Entry(members=said, recovery=found.text).body(), after=before.mark)
    journal.after(before, Place(written.mark.sha256, written.document), by=authority(staff))
    named = [each for each in found.parts if _is_named(before, each)]
    parts = [{"part": each.header.subject, "grants": grants_of(staff, key_in(each), people)} for each in named]
    request = {"entry": written.file, "add": grants_of(staff, key, people, head=before.mark), "parts": parts}
    staff.service.post(f"{path}/entries", request, version=before.mark.version)
    return (*found.faults, *(each.header.subject for each in found.parts if each not in named))


def _is_named(before: Journal, key: OpenedGrant) -> bool:
    header = key.header
    return before.keys.get((header.subject, header.generation)) == header.recipient
