"""The wire form of the key log."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from app.http.wire import PublicDocument, Sha256
from app.intake.key_log.proposals import KEPT_LIMIT, Proposal
from app.people.grants.wire import Grants
from app.people.pairs.wire import Pairs

ENTRIES_LIMIT = 60  # an epoch for each day that can be signed ahead


class EntryIn(BaseModel):
    """A signed root, service key or intake document; the last with the grants of its epoch's key, and its pairs."""

    model_config = ConfigDict(extra="forbid")

    document: PublicDocument
    grants: Grants
    pairs: Pairs = []


class LogEntriesIn(BaseModel):
    """Documents that follow one another; all are taken, or none."""

    model_config = ConfigDict(extra="forbid")

    entries: Annotated[list[EntryIn], Field(min_length=1, max_length=ENTRIES_LIMIT)]


class EntryOut(BaseModel):
    """The number of the log's last line, counted from 1."""

    model_config = ConfigDict(from_attributes=True)

    n: int


class ProposalIn(BaseModel):
    """A root with some of its signatures and the hashes of the list that it names; or a loss with some of its own."""

    model_config = ConfigDict(extra="forbid")

    document: PublicDocument
    kept: Annotated[list[Sha256], Field(max_length=KEPT_LIMIT)] = []


class ProposalOut(BaseModel):
    """`lacks` says how many signatures are missing, at the least; with none it stands in the key log."""

    sha256: str
    document: str
    kept: list[str]
    lacks: int

    @classmethod
    def of(cls, proposal: Proposal) -> Self:
        return cls(
            sha256=proposal.id,
            document=proposal.document.text.decode(),
            kept=list(proposal.kept),
            lacks=proposal.lacks,
        )


class KeptOut(BaseModel):
    """SHA-256 of each document, in ascending order."""

    hashes: list[str]


class HeadOut(BaseModel):
    """The log's last line, by number and SHA-256, and the service's signature of both."""

    n: int
    hash: str
    key: str
    sig: str


class IntakeOut(BaseModel):
    """What a client checks against its pin before it seals anything."""

    model_config = ConfigDict(from_attributes=True)

    root: str
    intake: str
    head: HeadOut


class ServiceKeyOut(BaseModel):
    """An Ed25519 key in base64url, for a supervisor's client to certify."""

    key: str
