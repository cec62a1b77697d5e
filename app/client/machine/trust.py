"""From the pin to everybody's keys: the root, the key log, the certificates. Nothing else vouches for a recipient."""

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, partial
from typing import Final

import httpx2

from app.client.machine.kept import Kept
from app.client.machine.seen import SeenMarks
from app.client.machine.transport import Refused, Service
from app.protocol import chain, key_log, roots, staff_log
from app.protocol.certificates import Trust
from app.protocol.chain import Mark
from app.protocol.documents import Document, Signature, parse_document
from app.protocol.encoding import canonical, parse_object
from app.protocol.errors import Malformed, NotAuthentic, Rollback
from app.protocol.intake import Intake
from app.protocol.key_log import Head, Log
from app.protocol.manifest import MANIFEST
from app.protocol.opening import hold_chain_to_seen
from app.protocol.staff_log import StaffLog

# In what this machine has seen: the last line of the staff log. And in what it keeps: all of them.
_STAFF: Final = "staff-log"
_LINES: Final = "lines"
# Those that a loss took, and the roots.
_LOST: Final = "lost"
_ROOTS: Final = "roots"
_CHECKED: Final = 4  # logs that are kept checked: as they were a moment ago, and as they are
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


def fetch_log(service: Service, pin: str, *, root: Mark | None = None) -> Log:
    """The whole key log, checked from its first line.

    Raises `NotAuthentic`, also for roots among which the one is not that was seen: no loss takes back a root.
    """
    log = _checked_log(tuple(_lines(service, "/key-log")), pin)
    roots.check_contains(log.trust.roots, root)
    return log


def fetch_intake(service: Service, pin: str, *, today: date) -> OpenIntake:
    """The epoch that takes reports. Raises `NotAuthentic` unless supervisors of the pinned root signed it.

    Also where another one counts today, though it is signed (`intake`); `epoch-days` where what is shown is of other
    days: somebody shows an old one, or a clock is wrong.
    """
    answer = service.get("/intake").json()
    head, signature = key_log.parse_head(answer.get("head") or {})
    # The log may have grown since the head was signed.
    log = _checked_log(tuple(_lines(service, "/key-log", until=head.n)[: head.n]), pin)
    log.check_head(head, signature)
    if not isinstance(answer.get("intake"), str):
        raise Malformed("no intake document")
    return OpenIntake(log, log.shown_on(today, answer["intake"].encode()))


def fetch_staff(service: Service, log: Log, seen: SeenMarks, kept: Kept) -> Trust:
    """The roots with everybody's certificates, from the staff log: of its lines those that are not `kept` yet.

    What a loss has taken of it counts on as long as it follows what is shown, for it is signed: so nobody comes back
    whose certificates had ended. Raises `NotAuthentic` where the service shows a certificate that no supervisor of a
    root signed, or not the list of what the newest root keeps, and `Rollback` where it leaves out one that this machine
    has seen, or one up to the head that it has signed: the newest takes roles away.
    """
    org = log.trust.org
    before = (kept.find(_LINES) or b"").splitlines()
    if seen.losses_behind(_STAFF, org):
        _keep_lost(kept, before)
        kept.drop(_LINES)  # else who is broken off once that is let go would take it for shown
        before = []
    whole = _shown(service, log, before, kept)
    seen.hold(_STAFF, org, partial(_check_head, whole))
    trust, marks = whole.trust, whole.staff.marks
    for person, links in trust.chains.items():
        hold_chain_to_seen("certificate", person, links, seen, reason="certificate-chain")
        seen.hold_chain("certificate", person, [link.mark for link in links], reason="certificate-chain")
    seen.hold_list("certificate", org, trust.chains.keys(), reason="certificate-chain")
    if marks:
        seen.hold_chain(_STAFF, org, marks, reason="staff-log")
        seen.record(_STAFF, org, marks[-1])
    if len(whole.lines) > len(before):
        kept.keep(_LINES, _joined(whole.lines))
    _keep_roots(kept, trust)
    return trust


@dataclass(frozen=True)
class _Shown:
    """The staff log as the service shows it, and what certificates come to with those that a loss took of it."""

    lines: list[bytes]
    staff: StaffLog
    head: Head | None
    trust: Trust


def show_staff(service: Service, log: Log, _: SeenMarks, kept: Kept) -> Trust:
    """The same, held to nothing that was seen. Raises as `fetch_staff`."""
    return _shown(service, log, [], kept).trust


def fetch_staff_marks(service: Service) -> tuple[Mark, ...]:
    """Of each line of the staff log, as the service shows it."""
    return staff_log.verify(_lines(service, "/staff-log")).marks


