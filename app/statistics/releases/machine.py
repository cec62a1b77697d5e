"""The machine of releases: who may bring one to which state (RELEASES § 8). Once drawn, it only goes forwards.

For a correction nothing is drawn, so it may come to nothing until it is published.
"""

from dataclasses import dataclass

from app.actor import Actor
from app.statistics.releases.models import Release, ReleaseState
from app.transitions import Edge
from app.vocabulary import Role


@dataclass(frozen=True)
class Facts:
    """What the rules look at: who acts, to this release."""

    is_requester: bool
    is_approver: bool
    is_signer: bool
    is_supervisor: bool
    is_correction: bool

    @classmethod
    def of(cls, actor: Actor, release: Release) -> "Facts":
        return cls(
            is_requester=actor.id == release.requested_by,
            is_approver=actor.id == release.approved_by,
            is_signer=actor.id in release.signers,
            is_supervisor=Role.SUPERVISOR in actor.roles,
            is_correction=release.supersedes is not None,
        )


def requester(facts: Facts) -> bool:
    return facts.is_requester


def approver(facts: Facts) -> bool:
    return facts.is_approver


def signer(facts: Facts) -> bool:
    """Who asked for it and who approved it, or those who stand in for them."""
    return facts.is_signer


def supervisor(facts: Facts) -> bool:
    return facts.is_supervisor


def another_supervisor(facts: Facts) -> bool:
    """A supervisor who did not ask for it: nobody approves their own act."""
    return facts.is_supervisor and not facts.is_requester


def another_approver(facts: Facts) -> bool:
    """Who takes over from an approver who cannot draw any more."""
    return another_supervisor(facts) and not facts.is_approver


def another_signer(facts: Facts) -> bool:
    """Who stands in; for whom they may, `folders.stand_in` says."""
    return not facts.is_signer


def who_ends_a_correction(facts: Facts) -> bool:
    """Who asked for it, or a supervisor: it costs nothing, and until then bars any other of the same release."""
    return facts.is_correction and (facts.is_requester or facts.is_supervisor)


_S = ReleaseState

EDGES: dict[tuple[ReleaseState, ReleaseState], Edge[Facts]] = {
    (_S.REQUESTED, _S.APPROVED): Edge((another_supervisor,)),
    (_S.REQUESTED, _S.REJECTED): Edge((another_supervisor,)),
    (_S.REQUESTED, _S.CANCELLED): Edge((requester,)),
    (_S.APPROVED, _S.APPROVED): Edge((another_approver,)),
    (_S.APPROVED, _S.CANCELLED): Edge((requester, supervisor)),
    (_S.APPROVED, _S.DRAWN): Edge((approver,)),
    (_S.DRAWN, _S.COMPOSED): Edge((supervisor,)),
    (_S.COMPOSED, _S.COMPOSED): Edge((another_signer,)),  # the folder is made anew for them
    (_S.COMPOSED, _S.SIGNED): Edge((signer,)),  # with the second of their two signatures
    (_S.DRAWN, _S.CANCELLED): Edge((who_ends_a_correction,)),
    (_S.COMPOSED, _S.CANCELLED): Edge((who_ends_a_correction,)),
    (_S.SIGNED, _S.CANCELLED): Edge((who_ends_a_correction,)),
    (_S.SIGNED, _S.EMBARGOED): Edge((supervisor,)),
    (_S.SIGNED, _S.PUBLISHED): Edge((supervisor,)),
    (_S.EMBARGOED, _S.PUBLISHED): Edge((supervisor,)),  # before its day; on its day it goes by itself
}
