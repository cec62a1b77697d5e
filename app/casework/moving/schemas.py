"""The wire form of what goes from one case to another."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from app.casework.cases.wire import PART_ID, WritingIn
from app.casework.consents.service import NewConsent
from app.casework.moving.service import Going, ReportKeys
from app.http.sealed_json import SealedConsent, SealedEntry, SealedGrant
from app.http.wire import CaseId, ReportId
from app.vocabulary import ConsentMethod, ConsentStatus

PERSON_ID = r"^psn_[0-9a-f]{32}$"
MOST_PARTS = 500
MOST_REPORTS = 20
MOST_KEYS = 200
MOST_PEOPLE = 200
MOST_CONSENTS = 400


class MovedPartIn(BaseModel):
    """A part that ends in the one case, and which it is in the other."""

    model_config = ConfigDict(extra="forbid")

    part: Annotated[str, Field(pattern=PART_ID)]
    becomes: Annotated[str, Field(pattern=PART_ID)]


class ReportKeyOfIn(BaseModel):
    """A key of a report, sealed to the case to which it goes."""

    model_config = ConfigDict(extra="forbid")

    generation: Annotated[int, Field(ge=1, le=2**31 - 1)]
    file: SealedGrant


class MovedReportIn(BaseModel):
    """A report that goes too, and all its keys."""

    model_config = ConfigDict(extra="forbid")

    report: ReportId
    keys: Annotated[list[ReportKeyOfIn], Field(min_length=1, max_length=MOST_KEYS)]


class MovedConsentIn(BaseModel):
    """What somebody who goes too has answered about one use, under a new id."""

    model_config = ConfigDict(extra="forbid")

    person: Annotated[str, Field(pattern=PERSON_ID)]
    consent: Annotated[str, Field(pattern=r"^cons_[0-9a-f]{32}$")]
    status: ConsentStatus
    method: ConsentMethod
    file: SealedConsent

    def as_new(self) -> NewConsent:
        return NewConsent(self.person, self.consent, 1, self.status, self.method, self.file)


class MoveIn(BaseModel):
    """Reports and parts that go to the case `to`, whose newest entry is `after`; with `whole`, all that is left of it.

    `entries` say so in the case that they leave, `arriving` in the one to which they come. `people` are ids of the
    sealed case, whose consents go too.
    """

    model_config = ConfigDict(extra="forbid")

    to: CaseId
    after: Annotated[int, Field(ge=1, le=2**31 - 1)]
    whole: StrictBool
    entries: Annotated[list[SealedEntry], Field(min_length=1, max_length=100)]
    arriving: WritingIn
    parts: Annotated[list[MovedPartIn], Field(max_length=MOST_PARTS)] = []
    reports: Annotated[list[MovedReportIn], Field(min_length=1, max_length=MOST_REPORTS)]
    people: Annotated[list[Annotated[str, Field(pattern=PERSON_ID)]], Field(max_length=MOST_PEOPLE)] = []
    consents: Annotated[list[MovedConsentIn], Field(max_length=MOST_CONSENTS)] = []

    def as_new(self) -> Going:
        return Going(
            to=self.to,
            after=self.after,
            is_whole=self.whole,
            entries=self.entries,
            arriving=self.arriving.as_writing(),
            parts={each.part: each.becomes for each in self.parts},
            reports=[ReportKeys(each.report, {key.generation: key.file for key in each.keys}) for each in self.reports],
            people=self.people,
            consents=[each.as_new() for each in self.consents],
        )
