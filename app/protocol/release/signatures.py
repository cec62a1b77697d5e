"""Who signed a release, and the documents that vouch for them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from app.protocol.documents import Document, parse_document
from app.protocol.encoding import b64, check_hash, unb64
from app.protocol.errors import Malformed
from app.protocol.release.errors import ReleaseError

SIGNATURES: Final = "SHA256SUMS.sig"
SIGNERS: Final = "signers.jsonl"


class SignerPlace(StrEnum):
    """The two who sign, in whose place another may stand in."""

    REQUESTER = "requester"
    APPROVER = "approver"


@dataclass(frozen=True, slots=True)
class Signature:
    """`key` is a 32-byte Ed25519 public key; `by` the role of who has it, and up to composer 2 their id."""

    by: str
    key: bytes
    sig: bytes


def signed_bytes(sums_file: bytes) -> bytes:
    """What the two persons sign."""
    return b"tern/v1/release\n" + sums_file


def sign_sums(sums_file: bytes, *, by: str, key: Ed25519PrivateKey) -> Signature:
    """The signature of `by` over `SHA256SUMS`."""
    return Signature(by=by, key=key.public_key().public_bytes_raw(), sig=key.sign(signed_bytes(sums_file)))


def write_signatures(signatures: Sequence[Signature]) -> bytes:
    """`SHA256SUMS.sig`: one JSON line."""
    sigs = [{"by": each.by, "key": b64(each.key), "sig": b64(each.sig)} for each in signatures]
    return json.dumps({"sigs": sigs}, separators=(",", ":")).encode() + b"\n"


def read_signatures(content: bytes) -> tuple[Signature, ...]:
    """Raises `ReleaseError` for whatever `write_signatures` does not write."""
    try:
        signatures = tuple(
            Signature(by=str(each["by"]), key=unb64(str(each["key"]), 32), sig=unb64(str(each["sig"]), 64))
            for each in json.loads(content)["sigs"]
        )
    except (ValueError, KeyError, TypeError, RecursionError, Malformed):
        raise ReleaseError("SHA256SUMS.sig cannot be read") from None
    if write_signatures(signatures) != content:
        raise ReleaseError("SHA256SUMS.sig is not the one writing of these signatures")
    return signatures


def check_signature(signature: Signature, sums_file: bytes) -> None:
    """Raises `ReleaseError` where the signature is not by its key. Whose key it is, a certificate says."""
    try:
        Ed25519PublicKey.from_public_bytes(signature.key).verify(signature.sig, signed_bytes(sums_file))
    except (InvalidSignature, ValueError):
        raise ReleaseError(f"the signature of {signature.by} is not authentic") from None


@dataclass(frozen=True, slots=True)
class Signers:
    """What vouches for the two who sign: the roots from the pinned one on, then certificates; and the hashes of the
    certificates that the newest root keeps."""

    documents: tuple[Document, ...]
    kept: tuple[str, ...] = ()


def write_signers(signers: Signers) -> bytes:
    """`signers.jsonl`: each document a JSON string in a line; last, where the root keeps any, an array of hashes."""
    lines: list[object] = [document.text.decode() for document in signers.documents]
    if signers.kept:
        lines.append(sorted(signers.kept))
    return b"".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for line in lines)


def read_signers(content: bytes) -> Signers:
    """Raises `ReleaseError` for whatever `write_signers` does not write. What the documents are worth, a pin tells."""
    try:
        lines = [json.loads(line) for line in content.splitlines()]
        kept = tuple(map(check_hash, lines.pop())) if lines and isinstance(lines[-1], list) else ()
        signers = Signers(tuple(parse_document(line.encode()) for line in lines), kept)
        again = write_signers(signers)
    except (ValueError, AttributeError, RecursionError, Malformed):
        raise ReleaseError("signers.jsonl cannot be read") from None
    if again != content or not signers.documents:
        raise ReleaseError("signers.jsonl is not the one writing of these documents")
    return signers
