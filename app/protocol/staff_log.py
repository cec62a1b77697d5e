"""The staff log: every certificate that was ever kept, each line chained to the one before (SEALING, *Key logs*).

A line is written as one of the key log. Staff alone read them; of the log only the head is public, which says how many
there are and binds all of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.protocol import chain, key_log
from app.protocol.chain import Mark
from app.protocol.documents import Document, Signature, Signer, bytes_signed, verify_signature
from app.protocol.errors import NotAuthentic, Rollback
from app.protocol.key_log import Head

_HEAD = "staff-log-head"


@dataclass(frozen=True, eq=False)
class StaffLog:
    """A log whose lines follow one another from the first. What its certificates are worth, `Trust` says."""

    marks: tuple[Mark, ...]
    certificates: tuple[Document, ...]

    def check_follows(self, seen: Mark | None) -> None:
        """Raises `Rollback` unless it continues the one whose last line was seen before."""
        chain.check_contains(self.marks, seen, reason="staff-log")

    def check_head(self, head: Head, signature: Signature, key: bytes | None) -> None:
        """Raises `NotAuthentic` unless the service signed this head with its `key`, and `Rollback` for a log that does
        not have it: it may have grown since."""
        if signature.key != key:
            raise NotAuthentic(_HEAD)
        verify_signature(signature, bytes_signed(_HEAD, head.line()))
        if len(self.marks) < head.n or self.marks[head.n - 1].sha256 != head.hash:
            raise Rollback("staff-log")


def verify(lines: Sequence[bytes]) -> StaffLog:
    """Raises `NotAuthentic` where a line does not follow the one before, or has something else than a certificate."""
    entries = list(key_log.chained(lines, reason="staff-log"))
    if any(document.header.type != "certificate" for _, document in entries):
        raise NotAuthentic("staff-log")
    return StaffLog(tuple(mark for mark, _ in entries), tuple(document for _, document in entries))


def sign_head(head: Head, signer: Signer) -> Signature:
    """The service's word that the log has come so far."""
    return signer.sign(_HEAD, head.line())
