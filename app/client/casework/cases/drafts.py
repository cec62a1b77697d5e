"""What was to be written to a case and was not: kept on this machine, sealed to its person, until it is or is let go.

A line that is lost, a machine that goes off or a colleague who was faster costs nobody what they typed. Whoever takes
the machine does not learn which case it is of: its name only the person's keys can derive.
"""

import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from app import age, private
from app.client.casework.cases.reading import OpenCase
from app.client.machine.directory import write_atomically
from app.client.machine.staff import Staff
from app.protocol import case as rules
from app.protocol.case import CaseFile, Name, Said, take_apart
from app.protocol.derivation import derive
from app.protocol.encoding import new_id


@dataclass(frozen=True)
class Draft:
    """What was to be said, by name, each beside what stood there when it was written, if anything did."""

    changes: Mapping[Name, tuple[Mapping[str, Any] | None, Mapping[str, Any]]] = field(repr=False)

    def overtaken(self, case: OpenCase) -> tuple[Name, ...]:
        """What stands otherwise in the case by now than when it was written on."""
        now = take_apart(case.file)
        return tuple(name for name, (before, after) in self.changes.items() if now.get(name) not in (before, after))

    def on(self, case: OpenCase, *, by: str) -> CaseFile:
        """The case with all of it, over what stands there now."""
        said = dict(case.said)
        for name, (_, body) in self.changes.items():
            part = case.whole.parts.get(name, new_id("part"))
            author = said[part].author if part in said else by
            said[part] = Said(part, name.type, body, author)
        return rules.put_together(said.values(), case.file.reports).file


def keep(staff: Staff, case: str, before: CaseFile, after: CaseFile) -> None:
    """Before it is sent, in the place of what was kept of the same case."""
    old = take_apart(before)
    changes = [
        {"name": asdict(name), "before": old.get(name), "after": body}
        for name, body in take_apart(after).items()
        if old.get(name) != body
    ]
    private.make_directory(staff.machine.drafts)
    sealed = age.encrypt(json.dumps(changes).encode(), [staff.keys.identity.recipient])
    write_atomically(_path(staff, case), sealed)


def find(staff: Staff, case: str) -> Draft | None:
    """What was kept of this case, if anything was."""
    path = _path(staff, case)
    if not path.exists():
        return None
    changes = json.loads(age.decrypt(path.read_bytes(), [staff.keys.identity]))
    return Draft({Name(**each["name"]): (each["before"], each["after"]) for each in changes})


def drop(staff: Staff, case: str) -> None:
    """It was written, or its person lets it go."""
    _path(staff, case).unlink(missing_ok=True)


def _path(staff: Staff, case: str) -> Path:
    name = hmac.digest(derive(staff.keys.identity.secret, "drafts"), case.encode(), "sha256").hex()
    return staff.machine.drafts / f"{name}.age"
