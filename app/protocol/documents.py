"""Documents of two lines: what is said, and who says it (SEALING, "A sealed document").

Line 1 is one JSON object, line 2 its signatures, a MAC, or nothing. What is signed is the first line as it stands: no
reader writes it again. A sealed document is these lines, spaces up to its size class, in an age file to one recipient.
"""

import hmac
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from typing import Any, Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from app import age
from app.protocol import chain
from app.protocol.chain import Link, Mark
from app.protocol.encoding import (
    MOST,
    b64,
    canonical,
    check_at,
    check_hash,
    check_id,
    parse_object,
    sha256_hex,
    unb64,
)
from app.protocol.errors import Malformed, NotAuthentic
from app.protocol.sizes import pad_document
from app.protocol.types import TYPES, Form, ProvedBy

VERSION: Final = 1
# Who signs what the service says by itself, under the key that the key log certifies.
SERVICE: Final = "service"
# By how much the writer's clock may be ahead of the reader's.
CLOCK_SKEW: Final = timedelta(days=1)
_FIELD: Final = 2**255 - 19
# The y of the points of edwards25519 whose order divides 8, as the sign of x does not matter.
_ORDER_8: Final = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL_ORDER: Final = frozenset({0, 1, _FIELD - 1, _ORDER_8, _FIELD - _ORDER_8})

_KEYS: Final = (
    "v",
    "type",
    "org",
    "subject",
    "version",
    "previous",
    "generation",
    "sealed_to",
    "author",
    "at",
    "body",
)


@dataclass(frozen=True)
class Header:
    """Line 1.

    `org` is the pin of the organisation, null in its first root. `previous` is the SHA-256 of the previous version's
    ciphertext (of its bytes where it is public, of its line 1 where it is a root). `sealed_to` is the SHA-256 of the
    recipient's text, null where public. `at` is an hour (`2026-06-15T09:00Z`) for staff, a day for reporters and public
    documents.
    """

    type: str
    org: str | None
    subject: str
    version: int
    previous: str | None
    generation: int | None
    sealed_to: str | None
    author: str | None
    at: str
    body: dict[str, Any] = field(repr=False)

    @classmethod
    def new(
        cls,
        type_: str,
        subject: str,
        body: dict[str, Any],
        *,
        org: str | None,
        author: str | None,
        at: str,
        to: age.HybridRecipient | None = None,
        generation: int | None = None,
        after: Mark | None = None,
    ) -> Self:
        """Line 1 of the version that follows `after`, or of the first. `to` is whom it is sealed to, if anybody."""
        version, previous = chain.after(after)
        return cls(
            type=type_,
            org=org,
            subject=subject,
            version=version,
            previous=previous,
            generation=generation,
            sealed_to=recipient_sha256(to) if to else None,
            author=author,
            at=at,
            body=body,
        )

    def line(self) -> bytes:
        """The line as it will be signed, without its LF."""
        return canonical({"v": VERSION, **{key: getattr(self, key) for key in _KEYS[1:]}})


@dataclass(frozen=True)
class Signature:
    """The signature `sig` (64 bytes) of person `by` with the Ed25519 key `key` (32 bytes)."""

    by: str
    key: bytes
    sig: bytes


@dataclass(frozen=True)
class Signatures:
    """Line 2 of what staff seal and of public documents."""

    each: tuple[Signature, ...]


@dataclass(frozen=True)
class Mac:
    """Line 2 of what reporter and staff write to each other: HMAC-SHA256 under the thread key, 32 bytes."""

    mac: bytes


@dataclass(frozen=True)
class Unproved:
    """Line 2 of a first report and of a state: they prove nothing of their author."""


Proof = Signatures | Mac | Unproved


