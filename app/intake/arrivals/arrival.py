"""The body of a report as it is sent: a line of JSON, a grant, a thread state, a report."""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import date

from app import age
from app.database import places
from app.intake.arrivals.writer import Arrival
from app.intake.epochs.open_epochs import OpenEpoch
from app.intake.mailbox import service as mailbox
from app.problems import InvalidRequest, NotAnEnvelope
from app.protocol.documents import VERSION
from app.protocol.encoding import check_hash, check_id, new_id, parse_object
from app.protocol.errors import Malformed
from app.protocol.types import TYPES
from app.vocabulary import IntakeChannel

LINE_LIMIT = 4096
(_GRANT_SIZE,) = TYPES["grant"].lengths
(_SLOT_SIZE,) = TYPES["thread-state"].lengths
LIMIT = LINE_LIMIT + _GRANT_SIZE + _SLOT_SIZE + max(TYPES["report"].lengths)
_REF_BYTES = 5  # eight letters and digits, which staff can say to each other


@dataclass(frozen=True)
class ReportParts:
    """A report as it came, in its parts."""

    epoch_id: str
    recipient: age.HybridRecipient = field(repr=False)
    recipient_text: str = field(repr=False)
    withdrawal_sha256: str
    sha256: str
    grant: bytes = field(repr=False)
    thread_state: bytes = field(repr=False)
    report: bytes = field(repr=False)


def read(body: bytes) -> ReportParts:
    """Raises `InvalidRequest` for another first line, `NotAnEnvelope` for what follows it."""
    line, _, files = body.partition(b"\n")
    epoch_id, recipient_text, recipient, withdrawal_sha256 = _read_line(line)
    grant, thread_state, report = (
        files[:_GRANT_SIZE],
        files[_GRANT_SIZE : _GRANT_SIZE + _SLOT_SIZE],
        files[_GRANT_SIZE + _SLOT_SIZE :],
    )
    check(grant, "grant")
    check(thread_state, "thread-state")
    check(report, "report")
    return ReportParts(
        epoch_id=epoch_id,
        recipient=recipient,
        recipient_text=recipient_text,
        withdrawal_sha256=withdrawal_sha256,
        sha256=hashlib.sha256(body).hexdigest(),
        grant=grant,
        thread_state=thread_state,
        report=report,
    )


def check(file: bytes, type_: str) -> None:
    """Raises `NotAnEnvelope` unless it may be a sealed file of this type."""
    try:
        age.check_envelope(file, sizes=TYPES[type_].lengths)
    except age.EnvelopeError:
        raise NotAnEnvelope from None


def arrive(
    parts: ReportParts,
    report_id: str,
    token_sha256: str,
    epoch: OpenEpoch,
    *,
    today: date,
    intake_channel: IntakeChannel = IntakeChannel.CLIENT,
) -> Arrival:
    """All rows of a report: the writer only writes."""
    return Arrival(
        id=report_id,
        place=places.among_those_of(epoch.accepts_from),
        ref=base64.b32encode(secrets.token_bytes(_REF_BYTES)).decode(),
        epoch_id=parts.epoch_id,
        sha256=parts.sha256,
        received_on=today,
        size=len(parts.report),
        grant_id=new_id("grant"),
        grant_from=epoch.accepts_from,
        intake_channel=intake_channel,
        token_sha256=token_sha256,
        recipient=parts.recipient_text,
        withdrawal_sha256=parts.withdrawal_sha256,
        grant=parts.grant,
        thread_state=parts.thread_state,
        body=parts.report,
    )


def _read_line(line: bytes) -> tuple[str, str, age.HybridRecipient, str]:
    if len(line) > LINE_LIMIT:
        raise InvalidRequest
    try:
        match parse_object(line):
            case {"v": v, "epoch": epoch_id, "mailbox": str(text), "withdrawal": withdrawal, **rest} if (
                v is VERSION and not rest
            ):
                recipient = mailbox.hybrid_recipient(text)
                return check_id("epoch", epoch_id), text, recipient, check_hash(withdrawal)
    except (Malformed, age.RecipientError):
        raise InvalidRequest from None
    raise InvalidRequest
