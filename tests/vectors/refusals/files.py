"""Sealed files as a hostile service could hand them out (docs/protocol.md, sections 2 and 9)."""

from collections.abc import Iterator
from typing import Any

from app.protocol.encoding import b64
from tests.vectors.make_mailbox import FILE
from tests.vectors.refusals.vector import Vector, not_authentic, not_mine

# Where the parts of a sealed file begin (docs/protocol.md, section 2, has its header's length).
_VERSION, _STANZA, _SHARE, _BODY, _MAC_LINE, _MAC, _NONCE, _PAYLOAD = 0, 22, 40, 1535, 1579, 1583, 1627, 1643
_END = 5755


def envelopes() -> Iterator[Vector]:
    """Given are edits, made one after the other, to the file of `of_a_thread` in `sealed.json`.

    Each takes `cut` bytes out at place `at` and puts others in.
    """
    rule = "a file is one canonical stanza and a payload of an allowed length"
    yield Vector(rule, "as it is", _edited())
    for name, edits in (
        ("another version", [_put(_VERSION, b"age-encryption.org/v2")]),
        ("CR LF", [_put(21, b"\r\n", cut=1)]),
        ("of the kind X25519", [_put(_STANZA, b"-> X25519 ", cut=18)]),
        ("of another kind", [_put(_STANZA + 3, b"mlkem768x25518")]),
        ("an argument more", [_put(_SHARE, b"A ", cut=0)]),
        ("an argument less", [_put(_SHARE - 1, b"", cut=1495)]),
        ("a stanza before it", [_put(_STANZA, b"-> grease\n\n", cut=0)]),
        ("a stanza behind it", [_put(_MAC_LINE, b"-> grease\n\n", cut=0)]),
        ("spare bits in the share", [_put(_SHARE + 1493, b"B")]),
        ("a share that is a character shorter", [_put(_SHARE, b"", cut=1)]),
        ("spare bits in the wrapped key", [_put(_BODY + 42, b"B")]),
        ("a wrapped key that is a character shorter", [_put(_BODY, b"", cut=1)]),
        ("a second line of the wrapped key", [_put(_BODY + 43, b"\nAAAA", cut=0)]),
        ("spare bits in the MAC", [_put(_MAC + 42, b"B")]),
        ("a MAC in padded base64", [_put(_MAC + 43, b"=", cut=0)]),
        ("no MAC", [_put(_MAC_LINE, b"---", cut=47)]),
        ("a letter of no base64", [_put(_SHARE, b"-")]),
        ("a byte that is no ASCII", [_put(_SHARE, b"\xff")]),
        ("a byte before it", [_put(0, b"\n", cut=0)]),
        ("a byte behind it", [_put(_END, b"\0", cut=0)]),
        ("a byte less", [_put(_END - 1, b"", cut=1)]),
        ("the header alone", [_put(_NONCE, b"", cut=_END)]),
        ("nothing", [_put(0, b"", cut=_END)]),
        ("armored", [_put(0, b"-----BEGIN AGE ENCRYPTED FILE-----\n", cut=35)]),
    ):
        yield Vector(rule, name, _edited(*edits), not_authentic("envelope"))

    rule = "a file that is sealed to this identity decrypts, whole"
    for name, at in (("header's MAC", _MAC), ("nonce", _NONCE), ("payload", _PAYLOAD), ("payload's end", _END - 8)):
        yield Vector(rule, f"its {name} changed", _edited(_put(at, b"AAAAAAAA")), not_authentic("ciphertext"))
    for name, at in (("share", _SHARE), ("wrapped key", _BODY)):
        yield Vector(rule, f"its {name} changed", _edited(_put(at, b"AAAAAAAA")), not_mine())


def attachments() -> Iterator[Vector]:
    """Given are the attachment that a document lists, and the hashes of the file that came for it."""
    rule = "a file is the one that the document lists: its ciphertext, then its plaintext"
    listed = FILE.body()
    hashes = {key: listed[key] for key in ("ciphertext_sha256", "plaintext_sha256")}
    yield Vector(rule, "the file", {"attachment": listed, **hashes})
    for key, reason in (
        ("ciphertext_sha256", "attachment-ciphertext"),
        ("plaintext_sha256", "attachment-plaintext"),
    ):
        given = {"attachment": listed, **hashes, key: "0" * 64}
        yield Vector(rule, f"another {key}", given, not_authentic(reason))


def _put(at: int, content: bytes, *, cut: int | None = None) -> dict[str, Any]:
    """`content` in the place of `cut` bytes, or of as many as it has."""
    return {"at": at, "cut": len(content) if cut is None else cut, "put": b64(content)}


def _edited(*edits: dict[str, Any]) -> dict[str, Any]:
    return {"edits": list(edits)}
