"""The wire form of what becomes of a report that its reporter took back."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.casework.cases.wire import PART_ID
from app.casework.withdrawals.service import Ending
from app.http.sealed_json import SealedEntry, SealedReply
from app.http.wire import ReportId
from app.protocol.mailbox import STAFF_SLOTS

MOST_PARTS = 2000
MOST_PEOPLE = 200


class WithdrawalIn(BaseModel):
    """The last message to the reporter, in as many parts as it takes, and what ends in the case with the report.

    `entries` say in the journal that `parts` end; of `people`, ids of the sealed case, the consents go. Where the case
    has no other report all of it goes, and all three are empty. Where more ends than one request holds, others come
    before it without a message: the report stays until the one that has it.
    """

    model_config = ConfigDict(extra="forbid")

    report: ReportId
    last: Annotated[list[SealedReply], Field(max_length=STAFF_SLOTS)] = []
    entries: Annotated[list[SealedEntry], Field(max_length=100)] = []
    parts: Annotated[list[Annotated[str, Field(pattern=PART_ID)]], Field(max_length=MOST_PARTS)] = []
    people: Annotated[list[Annotated[str, Field(pattern=r"^psn_[0-9a-f]{32}$")]], Field(max_length=MOST_PEOPLE)] = []

    def as_new(self) -> Ending:
        return Ending(self.report, self.last, self.entries, self.parts, self.people)


class WithdrawalOut(BaseModel):
    """The report that was destroyed."""

    id: str
