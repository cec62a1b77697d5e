"""A service that lies, and what it can make of what it knows."""

import json
from collections.abc import Callable, Iterable
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app import age
from app.protocol.documents import Signer, bytes_signed, recipient_sha256, thread_mac, write_signatures
from app.protocol.encoding import b64, canonical
from app.protocol.errors import NotAuthentic, NotMine
from app.protocol.sizes import Kind, classes

Lie = Callable[[bytes], bytes]


class EvilServer(httpx2.BaseTransport):
    """Between a client and the service. `lies` say by path what becomes of an answer; `written` is what got through.

    `answers` are those that the service itself does not give.
    `log`, where it is set, stands in the place of the lines of the key log.
    """

    def __init__(self, honest: httpx2.BaseTransport) -> None:
        self.lies: dict[str, Lie] = {}
        self.answers: dict[str, bytes] = {}
        self.log: list[bytes] | None = None
        self.written: list[str] = []
        self._honest = honest

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        reads_mailbox = request.url.path == "/v1/mailbox" and b'"kind":"read"' in request.read()
        if request.method != "GET" and not reads_mailbox:
            self.written.append(f"{request.method} {request.url.path}")
        if request.url.path in self.answers:
            return httpx2.Response(200, content=self.answers[request.url.path])
        response = self._honest.handle_request(request)
        if request.url.path == "/v1/key-log" and self.log is not None:
            first = int(request.url.params["from"]) - 1
            return httpx2.Response(200, content=b"".join(line + b"\n" for line in self.log[first:]))
        lie = self.lies.get(request.url.path)
        if lie is None:
            return response
        etag = {"ETag": response.headers["ETag"]} if "ETag" in response.headers else {}
        return httpx2.Response(response.status_code, headers=etag, content=lie(response.read()))


def in_json(change: Callable[[dict[str, Any]], None]) -> Lie:
    """A lie that changes the object in an answer."""

    def lie(content: bytes) -> bytes:
        said = json.loads(content)
        change(said)
        return canonical(said)

    return lie


def instead(content: bytes) -> Lie:
    return lambda _: content


def grant_file(person: str, grants: Iterable[bytes]) -> Lie:
    """Other files in the place of the grants to this grantee."""

    def change(said: dict[str, Any]) -> None:
        said["items"] = [{"grantee": person, "file": b64(grant)} for grant in grants]

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

    def document(self, line_1: dict[str, Any], kind: Kind, recipient: age.HybridRecipient) -> bytes:
        """A sealed document with this line 1, as well proved as it can be."""
        line = canonical(line_1)
        bare = line_1["type"] in ("report", "state")
        proof = {} if bare else {"mac": b64(thread_mac(line_1["type"], line, self.thread_key))}
        text = line + b"\n" + canonical(proof) + b"\n"
        return age.encrypt(text.ljust(classes(kind)[0], b" "), [recipient])

    def signed_document(
        self,
        line_1: dict[str, Any],
        kind: Kind,
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
        text = line + b"\n" + b'{"sigs":' + proof + b"}\n"
        return age.encrypt(text.ljust(classes(kind)[0], b" "), [recipient])

    def grant(self, header: dict[str, Any], recipient: age.HybridRecipient, *, as_: str | None) -> bytes:
        """Its own secret in a grant that says `header`, signed with its own key under the name `as_`, or unsigned."""
        line = canonical(header)
        signatures = (self.signer(as_).sign("grant", line),) if as_ else ()
        text = b"\n".join(
            [b"# tern-grant " + line, b"# sigs " + write_signatures(signatures), str(self.secret).encode()]
        )
        padded = (text + b"\n# ").ljust(classes(Kind.GRANT)[0] - 1, b" ") + b"\n"
        return age.encrypt(padded, [recipient])

    def grant_header(self, org: str, subject: str, grantee: str, to: age.HybridRecipient) -> dict[str, Any]:
        """What a grant says that is as good as it gets, up to who granted it."""
        return {
            "v": 1,
            "org": org,
            "subject": subject,
            "generation": 1,
            "recipient": recipient_sha256(self.secret.recipient),
            "grantee": grantee,
            "sealed_to": recipient_sha256(to),
        }


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
