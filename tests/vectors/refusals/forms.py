"""The two lines of a document (docs/protocol.md, section 3): whatever the table does not allow is malformed."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from app.protocol.documents import Header, bare, maced, recipient_sha256, signed
from app.protocol.encoding import MOST, b64, unb64
from tests.vectors.make import (
    APPROVAL,
    CASE,
    CASE_KEY,
    CASEWORKER,
    CERTIFICATES,
    EPOCH,
    HOUR,
    ORG,
    REPORT,
    ROOT,
    SUPERVISOR,
    THREAD_KEY,
    THREAD_STATE,
)
from tests.vectors.refusals.vector import Vector, malformed

HASH = "b" * 64
CERTIFICATE = CERTIFICATES[0]
REPORTED = replace(THREAD_STATE, type="report", generation=1, body={"text": "…"})
SAID = replace(THREAD_STATE, type="message.reporter", body={"number": 1})
REPLIED = replace(THREAD_STATE, type="message.staff", body={"number": 1})
STATE = replace(THREAD_STATE, type="state", body={"state": "accepted"})
# Signed and public, and read by a reporter's client too.
SERVICE = replace(CERTIFICATE.header, type="service-key", subject="service-key", body={"key": b64(bytes(32))})
# What breaks one of these, which staff alone read, breaks the other, which everybody reads.
READ_BY_ALL = {"approval": THREAD_STATE, "certificate": SERVICE}


def documents() -> Iterator[Vector]:
    """What a reporter's client and staff's read alike."""
    yield from _genuine()
    yield from _first_lines()
    yield from _second_lines()
    yield from _texts()


def documents_of_staff() -> Iterator[Vector]:
    """What a reporter's client asks for nowhere, and knows no type of."""
    rule = "a document is two lines of a known type"
    following = replace(APPROVAL.header, type="consent", version=2, previous=HASH, generation=7)
    for name, document in (
        ("a certificate", CERTIFICATE),
        ("the next certificate", signed(replace(CERTIFICATE.header, version=2, previous=HASH), SUPERVISOR.signer)),
        ("an approval", APPROVAL),
        ("a next version", signed(following, CASEWORKER.signer)),
    ):
        yield Vector(rule, name, {"text": document.text.decode()})
    yield Vector(rule, "padded with spaces", {"text": APPROVAL.text.decode() + " " * 100})
    once = "an approval is written once"
    second = {"version": 2, "previous": HASH}
    yield Vector(once, "a second version", {"text": _with(APPROVAL.header, second)}, malformed())
    about = "the subject is an id of the kind that the type is about"
    for header, subject in ((APPROVAL.header, EPOCH), (CERTIFICATE.header, CASE)):
        given = {"text": _with(header, {"subject": subject})}
        yield Vector(about, f"{header.type}: {subject}", given, malformed())


def _genuine() -> Iterator[Vector]:
    rule = "a document is two lines of a known type"
    highest = replace(THREAD_STATE, version=MOST, previous=HASH, generation=MOST)
    for name, document in (
        ("a root", ROOT),
        ("a service key", signed(SERVICE, SUPERVISOR.signer)),
        ("the next service key", signed(replace(SERVICE, version=2, previous=HASH), SUPERVISOR.signer)),
        ("a thread state", maced(THREAD_STATE, THREAD_KEY)),
        ("the next thread state", maced(replace(THREAD_STATE, version=2, previous=HASH), THREAD_KEY)),
        ("a reporter's message", maced(SAID, THREAD_KEY)),
        ("a reply", maced(REPLIED, THREAD_KEY)),
        ("a report", bare(REPORTED)),
        ("a state", bare(STATE)),
        ("a tenth state", bare(replace(STATE, version=10, previous=HASH))),
        ("the highest version and generation", maced(highest, THREAD_KEY)),
    ):
        yield Vector(rule, name, {"text": document.text.decode()})
    yield Vector(rule, "padded with spaces", {"text": maced(THREAD_STATE, THREAD_KEY).text.decode() + " " * 100})


