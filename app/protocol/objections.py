"""The word of a key that was replaced: those in its place are none of its person's (SEALING, *Continuity*).

It is a signature over bytes that say themselves what they are for, as those over copies and memories are.
"""

from dataclasses import dataclass, field
from typing import Self

from app.protocol.documents import Signature, Signer, bytes_signed, verify_signature
from app.protocol.encoding import b64, canonical, sha256_hex


@dataclass(frozen=True)
class Objection:
    """`by`, a key that the person had, says that `recipient` and `key` are none of theirs."""

    person: str
    by: bytes
    recipient: str
    key: bytes
    sig: bytes = field(repr=False)

    @classmethod
    def sign(cls, signer: Signer, *, org: str, recipient: str, key: bytes) -> Self:
        """That of the person whose signer it is."""
        signature = signer.sign_bytes(_objected(org, signer.person, recipient, key))
        return cls(signer.person, signer.public_key, recipient, key, signature.sig)

    @property
    def id(self) -> str:
        """The same for the same word of the same key, however often it is signed."""
        return sha256_hex("\n".join((self.person, b64(self.by), self.recipient, b64(self.key))).encode())

    def check(self, org: str) -> None:
        """Raises `NotAuthentic` unless `by` has signed it. Whether that was their key, `Trust.replaced` says."""
        signed = _objected(org, self.person, self.recipient, self.key)
        verify_signature(Signature(self.person, self.by, self.sig), signed)


def ask(signer: Signer, *, org: str) -> bytes:
    """The signature by which a machine asks which keys are in the place of its own."""
    return signer.sign_bytes(_asked(org, signer.person)).sig


def check_asked(signature: Signature, *, org: str) -> None:
    """Raises `NotAuthentic` unless the key asks for itself."""
    verify_signature(signature, _asked(org, signature.by))


def _asked(org: str, person: str) -> bytes:
    return bytes_signed("replaced", canonical({"org": org, "person": person}))


def _objected(org: str, person: str, recipient: str, key: bytes) -> bytes:
    said = {"org": org, "person": person, "recipient": recipient, "key": b64(key)}
    return bytes_signed("objection", canonical(said))
