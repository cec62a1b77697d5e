"""What a caseworker adds to a case: its people, and what happened to them, coded from the lists."""

from collections.abc import Iterable, Mapping
from typing import Any

from app.client.machine.staff import Staff
from app.protocol import case as rules
from app.protocol.card import new_contribution_token
from app.protocol.case import Affected, Assertion, CaseFile, Incident, Verdict
from app.protocol.encoding import b64, new_id
from app.vocabulary import ConsentStatus, Relation, VerificationStatus

# What a coding says where a caseworker left a field out.
_NO_CODES: Mapping[str, None] = dict.fromkeys([*rules.CODED, "quarter", "imminence"])


def affected(
    relation: Relation,
    *,
    statistics: ConsentStatus | None,
    by_reporter: ConsentStatus | None,
    can_be_asked: bool,
    note: str = "",
    told_by: Iterable[str] = (),
) -> Affected:
    """A person of the case, with a contribution token of their own.

    `told_by` are the reports that tell of them: whose reporter takes theirs back takes these people with it.
    """
    return Affected(
        id=new_id("psn"),
        relation=relation,
        token=b64(new_contribution_token()),
        statistics=statistics,
        by_reporter=by_reporter,
        can_be_asked=can_be_asked,
        note=note,
        told_by=tuple(sorted(set(told_by))),
    )


def tellers(file: CaseFile) -> tuple[str, ...]:
    """Which reports tell of somebody who is entered now, where nobody says: the one of the case, or no certain one.

    Of several all count then, so their words are kept, and nothing of them goes before the last of these reports.
    """
    return (file.reports[0].id,) if len(file.reports) == 1 else ()


def incident(
    staff: Staff,
    person: Affected,
    coding: Mapping[str, Any],
    *,
    narrative: str = "",
    assertions: Iterable[Assertion] = (),
    status: VerificationStatus = VerificationStatus.UNVERIFIED,
    second: str | None = None,
) -> Incident:
    """An incident as this caseworker codes it. Raises `RuleBroken` for a code that is of no list.

    `second` is the other person whom `verified`, `refuted` and `falsely_attributed` need.
    """
    whole = {**_NO_CODES, **coding}
    whole.pop("verification_status")
    new = Incident(
        id=new_id("inc"),
        affected=person.id,
        coder=staff.person,
        coding=whole,
        narrative=narrative,
        assertions=tuple(assertions),
        verdicts=(Verdict(status, staff.person, second),),
    )
    rules.check_coding(new)
    return new
