"""The wire form of cases."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.casework.cases.journal import NewPartKey, NewReportKey, Writing
from app.casework.cases.wire import PART_ID, WritingIn
from app.http.sealed_json import SealedEntry, SealedGrant, SealedPart
from app.http.wire import PersonId, ReportId
from app.people.grants.wire import GrantIn, GrantOut, Grants
from app.people.pairs.wire import Pairs
from app.protocol.journal import MOST_PART_KEYS, MOST_PIECES, MOST_REPORT_KEYS
from app.protocol.pairs import MOST_RECOVERED, MOST_WITH_IT


class ReportKeyIn(BaseModel):
    """The next key of a report of the case, sealed to the case."""

    model_config = ConfigDict(extra="forbid")

    report: ReportId
    file: SealedGrant


class PartKeyIn(BaseModel):
    """The next key of a part that has one of its own: for its holders, and for the part itself the one before."""

    model_config = ConfigDict(extra="forbid")

    part: Annotated[str, Field(pattern=PART_ID)]
    grants: Grants
    pairs: Pairs = []

    def as_new(self) -> NewPartKey:
        return NewPartKey(self.part, [each.as_new() for each in self.grants], [each.as_new() for each in self.pairs])


class EntriesIn(WritingIn):
    """What a member writes on. What an entry says of members is said here too; without `owner` the owner stays.

    Who is to `confirm` was a member until a day, and is one for good.

    Where the key of the case turns, `turned` holds the new one for each member, and the one before it for the case
    itself, and `pairs` the new one for custodians; `report_keys` are the next keys of its
    reports, `part_keys` those of its parts. `checkpoint` are the
    pieces of what the journal came to before the first of these entries, which makes it.
    """

    add: Grants = []
    turned: Grants = []
    pairs: Pairs = []
    part_keys: Annotated[list[PartKeyIn], Field(max_length=MOST_PART_KEYS)] = []
    report_keys: Annotated[list[ReportKeyIn], Field(max_length=MOST_REPORT_KEYS)] = []
    checkpoint: Annotated[list[SealedPart], Field(max_length=MOST_PIECES)] = []
    remove: Annotated[list[PersonId], Field(max_length=100)] = []
    owner: PersonId | None = None
    confirm: Annotated[list[PersonId], Field(max_length=MOST_RECOVERED)] = []

    def as_writing(self) -> Writing:
        turned = [grant.as_new() for grant in self.turned]
        pairs = [pair.as_new() for pair in self.pairs]
        reports = [NewReportKey(each.report, each.file) for each in self.report_keys]
        return replace(
            super().as_writing(),
            turned=turned,
            pairs=pairs,
            report_keys=reports,
            part_keys=[each.as_new() for each in self.part_keys],
            checkpoint=self.checkpoint,
        )


class JournalEntryOut(BaseModel):
    """One place of the journal, with the hour in which it was taken."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    hour: datetime
    file: SealedEntry


class CasePartOut(BaseModel):
    """One version of a part; what it is, only a journal says."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    version: int
    file: SealedPart


class PartKeyOut(BaseModel):
    """A part with a key of its own: which members hold it, and the grants of it to the caller, if they are one."""

    model_config = ConfigDict(from_attributes=True)

    part: str
    holders: list[str]
    grants: list[GrantOut]


class ContentsOut(BaseModel):
    """All that opens a case: the caller's grants of its key, the journal, the newest version of each part.

    `part_keys` are of those parts that the key of the case does not open. `checkpoint` are the pieces of what the
    entries come to that are left out, none where the journal begins at its first, or behind one that the caller has.
    """

    model_config = ConfigDict(from_attributes=True)

    grants: list[GrantOut]
    entries: list[JournalEntryOut]
    parts: list[CasePartOut]
    part_keys: list[PartKeyOut]
    checkpoint: list[SealedPart]


class JournalOut(BaseModel):
    """The whole journal, and those grants of the case's older keys that lie under its newer ones."""

    grants: list[GrantOut]
    entries: list[JournalEntryOut]


class RecoveredPartIn(BaseModel):
    """The own key of a part, for those to whom custodians give that of its case."""

    model_config = ConfigDict(extra="forbid")

    part: Annotated[str, Field(pattern=PART_ID)]
    grants: Annotated[list[GrantIn], Field(min_length=1, max_length=MOST_RECOVERED)]


class RecoveryEntryIn(BaseModel):
    """The entry by which two custodians make somebody a member, and the case's key for each of them.

    In `parts` are the keys that parts of the case have of their own, for the same people.
    """

    model_config = ConfigDict(extra="forbid")

    entry: SealedEntry
    add: Annotated[list[GrantIn], Field(min_length=1, max_length=MOST_RECOVERED)]
    parts: Annotated[list[RecoveredPartIn], Field(max_length=MOST_WITH_IT)] = []


class VersionsOut(BaseModel):
    """Every version of one part, the first before all."""

    items: list[CasePartOut]
