"""The machine of consents: what may follow the last answer of one id (CASEWORK § 1). A changed mind is a new answer."""

from dataclasses import dataclass

from app.transitions import Edge
from app.vocabulary import ConsentStatus


@dataclass(frozen=True)
class Facts:
    """What the rules look at: the answer that is sent, beside the last one of its consent id. Only members send any."""

    same_person: bool


def member(_: Facts) -> bool:
    """The case is there for nobody else."""
    return True


def same_person(facts: Facts) -> bool:
    """A consent id stays with the person of its first answer."""
    return facts.same_person


_S = ConsentStatus
_ANSWER = Edge((member,), (same_person,))

EDGES: dict[tuple[ConsentStatus | None, ConsentStatus], Edge[Facts]] = {
    (_S.ASKED, _S.GIVEN): _ANSWER,
    (_S.ASKED, _S.DECLINED): _ANSWER,
    (_S.GIVEN, _S.WITHDRAWN): _ANSWER,
    (_S.GIVEN, _S.EXPIRED): _ANSWER,
    (_S.GIVEN, _S.SUPERSEDED): _ANSWER,
    # Where nothing was asked yet, or it has ended, it is asked, or answered unasked.
    **{
        (origin, to): _ANSWER
        for origin in (None, _S.DECLINED, _S.WITHDRAWN, _S.EXPIRED, _S.SUPERSEDED)
        for to in (_S.ASKED, _S.GIVEN, _S.DECLINED)
    },
}
