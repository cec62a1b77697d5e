"""Losses: a service was put back to a backup, and the holders of the root accept it (SEALING, *Continuity*, *Loss*).

A `loss` stands in the key log behind the last line that was left, which it names, so that it counts at this one place.
Supervisors of the root sign it, as many as a root demands: a paper signs roots alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Self

from app.protocol.chain import Mark
from app.protocol.documents import Document, Header, Signer, signed
from app.protocol.encoding import MOST, b64, check_at, check_day, check_hash, check_number, sha256_hex
from app.protocol.errors import Malformed, NotAuthentic
from app.protocol.roots import Root, signatures_of

LOSS: Final = "loss"


@dataclass(frozen=True)
class Loss:
    """What was left: the last line of the key log before this one, and an event of the audit chain.

    `day` is that of the backup: what was seen before it is not lost.
    """

    document: Document = field(repr=False)
    day: date
    key_log: Mark
    audit: Mark

    @classmethod
    def read(cls, document: Document) -> Self:
        """What the document says, whoever signed it. Raises `Malformed`."""
        match document.header.body:
            case {
                "day": day,
                "key_log": {"n": n, "hash": line, **more_of_log},
                "audit": {"seq": seq, "hash": event, **more_of_audit},
                **rest,
            } if document.header.type == LOSS and not (rest or more_of_log or more_of_audit):
                loss = cls(
                    document,
                    check_day(day),
                    Mark(check_number(n, range(1, MOST + 1)), check_hash(line)),
                    Mark(check_number(seq, range(1, MOST + 1)), check_hash(event)),
                )
                if loss.day <= loss.accepted_on:
                    return loss
        raise Malformed("a loss of another form")

    @property
    def accepted_on(self) -> date:
        """The day on which it was proposed."""
        return check_at(self.document.header.at)

    @property
    def sha256(self) -> str:
        """Of its line 1: its signatures are gathered one by one."""
        return sha256_hex(self.document.line)

    def check_follows(self, last: Mark, root: Root, *, org: str) -> None:
        """Raises `NotAuthentic` unless it stands behind the line `last` and has all signatures that `root` demands."""
        self.check_proposed(last, root, org=org)
        if self.lacks(root):
            raise NotAuthentic("loss-k")

    def check_proposed(self, last: Mark, root: Root, *, org: str) -> None:
        """The same where signatures may still be missing, of others than who proposes it."""
        header = self.document.header
        if header.org != org or self.key_log != last:
            raise NotAuthentic("loss")
        signatures = self.document.verify_signatures()
        order = [(each.by, b64(each.key)) for each in signatures]
        if order != sorted(set(order)) or not all(map(root.is_supervisors, signatures)):
            raise NotAuthentic("loss-signature")
        if header.author not in {each.by for each in signatures}:
            raise NotAuthentic("author")

    def lacks(self, root: Root) -> int:
        """How many signatures are missing."""
        return max(root.k - len(signatures_of(self.document)), 0)


def state_loss(*, day: date, key_log: Mark, audit: Mark, org: str, signer: Signer, on: date) -> Document:
    """A loss under the signature of who proposes it. Others add theirs (`roots.with_signatures`)."""
    body = {
        "day": day.isoformat(),
        "key_log": {"n": key_log.version, "hash": key_log.sha256},
        "audit": {"seq": audit.version, "hash": audit.sha256},
    }
    return signed(Header.new(LOSS, LOSS, body, org=org, author=signer.person, at=on.isoformat()), signer)


def unknown(losses: Iterable[Loss], known: Iterable[str]) -> list[Loss]:
    """Those that are not among the known, by the hashes of their line 1."""
    before = {*known}
    return [each for each in losses if each.sha256 not in before]
