"""The machine of cases. One edge is open so far, and the way back; another is another row of `EDGES`."""

from dataclasses import dataclass

from app.transitions import Edge
from app.vocabulary import CaseStage


@dataclass(frozen=True)
class Facts:
    """What the rules look at: the case as it stands, and who asks."""

    is_member: bool
    has_owner: bool
    consent_settled: bool


def member(facts: Facts) -> bool:
    return facts.is_member


def has_owner(facts: Facts) -> bool:
    return facts.has_owner


def reporter_consent_settled(facts: Facts) -> bool:
    """The reporter said yes or no. That it was about *service* is sealed, and the client's check."""
    return facts.consent_settled


EDGES: dict[tuple[CaseStage, CaseStage], Edge[Facts]] = {
    (CaseStage.INTAKE, CaseStage.ASSESSMENT): Edge((member,), (has_owner, reporter_consent_settled)),
    # The service believes a row of consents, of which only members see whether it is an answer. Where it is none, a
    # colleague takes the case back.
    (CaseStage.ASSESSMENT, CaseStage.INTAKE): Edge((member,)),
}
