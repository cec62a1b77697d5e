"""Keys for one release each, so that what is published for ever names nobody and joins no two releases.

Who signs a release tells the service and colleagues by a `release-key`, under their own name, which key is theirs for
it. When it is published, a supervisor of the root vouches for both keys by a `release-signer` each: its role and its
year are all that readers learn.
"""

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.protocol.derivation import derive
from app.protocol.documents import Document, Header, Signer, signed
from app.protocol.encoding import b64, check_at, check_hash, check_id, unb64
from app.protocol.errors import Malformed
from app.vocabulary import Role

# Who may ask for a release, and so be one of the two who sign it; the other is the supervisor who approved it. Of
# somebody with several of these roles the first is told.
REQUESTERS: Final = (Role.ANALYST, Role.CASEWORKER, Role.SUPERVISOR)

_YEAR: Final = re.compile("20[0-9]{2}")


def release_key(own: Ed25519PrivateKey, release: str) -> Ed25519PrivateKey:
    """The key of one person for one release: from their signing key, so nobody keeps it. Those of two releases have
    nothing in common for who lacks that key."""
    return Ed25519PrivateKey.from_private_bytes(derive(own.private_bytes_raw(), f"release/{check_id('rel', release)}"))


@dataclass(frozen=True, slots=True)
class ReleaseKey:
    """What a person says: that this key of 32 bytes is theirs for a release, that they sign these sums with it, and as
    what. `signed_on` is its day."""

    release: str
    sums_sha256: str
    role: Role
    key: bytes = field(repr=False)
    signed_on: date

    def state(self, *, org: str, signer: Signer) -> Document:
        """The statement, under the person's own key."""
        body = {"sums": self.sums_sha256, "role": self.role, "key": b64(self.key)}
        at = self.signed_on.isoformat()
        return signed(Header.new("release-key", self.release, body, org=org, author=signer.person, at=at), signer)

    @classmethod
    def read(cls, document: Document) -> Self:
        """What it says, whoever signed it. Raises `Malformed`."""
        match document.header.body:
            case {"sums": sums, "role": role, "key": str(key), **rest} if (
                document.header.type == "release-key" and role in REQUESTERS and not rest
            ):
                day = check_at(document.header.at)
                return cls(document.header.subject, check_hash(sums), Role(role), unb64(key, 32), day)
        raise Malformed("a release key of another form")


@dataclass(frozen=True, slots=True)
class ReleaseSigner:
    """For whom a supervisor vouches: somebody of this role signed the release in this year, with this key."""

    release: str
    role: Role
    year: str
    key: bytes = field(repr=False)

    @classmethod
    def of(cls, stated: ReleaseKey) -> Self:
        return cls(stated.release, stated.role, f"{stated.signed_on.year}", stated.key)

    @property
    def words(self) -> str:
        """As readers are told of them."""
        return f"{self.role} {self.year}"

    def certify(self, *, org: str, signer: Signer) -> Document:
        """The certificate. It bears the first day of its year: of when a release was published nobody keeps a note."""
        body = {"role": self.role, "year": self.year, "key": b64(self.key)}
        at = f"{self.year}-01-01"
        return signed(Header.new("release-signer", self.release, body, org=org, author=signer.person, at=at), signer)

    @classmethod
    def read(cls, document: Document) -> Self:
        """What it says. Whose word it is, `Trust.check_public` tells. Raises `Malformed`."""
        match document.header.body:
            case {"role": role, "year": str(year), "key": str(key), **rest} if (
                document.header.type == "release-signer" and role in REQUESTERS and not rest
            ):
                if _YEAR.fullmatch(year) and document.header.at == f"{year}-01-01":
                    return cls(document.header.subject, Role(role), year, unb64(key, 32))
        raise Malformed("a certificate of a release's signer of another form")
