"""A service that lies, and what it can make of what it knows."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app import age
from app.protocol.documents import Signer, bytes_signed, recipient_sha256, thread_mac, write_signatures
from app.protocol.encoding import b64, canonical, new_id
from app.protocol.errors import NotAuthentic, NotMine
from app.protocol.sizes import classes
from app.protocol.types import TYPES, Form, ProvedBy

Lie = Callable[[bytes], bytes]
HASH = "0" * 64

# On a test in which the service shows a client something of this type that it made; with `older=True`, something that
# is authentic and not the newest. `test_every_type_is_attacked` finds out by it for which type there is no such test.
attacks = pytest.mark.attacks


class EvilServer(httpx2.BaseTransport):
    """Between a client and the service. `lies` say by path what becomes of an answer; `written` is what got through.

    `answers` are those that the service itself does not give.
    `log` and `staff_log`, where they are set, stand in the place of the lines of the key log and the staff log.
    """

    def __init__(self, honest: httpx2.BaseTransport) -> None:
        self.lies: dict[str, Lie] = {}
        self.answers: dict[str, bytes] = {}
        self.log: list[bytes] | None = None
        self.staff_log: list[bytes] | None = None
        self.written: list[str] = []
        self._honest = honest

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        reads = any(kind in request.read() for kind in (b'"kind":"read"', b'"kind":"recall"'))
        reads_mailbox = request.url.path == "/v1/mailbox" and reads
        if request.method != "GET" and not reads_mailbox:
            self.written.append(f"{request.method} {request.url.path}")
        if request.url.path in self.answers:
            return _answer(self.answers[request.url.path])
        response = self._honest.handle_request(request)
        logs = {"/v1/key-log": self.log, "/v1/staff-log": self.staff_log}
        if (lines := logs.get(request.url.path)) is not None:
            first = int(request.url.params["from"]) - 1
            return _answer(b"".join(line + b"\n" for line in lines[first:]))
        lie = self.lies.get(request.url.path)
        if lie is None:
            return response
        etag = {"ETag": response.headers["ETag"]} if "ETag" in response.headers else {}
        return _answer(lie(response.read()), response.status_code, etag)


class _Wire(httpx2.SyncByteStream):
    def __init__(self, content: bytes) -> None:
        self._content = content

    def __iter__(self) -> Iterator[bytes]:
        yield self._content


def _answer(content: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> httpx2.Response:
    """As it comes from a wire: clients read what has not been read yet."""
    return httpx2.Response(status, headers=headers, stream=_Wire(content))


def in_json(change: Callable[[dict[str, Any]], None]) -> Lie:
    """A lie that changes the object in an answer."""

    def lie(content: bytes) -> bytes:
        said = json.loads(content)
        change(said)
        return canonical(said)

    return lie


def instead(content: bytes) -> Lie:
    return lambda _: content


def grant_file(person: str, grants: Iterable[bytes], *, among: str = "items") -> Lie:
    """Other files in the place of the grants to this grantee, which stand under this name."""

    def change(said: dict[str, Any]) -> None:
        said[among] = [{"grantee": person, "file": b64(grant)} for grant in grants]

    return in_json(change)


class Attacker:
    """Whoever holds the service: every recipient is known to it, no key of a person and no thread key is."""

    def __init__(self) -> None:
        self.secret = age.generate()
        self.thread_key = bytes(32)
        self._key = Ed25519PrivateKey.generate()

    def signer(self, as_: str) -> Signer:
        """Its own key, under somebody's name."""
        return Signer(as_, self._key)

    def document(self, line_1: dict[str, Any], type_: str, recipient: age.HybridRecipient) -> bytes:
        """A sealed document with this line 1 and the length of this type, as well proved as it can be."""
        line = canonical(line_1)
        bare = TYPES[line_1["type"]].proved_by is ProvedBy.NOTHING
        proof = {} if bare else {"mac": b64(thread_mac(line_1["type"], line, self.thread_key))}
        return _sealed(line + b"\n" + canonical(proof) + b"\n", type_, recipient)

    def signed_document(
        self,
        line_1: dict[str, Any],
        type_: str,
        recipient: age.HybridRecipient,
        *,
        signer: Signer | None = None,
        as_: str = "",
        shown_key: str | None = None,
    ) -> bytes:
        """A sealed document with this line 1, signed by a conspirator, or with its own key under the name `as_`.

        `shown_key` stands in the place of its own, as if the signature were that key's.
        """
        line = canonical(line_1)
        proof = write_signatures(((signer or self.signer(as_)).sign(line_1["type"], line),))
        if shown_key:
            proof = proof.replace(b64(self.signer(as_).public_key).encode(), shown_key.encode())
        return _sealed(line + b"\n" + b'{"sigs":' + proof + b"}\n", type_, recipient)

    def grant(self, header: dict[str, Any], recipient: age.HybridRecipient, *, as_: str | None) -> bytes:
        """Its own secret in a grant that says `header`, signed with its own key under the name `as_`, or unsigned."""
        line = canonical(header)
        signatures = (self.signer(as_).sign("grant", line),) if as_ else ()
        text = b"\n".join(
            [b"# tern-grant " + line, b"# sigs " + write_signatures(signatures), str(self.secret).encode()]
        )
        padded = (text + b"\n# ").ljust(classes(TYPES["grant"].size)[0] - 1, b" ") + b"\n"
        return age.encrypt(padded, [recipient])

    def grant_header(self, org: str, subject: str, grantee: str, to: age.HybridRecipient) -> dict[str, Any]:
        """What a grant says that is as good as it gets, up to who granted it and what of a case they had seen."""
        return {
            "v": 1,
            "org": org,
            "subject": subject,
            "generation": 1,
            "recipient": recipient_sha256(self.secret.recipient),
            "grantee": grantee,
            "sealed_to": recipient_sha256(to),
        }