def _first_lines() -> Iterator[Vector]:
    rules: dict[str, tuple[str, list[tuple[str, Header, object]]]] = {
        "v": ("the format is 1", [(repr(value), APPROVAL.header, value) for value in (0, 2, True, 1.0, "1", None)]),
        "type": (
            "the type is one of the table",
            [(repr(value), APPROVAL.header, value) for value in ("", "Approval", "grant", "toString", None, 1)],
        ),
        "org": (
            "org is the pin, and null in the first root alone",
            [
                ("null in an approval", APPROVAL.header, None),
                ("null in a certificate", CERTIFICATE.header, None),
                ("null in a thread state", THREAD_STATE, None),
                ("the pin in the first root", ROOT.header, ORG),
                ("upper case", APPROVAL.header, ORG.upper()),
                ("no hash", APPROVAL.header, "org"),
                ("a number", APPROVAL.header, 1),
            ],
        ),
        "subject": (
            "the subject is an id, or the type where the organisation has one of it",
            [
                ("another word in a root", ROOT.header, "roots"),
                ("an id in a root", ROOT.header, CASE),
                ("a word in a certificate", CERTIFICATE.header, "certificate"),
                ("upper case", APPROVAL.header, CASE.upper()),
                ("upper case in a thread state", THREAD_STATE, REPORT.upper()),
                ("a word", APPROVAL.header, "approval"),
                ("null", APPROVAL.header, None),
                ("its own word in a thread state", THREAD_STATE, "thread-state"),
                ("a case in a thread state", THREAD_STATE, CASE),
                ("a case in a report", REPORTED, CASE),
                ("another word in a service key", SERVICE, "root"),
                ("null in a root", ROOT.header, None),
            ],
        ),
        "version": (
            "versions count from 1",
            [(repr(value), APPROVAL.header, value) for value in (0, -1, 2**53, 1.5, 1.0, True, "1", None)],
        ),
        "previous": (
            "previous is null exactly in the first version",
            [
                ("a hash in the first", APPROVAL.header, HASH),
                ("null in the second", replace(THREAD_STATE, version=2), None),
                ("no hash in the second", replace(THREAD_STATE, version=2), "first"),
                ("upper case in the second", replace(THREAD_STATE, version=2), HASH.upper()),
                ("a number", replace(THREAD_STATE, version=2), 1),
            ],
        ),
        "generation": (
            "generations count from 1, and what is public has none",
            [
                *((repr(value), APPROVAL.header, value) for value in (0, -1, 2**53, 1.5, True, "1")),
                ("in a certificate", CERTIFICATE.header, 1),
                ("in a root", ROOT.header, 1),
            ],
        ),
        "sealed_to": (
            "sealed_to is null exactly where it is public",
            [
                ("null in an approval", APPROVAL.header, None),
                ("null in a report", REPORTED, None),
                ("a hash in a certificate", CERTIFICATE.header, HASH),
                ("a hash in a root", ROOT.header, HASH),
                ("the recipient itself", APPROVAL.header, str(CASE_KEY.recipient)),
                ("upper case", APPROVAL.header, recipient_sha256(CASE_KEY.recipient).upper()),
            ],
        ),
        "author": (
            "an author is named exactly where somebody signs",
            [
                ("null in an approval", APPROVAL.header, None),
                ("null in a certificate", CERTIFICATE.header, None),
                ("null in a root", ROOT.header, None),
                ("an id of something else in a root", ROOT.header, CASE),
                ("a name in a root", ROOT.header, "somebody"),
                ("a number in a root", ROOT.header, 2),
                ("a person in a thread state", THREAD_STATE, CASEWORKER.id),
                ("a person in a reporter's message", SAID, CASEWORKER.id),
                ("a person in a reply", REPLIED, CASEWORKER.id),
                ("a person in a report", REPORTED, CASEWORKER.id),
                ("a person in a state", STATE, CASEWORKER.id),
                ("an id of something else", APPROVAL.header, CASE),
                ("a name", APPROVAL.header, "somebody"),
                ("a number", APPROVAL.header, 2),
            ],
        ),
        "at": (
            "at is a day or a whole hour",
            [
                (repr(value), APPROVAL.header, value)
                for value in (
                    *("", "2026-06-15T09:17Z", "2026-06-31", "today", None),
                    *("0001-01-01", "1899-12-31", "9000-01-01", "9999-12-31T23:00Z"),
                )
            ],
        ),
        "body": (
            "a body is an object",
            [("null", APPROVAL.header, None), ("a list", APPROVAL.header, []), ("a text", APPROVAL.header, "")],
        ),
    }
    for key, (rule, broken) in rules.items():
        for name, header, value in broken:
            yield Vector(rule, f"{key}: {name}", {"text": _with(header, {key: value})}, malformed())
            known = READ_BY_ALL.get(header.type)
            if known and (text := _with(known, {key: value})) != _with(known, {}):
                yield Vector(rule, f"{key}: {name} (as {known.type})", {"text": text}, malformed())
    once = "a report and each message are written once"
    for header in (REPORTED, SAID, REPLIED):
        second = {"version": 2, "previous": HASH}
        yield Vector(once, f"a second version of a {header.type}", {"text": _with(header, second)}, malformed())
    shape = "line 1 has its keys, in their order, and no others"
    for header in (APPROVAL.header, THREAD_STATE):
        said = json.loads(header.line())
        for name, line in (
            ("in another order", dict(reversed(said.items()))),
            ("type before v", {"type": said["type"], **said}),
            ("one more", {**said, "more": 1}),
            ("one more before them", {"a": 1, **said}),
            *((f"without {key}", {each: said[each] for each in said if each != key}) for key in said),
        ):
            given = {"text": _text(line, _second(header))}
            yield Vector(shape, f"{header.type}: {name}", given, malformed())


