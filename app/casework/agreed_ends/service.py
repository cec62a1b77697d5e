"""Parts of a case end because two agree that they do: an entry says so, and files, versions and keys are gone with it.

The service cannot read what ends. It sees that somebody else signed for just these parts, as they were last written,
and people, and that nobody holds the case.
"""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.actor import Actor
from app.audit import service as audit
from app.audit.actions import Action
from app.casework.cases import ending, journal, membership, turning
from app.casework.cases import service as cases
from app.casework.cases.journal import PartsUnfit, Writing
from app.casework.cases.models import Case
from app.casework.consents import service as consents
from app.casework.ends import service as ends
from app.casework.work import service as work
from app.problems import Problem
from app.protocol.journal import Ending


class CaseHeld(Problem):
    """Two have agreed to keep the case as it is, or the one into which it was merged. Two end that first."""

    type, status, title = "case-held", 409, "Nothing of the case may be destroyed while two persons hold it"


@dataclass(frozen=True)
class AgreedEnd:
    """`entries` end these parts, and nothing else does; of `people`, ids of the sealed case, the answers go too.

    Of each part it has the newest version, by what members read.
    """

    entries: Sequence[bytes]
    parts: Mapping[str, int]
    people: Collection[str]


def end(session: Session, actor: Actor, case_id: str, new: AgreedEnd, *, seen: AbstractSet[int], now: datetime) -> Case:
    """Destroy what another has signed for, whole and once.

    Raises `NotFound`, `StaleVersion` where a colleague wrote meanwhile, `CaseHeld`, `TurnFirst`, `PartsUnfit` where a
    part was written since, and `SecondPersonNeeded`. What is lost already keeps nothing else from ending.
    """
    case = cases.locked(session, cases.of_member(actor), case_id)
    newest = journal.check_seen(session, case, seen)
    if ends.is_kept(session, case):
        raise CaseHeld
    turning.check_turned(session, case, now.date(), of_entries=True)
    there = journal.newest_versions(session, case, new.parts)
    if any(version > new.parts[part] for part, version in there.items()):
        raise PartsUnfit
    membership.spend_second_word(session, actor, case, Ending(frozenset(new.parts.items()), frozenset(new.people)))
    journal.write(session, actor, case, Writing(new.entries), after=newest, now=now)
    work.forget_parts(session, case, new.parts)
    consents.destroy(session, case.id, people=new.people)
    ending.end_parts(session, case, new.parts)
    audit.record(session, actor.id, Action.PARTS_ENDED, case.id, now=now)
    return case
