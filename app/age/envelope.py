"""The strict envelope: what can be said of a sealed file without any key.

Its header is one `mlkem768x25519` stanza and nothing else, so it has one length, and only base 64 varies in it. The one
exception is a file under a passphrase, where a caller asks for such a file.
"""

import re
from collections.abc import Container

from app.age import encoding, header, mlkem768x25519, stream
from app.age.errors import EnvelopeError
from app.age.header import Stanza

# 1120 and 32 bytes in base 64. The last character of each has bits to spare, which are zero in the canonical form.
_SHARE = rb"[A-Za-z0-9+/]{1493}[AQgw]"
_32_BYTES = rb"[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]"
_HEADER = re.compile(
    rb"age-encryption\.org/v1\n-> mlkem768x25519 " + _SHARE + rb"\n" + _32_BYTES + rb"\n--- " + _32_BYTES + rb"\n"
)

# Of a file under a passphrase, up to the work factor that other implementations write: two digits, so one length too.
_PASSPHRASE_HEADER = re.compile(
    rb"age-encryption\.org/v1\n-> scrypt [A-Za-z0-9+/]{21}[AQgw] 1[0-8]\n" + _32_BYTES + rb"\n--- " + _32_BYTES + rb"\n"
)

HEADER_SIZE = len("age-encryption.org/v1\n-> mlkem768x25519 \n\n--- \n") + 1494 + 43 + 43
_PASSPHRASE_HEADER_SIZE = len("age-encryption.org/v1\n-> scrypt  18\n\n--- \n") + 22 + 43 + 43


def encrypted_size(plaintext_size: int) -> int:
    """Bytes of the file that seals a plaintext of this many bytes to one `mlkem768x25519` recipient."""
    return HEADER_SIZE + stream.sealed_size(plaintext_size)


def check_envelope(start: bytes, *, size: int | None = None, sizes: Container[int] | None = None) -> None:
    """Raises `EnvelopeError` unless the file has exactly one canonical `mlkem768x25519` stanza and a framed payload.

    `start` is the file, or its first `HEADER_SIZE` bytes or more; `size` is that of the whole file where `start` is
    not all of it. `sizes` are the sizes of sealed files that are allowed, each an `encrypted_size`; without it any
    size is that some plaintext gives.
    """
    size = len(start) if size is None else size
    if not _HEADER.match(start):
        raise EnvelopeError("not one mlkem768x25519 stanza")
    if not stream.is_framed(size - HEADER_SIZE) or (sizes is not None and size not in sizes):
        raise EnvelopeError("a length that no allowed plaintext has")


def passphrase_encrypted_size(plaintext_size: int) -> int:
    """The same of a file under a passphrase."""
    return _PASSPHRASE_HEADER_SIZE + stream.sealed_size(plaintext_size)


def check_passphrase_envelope(file: bytes, *, sizes: Container[int]) -> None:
    """Raises `EnvelopeError` unless the whole file has exactly one canonical `scrypt` stanza and one of these sizes.

    Its factor is from 10 to 18; each size is a `passphrase_encrypted_size`.
    """
    if not _PASSPHRASE_HEADER.match(file):
        raise EnvelopeError("not one scrypt stanza")
    if len(file) not in sizes:
        raise EnvelopeError("a length that no allowed plaintext has")


def envelope_of(*, share: bytes, wrapped: bytes, mac: bytes) -> bytes:
    """The head of a file that nobody sealed, for what must look like one: 1120, 32 and 32 bytes, in their places."""
    stanza = Stanza((mlkem768x25519.STANZA_TYPE, encoding.encode(share).decode()), wrapped)
    return b"%s\n%s--- %s\n" % (header.VERSION_LINE, stanza.serialize(), encoding.encode(mac))
