"""From the pin to everybody's keys: the root, the key log, the certificates. Nothing else vouches for a recipient."""

from dataclasses import dataclass
from datetime import date
from typing import Final

import httpx2

from app.client.machine.seen import SeenMarks
from app.client.machine.transport import Service, Told
from app.protocol import key_log, roots
from app.protocol.certificates import Trust
from app.protocol.chain import Mark
from app.protocol.documents import Document, parse_document
from app.protocol.encoding import parse_object
from app.protocol.errors import Malformed, NotAuthentic
from app.protocol.intake import Intake
from app.protocol.key_log import Log
from app.protocol.manifest import MANIFEST
from app.protocol.opening import hold_chain_to_seen

LINES_LIMIT: Final = 100_000  # of a key log: some are written a week, and one without end would fill a memory


@dataclass(frozen=True)
class OpenIntake:
    """Where reports go now: the epoch in an authentic document, and the log in which it stands."""

    log: Log
    epoch: Intake


def fetch_root(service: Service) -> Document | None:
    """The first document of the key log, which is believed for nothing until it is pinned; None before there is one."""
    lines = _lines(service)
    return parse_document(str(parse_object(lines[0]).get("document")).encode()) if lines else None


def fetch_log(service: Service, pin: str, *, seen: Mark | None = None, root: Mark | None = None) -> Log:
    """The whole key log, checked from its first line.

    Raises `NotAuthentic`, for a log older than `seen` too, and for roots among which the one is not that was seen.
    """
    log = key_log.verify(_lines(service), pin)
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
    log = key_log.verify(_lines(service)[: head.n], pin)
    log.check_head(head, signature)
    if not isinstance(answer.get("intake"), str):
        raise Malformed("no intake document")
    return OpenIntake(log, log.shown_on(today, answer["intake"].encode()))


def fetch_people(service: Service, trust: Trust, seen: SeenMarks) -> tuple[Trust, list[Told]]:
    """The same trust with everybody's certificates, and the people as the service tells of them.

    Raises `NotAuthentic` where the service shows a certificate that no supervisor of a root signed, or not the list of
    what the newest root keeps, and `Rollback` where it leaves out one that this machine has seen: the newest takes
    roles away.
    """
    people = list(service.items("/people"))
    whole = trust.with_kept(fetch_kept(service, trust)).with_certificates(_certificates(people))
    for person, links in whole.chains.items():
        hold_chain_to_seen("certificate", person, links, seen, reason="certificate-chain")
    seen.hold_list("certificate", trust.org, whole.chains.keys(), reason="certificate-chain")
    return whole, people


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


def _certificates(people: list[Told]) -> list[Document]:
    texts = [text for person in people for text in _texts(person.get("certificates"))]
    return [parse_document(text.encode()) for text in texts]


def _texts(value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise Malformed("no list of certificates")
    return value


def _lines(service: Service) -> list[bytes]:
    """The log comes in pages, each of whole lines; an empty one is its end."""
    lines: list[bytes] = []
    while page := service.get("/key-log", **{"from": len(lines) + 1}).content:
        if not page.endswith(b"\n"):
            raise Malformed("a key log ends with its last line")
        lines += page[:-1].split(b"\n")
        if len(lines) > LINES_LIMIT:
            raise Malformed("a key log without end")
    return lines
