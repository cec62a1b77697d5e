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
from app.client.machine.directory import write_atomically
from app.client.machine.staff import Staff
from app.client.machine.transport import Service
from app.client.people import shared_keys
from app.protocol import card
from app.protocol.case import CardNote, CaseFile, Incident, RuleBroken, card_of
from app.protocol.encoding import b64, unb64
from app.protocol.statements import KeyKind

# A card leaves at a random hour of these many from now on.
DELAY_HOURS: Final = 72

# Why an incident has no card, where that is as it should be.
_NOT_COUNTED: Final = frozenset({"no-statistics-consent", "refuted"})


@dataclass(frozen=True)
class _Entry:
    """A card that waits, or a withdrawal where `file` is None."""

    path: Path
    card: str = field(repr=False)
    revision: int
    due: datetime
    file: bytes | None = field(repr=False)


def write(staff: Staff, case: OpenCase, approval: str, *, correct: bool = False) -> OpenCase:
    """Write a card for each incident that the approval covers and whose person may be counted.

    An incident that has one gets no second; with `correct` its card is written again under the same id. The case
    remembers the ids before any card can leave. Raises `RuleBroken` where the coding is not approved.
    """
    approved_file = coding_approvals.approved_file(staff, case, approval)
    recipient = shared_keys.newest_key(staff, KeyKind.STATISTICS).recipient
    notes, sealed = {note.id: note for note in case.file.cards}, dict[str, bytes]()
    notes_before = {note.incident: note for note in case.file.cards if not note.withdrawn}
    for incident in case.file.incidents:
        before = notes_before.get(incident.id)
        if not _is_covered(incident, case.file, approved_file) or (before and not correct):
            continue
        note = _next(before) if before else CardNote(card.new_card_id(), incident.id, revision=0, withdrawn=False)
        try:
            content = card_of(case.file, incident.id, card_id=note.id)
        except RuleBroken as broken:
            if broken.rule not in _NOT_COUNTED:
                raise
            continue
        sealed[note.id] = age.encrypt(card.encode(content), [recipient])
        notes[note.id] = note
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


def _is_covered(incident: Incident, file: CaseFile, approved_file: CaseFile) -> bool:
    """Whether what the card would say is what was approved."""
    same = [each for each in approved_file.incidents if each.id == incident.id]
    return bool(same) and (
        (same[0].coding, same[0].affected, same[0].verdicts) == (incident.coding, incident.affected, incident.verdicts)
        and approved_file.person(incident.affected) == file.person(incident.affected)
    )


def _next(note: CardNote) -> CardNote:
    return replace(note, revision=note.revision + 1)


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
