"""What was to be written to a case and was not: kept on this machine, sealed to its person, until it is or is let go.

A line that is lost, a machine that goes off or a colleague who was faster costs nobody what they typed.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from app.client.casework.cases.reading import OpenCase
from app.client.machine.kept import Kept
from app.client.machine.staff import Staff
from app.protocol import case as rules
from app.protocol.case import CaseFile, Name, Said, take_apart
from app.protocol.encoding import canonical, new_id


@dataclass(frozen=True)
class Draft:
    """What was to be said, by name, each beside what stood there when it was written, if anything did.

    `holders` are those who were named to hold what has a key of its own.
    """

    changes: Mapping[Name, tuple[Mapping[str, Any] | None, Mapping[str, Any]]] = field(repr=False)
    holders: frozenset[str] = frozenset()

    def overtaken(self, case: OpenCase) -> tuple[Name, ...]:
        """What stands otherwise in the case by now than when it was written on.

        What is one of many, such as an assertion, is added to those of others.
        """
        now = take_apart(case.file)
        return tuple(
            name
            for name, (before, after) in self.changes.items()
            if not name.is_one_of_many and now.get(name) not in (before, after)
        )

    def on(self, case: OpenCase, *, by: str) -> CaseFile:
        """The case with all of it, over what stands there now. What was stored already is not said again."""
        said, now = dict(case.said), take_apart(case.file)
        for name, (_, body) in self.changes.items():
            if name.is_one_of_many:
                if not any(_is_stored(each, body, name) for each in now.items()):
                    part = new_id("part")
                    said[part] = Said(part, name.type, body, by)
                continue
            part = case.whole.parts.get(name, new_id("part"))
            author = said[part].author if part in said else by
            said[part] = Said(part, name.type, body, author)
        return rules.put_together(said.values(), case.file.reports).file


def _is_stored(there: tuple[Name, Mapping[str, Any]], body: Mapping[str, Any], name: Name) -> bool:
    """Whether this is said by then, at the place for which it was written or a later one."""
    other, said = there
    return (other.type, other.of, said) == (name.type, name.of, body) and other.number >= name.number


def keep(staff: Staff, case: str, draft: Draft) -> None:
    """Before it is sent, in the place of what was kept of the same case."""
    changes = [
        {"name": asdict(name), "before": before, "after": after} for name, (before, after) in draft.changes.items()
    ]
    _kept(staff).keep(case, canonical({"changes": changes, "holders": sorted(draft.holders)}))


def find(staff: Staff, case: str) -> Draft | None:
    """What was kept of this case, if anything was."""
    line = _kept(staff).find(case)
    if line is None:
        return None
    kept = json.loads(line)
    changes = {Name(**each["name"]): (each["before"], each["after"]) for each in kept["changes"]}
    return Draft(changes, frozenset(kept["holders"]))


def drop(staff: Staff, case: str) -> None:
    """It was written, or its person lets it go."""
    _kept(staff).drop(case)


def _kept(staff: Staff) -> Kept:
    return Kept(staff.machine.drafts, staff.keys.identity, use="drafts")
