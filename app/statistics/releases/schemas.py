"""What clients send and see of releases."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from app.http.transitions import TransitionIn
from app.people.partners.models import PartnerScope
from app.protocol.release.signatures import SignerPlace
from app.statistics.releases.models import WORDS, Release, ReleaseState
from app.statistics.releases.runs import DrawState, state_of

# In characters: no document of this kind comes near it.
_DOCUMENT = 4096


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ReleaseIn(_In):
    """Nothing else may be asked: no filter, no dimension, no look beforehand."""

    kind: Literal["quarter", "year", "reserve"]
    period: str = Field(pattern=r"^20[0-9]{2}(-Q[1-4])?$")
    workload: Literal["T", "Q", "XS", "S", "M", "L"]


class ReleaseDecisionIn(TransitionIn[Literal["approved", "rejected", "cancelled"]]):
    """The other steps have routes of their own, for what comes with them."""


class WordsIn(_In):
    """A sentence or two that everybody will read."""

    words: str = Field(min_length=1, max_length=WORDS, pattern=r"^[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*$")


class DrawIn(_In):
    """The statistics keys of the period, lent by the approver's client to this request's memory."""

    statistics_keys: list[Annotated[str, Field(pattern=r"^AGE-SECRET-KEY-PQ-1[0-9A-Z]{58}$")]] = Field(
        min_length=1, max_length=100, repr=False
    )


class StandInIn(_In):
    """Whose place the caller takes."""

    place: SignerPlace


class SignatureIn(_In):
    """A key of 32 bytes and a signature of 64, in base64url without padding, and the `release-key` that says under the
    caller's own key that they signed with it."""

    key: str = Field(pattern=r"^[A-Za-z0-9_-]{43}$")
    sig: str = Field(pattern=r"^[A-Za-z0-9_-]{86}$")
    statement: str = Field(max_length=_DOCUMENT)


class PublicationIn(_In):
    """A `release-signer` for the key of each of the two who signed, that of the requester's place first.

    Until `public_on`, where it is named, partners alone read the release.
    """

    certificates: list[Annotated[str, Field(max_length=_DOCUMENT)]] = Field(min_length=2, max_length=2)
    public_on: date | None = None


class StatementOut(BaseModel):
    """A `release-key`: whose key it is with which a release was signed."""

    statement: str


class StatementsOut(BaseModel):
    """What those who signed say, the requester or who stands in for them first."""

    items: list[StatementOut]


class ReleaseOut(BaseModel):
    """The hashes are there from the draw and from the folder on: of `raw/noisy.csv`, and of `SHA256SUMS`.

    `draw` says whether the draw waits for its approver, runs, failed, or is done with its folder; null where there is
    none. `failure` is the type of the problem at which it failed: its page says what to do. `public_on` is the day on
    which an embargo ends. One that `supersedes` another corrects it, as `correction` says; `note` is what one
    supervisor, or two, have said of it; `warning`, what two have said last, is told to everybody.
    """

    id: str
    kind: str
    period: str
    workload: str
    state: ReleaseState
    requested_by: str
    approved_by: str | None
    requester_stand_in: str | None
    approver_stand_in: str | None
    accounts_lost_by: str | None
    accounts_lost_too: str | None
    supersedes: str | None
    correction: str | None
    note: str | None
    note_by: str | None
    note_too: str | None
    warning: str | None
    draw: DrawState | None
    failure: str | None
    noisy_sha256: str | None
    sums_sha256: str | None
    public_on: date | None
    version: int

    @classmethod
    def of(cls, release: Release, running: AbstractSet[str], failures: Mapping[str, str]) -> Self:
        """`running` are the releases whose draws somebody makes now, `failures` says of others at what they failed."""
        draw = state_of(release, running, failures.keys())
        failure = failures[release.id] if draw is DrawState.FAILED else None
        columns = {name: getattr(release, name) for name in cls.model_fields.keys() - {"draw", "failure"}}
        return cls(draw=draw, failure=failure, **columns)


class PublishedFileOut(BaseModel):
    """Where a file of a release is on this service, and the SHA-256 of its bytes."""

    address: str
    hash: str


class PublishedReleaseOut(BaseModel):
    """A release that is published. `files` are all of its folder, under addresses that never change; `page` is the one
    to begin with. The hashes are those of `SHA256SUMS`, which two people have signed at the address `signature`. At
    `signers` is what vouches for them, which grows with each root of the organisation.

    `supersedes` is the release that it corrects, and `correction` why; `superseded_by`, the one that corrects it. A
    `note` says why nobody should rely on it. What was published stays where it is."""

    id: str
    kind: str
    period: str
    workload: str
    page: str
    sums_sha256: str
    signature: str
    signers: str
    supersedes: str | None
    correction: str | None
    superseded_by: str | None
    note: str | None
    files: list[PublishedFileOut]


class PartnerReleaseOut(PublishedReleaseOut):
    """A release as a partner sees it; `public_on` is the day on which everybody does, null where they do already.

    The bytes are those that everybody gets. While `public_on` is there, nothing of it may be passed on.
    """

    public_on: date | None


class PartnerSelfOut(BaseModel):
    """Who asks, and until when: the earlier end of agreement and token. `left` files may still be fetched today."""

    handle: str
    scope: PartnerScope
    until: date
    left: int


class PartnerDownloadOut(BaseModel):
    """How many files of a release were fetched in the partner's name on a UTC day, with any of its tokens."""

    day: date
    release: str
    fetched: int


class FilesOut(BaseModel):
    """The paths of a folder, in order."""

    items: list[str]