def fetch_lost(service: Service, kept: Kept) -> list[Document]:
    """The certificates that this machine keeps, and that could follow what the service shows of their persons."""
    if kept.find(_LOST) is None:
        return []
    return _lost_certificates(kept.find(_LOST), staff_log.verify(_lines(service, "/staff-log")).certificates)


def _shown(service: Service, log: Log, before: list[bytes], kept: Kept) -> _Shown:
    head = _staff_head(service)
    lines = _lines(service, "/staff-log", before, until=head[0].n if head else None)
    staff = _checked_staff_log(tuple(lines))
    if head is not None and log.service_key is not None:
        staff.check_head(*head, log.service_key)
    trust = log.trust.with_kept(fetch_kept(service, log.trust))
    lost = kept.find(_LOST)
    return _Shown(lines, staff, head and head[0], _vouched(log, staff, trust.kept, lost))


# A client asks for these logs all day, and mostly nothing has come since. What was checked once is what it was as long
# as each byte is the same.
@lru_cache(maxsize=_CHECKED)
def _checked_log(lines: tuple[bytes, ...], pin: str) -> Log:
    return key_log.verify(lines, pin)


@lru_cache(maxsize=_CHECKED)
def _checked_staff_log(lines: tuple[bytes, ...]) -> StaffLog:
    return staff_log.verify(lines)


@lru_cache(maxsize=_CHECKED)
def _vouched(log: Log, staff: StaffLog, hashes: frozenset[str], lost: bytes | None) -> Trust:
    """The certificates of the staff log, with those that a loss took of it, under the roots of the key log."""
    people = {each.header.subject for each in staff.certificates}
    also = [each for each in _lost_certificates(lost, staff.certificates) if each.header.subject in people]
    trust = log.trust.with_kept(hashes).with_certificates([*staff.certificates, *also])
    trust.check_chains()
    return trust


def _keep_roots(kept: Kept, trust: Trust) -> None:
    """For a service that has lost them: no loss takes back a root, and all that it needs is the document."""
    said = canonical({"roots": [each.document.text.decode() for each in trust.roots[1:]], "kept": sorted(trust.kept)})
    if len(trust.roots) > 1 and kept.find(_ROOTS) != said:
        kept.keep(_ROOTS, said)


def kept_roots(kept: Kept) -> tuple[list[Document], list[str]]:
    """All roots behind the first that this machine has seen, and the list that the newest names."""
    text = kept.find(_ROOTS)
    said = json.loads(text) if text else {"roots": [], "kept": []}
    return [parse_document(each.encode()) for each in said["roots"]], list(said["kept"])


def _lost_certificates(lost: bytes | None, shown: Sequence[Document]) -> list[Document]:
    """Of the certificates that a loss took, those that follow what is shown of their persons, in their order."""
    last = {each.header.subject: each.public_link.mark for each in shown}
    found = list[Document]()
    for line in (lost or b"").splitlines():
        document = parse_document(str(parse_object(line)["document"]).encode())
        with suppress(NotAuthentic):
            chain.check_next(document.public_link, last.get(document.header.subject), reason="certificate-chain")
            last[document.header.subject] = document.public_link.mark
            found.append(document)
    return found


def _check_head(shown: _Shown, last: Mark | None) -> None:
    shown.staff.check_follows(last)
    if last is not None and (shown.head is None or shown.head.n < last.version):
        raise Rollback("staff-log")


def _keep_lost(kept: Kept, lines: Sequence[bytes]) -> None:
    """Beside what earlier losses took. What is shown again is told apart when it is looked for."""
    before = (kept.find(_LOST) or b"").splitlines()
    kept.keep(_LOST, _joined([*before, *(each for each in lines if each not in before)]))


def _joined(lines: Iterable[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


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


def _lines(service: Service, path: str, before: Sequence[bytes] = (), *, until: int | None = None) -> list[bytes]:
    """All lines of a log, after those of `before`, or those up to a number. It comes in pages, each of whole lines;
    its end is one that says so, or that is empty."""
    lines = list(before)
    while until is None or len(lines) < until:
        answer = service.get(path, **{"from": len(lines) + 1})
        if not answer.content:
            break
        if not answer.content.endswith(b"\n"):
            raise Malformed("a log ends with its last line")
        lines += answer.content[:-1].split(b"\n")
        if len(lines) > LINES_LIMIT:
            raise Malformed("a log without end")
        if answer.headers.get(key_log.ENDS) == "yes":
            break
    return lines
