"""What a case says: people, what happened to them, who says so, and what is counted (CASEWORK § 1; FIELD §§ 5, 8).

The service never opens it, so its rules are kept here: by the client that writes, which refuses to seal what breaks
them, and by the one that approves.
"""

from app.protocol.case.cards import asked, asked_ties, card_of, card_or_none, drawn, not_counted, sent_of
from app.protocol.case.coding import CODED, NO_GROUND, SECOND_PERSON, check_code, check_coding, list_of, takes_several
from app.protocol.case.errors import RuleBroken
from app.protocol.case.file import NOTHING, CaseFile
from app.protocol.case.parts import (
    NOT_ASSESSED,
    Affected,
    Assertion,
    CardNote,
    Identity,
    Incident,
    Link,
    LinkKind,
    Tie,
    Verdict,
)
from app.protocol.case.pieces import (
    Name,
    PartType,
    Said,
    SetAside,
    Whole,
    check,
    check_change,
    looks_at,
    of_part,
    put_together,
    speaks_for_itself,
    take_apart,
)
from app.protocol.case.succession import check_successor
from app.protocol.case.ties import signed_tie, tied, untied
from app.protocol.case.work import (
    APPROVERS,
    GRAVE,
    REVIEWED_WITHIN,
    SETTLED,
    Assessment,
    Closing,
    Note,
    SafetyPlan,
    Task,
)
from app.protocol.labels import Label

__all__ = [
    "APPROVERS",
    "CODED",
    "GRAVE",
    "NOTHING",
    "NOT_ASSESSED",
    "NO_GROUND",
    "REVIEWED_WITHIN",
    "SECOND_PERSON",
    "SETTLED",
    "Affected",
    "Assertion",
    "Assessment",
    "CardNote",
    "CaseFile",
    "Closing",
    "Identity",
    "Incident",
    "Label",
    "Link",
    "LinkKind",
    "Name",
    "Note",
    "PartType",
    "RuleBroken",
    "SafetyPlan",
    "Said",
    "SetAside",
    "Task",
    "Tie",
    "Verdict",
    "Whole",
    "asked",
    "asked_ties",
    "card_of",
    "card_or_none",
    "check",
    "check_change",
    "check_code",
    "check_coding",
    "check_successor",
    "drawn",
    "list_of",
    "looks_at",
    "not_counted",
    "of_part",
    "put_together",
    "sent_of",
    "signed_tie",
    "speaks_for_itself",
    "take_apart",
    "takes_several",
    "tied",
    "untied",
]
