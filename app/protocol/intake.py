"""The intake document: which epoch takes reports now, under which key, and what it promises."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from app import age
from app.protocol.documents import Document, Header, Signer, signed
from app.protocol.encoding import check_id
from app.protocol.errors import Malformed, NotAuthentic

SUBJECT: Final = "intake"
LONGEST_ACCEPTANCE: Final = timedelta(days=30)
LONGEST_KEEPING: Final = timedelta(days=7)


@dataclass(frozen=True)
class Intake:
    """An epoch as supervisors sign it. All days are included; the key is destroyed after `destroyed_on`.

    `attachment_limit` is the largest true size of an attachment in bytes; `notice` is shown to the reporter.
    """

    epoch: str
    recipient: age.HybridRecipient
    accepts_from: date
    accepts_until: date
    destroyed_on: date
    languages: tuple[str, ...]
    attachment_limit: int
    notice: str

    def check_accepts(self, today: date) -> None:
        """Raises `NotAuthentic` where the device's day is outside the epoch: an old document, or a wrong clock."""
        if not self.accepts_from <= today <= self.accepts_until:
            raise NotAuthentic("epoch-days")


def make(intake: Intake, *, org: str, previous: Document | None, signer: Signer) -> Document:
    """The next intake document; its version is the epoch's number."""
    header = Header.new(
        "intake",
        SUBJECT,
        _body(intake),
        org=org,
        author=signer.person,
        at=intake.accepts_from.isoformat(),
        after=previous.public_link.mark if previous else None,
    )
    return signed(header, signer)


def read(document: Document) -> Intake:
    """What the document says. Whose word it is, `Trust.check_public` tells. Raises `Malformed`."""
    body = document.header.body
    try:
        recipient = age.parse_recipient(body["epoch"]["recipient"])
        intake = Intake(
            epoch=check_id("epoch", body["epoch"]["id"]),
            recipient=recipient if isinstance(recipient, age.HybridRecipient) else _refuse(),
            accepts_from=date.fromisoformat(body["accepts_from"]),
            accepts_until=date.fromisoformat(body["accepts_until"]),
            destroyed_on=date.fromisoformat(body["destroyed_on"]),
            languages=tuple(body["languages"]),
            attachment_limit=body["limits"]["attachment_bytes"],
            notice=body["notice"],
        )
    except (KeyError, TypeError, ValueError, age.Error):
        raise Malformed("an intake document of another form") from None
    _check(intake)
    if _body(intake) != body:
        raise Malformed("an intake document of another form")
    return intake


def _check(intake: Intake) -> None:
    accepts = intake.accepts_until - intake.accepts_from
    keeps = intake.destroyed_on - intake.accepts_until
    if not timedelta(0) <= accepts <= LONGEST_ACCEPTANCE or not timedelta(0) <= keeps <= LONGEST_KEEPING:
        raise Malformed("an epoch of other days")
    is_size = isinstance(intake.attachment_limit, int) and intake.attachment_limit > 0
    texts = (*intake.languages, intake.notice)
    if not is_size or not all(isinstance(text, str) for text in texts):
        raise Malformed("an intake document of another form")


def _body(intake: Intake) -> dict[str, Any]:
    return {
        "epoch": {"id": intake.epoch, "recipient": str(intake.recipient)},
        "accepts_from": intake.accepts_from.isoformat(),
        "accepts_until": intake.accepts_until.isoformat(),
        "destroyed_on": intake.destroyed_on.isoformat(),
        "languages": list(intake.languages),
        "limits": {"attachment_bytes": intake.attachment_limit},
        "notice": intake.notice,
    }


def _refuse() -> age.HybridRecipient:
    raise Malformed("an epoch has a post-quantum recipient")
