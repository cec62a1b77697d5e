"""Statistics cards: written for approved coding, kept in the outbox, sent shuffled at a random hour of the next days.

They go without a session and over connections of their own, and nothing is asked of the service under a session when
they leave, so that nothing joins them to a person or a case.
"""

import json
import secrets
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from app import age
from app.client.casework import cases, coding_approvals
from app.client.casework.cases import OpenCase
from app.client.casework.coding_approvals import Approved
from app.client.machine.directory import write_atomically
from app.client.machine.staff import Staff
from app.client.machine.transport import Service
from app.client.people import shared_keys
from app.protocol import card
from app.protocol.card import SignedCard
from app.protocol.case import CardNote, CaseFile, RuleBroken, card_or_none
from app.protocol.encoding import b64, unb64
from app.protocol.errors import NotAuthentic
from app.protocol.statements import KeyKind

# A card leaves at a random hour of these many from now on.
DELAY_HOURS: Final = 72


@dataclass(frozen=True)
class _Entry:
    """A card that waits, or a withdrawal where `file` is None."""

    path: Path
    card: str = field(repr=False)
    revision: int
    due: datetime
    file: bytes | None = field(repr=False)


def write(staff: Staff, case_id: str, approval: str) -> OpenCase:
    """Sign each card that another person has signed, as the case says it now, and let it wait for its hour.

    A card of which something has changed since says another line: it is asked for anew. Nothing else that changed in
    the case matters. Raises `RuleBroken` where the coding is not approved, or by this person themselves.
    """
    case = cases.open_(staff, case_id)
    approved = coding_approvals.approved(staff, case, approval)
    if approved.by == staff.person:
        raise RuleBroken("one-person")
    recipient = shared_keys.newest_key(staff, KeyKind.STATISTICS).recipient
    notes, sealed = {note.id: note for note in case.file.cards}, dict[str, bytes]()
    for note in case.file.cards:
        signed = _signed(staff, case.file, note, approved)
        if signed is not None:
            sealed[note.id] = age.encrypt(card.encode(signed), [recipient])
            notes[note.id] = replace(note, written=True)
    after = cases.write(staff, case, replace(case.file, cards=tuple(notes.values()))) if sealed else case
    for id_, file in sealed.items():
        _put_out(staff, notes[id_], file)
    return after


def withdraw(staff: Staff, case: OpenCase, incidents: Collection[str]) -> OpenCase:
    """Take back the cards of these incidents, wherever they are.

    Those that wait here are dropped, those that left are deleted by their ids, and those that wait on a colleague's
    machine are taken no more.
    """
    targets = [note for note in case.file.cards if note.incident in incidents and not note.withdrawn]
    notes = tuple(replace(note, withdrawn=note.withdrawn or note in targets) for note in case.file.cards)
    after = cases.write(staff, case, replace(case.file, cards=notes)) if targets else case
    for note in targets:
        _put_out(staff, note, None)
    return after


def waiting(staff: Staff) -> int:
    """How many cards and withdrawals lie in the outbox."""
    return len(list(_paths(staff)))


def send(staff: Staff, *, now: bool = False) -> int:
    """Send what is due, in no order; how many there were. `now` sends all, which only a demo and tests may ask for.

    Raises `Unreachable`, `NotGranted` where no sign-in has brought a card token yet, and `Refused`, as after the
    card-writing key has turned: the next sign-in brings its token. What was not taken stays in the outbox.
    """
    due = [entry for entry in _entries(staff) if now or entry.due <= staff.now]
    if not due:
        return 0
    token = shared_keys.local_card_token(staff)
    secrets.SystemRandom().shuffle(due)
    with closing(Service(staff.about.server, http=staff.http)) as anonymous:
        for entry in due:
            _send(anonymous, token, entry)
            entry.path.unlink()
    return len(due)


def _send(anonymous: Service, token: str, entry: _Entry) -> None:
    headers = {"Authorization": f"Bearer {token}", "Tern-Card": entry.card}
    if entry.file is None:
        anonymous.delete("/card", headers)
    else:
        anonymous.send("PUT", "/card", entry.file, headers | {"Tern-Revision": str(entry.revision)})


def _signed(staff: Staff, file: CaseFile, note: CardNote, approved: Approved) -> SignedCard | None:
    """The card under both signatures; None where it is not to be written, or is not what was approved."""
    signature = approved.signatures.get((note.id, note.revision))
    content = card_or_none(file, note)
    if note.withdrawn or note.written or signature is None or content is None:
        return None
    if file.incident(note.incident).coder == approved.by:
        raise RuleBroken("own-coding")
    signed = SignedCard(content, card.sign(content, staff.signer), signature)
    try:
        signed.check_signed(lambda _, __: True)  # whose the keys are is known
    except NotAuthentic:
        return None
    return signed


def _put_out(staff: Staff, note: CardNote, file: bytes | None) -> None:
    """Let a card or its withdrawal wait for its hour, in the place of what waits of the same card."""
    earlier = [entry.path for entry in _entries(staff) if entry.card == note.id]
    due = staff.now + timedelta(hours=secrets.randbelow(DELAY_HOURS) + 1)
    entry = {
        "card": note.id,
        "revision": note.revision,
        "due": due.isoformat(),
        "file": None if file is None else b64(file),
    }
    sealed = age.encrypt(json.dumps(entry).encode(), [staff.keys.identity.recipient])
    write_atomically(staff.machine.outbox / f"{secrets.token_hex(16)}.age", sealed)
    for path in earlier:
        path.unlink()


def _entries(staff: Staff) -> list[_Entry]:
    entries = []
    for path in _paths(staff):
        line = json.loads(age.decrypt(path.read_bytes(), [staff.keys.identity]))
        file = None if line["file"] is None else unb64(line["file"])
        due = datetime.fromisoformat(line["due"])
        entries.append(_Entry(path, line["card"], line["revision"], due, file))
    return entries


def _paths(staff: Staff) -> list[Path]:
    return sorted(staff.machine.outbox.glob("[!.]*.age"))
