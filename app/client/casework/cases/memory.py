"""What a machine has read of a case's journal, so that nobody reads a year of entries anew each time a case is opened.

It lies sealed to its person and under a MAC of theirs: what stands here is believed without a signature. Whoever takes
the machine does not learn which case it is of.
"""

import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any, Final

from app import age, private
from app.client.machine.directory import write_atomically
from app.client.machine.staff import Staff
from app.protocol.chain import Mark
from app.protocol.derivation import derive
from app.protocol.encoding import canonical
from app.protocol.journal import Journal, NamedVersion, PartNote, ReportNote
from app.protocol.members import Members

_MAC_SIZE: Final = 32


def find(staff: Staff, case: str) -> Journal | None:
    """The journal as far as this machine has followed it; None where it has read none, or the file is not its own."""
    path = _path(staff, case)
    if not path.exists():
        return None
    try:
        plaintext = age.decrypt(path.read_bytes(), [staff.keys.identity])
    except age.Error:
        return None
    mac, line = plaintext[:_MAC_SIZE], plaintext[_MAC_SIZE:]
    if not hmac.compare_digest(mac, _mac(staff, line)):
        return None
    found = _journal(json.loads(line))
    return found if found.case == case else None


def keep(staff: Staff, journal: Journal) -> None:
    """In the place of what was kept of the same case."""
    line = canonical(_body(journal))
    sealed = age.encrypt(_mac(staff, line) + line, [staff.keys.identity.recipient])
    private.make_directory(staff.machine.journals)
    write_atomically(_path(staff, journal.case), sealed)


def _body(journal: Journal) -> dict[str, Any]:
    members = journal.members
    return {
        "case": journal.case,
        "mark": asdict(journal.mark),
        "author": journal.author,
        "day": journal.day.isoformat(),
        "members": {
            "present": sorted(members.present),
            "ever": sorted(members.ever),
            "opener": members.opener,
            "owner": members.owner,
            "agreements": sorted(members.agreements),
        },
        "keys": [[subject, generation, name] for (subject, generation), name in journal.keys.items()],
        "reports": [each.body() for each in journal.reports],
        "parts": [
            [[each.note.body(), each.author, each.day.isoformat(), each.entry] for each in versions]
            for versions in journal.parts.values()
        ],
        "passed_over": journal.passed_over,
        "clock_wrong": journal.clock_wrong,
    }


def _journal(body: Mapping[str, Any]) -> Journal:
    members = body["members"]
    parts = [
        tuple(
            NamedVersion(PartNote(**note), author, date.fromisoformat(day), entry)
            for note, author, day, entry in versions
        )
        for versions in body["parts"]
    ]
    return Journal(
        case=body["case"],
        members=Members(
            present=frozenset(members["present"]),
            ever=frozenset(members["ever"]),
            opener=members["opener"],
            owner=members["owner"],
            agreements=frozenset((by, about) for by, about in members["agreements"]),
        ),
        mark=Mark(**body["mark"]),
        author=body["author"],
        day=date.fromisoformat(body["day"]),
        keys={(subject, generation): name for subject, generation, name in body["keys"]},
        reports=tuple(ReportNote(**each) for each in body["reports"]),
        parts={versions[0].note.id: versions for versions in parts},
        passed_over=tuple(body["passed_over"]),
        clock_wrong=tuple(body["clock_wrong"]),
    )


def _mac(staff: Staff, line: bytes) -> bytes:
    return hmac.digest(_key(staff), line, "sha256")


def _path(staff: Staff, case: str) -> Path:
    return staff.machine.journals / f"{hmac.digest(_key(staff), case.encode(), 'sha256').hex()}.age"


def _key(staff: Staff) -> bytes:
    return derive(staff.keys.identity.secret, "journals")
