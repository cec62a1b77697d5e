"""A person as somebody vouches for them: their roles and keys, and the words by which people compare them."""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from mnemonic import Mnemonic

from app import age
from app.protocol.encoding import b64, check_id, unb64
from app.protocol.errors import Malformed
from app.vocabulary import Role

_ENTROPY_SIZE: Final = 16


@dataclass(frozen=True)
class Certified:
    """A person as a root or a certificate vouches for them. `recipient` is an age recipient, `key` 32 bytes."""

    person: str
    roles: frozenset[Role]
    recipient: age.HybridRecipient = field(repr=False)
    key: bytes = field(repr=False)

    def body(self) -> dict[str, Any]:
        """As a root and a certificate have it, without the id."""
        return {"roles": sorted(self.roles), "recipient": str(self.recipient), "key": b64(self.key)}

    @property
    def fingerprint(self) -> str:
        """The words of these keys."""
        return fingerprint(str(self.recipient), b64(self.key))


def fingerprint(recipient: str, key: str) -> str:
    """Twelve English words that two people compare by voice before one certifies the other.

    BIP-39 of the first 16 bytes of SHA-256(`tern/v1/fingerprint` LF recipient LF key), the key in base64url.
    """
    return words_of(sha256(f"tern/v1/fingerprint\n{recipient}\n{key}".encode()).digest()[:16])


def words_of(entropy: bytes) -> str:
    """Sixteen bytes as twelve words of BIP-39's English list."""
    words: str = Mnemonic("english").to_mnemonic(entropy)
    return words


def entropy_of(words: str) -> bytes:
    """The sixteen bytes of which these are the twelve words, however they are spaced and in whatever case.

    Raises `Malformed`, whose message repeats none of them.
    """
    try:
        entropy = bytes(Mnemonic("english").to_entropy(words.lower().split()))
    except (ValueError, LookupError):
        raise Malformed("not twelve words that belong together") from None
    if len(entropy) != _ENTROPY_SIZE:
        raise Malformed("not twelve words")
    return entropy


def are_words(heard: str, words: str) -> bool:
    """Whether somebody heard these words, however they typed them."""
    return heard.lower().split() == words.split()


def read_certified(person: object, body: dict[str, Any]) -> Certified:
    """What `Certified.body` writes. Raises `Malformed`."""
    match body:
        case {"roles": list(roles), "recipient": str(recipient), "key": str(key), **rest} if not rest:
            try:
                key_recipient = age.parse_recipient(recipient)
                role_codes = frozenset(Role(role) for role in roles)
            except (age.Error, ValueError):
                raise Malformed("a certificate of another form") from None
            if isinstance(key_recipient, age.HybridRecipient) and roles == sorted(role_codes):
                return Certified(check_id("per", person), role_codes, key_recipient, unb64(key, 32))
    raise Malformed("a certificate of another form")
