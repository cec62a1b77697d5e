"""The next root, or a loss, while those who must sign it add their signatures one by one."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from app.actor import Actor
from app.audit import service as audit
from app.audit.actions import Action
from app.intake.key_log import service
from app.intake.key_log.models import RootProposal
from app.people.staff import service as staff
from app.problems import NotFound, Problem
from app.protocol import roots
from app.protocol.certificates import Trust
from app.protocol.documents import Document, parse_document
from app.protocol.encoding import sha256_hex
from app.protocol.errors import NotAuthentic, ProtocolError
from app.protocol.losses import LOSS, Loss
from app.protocol.roots import Root

KEPT_LIMIT: Final = 5_000  # hashes in a list: yearly certificates of a hundred people over fifty years


class NotARootProposal(Problem):
    """The next root follows the newest, and has valid signatures of keys that one of the two lists, its author's first.
    A loss names the last line of the key log and an event of the audit chain, and has signatures of supervisors.

    Read the key log to its end, and propose anew.
    """

    type, status, title = "not-a-root-proposal", 422, "The document is not the next root or a loss, or not authentic"


@dataclass(frozen=True)
class Proposal:
    """A root that is proposed, the list that it names, and how many signatures it lacks at the least; or a loss."""

    document: Document
    kept: tuple[str, ...]
    lacks: int

    @property
    def id(self) -> str:
        """The hash of its line 1, by which it is found."""
        return sha256_hex(self.document.line)


def gather(session: Session, actor: Actor, document: str, kept: Collection[str], *, now: datetime) -> Proposal:
    """Keep a proposal, with the signatures that were gathered for it before; in the place of its author's last.

    Where none is missing any more it becomes the root, and what else was proposed goes; a loss, the next line of the
    log. Raises `NotARootProposal`, and as `service.succeed`.
    """
    trust = staff.trust(session)
    try:
        parsed = parse_document(document.encode())
        before = session.get(RootProposal, sha256_hex(parsed.line), with_for_update=True)
        if before is not None:
            parsed = roots.with_signatures(parse_document(before.document.encode()), roots.signatures_of(parsed))
        lacks = _lacks(session, trust, parsed, kept)
    except ProtocolError:
        raise NotARootProposal from None
    author = str(parsed.header.author)
    if before is None:
        _check_replaces(session, actor, parsed)
        session.execute(delete(RootProposal).where(RootProposal.author == author))
        sha256 = sha256_hex(parsed.line)
        before = RootProposal(sha256=sha256, author=author, document="", kept=roots.list_text(kept) or None)
        session.add(before)
    before.document = parsed.text.decode()
    session.flush()
    audit.record(session, actor.id, Action.ROOT_PROPOSED, actor.id, now=now, object_hash=sha256_hex(parsed.text))
    if not lacks and parsed.header.type == LOSS:
        session.delete(before)
        service.accept_loss(session, actor, parsed, now=now)
    elif not lacks:
        session.execute(delete(RootProposal))
        service.succeed(session, actor, Root.read(parsed), kept, now=now)
    return Proposal(parsed, tuple(sorted({*kept})), lacks)


def _lacks(session: Session, trust: Trust, document: Document, kept: Collection[str]) -> int:
    """How many signatures are missing. Raises `ProtocolError` for what can neither be the next root nor a loss here."""
    if document.header.type == LOSS:
        loss = Loss.read(document)
        loss.check_proposed(service.last_line(session), trust.root, org=trust.org)
        if kept or not audit.is_event(session, loss.audit):
            raise NotAuthentic("loss")
        return loss.lacks(trust.root)
    root = Root.read(document)
    root.check_proposed(trust.root, org=trust.org)
    if roots.list_sha256(kept) != root.kept_staff:
        raise NotAuthentic("kept")
    return root.lacks(trust.root)


def _check_replaces(session: Session, actor: Actor, proposed: Document) -> None:
    """Raises `NotARootProposal` where somebody else would put an author's earlier proposal in the place of a later one.

    Who holds a paper is known to nobody: of its proposals the later takes the place.
    """
    author = str(proposed.header.author)
    last = session.scalar(select(RootProposal).where(RootProposal.author == author).with_for_update())
    if last is None or actor.id == author:
        return
    if not author.startswith("paper_") or parse_document(last.document.encode()).header.at > proposed.header.at:
        raise NotARootProposal


def every() -> Select[RootProposal]:
    """All that wait for signatures: they are public documents."""
    return select(RootProposal)


def read(session: Session, row: RootProposal) -> Proposal:
    """What a row says."""
    newest = Root.read(parse_document(staff.newest_root(session).document.encode()))
    document = parse_document(row.document.encode())
    proposed = Loss.read(document) if document.header.type == LOSS else Root.read(document)
    return Proposal(document, tuple((row.kept or "").split()), proposed.lacks(newest))


def get(session: Session, id_: str) -> Proposal:
    """What `gather` answered: a proposal, or the line of the log that it has become. Raises `NotFound`."""
    row = session.get(RootProposal, id_)
    if row is not None:
        return read(session, row)
    for document in service.roots_and_losses(session):
        if sha256_hex(document.line) == id_:
            return Proposal(document, (), 0)
    raise NotFound