def _second_lines() -> Iterator[Vector]:
    proved = "line 2 is of the kind that the type wants"
    sigs, mac, nothing = _second(SERVICE), _second(THREAD_STATE), "{}"
    for header, proofs in (
        (APPROVAL.header, (mac, nothing)),
        (CERTIFICATE.header, (mac, nothing)),
        (SERVICE, (mac, nothing)),
        (ROOT.header, (mac, nothing)),
        (THREAD_STATE, (sigs, nothing)),
        (SAID, (sigs, nothing)),
        (REPLIED, (sigs, nothing)),
        (REPORTED, (sigs, mac)),
        (STATE, (sigs, mac)),
    ):
        for proof in proofs:
            text = f"{header.line().decode()}\n{proof}\n"
            yield Vector(proved, f"{header.type} with {proof[:6]}", {"text": text}, malformed())
    written = "line 2 has one writing"
    line = SERVICE.line().decode()
    one = json.loads(sigs)["sigs"][0]
    sig = unb64(one["sig"])
    for name, second in (
        ("a space", sigs.replace(":[", ": [")),
        ("a space behind it", sigs + " "),
        ("keys in another order", _line({"sigs": [dict(reversed(one.items()))]})),
        ("one key more", _line({"sigs": [{**one, "more": 1}]})),
        ("one key less", _line({"sigs": [{"key": one["key"], "sig": one["sig"]}]})),
        ("something beside the signatures", _line({"sigs": [one], "mac": b64(bytes(32))})),
        ("a signature of 63 bytes", _line({"sigs": [{**one, "sig": b64(sig[1:])}]})),
        ("a signature of 65 bytes", _line({"sigs": [{**one, "sig": b64(sig + b"!")}]})),
        ("a key that is null", _line({"sigs": [{**one, "key": None}]})),
        ("a signature that is null", _line({"sigs": [{**one, "sig": None}]})),
        ("a key of 31 bytes", _line({"sigs": [{**one, "key": b64(unb64(one["key"])[1:])}]})),
        ("padded", _line({"sigs": [{**one, "sig": one["sig"] + "=="}]})),
        ("by something else than a person", _line({"sigs": [{**one, "by": CASE}]})),
        ("by nobody", _line({"sigs": [{**one, "by": None}]})),
        ("one signature without a list", _line({"sigs": one})),
        ("a signature that is a text", _line({"sigs": [one["sig"]]})),
        ("null", _line({"sigs": None})),
        ("a list", "[]"),
        ("another name", _line({"signatures": [one]})),
        ("nothing", ""),
    ):
        yield Vector(written, name, {"text": f"{line}\n{second}\n"}, malformed())
    for name, second in (
        ("a MAC of 31 bytes", _line({"mac": b64(bytes(31))})),
        ("a MAC of 33 bytes", _line({"mac": b64(bytes(33))})),
        ("a MAC in hexadecimal", _line({"mac": "0" * 64})),
        ("a MAC that is null", _line({"mac": None})),
        ("a MAC and more", _line({"mac": b64(bytes(32)), "more": 1})),
        ("a MAC with a space", '{"mac": "' + b64(bytes(32)) + '"}'),
    ):
        yield Vector(written, name, {"text": f"{THREAD_STATE.line().decode()}\n{second}\n"}, malformed())
    yield Vector(written, "nothing, with a space", {"text": f"{STATE.line().decode()}\n{{ }}\n"}, malformed())


def _texts() -> Iterator[Vector]:
    rule = "a document is two lines, each with its LF, and spaces; what is public is not padded"
    text, public = maced(THREAD_STATE, THREAD_KEY).text.decode(), signed(SERVICE, SUPERVISOR.signer).text.decode()
    line, second = text.split("\n")[:2]
    for name, changed in (
        ("nothing", ""),
        ("one line", line + "\n"),
        ("no last LF", f"{line}\n{second}"),
        ("a third line", text + "{}\n"),
        ("an LF behind it", text + "\n"),
        ("an LF in the padding", f"{text}  \n "),
        ("padded with NUL", text + "\0"),
        ("padded with tabs", text + "\t"),
        ("padded with another space", text + "\u00a0"),
        ("something behind the padding", text + "   {}"),
        ("CR LF", text.replace("\n", "\r\n")),
        ("a line before it", "\n" + text),
        ("a byte order mark", "\ufeff" + text),
        ("a public one that is padded", public + " "),
        ("a root that is padded", ROOT.text.decode() + " " * 10),
    ):
        yield Vector(rule, name, {"text": changed}, malformed())
    latin = APPROVAL.text.decode().replace('"at":"' + HOUR, '"at":"' + HOUR + "é").encode("latin-1")
    yield Vector(rule, "not UTF-8", {"bytes": b64(latin)}, malformed())


def _with(header: Header, changes: dict[str, Any]) -> str:
    return _text({**json.loads(header.line()), **changes}, _second(header))


def _second(header: Header) -> str:
    """A line 2 of the kind that belongs to this header. It covers the header as it was."""
    if header.author is not None:
        document = signed(header, CASEWORKER.signer)
    elif header.type in ("report", "state"):
        return "{}"
    else:
        document = maced(header, THREAD_KEY)
    return document.text.decode().split("\n")[1]


def _text(line: dict[str, Any], second: str) -> str:
    return f"{_line(line)}\n{second}\n"


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
