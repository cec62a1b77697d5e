"""Intake epochs: the key made on a machine, granted to the triagers, its document signed into the key log."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, TypedDict

from app import age, vocabulary
from app.client.machine import pairs
from app.client.machine.staff import NobodyToGrant, Staff
from app.protocol import intake
from app.protocol.certified import Certified
from app.protocol.documents import Document, parse_document
from app.protocol.encoding import check_at, new_id, parse_object
from app.protocol.errors import Malformed, NotAuthentic
from app.protocol.intake import LEAST_COVER, Intake
from app.vocabulary import GrantKind, Role

EPOCH_DAYS: Final = 7
KEPT_DAYS: Final = 7
AHEAD: Final = 4  # epochs that are signed in one act
ATTACHMENT_LIMIT: Final = 100_000_000
_MAY_HOLD: Final = frozenset({Role.TRIAGER, Role.SUPERVISOR})
_HOLDERS: Final = 2  # of each key, so that one can be ill


@dataclass(frozen=True)
class Draft:
    """A new epoch under the signature of whoever made its key, with the key's grants and pairs. It holds no secret."""

    document: Document
    grants: tuple[dict[str, str], ...]
    pairs: tuple[dict[str, str], ...] = ()


def draft(
    staff: Staff,
    *,
    starts: date | None = None,
    days: int = EPOCH_DAYS,
    notice: str = "",
    attachment_limit: int = ATTACHMENT_LIMIT,
) -> Draft:
    """Make the key of an epoch that accepts reports for so many days from that one or today on, and grant it.

    The key stays nowhere but in the grants: for every triager, and supervisors where there are not two of those. Raises
    `NobodyToGrant`.
    """
    terms = _Terms(days=days, notice=notice, attachment_limit=attachment_limit)
    return next(_drafts(staff, starts or staff.today, 1, _holders(staff), **terms))


def sign(staff: Staff, *new: Draft) -> list[Intake]:
    """Put epochs that triagers or supervisors made into the key log, under this supervisor's signature: all or none.

    Raises `NotAuthentic` where nobody certified for it made the draft, and `Malformed` where it is too far ahead.
    """
    epochs, entries, previous = list[Intake](), list[dict[str, object]](), _newest(staff)
    for each in new:
        epoch = _read(staff, each.document)
        previous = intake.make(epoch, org=staff.org, previous=previous, signer=staff.signer, on=staff.today)
        epochs.append(epoch)
        entries.append({"document": previous.text.decode(), "grants": list(each.grants), "pairs": list(each.pairs)})
    staff.service.post("/key-log", {"entries": entries})
    staff.forget()
    return epochs