@dataclass(frozen=True)
class Document:
    """Line 1 as it stands, what it says, and line 2."""

    line: bytes = field(repr=False)
    header: Header
    proof: Proof

    @property
    def text(self) -> bytes:
        """Both lines, each with its LF: the whole of a public document."""
        return self.line + b"\n" + _proof_line(self.proof) + b"\n"

    @property
    def public_link(self) -> Link:
        """The place of a public document in its chain: its hash is that of its text."""
        return self.link(sha256_hex(self.text))

    def link(self, sha256: str) -> Link:
        """The place of the document in its chain, when its file has this hash."""
        return Link(Mark(self.header.version, sha256, self.header.generation), self.header.previous)

    def verify_signatures(self) -> tuple[Signature, ...]:
        """The signatures, each of which holds under its own key. Whose keys they are is for `Trust` to say.

        Raises `NotAuthentic` where there is none, or one does not hold.
        """
        if not isinstance(self.proof, Signatures) or not self.proof.each:
            raise NotAuthentic("unsigned")
        signed_bytes = bytes_signed(self.header.type, self.line)
        for signature in self.proof.each:
            verify_signature(signature, signed_bytes)
        return self.proof.each

    def verify_mac(self, thread_key: bytes) -> None:
        """Raises `NotAuthentic` unless somebody wrote the document who has the thread key."""
        mac = thread_mac(self.header.type, self.line, thread_key)
        if not isinstance(self.proof, Mac) or not hmac.compare_digest(self.proof.mac, mac):
            raise NotAuthentic("mac")


class Signer:
    """A person's Ed25519 key, as it signs."""

    def __init__(self, person: str, key: Ed25519PrivateKey) -> None:
        self.person = person
        self._key = key
        self.public_key = key.public_key().public_bytes_raw()

    def sign(self, type_: str, line: bytes) -> Signature:
        """The signature over `tern/v1/` + type + LF + line."""
        return self.sign_bytes(bytes_signed(type_, line))

    def sign_bytes(self, signed_bytes: bytes) -> Signature:
        """The signature over bytes that say themselves what they are for."""
        return Signature(self.person, self.public_key, self._key.sign(signed_bytes))


def bytes_signed(type_: str, line: bytes) -> bytes:
    """What signatures and MACs cover."""
    return f"tern/v1/{type_}\n".encode() + line


def verify_signature(signature: Signature, signed_bytes: bytes) -> None:
    """Raises `NotAuthentic` where the signature does not hold under its own key, or under such a key proves nothing."""
    try:
        _public_key(signature.key).verify(signature.sig, signed_bytes)
    except (InvalidSignature, ValueError):
        raise NotAuthentic("signature") from None


@lru_cache(maxsize=1024)  # a few people sign very much
def _public_key(key: bytes) -> Ed25519PublicKey:
    """Raises `ValueError`."""
    if not _is_somebodys(key):
        raise ValueError("a key for which anybody can sign")
    return Ed25519PublicKey.from_public_bytes(key)


def _is_somebodys(key: bytes) -> bool:
    """Whether a key has its one writing, and is none of the few for which signatures can be made without a secret.

    OpenSSL takes both; the browser's library takes neither (RFC 8032, 5.1.3).
    """
    y = int.from_bytes(key, "little") % 2**255
    return y < _FIELD and y not in _SMALL_ORDER


def thread_mac(type_: str, line: bytes, thread_key: bytes) -> bytes:
    """HMAC-SHA256 over `tern/v1/` + type + LF + line: 32 bytes, under the 32 bytes that the receipt gives."""
    return hmac.digest(thread_key, bytes_signed(type_, line), "sha256")


def signed(header: Header, *signers: Signer) -> Document:
    """The document under the signatures of these persons."""
    line = header.line()
    return Document(line, header, Signatures(tuple(signer.sign(header.type, line) for signer in signers)))


def maced(header: Header, thread_key: bytes) -> Document:
    """The document under the MAC of a thread; `thread_key` is 32 bytes."""
    line = header.line()
    return Document(line, header, Mac(thread_mac(header.type, line, thread_key)))


def bare(header: Header) -> Document:
    """A first report or a state, which nothing proves."""
    return Document(header.line(), header, Unproved())


def parse_document(text: bytes) -> Document:
    """The document in `text`: two lines, then nothing but spaces. Raises `Malformed`."""
    line, line_feed, rest = text.partition(b"\n")
    proof_line, second_line_feed, padding = rest.partition(b"\n")
    if not line_feed or not second_line_feed or padding.strip(b" "):
        raise Malformed("a document has two lines")
    header = _parse_header(line)
    document = Document(line, header, _parse_proof(proof_line, header.type))
    if TYPES[header.type].form is Form.PUBLIC and padding:
        raise Malformed("a public document is not padded")
    if not isinstance(document.proof, _proof_of(header.type)):
        raise Malformed("a document of this type is proved otherwise")
    return document


