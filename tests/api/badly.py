"""Every way in which a request can be wrong, and the problem that it is answered with."""

import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

from app.age import HEADER_SIZE
from app.http.bodies import DEPTH_LIMIT
from app.http.routing import JSON_LIMIT
from app.intake.attachments.uploads import OtherProtocol
from app.problems import (
    IdempotencyKeyRequired,
    InvalidCursor,
    InvalidRequest,
    LengthRequired,
    MalformedRequest,
    NotAnEnvelope,
    Problem,
    TooLarge,
    UnknownParameter,
    UnsupportedMediaType,
    VersionRequired,
)
from app.protocol.encoding import b64, canonical, unb64
from tests.api.forms import ABSENT, Form, path_of

# What somebody types where it does not belong. No answer may repeat it.
WORD = "Parnassius-apollo"

_STEP = str | int
_ROOM = JSON_LIMIT - 64 * 1024
_SHORT = 100  # a list of one id
_SEALED = re.compile("YWdlLWVuY3J5cHRpb24")  # how a sealed file begins in base64url
_ID = re.compile(r"[a-z]{3,7}_[0-9a-f]{32}")


@dataclass(frozen=True)
class Request:
    """What is sent. `streamed` has no Content-Length."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    query: str = ""
    content: bytes = b""
    streamed: bool = False


Wrong = tuple[str, Request, type[Problem]]


def rightly(route: str, form: Form) -> Request:
    """The request whose form is right."""
    content, headers = b"", {}
    if form.body is not None:
        content, headers = _json(form.body), {"Content-Type": "application/json"}
    elif form.files:
        content, headers = _joined(form.said, form.files), {"Content-Type": "application/octet-stream"}
    elif form.part:
        content, headers = form.part, {"Content-Type": "application/offset+octet-stream"}
    if form.acts_once:
        headers |= {"Idempotency-Key": "key"}
    if form.sees_version:
        headers |= {"If-Match": '"999"'}
    if form.tus:
        headers |= {"Tus-Resumable": "1.0.0"}
    return Request(route.partition(" ")[0], path_of(route, ABSENT), headers | dict(form.headers), content=content)


def in_every_way(route: str) -> Request:
    """A request with nothing right in it."""
    path = path_of(route, dict.fromkeys(ABSENT, WORD))
    return Request(route.partition(" ")[0], path, {"If-Match": WORD, "Content-Type": WORD}, f"?{WORD}={WORD}", b"{")


def in_one_way(route: str, form: Form) -> Iterator[Wrong]:
    """Requests that are wrong in one place each."""
    right = rightly(route, form)
    yield "an unknown parameter", replace(right, query=f"?{WORD}={WORD}"), UnknownParameter
    yield from _wrong_headers(right, form)
    yield from _wrong_queries(right, form)
    if right.content:
        yield from _wrong_bodies(right)
    if form.body is not None:
        yield from _wrong_json(right, form)
    yield from _wrong_files(right, form)


def _wrong_headers(right: Request, form: Form) -> Iterator[Wrong]:
    if form.acts_once:
        yield "no Idempotency-Key", _without(right, "Idempotency-Key"), IdempotencyKeyRequired
        yield "an empty Idempotency-Key", _with(right, "Idempotency-Key", ""), IdempotencyKeyRequired
        for key in (f"{WORD} {WORD}", "a" * 256):
            yield f"the Idempotency-Key {key}", _with(right, "Idempotency-Key", key), MalformedRequest
    if form.sees_version:
        yield "no If-Match", _without(right, "If-Match"), VersionRequired
        yield "an empty If-Match", _with(right, "If-Match", ""), VersionRequired
        yield "the If-Match *", _with(right, "If-Match", "*"), VersionRequired
        for tag in ("3", '"3', f'"{WORD} {WORD}"', f'"3", {WORD}'):
            yield f"the If-Match {tag}", _with(right, "If-Match", tag), MalformedRequest
    if form.tus:
        yield "no Tus-Resumable", _without(right, "Tus-Resumable"), OtherProtocol
        for version in ("", "1.0", "0.2.2", f"1.0.0,{WORD}"):
            yield f"the Tus-Resumable {version}", _with(right, "Tus-Resumable", version), OtherProtocol
        for name in ("Upload-Metadata", "Upload-Defer-Length", "Upload-Concat"):
            yield name, _with(right, name, WORD), InvalidRequest
    for name, id_ in form.headers.items():
        yield f"no {name}", _without(right, name), InvalidRequest
        for text in (WORD, *_other_spellings(id_)):
            yield f"the {name} {text!r}", _with(right, name, text), InvalidRequest


def _wrong_queries(right: Request, form: Form) -> Iterator[Wrong]:
    wrong: dict[str, type[Problem]] = {f"{name}={WORD}": InvalidRequest for name in form.query}
    if form.pages:
        wrong |= {f"limit={limit}": InvalidRequest for limit in ("0", "201", "-1", "1.5", "", WORD)}
        wrong |= {f"cursor={cursor}": InvalidCursor for cursor in ("", WORD, "%C3%A9", "A" * 1000)}
        wrong |= {f"cursor={'A' * 1001}": InvalidRequest}
    for query, problem in wrong.items():
        yield f"the query {query}", replace(right, query=f"?{query}"), problem


def _wrong_bodies(right: Request) -> Iterator[Wrong]:
    yield "another media type", _with(right, "Content-Type", f"text/{WORD}"), UnsupportedMediaType
    yield "no media type", _without(right, "Content-Type"), UnsupportedMediaType
    yield "no length", replace(right, streamed=True), LengthRequired
    yield "a length that is none", _with(right, "Content-Length", WORD), LengthRequired
    yield "too long a body", _with(right, "Content-Length", str(2**40)), TooLarge


def _wrong_json(right: Request, form: Form) -> Iterator[Wrong]:
    assert form.body is not None
    for content in (b"{", b"\xff", b'{"a": NaN}', b'{"a": "\\u0000"}', b'{"a": 1, "a": 1}', b"[" * 9999, b"1" * 9999):
        yield f"the body {content[:20]!r}", replace(right, content=content), MalformedRequest
    depths: dict[int, type[Problem]] = {
        DEPTH_LIMIT - 1: InvalidRequest,
        DEPTH_LIMIT: MalformedRequest,
        900: MalformedRequest,
    }
    for depth, refusal in depths.items():
        nested = b'{"%b": %b%b}' % (WORD.encode(), b"[" * depth, b"]" * depth)
        yield f"a body {depth} deep", replace(right, content=nested), refusal
    for content in (b"", b"[]", b"null", b"1", f'"{WORD}"'.encode()):
        yield f"the body {content!r}", replace(right, content=content), InvalidRequest
    for at, value in _places(form.body):
        where = "/".join(map(str, at))
        for what, text, problem in _wrong_values(value):
            yield f"{where} is {what}", replace(right, content=_json(_changed(form.body, at, text))), problem
        if isinstance(value, dict):
            with_another = _changed(form.body, at, value | {WORD: WORD})
            yield f"{where} with an unknown name", replace(right, content=_json(with_another)), InvalidRequest
        if at and isinstance(at[-1], str) and at[-1] not in form.optional:
            yield f"{where} is missing", replace(right, content=_json(_cut(form.body, at))), InvalidRequest


def _wrong_values(value: object) -> Iterator[tuple[str, object, type[Problem]]]:
    """What may not stand where this value does."""
    is_sealed = isinstance(value, str) and _SEALED.match(value)
    for other in ({WORD: WORD}, 7.5):
        yield f"{other}", other, NotAnEnvelope if is_sealed else InvalidRequest
    match value:
        case bool():
            for spelling in (1, 0, "true", "yes", WORD):
                yield f"{spelling!r}", spelling, InvalidRequest
        case str() if is_sealed:
            yield "a list", [value], NotAnEnvelope
            for what, text in _no_envelopes(value):
                yield what, text, NotAnEnvelope
        case str():
            yield "a list", [value], InvalidRequest
            yield "half of a surrogate pair", "\ud800", MalformedRequest
            yield "too long", WORD * 5000, InvalidRequest
            if _ID.fullmatch(value) or re.fullmatch(r"[0-9a-f]{64}|A{43}|A{86}|20\d\d-Q\d", value):
                for text in (WORD, "", *_other_spellings(value)):
                    yield f"{text!r}", text, InvalidRequest
        case list():
            # More than any list holds, of ids or of what is longer, and of what is long as many as a body holds.
            size = len(json.dumps(value))
            times = 2_000 // max(len(value), 1) + 1 if size < _SHORT else 501
            yield "too long", value * min(times, _ROOM // size), InvalidRequest
        case dict():
            yield "text", WORD, InvalidRequest
            yield "a list", [WORD], InvalidRequest


def _no_envelopes(text: str) -> Iterator[tuple[str, str]]:
    """A sealed file in JSON, damaged; and one that is written in another way than the one."""
    for what, file in _no_files(unb64(text)):
        yield what, b64(file)
    yield "one byte too long", b64(unb64(text) + b"\0")
    yield "text", WORD
    yield "padded", text + "="
    yield "in another alphabet", b64encode(unb64(text)).decode()
    yield "on two lines", text[:76] + "\n" + text[76:]


def _no_files(file: bytes) -> Iterator[tuple[str, bytes]]:
    """A sealed file, damaged where it shows without a key."""
    yield "empty", b""
    yield "cut short", file[:-1]
    yield "the header alone", file[:HEADER_SIZE]
    yield "of another version", file.replace(b"/v1\n", b"/v2\n", 1)
    other = file.replace(b"-> mlkem768x25519 ", b"-> mlkem768p256xx ", 1).replace(b"-> scrypt ", b"-> scrapt ", 1)
    yield "for another kind of key", other
    yield "garbage", bytes(len(file))


def _wrong_files(right: Request, form: Form) -> Iterator[Wrong]:
    for place, file in enumerate(form.files):
        for what, damaged in _no_files(file):
            files = (*form.files[:place], damaged, *form.files[place + 1 :])
            yield f"file {place} is {what}", replace(right, content=_joined(form.said, files)), NotAnEnvelope
    if form.said is None:
        return
    right_line = dict(form.said)
    rest = _joined(None, form.files)
    for line in (b"", b"{", b"[]", b"null", b"\xff", b'{"v":1,"v":1}', b'{"v":NaN}', b"[" * 300, WORD.encode()):
        yield f"the line {line[:20]!r}", replace(right, content=line + b"\n" + rest), InvalidRequest
    for said in (
        right_line | {WORD: WORD},
        right_line | {"v": 2},
        right_line | {"v": True},
        right_line | {"v": "1"},
        *({key: text for key, text in right_line.items() if key != name} for name in right_line),
        *(right_line | {name: {WORD: WORD}} for name in right_line),
        *(right_line | {name: None} for name in right_line),
        *(
            right_line | {name: text}
            for name, value in right_line.items()
            if isinstance(value, str) and _ID.fullmatch(value)
            for text in _other_spellings(value)
        ),
    ):
        yield f"the line {said}", replace(right, content=_joined(said, form.files)), InvalidRequest


def _other_spellings(text: str) -> list[str]:
    """What a careless reader would take for the same."""
    return [text.upper() if text != text.upper() else text.lower() + "=", text[:-1], text + "0", f"{text}="]


def _places(value: object, at: tuple[_STEP, ...] = ()) -> Iterator[tuple[tuple[_STEP, ...], object]]:
    """Every value in the JSON, with the way to it."""
    yield at, value
    inner: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, child in inner:
        yield from _places(child, (*at, step))


def _changed(body: object, at: tuple[_STEP, ...], value: object) -> object:
    if not at:
        return value
    changed: Any = deepcopy(body)
    place = changed
    for step in at[:-1]:
        place = place[step]
    place[at[-1]] = value
    return changed


def _cut(body: object, at: tuple[_STEP, ...]) -> object:
    changed: Any = deepcopy(body)
    place = changed
    for step in at[:-1]:
        place = place[step]
    del place[at[-1]]
    return changed


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def _joined(said: Mapping[str, object] | None, files: tuple[bytes, ...]) -> bytes:
    line = b"" if said is None else canonical(dict(said)) + b"\n"
    return line + b"".join(files)


def _with(right: Request, name: str, value: str) -> Request:
    return replace(right, headers={**right.headers, name: value})


def _without(right: Request, name: str) -> Request:
    return replace(right, headers={key: value for key, value in right.headers.items() if key != name})
