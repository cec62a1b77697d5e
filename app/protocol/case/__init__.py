"""The case document: people, what happened to them, who says so, and what is counted (CASEWORK § 1; FIELD §§ 5, 8).

The service never opens it, so its rules are kept here: by the client that writes, which refuses to seal what breaks
them, and by the one that approves.
"""

from app.protocol.case.cards import card_of
from app.protocol.case.coding import CODED, NO_GROUND, SECOND_PERSON, check_coding, list_of, takes_several
from app.protocol.case.errors import RuleBroken
from app.protocol.case.file import NOTHING, CaseFile
from app.protocol.case.parts import NOT_ASSESSED, Affected, Assertion, CardNote, Incident, ReportNote, Verdict
from app.protocol.case.succession import check_successor

__all__ = [
    "CODED",
    "NOTHING",
    "NOT_ASSESSED",
    "NO_GROUND",
    "SECOND_PERSON",
    "Affected",
    "Assertion",
    "CardNote",
    "CaseFile",
    "Incident",
    "ReportNote",
    "RuleBroken",
    "Verdict",
    "card_of",
    "check_coding",
    "check_successor",
    "list_of",
    "takes_several",
]
