"""The first custodian of a pair gives the key of a case to those for whom the second has peeled it."""

from app.client.casework.cases.following import JOURNAL, authority, followed_by
from app.client.casework.cases.writing import grants_of
from app.client.machine import sealed
from app.client.machine.staff import Staff
from app.client.people.custodians import Waiting
from app.protocol import journal
from app.protocol.journal import Entry, Place
from app.protocol.members import MemberList


def grant(staff: Staff, found: Waiting) -> None:
    """Make them members by an entry of the journal that holds the act whole, and grant them the key.

    What the case says is not fetched. Raises `NotAuthentic` where the act is not of the newest key that the journal
    names, and `Refused`.
    """
    people, path = frozenset(found.act.people), f"/cases/{found.act.subject}/recoveries/{found.recovery}"
    key, before = followed_by(staff, found.key, staff.service.get_case(f"{path}/journal").json())
    said = MemberList(before.members.present | people, before.members.owner)
    written = sealed.write(staff, key, JOURNAL, Entry(members=said, recovery=found.text).body(), after=before.mark)
    journal.after(before, Place(written.mark.sha256, written.document), by=authority(staff))
    request = {"entry": written.file, "add": grants_of(staff, key, people, head=before.mark)}
    staff.service.post(f"{path}/entries", request, version=before.mark.version)