def rotate(
    staff: Staff,
    *,
    number: int = 1,
    days: int = EPOCH_DAYS,
    notice: str = "",
    attachment_limit: int = ATTACHMENT_LIMIT,
    replaces: bool = False,
) -> list[Intake]:
    """Sign new epochs from today on, one behind the other, made by this supervisor.

    They take the place of what was signed for these days before: there are as many as it takes to replace all of it.
    Where they have to, for somebody may have those keys who is to hold none, it `replaces` them though nobody triages:
    supervisors keep the key for whoever comes. Else that raises `NobodyToGrant`.
    """
    covered = _covered(staff)
    if covered is not None:
        number = max(number, -(-((covered - staff.today).days + 1) // days))
    terms = _Terms(days=days, notice=notice, attachment_limit=attachment_limit)
    return sign(staff, *_drafts(staff, staff.today, number, _holders(staff, replaces=replaces), **terms))


def go_on(staff: Staff) -> list[Intake]:
    """Sign whole epochs behind those that are signed, until three weeks are signed; none where they are.

    They are as the last one was: its length, its words, its limit.
    """
    covered = _covered(staff)
    starts = staff.today if covered is None else covered + timedelta(days=1)
    last = staff.log.intake_on(covered or staff.today) or _newest(staff)
    if last is None:
        return []
    terms = _as(intake.read(last))
    number = -(-((staff.today + LEAST_COVER - starts).days + 1) // terms["days"])
    if number <= 0:
        return []
    return sign(staff, *_drafts(staff, starts, number, _holders(staff), **terms))


def replace(staff: Staff, person: str, *, epoch: str | None = None) -> list[Intake]:
    """Sign epochs anew from today on, where somebody may have the key of one who is to hold none any more.

    The certificates show that they have no role for it, or other keys since, and the key log that an epoch of today or
    later was signed before; or on that day, where the service says that they had the key of this `epoch`. Or they were
    a custodian, as was another who left, and the two may have kept its pair. Else nothing is signed. They are as those
    before: their length, their words, their limit.
    """
    staff.forget()
    gone = staff.trust.gone(person, _MAY_HOLD, staff.today)
    last = staff.log.covered_until(staff.today) or staff.today
    days = (staff.today + timedelta(days=each) for each in range((last - staff.today).days + 1))
    for document in filter(None, map(staff.log.intake_on, days)):
        signed_on, named = check_at(document.header.at), intake.read(document)
        if gone.may_have(signed_on, is_told=named.epoch == epoch):
            return rotate(staff, replaces=True, **_as(named))
    return []


class _Terms(TypedDict):
    days: int
    notice: str
    attachment_limit: int


def _as(epoch: Intake) -> _Terms:
    """The length, the words and the limit of an epoch, for those that are to be like it."""
    days = (epoch.accepts_until - epoch.accepts_from).days + 1
    return {"days": days, "notice": epoch.notice, "attachment_limit": epoch.attachment_limit}


def _read(staff: Staff, draft: Document) -> Intake:
    author = staff.with_trust(lambda trust: trust.author_of(draft, staff.today))
    if not author.roles & _MAY_HOLD or draft.header.org != staff.org:
        raise NotAuthentic("role")
    return intake.read(draft)


def grant(staff: Staff, epoch: str, person: str) -> None:
    """Grant the key of an epoch that one holds to a triager who came after it was made.

    The key is the one that the log names, the person one whom a supervisor certifies: neither is the service's word.
    Raises `NotGranted` where one holds no such key, `NotAuthentic` where the person is no triager today.
    """
    grantee = staff.certified(person)
    if Role.TRIAGER not in grantee.roles:
        raise NotAuthentic("role")
    key = _held(staff, epoch)
    staff.service.post(f"/epochs/{epoch}/grants", staff.grant(key, epoch, grantee, GrantKind.ASSIGNED))


def make_pairs(staff: Staff, epoch: str) -> None:
    """Make the pairs of an epoch's key that one holds anew, for the custodians of today. Raises as `grant`."""
    pairs.keep(staff, _held(staff, epoch), epoch)


def _held(staff: Staff, epoch: str) -> age.HybridIdentity:
    """The key of an epoch that one holds, which is the one that the log names. Raises `NotGranted`, `NotAuthentic`."""
    named = staff.log.epoch(epoch)
    key = staff.epoch_key(epoch)
    if named is None or str(key.recipient) != str(named.recipient):
        raise NotAuthentic("recipient")
    return key


def _drafts(
    staff: Staff,
    starts: date,
    number: int,
    holders: Collection[Certified],
    *,
    days: int,
    notice: str,
    attachment_limit: int,
) -> Iterator[Draft]:
    previous = _newest(staff)
    for _ in range(number):
        secret = age.generate()
        accepts_until = starts + timedelta(days=days - 1)
        epoch = Intake(
            epoch=new_id("epoch"),
            recipient=secret.recipient,
            accepts_from=starts,
            accepts_until=accepts_until,
            destroyed_on=accepts_until + timedelta(days=KEPT_DAYS),
            languages=vocabulary.codes("language"),
            attachment_limit=attachment_limit,
            notice=notice,
        )
        document = intake.make(epoch, org=staff.org, previous=previous, signer=staff.signer, on=staff.today)
        yield Draft(
            document,
            tuple(staff.grant(secret, epoch.epoch, each, GrantKind.ASSIGNED) for each in holders),
            tuple(pairs.make(staff, secret, epoch.epoch)),
        )
        starts = accepts_until + timedelta(days=1)


def _holders(staff: Staff, *, replaces: bool = False) -> list[Certified]:
    """Every triager; where that is one, another person who may hold the key: who signs it before other supervisors.

    Whose new keys nobody has compared here gets it later. Raises `NobodyToGrant` without a triager, but where the keys
    `replaces` others.
    """
    triagers = [each for each in staff.colleagues(Role.TRIAGER) if staff.is_compared(each)]
    if not triagers and not replaces:
        raise NobodyToGrant("no triager is certified")
    known = {each.person for each in triagers}
    others = [
        each for each in staff.colleagues(Role.SUPERVISOR) if each.person not in known and staff.is_compared(each)
    ]
    others.sort(key=lambda each: (each.person != staff.person, each.person))
    return [*triagers, *others[: max(0, _HOLDERS - len(triagers))]]


def _covered(staff: Staff) -> date | None:
    staff.forget()
    return staff.log.covered_until(staff.today)


def write_draft(new: Draft) -> str:
    """One line of JSON, which `read_draft` reads. It holds no key that is not sealed."""
    said = {"document": new.document.text.decode(), "grants": list(new.grants), "pairs": list(new.pairs)}
    return json.dumps(said) + "\n"


def read_draft(text: str) -> Draft:
    """What `write_draft` wrote. Raises `Malformed`."""
    match parse_object(text.encode()):
        case {"document": str(document), "grants": list(grants), "pairs": list(pairs_), **rest} if not rest:
            return Draft(parse_document(document.encode()), tuple(grants), tuple(pairs_))
    raise Malformed("not the draft of an epoch")


def _newest(staff: Staff) -> Document | None:
    staff.forget()
    return staff.log.intakes[-1] if staff.log.intakes else None
