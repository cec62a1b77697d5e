"""The rules of an incident: its codes, the ground of an attribution, who gives a verdict (FIELD §§ 5, 8)."""

import re
from typing import Final

from app import vocabulary
from app.protocol.case.errors import RuleBroken
from app.protocol.case.parts import NOT_ASSESSED, Assertion, Incident, Verdict
from app.vocabulary import VerificationStatus

# A verdict that takes a second person: it decides what is published about somebody's life.
SECOND_PERSON: Final = frozenset(
    {VerificationStatus.VERIFIED, VerificationStatus.REFUTED, VerificationStatus.FALSELY_ATTRIBUTED}
)
# The fields of an incident's coding, beside its imminence: those of the card.
CODED: Final = tuple(each.name for each in vocabulary.vocabulary().card_fields if each.list_name is not None)
# What anybody can say at no cost: no ground for holding an attribution likely.
NO_GROUND: Final = frozenset({"reporter_belief", "actor_said_so"})

_FIELDS: Final = {each.name: each for each in vocabulary.vocabulary().card_fields}
_QUARTER: Final = re.compile(r"(19|20)[0-9]{2}-Q[1-4]")


def check_coding(incident: Incident) -> None:
    """Every code from its list, and two persons where the verdict takes two. Raises `RuleBroken`."""
    check_codes(incident)
    for each in incident.assertions:
        check_assertion(each)
    if not is_grounded(incident):
        raise RuleBroken("confidence-without-ground")
    for verdict in incident.verdicts:
        check_verdict(verdict)


def check_codes(incident: Incident) -> None:
    """Every code of the incident itself from its list. Raises `RuleBroken`."""
    if set(incident.coding) != {*CODED, "quarter", "imminence"} - {"verification_status"}:
        raise RuleBroken("coding-fields")
    for name, value in incident.coding.items():
        if not _is_coded(name, value):
            raise RuleBroken(f"code-{name.replace('_', '-')}")
    check_code("sensitivity_of_place", incident.place_is)
    check_code("attribution_confidence", incident.confidence)


def check_assertion(assertion: Assertion) -> None:
    """Every code from its list. Raises `RuleBroken`."""
    check_code("attribution_basis", assertion.basis)
    check_code("source_reliability", assertion.reliability)
    check_code("information_credibility", assertion.credibility)


def check_verdict(verdict: Verdict) -> None:
    """Two persons where it takes two. Raises `RuleBroken`."""
    if verdict.status in SECOND_PERSON and verdict.second in (None, verdict.by):
        raise RuleBroken("second-person")


def is_grounded(incident: Incident) -> bool:
    """Whether somebody says something, on a ground, for the confidence in its attribution."""
    return incident.confidence == NOT_ASSESSED or any(
        each.text and each.basis not in NO_GROUND for each in incident.assertions
    )


def _is_coded(name: str, value: object) -> bool:
    """Null, a code of the field's list, or several distinct ones where it takes several; `unknown` stands alone."""
    if value is None:
        return True
    if name == "quarter":
        return isinstance(value, str) and _QUARTER.fullmatch(value) is not None
    if not takes_several(name):
        return value in vocabulary.codes(list_of(name))
    if not isinstance(value, list | tuple) or not all(each in vocabulary.codes(list_of(name)) for each in value):
        return False
    return len(set(value)) == len(value) and (len(value) == 1 or "unknown" not in value)


def list_of(name: str) -> str:
    """The code list of a field of the coding; a name that is none, such as that of a list, is its own."""
    field = _FIELDS.get(name)
    return name if field is None or field.list_name is None else field.list_name


def takes_several(name: str) -> bool:
    """Whether a field of the coding takes several codes."""
    return name in _FIELDS and _FIELDS[name].several


def check_code(list_name: str, value: str | None) -> None:
    """Raises `RuleBroken` for what is no code of the list."""
    if value is not None and value not in vocabulary.codes(list_name):
        raise RuleBroken(f"code-{list_name.replace('_', '-')}")
