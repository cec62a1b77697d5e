"""What waits for this person's keys, as the service tells: hints, of which nothing is believed that is not checked."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from app.client.machine.staff import Staff
from app.client.machine.transport import Refused
from app.protocol.duties import DutyKind
from app.protocol.encoding import check_id
from app.protocol.errors import Malformed
from app.protocol.types import TYPES

_MOST = 200  # that are read, whatever a service sends
_ABOUT = {
    DutyKind.GRANT_EPOCH: "epoch",
    DutyKind.REPLACE_EPOCH: "epoch",
    DutyKind.TURN_SHARED_KEY: "key",
    DutyKind.RENEW_CERTIFICATE: "per",
    DutyKind.GRANT_DESK_KEY: "key",
    DutyKind.SEAL_TEMPLATES: "key",
    DutyKind.RENEW_SHARED_KEY: "key",
    DutyKind.TURN_CASE: "case",
    DutyKind.GRANT_CASE: "case",
    DutyKind.DRILL: "key",
    DutyKind.END_WITHDRAWN: "case",
    DutyKind.NAME_MEMBER: "case",
    DutyKind.SHOW_DANGER: "case",
    DutyKind.JUDGE_DANGER: "case",
    DutyKind.LOOK_AT_CASE: "case",
    DutyKind.LOOK_AT_PLAN: "case",
    DutyKind.GO_ON: "case",
    DutyKind.DO_TASK: "case",
    DutyKind.CLAIM: "epoch",
    DutyKind.LOOK_AT_REPORT: "rep",
    DutyKind.LOOK_AT_APPROVALS: "per",
    DutyKind.HAND_ON: "rep",
    DutyKind.OPEN_HANDED_ON: "rep",
}


@dataclass(frozen=True)
class Hint:
    """Something that the service says is to be done about an object, perhaps for a person, since a day."""

    kind: DutyKind
    object: str
    person: str | None
    since: date


def waiting(staff: Staff) -> list[Hint]:
    """Those of a kind that this client knows. Raises `Refused`."""
    hints = []
    for item in staff.service.get("/duties").json()["items"][:_MOST]:
        with suppress(ValueError, TypeError, KeyError, Refused, Malformed):
            kind, since = DutyKind(item["kind"]), date.fromisoformat(str(item["since"]))
            person = None if item["whom"] is None else check_id("per", item["whom"])
            if kind in _ABOUT:
                check_id(_ABOUT[kind], item["object"])
            if kind is DutyKind.MAKE_PAIRS:
                TYPES["pair"].check_subject(item["object"])
            hints.append(Hint(kind, str(item["object"]), person, since))
    return hints