def _sealed(text: bytes, type_: str, recipient: age.HybridRecipient) -> bytes:
    return age.encrypt(text.ljust(classes(TYPES[type_].size)[0], b" "), [recipient])


Forgery = tuple[dict[str, Any], str]
Test = TypeVar("Test", bound=Callable[..., None])


def each_forgery(type_: str, *more: Forgery, **finds: str | None) -> Callable[[Test], Test]:
    """Tries a test with all documents of a type that the service can make: `changes` of line 1, and for what `reason`.

    They follow from the table. `finds` says by their names what a client finds instead; None, that it cannot know.
    """
    rows = forgeries(type_, *more, **finds)
    params = [pytest.param(changes, reason, id=name) for name, (changes, reason) in rows.items()]

    def mark(test: Test) -> Test:
        marked: Test = attacks(type_)(pytest.mark.parametrize(("changes", "reason"), params)(test))
        return marked

    return mark


def forgeries(type_: str, *more: Forgery, **finds: str | None) -> dict[str, Forgery]:
    """The same by their names, for a test that shows them all at once."""
    rows = {**_forgeries(type_), **{f"also {number}": each for number, each in enumerate(more, start=1)}}
    assert finds.keys() <= {name.replace(" ", "_") for name in rows}, finds
    found = {name: (changes, finds.get(name.replace(" ", "_"), reason)) for name, (changes, reason) in rows.items()}
    return {name: (changes, reason) for name, (changes, reason) in found.items() if reason is not None}


def _forgeries(type_: str) -> dict[str, Forgery]:
    of = TYPES[type_]
    signed = of.proved_by is ProvedBy.ONE
    # What stops the client where nothing else is wrong; of what nothing proves, that it has seen another.
    proof = {ProvedBy.ONE: "signature", ProvedBy.MAC: "mac", ProvedBy.NOTHING: "version"}[of.proved_by]
    others = [each for each in TYPES.values() if each.form is Form.SEALED and each.name != type_]
    alike = min(
        (each for each in others if each.proved_by is of.proved_by),
        key=lambda each: set(of.subjects[:1]).isdisjoint(each.subjects),
    ).name
    unlike = next(each.name for each in others if (each.proved_by is ProvedBy.ONE) != signed)
    forgeries: dict[str, Forgery] = {
        "nothing": ({}, proof),
        "format": ({"v": 2}, "malformed"),
        "type": ({"type": alike}, "type"),
        "type of others": ({"type": unlike}, "malformed"),
        "org": ({"org": HASH}, "org"),
        # Of what there is one of, there is no other.
        "subject": ({"subject": new_id(of.subjects[0])}, "subject") if of.subjects else ({"subject": ""}, "malformed"),
        "subject of another kind": ({"subject": new_id("inv")}, "malformed"),
        "version": ({"version": 2}, "malformed"),
        "later version": ({"version": 2, "previous": HASH}, proof if of.chained else "malformed"),
        "previous": ({"previous": HASH}, "malformed"),
        "generation": ({"generation": 2}, proof),
        "recipient": ({"sealed_to": HASH}, "sealed_to"),
        "author": ({"author": new_id("per")}, proof if signed else "malformed"),
        "day": ({"at": "2026-06-14T09:00Z" if signed else "2026-06-14"}, proof),
        "body": ({"body": {}}, proof),
    }
    if signed:
        forgeries["nobody"] = ({"author": None}, "malformed")
        # Where an entry's number is its order, no clock decides whether it counts.
        forgeries["future"] = ({"at": "2026-06-17T09:00Z"}, proof if of.numbered else "at")
    return forgeries


def signed_head(key: Ed25519PrivateKey, n: int, hash_: str) -> dict[str, Any]:
    """The head of a key log under this key: the service's own signs whatever the attacker wants."""
    line = canonical({"n": n, "hash": hash_})
    sig = key.sign(bytes_signed("key-log-head", line))
    return {"n": n, "hash": hash_, "key": b64(key.public_key().public_bytes_raw()), "sig": b64(sig)}


def stops(evil: EvilServer, act: Callable[[], object], reason: str) -> None:
    """The client finds it out for this reason, and no request that writes has left it."""
    with pytest.raises((NotAuthentic, NotMine)) as caught:
        act()

    assert getattr(caught.value, "reason", "another key") == reason
    assert evil.written == []