def seal(document: Document, recipient: age.HybridRecipient) -> bytes:
    """The document, padded to its class and sealed to the one recipient that its line 1 names."""
    if document.header.sealed_to != recipient_sha256(recipient):
        raise Malformed("the document names another recipient")
    return age.encrypt(pad_document(TYPES[document.header.type].size, document.text), [recipient])


def recipient_sha256(recipient: age.Recipient) -> str:
    """How documents name a recipient: the SHA-256 of its text."""
    return sha256_hex(str(recipient).encode())


def _parse_header(line: bytes) -> Header:
    members = parse_object(line)
    if tuple(members) != _KEYS or type(members["v"]) is not int or members["v"] != VERSION:
        raise Malformed("line 1 has other keys")
    header = Header(**{key: members[key] for key in _KEYS[1:]})
    of_type = TYPES.get(header.type) if isinstance(header.type, str) else None
    if of_type is None or not of_type.is_document:
        raise Malformed("a document of an unknown type")
    public = of_type.form is Form.PUBLIC
    for digest in (header.org, header.previous, header.sealed_to):
        if digest is not None:
            check_hash(digest)
    of_type.check_subject(header.subject)
    if header.author is not None:
        _check_signer(header.author, header.type)
    check_at(header.at)
    _require((header.org is None) == (header.type == "root" and header.version == 1))
    _require(_is_count(header.version))
    _require(header.version == 1 or of_type.chained)
    _require(header.generation is None or (not public and _is_count(header.generation)))
    _require((header.previous is None) == (header.version == 1))
    _require((header.sealed_to is None) == public)
    # A message to a reporter names no person of staff: the phone on which it is read may be seized.
    _require((header.author is None) == (_proof_of(header.type) is not Signatures))
    _require(isinstance(header.body, dict))
    return header


def _parse_proof(line: bytes, type_: str) -> Proof:
    members = parse_object(line)
    match members:
        case {"sigs": list(entries), **rest} if not rest:
            proof: Proof = Signatures(tuple(_parse_signature(entry, type_) for entry in entries))
        case {"mac": str(mac), **rest} if not rest:
            proof = Mac(unb64(mac, 32))
        case {**rest} if not rest:
            proof = Unproved()
        case _:
            raise Malformed("line 2 is none")
    if _proof_line(proof) != line:
        raise Malformed("line 2 is written otherwise")
    return proof


def _parse_signature(entry: object, type_: str) -> Signature:
    match entry:
        case {"by": str(by), "key": str(key), "sig": str(sig), **rest} if not rest:
            return Signature(_check_signer(by, type_), unb64(key, 32), unb64(sig, 64))
    raise Malformed("not a signature")


def _check_signer(text: object, type_: str) -> str:
    """The id of whoever may sign: a person, a paper of a root, or the service's one name."""
    if TYPES[type_].proved_by is ProvedBy.SERVICE:
        _require(text == SERVICE)
        return SERVICE
    is_papers = type_ == "root" and isinstance(text, str) and text.startswith("paper_")
    return check_id("paper" if is_papers else "per", text)


def parse_signatures(line: bytes) -> tuple[Signature, ...]:
    """The signatures in a JSON array, as a grant carries them. Raises `Malformed`."""
    proof = _parse_proof(b'{"sigs":' + line + b"}", "grant")
    return proof.each if isinstance(proof, Signatures) else ()


def write_signatures(signatures: tuple[Signature, ...]) -> bytes:
    """The JSON array that `parse_signatures` reads."""
    return _proof_line(Signatures(signatures)).removeprefix(b'{"sigs":').removesuffix(b"}")


def _proof_line(proof: Proof) -> bytes:
    if isinstance(proof, Signatures):
        sigs = [{"by": each.by, "key": b64(each.key), "sig": b64(each.sig)} for each in proof.each]
        return canonical({"sigs": sigs})
    return canonical({"mac": b64(proof.mac)}) if isinstance(proof, Mac) else b"{}"


def _proof_of(type_: str) -> type[Signatures] | type[Mac] | type[Unproved]:
    match TYPES[type_].proved_by:
        case ProvedBy.MAC:
            return Mac
        case ProvedBy.NOTHING:
            return Unproved
    return Signatures


def _is_count(value: object) -> bool:
    return type(value) is int and 1 <= value <= MOST


def _require(holds: bool) -> None:  # noqa: FBT001  its one argument is the point of it
    if not holds:
        raise Malformed("a field of line 1 has a value that it cannot have")
