"""From the pin to everybody's keys: the root, the key log, the certificates. Nothing else vouches for a recipient."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import httpx2

from app.client.machine.kept import Kept
from app.client.machine.seen import SeenMarks
from app.client.machine.transport import Refused, Service
from app.protocol import key_log, roots, staff_log
from app.protocol.certificates import Trust
from app.protocol.chain import Mark
from app.protocol.documents import Document, Signature, parse_document
from app.protocol.encoding import parse_object
from app.protocol.errors import Malformed, NotAuthentic, Rollback
from app.protocol.intake import Intake
from app.protocol.key_log import Head, Log
from app.protocol.manifest import MANIFEST
from app.protocol.opening import hold_chain_to_seen

# In what this machine has seen: the last line of the staff log. And in what it keeps: all of them.
_STAFF: Final = "staff-log"
_LINES: Final = "lines"
LINES_LIMIT: Final = 100_000  # of a log: some are written a week, and one without end would fill a memory


@dataclass(frozen=True)
class OpenIntake:
    """Where reports go now: the epoch in an authentic document, and the log in which it stands."""

    log: Log
    epoch: Intake


def fetch_root(service: Service) -> Document | None:
    """The first document of the key log, which is believed for nothing until it is pinned; None before there is one."""
    lines = _lines(service, "/key-log")
    return parse_document(str(parse_object(lines[0]).get("document")).encode()) if lines else None


def fetch_log(service: Service, pin: str, *, seen: Mark | None = None, root: Mark | None = None) -> Log:
    """The whole key log, checked from its first line.

    Raises `NotAuthentic`, for a log older than `seen` too, and for roots among which the one is not that was seen.
    """
    log = key_log.verify(_lines(service, "/key-log"), pin)
    roots.check_contains(log.trust.roots, root)
    log.check_follows(seen)
    return log


def fetch_intake(service: Service, pin: str, *, today: date) -> OpenIntake:
    """The epoch that takes reports. Raises `NotAuthentic` unless supervisors of the pinned root signed it.

    Also where another one counts today, though it is signed (`intake`); `epoch-days` where what is shown is of other
    days: somebody shows an old one, or a clock is wrong.
    """
    answer = service.get("/intake").json()
    head, signature = key_log.parse_head(answer.get("head") or {})
    # The log may have grown since the head was signed.
    log = key_log.verify(_lines(service, "/key-log")[: head.n], pin)
    log.check_head(head, signature)
    if not isinstance(answer.get("intake"), str):
        raise Malformed("no intake document")
    return OpenIntake(log, log.shown_on(today, answer["intake"].encode()))


def fetch_staff(service: Service, log: Log, seen: SeenMarks, kept: Kept) -> Trust:
    """The roots with everybody's certificates, from the staff log: of its lines those that are not `kept` yet.

    Raises `NotAuthentic` where the service shows a certificate that no supervisor of a root signed, or not the list of
    what the newest root keeps, and `Rollback` where it leaves out one that this machine has seen, or one up to the head
    that it has signed: the newest takes roles away.
    """
    trust, last = log.trust, seen.highest(_STAFF, log.trust.org)
    before = (kept.find(_LINES) or b"").splitlines()
    head = _staff_head(service)
    lines = _lines(service, "/staff-log", before)
    staff = staff_log.verify(lines)
    staff.check_follows(last)
    if last is not None and (head is None or head[0].n < last.version):
        raise Rollback("staff-log")
    if head is not None and log.service_key is not None:
        staff.check_head(*head, log.service_key)
    whole = trust.with_kept(fetch_kept(service, trust)).with_certificates(staff.certificates)
    whole.check_chains()
    for person, links in whole.chains.items():
        hold_chain_to_seen("certificate", person, links, seen, reason="certificate-chain")
        seen.hold_chain("certificate", person, [link.mark for link in links], reason="certificate-chain")
    seen.hold_list("certificate", trust.org, whole.chains.keys(), reason="certificate-chain")
    if staff.marks:
        seen.hold_chain(_STAFF, trust.org, staff.marks, reason="staff-log")
        seen.record(_STAFF, trust.org, staff.marks[-1])
    if len(lines) > len(before):
        kept.keep(_LINES, b"".join(line + b"\n" for line in lines))
    return whole


def fetch_manifest(service: Service, trust: Trust) -> Document | None:
    """The signed list of the pages that are served; None where there is none that counts."""
    answer = service.page(MANIFEST, "identity")
    if answer.status != httpx2.codes.OK:
        return None
    try:
        return trust.check_public(parse_document(answer.content), "client")
    except NotAuthentic:
        return None


def fetch_kept(service: Service, trust: Trust) -> list[str]:
    """The hashes in the list that the newest root names, which `Trust.with_kept` believes."""
    if trust.root.kept_staff is None:
        return []
    return [str(each) for each in service.get("/root-kept").json()["hashes"]]


def _staff_head(service: Service) -> tuple[Head, Signature] | None:
    """The signed head of the staff log; None before there is a line."""
    try:
        return key_log.parse_head(dict(service.get("/staff-log/head").json()))
    except Refused as refusal:
        if refusal.type != "not-found":
            raise
        return None


def _lines(service: Service, path: str, before: Sequence[bytes] = ()) -> list[bytes]:
    """A log comes in pages, each of whole lines; an empty one is its end. All lines, after those of `before`."""
    lines = list(before)
    while page := service.get(path, **{"from": len(lines) + 1}).content:
        if not page.endswith(b"\n"):
            raise Malformed("a log ends with its last line")
        lines += page[:-1].split(b"\n")
        if len(lines) > LINES_LIMIT:
            raise Malformed("a log without end")
    return lines
