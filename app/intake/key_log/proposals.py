"""The next root, while those who must sign it add their signatures one by one."""

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
from app.protocol.documents import parse_document
from app.protocol.encoding import sha256_hex
from app.protocol.errors import ProtocolError
from app.protocol.roots import Root

KEPT_LIMIT: Final = 5_000  # hashes in a list: yearly certificates of a hundred people over fifty years


class NotARootProposal(Problem):
    """The next root follows the newest, and has valid signatures of keys that one of the two lists, its author's first.

    Read the key log to its end, and propose anew.
    """

    type, status, title = "not-a-root-proposal", 422, "The document is not the next root, or not authentic"


@dataclass(frozen=True)
class Proposal:
    """A root that is proposed, the list that it names, and how many signatures it lacks at the least."""

    root: Root
    kept: tuple[str, ...]
    lacks: int

    @property
    def id(self) -> str:
        """The hash of its line 1, by which it is found."""
        return self.root.mark.sha256


def gather(session: Session, actor: Actor, document: str, kept: Collection[str], *, now: datetime) -> Proposal:
    """Keep a proposal, with the signatures that were gathered for it before; in the place of its author's last.

    Where none is missing any more it becomes the root, and what else was proposed goes. Raises `NotARootProposal`,
    and as `service.succeed`.
    """
    trust = staff.trust(session)
    try:
        root = Root.read(parse_document(document.encode()))
        before = session.get(RootProposal, root.mark.sha256, with_for_update=True)
        if before is not None:
            known = parse_document(before.document.encode())
            root = Root.read(roots.with_signatures(known, roots.signatures_of(root.document)))
        root.check_proposed(trust.root, org=trust.org)
    except ProtocolError:
        raise NotARootProposal from None
    if roots.list_sha256(kept) != root.kept_staff:
        raise NotARootProposal
    author = str(root.document.header.author)
    if before is None:
        _check_replaces(session, actor, root)
        session.execute(delete(RootProposal).where(RootProposal.author == author))
        before = RootProposal(sha256=root.mark.sha256, author=author, document="", kept=roots.list_text(kept) or None)
        session.add(before)
    before.document = root.document.text.decode()
    session.flush()
    audit.record(session, actor.id, Action.ROOT_PROPOSED, actor.id, now=now, object_hash=sha256_hex(root.document.text))
    proposal = Proposal(root, tuple(sorted({*kept})), root.lacks(trust.root))
    if not proposal.lacks:
        session.execute(delete(RootProposal))
        service.succeed(session, actor, root, kept, now=now)
    return proposal


def _check_replaces(session: Session, actor: Actor, root: Root) -> None:
    """Raises `NotARootProposal` where somebody else would put an author's earlier proposal in the place of a later one.

    Who holds a paper is known to nobody: of its proposals the later takes the place.
    """
    author = str(root.document.header.author)
    last = session.scalar(select(RootProposal).where(RootProposal.author == author).with_for_update())
    if last is None or actor.id == author:
        return
    if not author.startswith("paper_") or parse_document(last.document.encode()).header.at > root.document.header.at:
        raise NotARootProposal


def every() -> Select[RootProposal]:
    """All that wait for signatures: they are public documents."""
    return select(RootProposal)


def read(session: Session, row: RootProposal) -> Proposal:
    """What a row says."""
    newest = Root.read(parse_document(staff.newest_root(session).document.encode()))
    root = Root.read(parse_document(row.document.encode()))
    return Proposal(root, tuple((row.kept or "").split()), root.lacks(newest))


def get(session: Session, id_: str) -> Proposal:
    """What `gather` answered: a proposal, or the root that it has become. Raises `NotFound`."""
    row = session.get(RootProposal, id_)
    if row is not None:
        return read(session, row)
    for root in staff.trust(session).roots:
        if root.mark.sha256 == id_:
            return Proposal(root, (), 0)
    raise NotFound
