"""What a loss took of a case: told by the journal that this machine had followed, beside the one that is shown now.

Of the parts themselves a machine keeps nothing. So it says which are gone, for who wrote them to write again, and what
was decided since and is to be decided again: whom a colleague had taken off, and which parts had ended.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from app.client.machine.kept import Kept
from app.client.machine.staff import Staff
from app.protocol.encoding import canonical, parse_object
from app.protocol.journal import Journal


@dataclass(frozen=True)
class LostOfCase:
    """By the entries that are gone, parts of the types in `written` were written, those in `ended` ended, which are
    there again, the people in `removed` were taken off, who are members again, and those in `added` came, who are none
    any more. `turned`: the key had turned."""

    case: str
    written: tuple[str, ...]
    ended: tuple[str, ...]
    removed: tuple[str, ...]
    added: tuple[str, ...]
    turned: bool


def keep(staff: Staff, before: Journal, now: Journal) -> None:
    """Remember what is gone."""
    _kept(staff).keep(before.case, canonical(asdict(compared(before, now))))


def find(staff: Staff, case: str) -> LostOfCase | None:
    """What the last loss took of this case, as far as this machine had seen it."""
    text = _kept(staff).find(case)
    if text is None:
        return None
    said: dict[str, Any] = parse_object(text)
    return LostOfCase(
        said["case"],
        tuple(said["written"]),
        tuple(said["ended"]),
        tuple(said["removed"]),
        tuple(said["added"]),
        said["turned"],
    )


def compared(before: Journal, now: Journal) -> LostOfCase:
    """What was in the journal before and is not now."""
    ended = [part for part, named in before.parts.items() if named[-1].note.sha256 is None and _lives(now, part)]
    return LostOfCase(
        before.case,
        written=tuple(_written(before, now)),
        ended=tuple(ended),
        removed=tuple(sorted(now.members.present - before.members.present)),
        added=tuple(sorted(before.members.present - now.members.present)),
        turned=before.generation > now.generation,
    )


def _written(before: Journal, now: Journal) -> Iterator[str]:
    """Of each version of a part that is gone."""
    for part, versions in before.parts.items():
        known = {each.note.sha256 for each in now.parts.get(part, ())}
        yield from (each.note.type for each in versions if each.note.sha256 and each.note.sha256 not in known)


def _lives(now: Journal, part: str) -> bool:
    return part in now.parts and now.parts[part][-1].note.sha256 is not None


def _kept(staff: Staff) -> Kept:
    return Kept(staff.machine.journals, staff.keys.identity, use="lost-of-cases")
