"""The journal of a case: the one chain that says who works on it, which keys it has, which reports and parts (SEALING).

Entry n is a document of type `journal` about the case; it names the file of entry n − 1 and counts if its author was a
member after that one. What does not count (junk, a stranger's) keeps its place and its hash, and changes nothing: any
member can store one, and would else close the case to everybody. Order is the number, and no clock decides anything.
"""

from app.protocol.journal.acts import AGREED_FOR, Act, Ending, Hold, Moving, Release, Removal
from app.protocol.journal.checkpoint import PIECE_LENGTH, joined, pieces, summary, summed_up
from app.protocol.journal.entry import (
    MOST_ENDED,
    MOST_PART_KEYS,
    MOST_PARTS,
    MOST_PIECES,
    MOST_REPORT_KEYS,
    Checkpoint,
    EndReason,
    Entry,
    HeldNote,
    KeyNote,
    Moved,
    Origin,
    PartNote,
    ReportNote,
    read,
)
from app.protocol.journal.following import acts, after, begin, ending, ends_alone, follow
from app.protocol.journal.seconding import Authority, may_second
from app.protocol.journal.state import Journal, Loan, NamedVersion, Place, Recovered, Seconded

__all__ = [
    "AGREED_FOR",
    "MOST_ENDED",
    "MOST_PARTS",
    "MOST_PART_KEYS",
    "MOST_PIECES",
    "MOST_REPORT_KEYS",
    "PIECE_LENGTH",
    "Act",
    "Authority",
    "Checkpoint",
    "EndReason",
    "Ending",
    "Entry",
    "HeldNote",
    "Hold",
    "Journal",
    "KeyNote",
    "Loan",
    "Moved",
    "Moving",
    "NamedVersion",
    "Origin",
    "PartNote",
    "Place",
    "Recovered",
    "Release",
    "Removal",
    "ReportNote",
    "Seconded",
    "acts",
    "after",
    "begin",
    "ending",
    "ends_alone",
    "follow",
    "joined",
    "may_second",
    "pieces",
    "read",
    "summary",
    "summed_up",
]
