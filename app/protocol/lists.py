"""In which orders the service lists cases, and how far it counts."""

from enum import StrEnum
from typing import Final

# Beyond, a count says only that there are more.
COUNTED: Final = 1000


class CaseOrder(StrEnum):
    """In which order cases are listed."""

    URGENCY = "urgency"  # the most urgent first, and of those the one that is longest at its stage
    OLDEST = "stage_entered"  # what is longest at its stage first
    NEWEST = "-stage_entered"
    REVIEW = "next_review"  # what is looked at again soonest first: those alone of which a week is set
    DUE = "due"  # what is due next first, whatever for: those alone of which a clock runs
