"""Intake epochs: the key made on a machine, granted to the triagers, its document signed into the key log."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from app import age, vocabulary
from app.client.machine.staff import NobodyToGrant, Staff
from app.protocol import intake
from app.protocol.documents import Document, parse_document
from app.protocol.encoding import new_id, parse_object
from app.protocol.errors import Malformed, NotAuthentic
from app.protocol.intake import Intake
from app.vocabulary import GrantKind, Role

EPOCH_DAYS: Final = 7
KEPT_DAYS: Final = 7
ATTACHMENT_LIMIT: Final = 100_000_000


@dataclass(frozen=True)
class Draft:
    """A new epoch under the signature of whoever made its key, with the key's grants. It holds no secret."""

    document: Document
    grants: tuple[dict[str, str], ...]


def draft(
    staff: Staff,
    *,
    days: int = EPOCH_DAYS,
    notice: str = "",
    attachment_limit: int = ATTACHMENT_LIMIT,
) -> Draft:
    """Make the key of an epoch that accepts reports for `days` from today on, and grant it to the triagers.

    The key stays nowhere but in the grants. Raises `NobodyToGrant`.
    """
    secret = age.generate()
    accepts_until = staff.today + timedelta(days=days)
    epoch = Intake(
        epoch=new_id("epoch"),
        recipient=secret.recipient,
        accepts_from=staff.today,
        accepts_until=accepts_until,
        destroyed_on=accepts_until + timedelta(days=KEPT_DAYS),
        languages=vocabulary.codes("language"),
        attachment_limit=attachment_limit,
        notice=notice,
    )
    triagers = staff.colleagues(Role.TRIAGER)
    if not triagers:
        raise NobodyToGrant("no triager is certified")
    document = intake.make(epoch, org=staff.org, previous=_newest(staff), signer=staff.signer)
    grants = tuple(staff.grant(secret, epoch.epoch, each, GrantKind.ASSIGNED) for each in triagers)
    return Draft(document, grants)


def sign(staff: Staff, new: Draft) -> Intake:
    """Put an epoch that a triager or supervisor made into the key log, under this supervisor's signature.

    Raises `NotAuthentic` where nobody certified for it made the draft.
    """
    author = staff.with_trust(lambda trust: trust.author_of(new.document, staff.today))
    if not author.roles & {Role.TRIAGER, Role.SUPERVISOR} or new.document.header.org != staff.org:
        raise NotAuthentic("role")
    epoch = intake.read(new.document)
    document = intake.make(epoch, org=staff.org, previous=_newest(staff), signer=staff.signer)
    staff.service.post("/key-log", {"document": document.text.decode(), "grants": list(new.grants)})
    staff.forget()
    return epoch


def rotate(
    staff: Staff, *, days: int = EPOCH_DAYS, notice: str = "", attachment_limit: int = ATTACHMENT_LIMIT
) -> Intake:
    """Open a new epoch from today on, made and signed by this supervisor."""
    return sign(staff, draft(staff, days=days, notice=notice, attachment_limit=attachment_limit))


def write_draft(new: Draft) -> str:
    """One line of JSON, which `read_draft` reads. It holds no key that is not sealed."""
    return json.dumps({"document": new.document.text.decode(), "grants": list(new.grants)}) + "\n"


def read_draft(text: str) -> Draft:
    """What `write_draft` wrote. Raises `Malformed`."""
    match parse_object(text.encode()):
        case {"document": str(document), "grants": list(grants), **rest} if not rest:
            return Draft(parse_document(document.encode()), tuple(grants))
    raise Malformed("not the draft of an epoch")


def _newest(staff: Staff) -> Document | None:
    staff.forget()
    return staff.log.intakes[-1] if staff.log.intakes else None
