"""What two sides write to each other, and what lies in a mailbox (docs/protocol-documents.md, "Report", "Mailbox")."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from app.protocol.documents import Document, Header, bare, maced, recipient_sha256
from app.protocol.encoding import sha256_hex
from app.protocol.mailbox import STATE_SLOT, StaffMessage, join
from app.protocol.report import Consent
from app.vocabulary import ConsentScope, ReportState
from tests.vectors.make import CASE, ORG, REPORT, REPORT_KEY, THREAD_KEY, TRIAGER, counted_id
from tests.vectors.make_mailbox import CHANGE, CONSENTS, FILE, MAILBOX, MESSAGE, RECEIPT, THREAD_STATE, WITHDRAWAL
from tests.vectors.refusals.values import HASH, RECIPIENT
from tests.vectors.refusals.vector import Refusal, Vector, malformed

_OF_REPORT: Final = sha256_hex(str(REPORT_KEY.recipient).encode())
REPLY: Final = StaffMessage(1, HASH, 1, 2, "…", RECIPIENT)


def forms() -> Iterator[Vector]:
    """Given is a form as a person filled it in."""
    rule = "an answer is one of its list, or several, each once; words have a bound"
    whole = {"danger_now": "now"}
    answers: Mapping[str, object]
    for name, answers in (
        ("the first question alone", {}),
        ("one code", {"about_whom": "self", "where_now": "DE", "state_behind": "ZZ", "answer_language": "ug"}),
        ("several codes", {"how": ["email", "messenger"], "consent": ["service", "contact"]}),
        ("no code", {"how": [], "consent": []}),
        (
            "groups",
            {"what_kind": ["threat", "family"], "who_behind": ["contractor"], "told_authorities": ["registered"]},
        ),
        ("words", {"when": "", "identifiers": "x" * 20_000}),
    ):
        yield Vector(rule, name, _form({**whole, **answers}))
    for name, answers in (
        ("a code of another list", {"danger_now": "self"}),
        ("several codes for one", {"danger_now": ["now"]}),
        ("a place that is none", {"where_now": "XX"}),
        ("a place in lower case", {"state_behind": "de"}),
        ("nobody of the list", {"about_whom": "neighbour"}),
        ("a language of no list", {"answer_language": "tlh"}),
        ("one code for several", {"how": "email"}),
        ("a code twice", {"how": ["email", "email"]}),
        ("a code of another list among several", {"who_behind": ["email"]}),
        ("a code of no list among several", {"told_authorities": ["registered", "sent_away"]}),
        ("an act instead of its group", {"what_kind": ["death_threat"]}),
        ("a consent of no list", {"consent": ["everything"]}),
        ("a question of no form", {"name": "…"}),
        ("a question that objects have", {"toString": "…"}),
        ("another one", {"__proto__": "…"}),
        ("words that are a number", {"when": 2026}),
        ("words that are a list", {"needs": ["help"]}),
        ("a character too many", {"identifiers": "x" * 20_001}),
        ("null", {"when": None}),
    ):
        yield Vector(rule, name, _form({**whole, **answers}), malformed())
    yield Vector("whether there is danger now is always answered", "left out", _form({}), malformed())
    rule = "the language is one of the list"
    for language in ("tlh", "EN", ""):
        yield Vector(rule, repr(language), {**_form(whole), "language": language}, malformed())


def bodies() -> Iterator[Vector]:
    """Given are a type and a body of an authentic document."""
    rule = "a body has its fields and no others"
    genuine: Mapping[str, Sequence[Mapping[str, Any]]] = {
        "thread-state": (
            THREAD_STATE.body(),
            {**THREAD_STATE.body(), "number": 0, "hash": None, "consents": [], "days": []},
        ),
        "message.reporter": (MESSAGE.body(), CHANGE.body(), WITHDRAWAL.body(), {**MESSAGE.body(), "number": 9_999}),
        "message.staff": (REPLY.body(), {**REPLY.body(), "seen": None, "part": 14, "parts": 14, "write_to": None}),
        "state": ({"state": "received"},),
    }
    for type_, every in genuine.items():
        for number, body in enumerate(every, start=1):
            yield Vector(rule, f"{type_} {number}", {"type": type_, "body": body})
        body = every[0]
        yield Vector(rule, f"{type_}: something more", _body(type_, {**body, "more": 1}), malformed())
        for key in body:
            lacking = {name: value for name, value in body.items() if name != key}
            yield Vector(rule, f"{type_}: without {key}", _body(type_, lacking), malformed())

    rule = "each field of a body has a value that it can have"
    for type_, changes in _BROKEN.items():
        for key, values in changes.items():
            for value in values:
                body = {**genuine[type_][0], key: value}
                yield Vector(rule, f"{type_}: {key}: {_short(value)}", _body(type_, body), malformed())

    rule = "a message changes choices exactly where it is one of consent"
    for name, body in (
        ("a message with a choice", {**MESSAGE.body(), "consents": CHANGE.body()["consents"]}),
        ("a withdrawal with a choice", {**WITHDRAWAL.body(), "consents": CHANGE.body()["consents"]}),
        ("a consent without a choice", {**CHANGE.body(), "consents": []}),
    ):
        yield Vector(rule, name, _body("message.reporter", body), malformed())

    rule = "a message lists at most 32 files, and each once"
    files = [replace(FILE, id=counted_id("att", number)).body() for number in range(1, 34)]
    yield Vector(rule, "32 files", _body("message.reporter", {**MESSAGE.body(), "attachments": files[:32]}))
    for name, listed in (("33 files", files), ("one twice", [files[0], files[1], files[0]])):
        body = {**MESSAGE.body(), "attachments": listed}
        yield Vector(rule, name, _body("message.reporter", body), malformed())

    yield from _attachments()
    yield from _consents()


_AT: Final = "2026-06-15"
_NO_NUMBERS: Final = (-1, 10_000, 1.5, True, "1", None)
_NO_HASHES: Final = ("", HASH.upper(), 1)
_BROKEN: Final[dict[str, dict[str, tuple[object, ...]]]] = {
    "thread-state": {
        "report": (CASE, REPORT.upper(), None),
        "recipient": ("age1" + "q" * 58, RECIPIENT.upper(), None),
        "named_in": _NO_NUMBERS,
        "number": _NO_NUMBERS,
        "hash": _NO_HASHES,
        "consents": (None, {}, [None], ["service"]),
        "days": (
            None,
            {},
            ["2026-06-15"],
            [["2026-06-15"]],
            [["2026-06-15", 1, 1]],
            [["2026-06-31", 1]],
            [["2026-06-15", 0]],
            [["2026-06-15", "1"]],
            [["2026-06-15", 10_000]],
            [["2026-06-15", 1], ["2026-06-15", 1]],
            [["2026-06-16", 1], ["2026-06-15", 1]],
            [[f"2026-0{1 + day // 28}-{1 + day % 28:02}", 1] for day in range(33)],
        ),
    },
    "message.reporter": {
        "number": (0, *_NO_NUMBERS),
        "seen": _NO_HASHES,
        "text": (None, 1, ["…"]),
        "attachments": (None, {}, [None]),
        "consents": (None, {}, [None]),
    },
    "message.staff": {
        "number": (0, *_NO_NUMBERS),
        "seen": _NO_HASHES,
        "part": (0, 3, -1, 1.5, True, "1", None),
        "parts": (0, 15, -1, True, "2", None),
        "text": (None, 1),
        "write_to": ("somebody", RECIPIENT.upper(), 1),
    },
    "state": {"state": ("", "closed", "Received", None, 1, ["received"])},
}


def _attachments() -> Iterator[Vector]:
    rule = "an attachment has a name, a type, a true size and two hashes"
    taken: tuple[tuple[str, object], ...] = (
        ("name", "x" * 255),
        ("name", "\U0001f4f7" * 255),
        ("name", "..."),
        ("media_type", ""),
        ("media_type", "a" * 127),
        ("size", 0),
        ("size", 2**30),
    )
    for key, value in taken:
        yield Vector(rule, f"{key}: {_short(value)}", _listing(FILE.body() | {key: value}))
    refused: tuple[tuple[str, tuple[object, ...]], ...] = (
        ("id", (CASE, "att", None)),
        ("name", ("", ".", "..", "a/b", "/", "a\0b", "x" * 256, "\U0001f4f7" * 256, None)),
        ("media_type", ("a" * 128, "text/é", "text\n", "\x7f", None)),
        ("size", (-1, 2**30 + 1, 0.5, True, "1", None)),
        ("plaintext_sha256", ("", HASH.upper(), None)),
        ("ciphertext_sha256", ("", HASH.upper(), None)),
        ("more", (1,)),
    )
    for key, values in refused:
        for value in values:
            yield Vector(rule, f"{key}: {_short(value)}", _listing(FILE.body() | {key: value}), malformed())
    for key in FILE.body():
        lacking = {name: value for name, value in FILE.body().items() if name != key}
        yield Vector(rule, f"without {key}", _listing(lacking), malformed())


def _consents() -> Iterator[Vector]:
    rule = "a consent has a scope, yes or no, and the id by which it can be changed"
    genuine = CONSENTS[0].body()
    for scope in ConsentScope:
        consent = Consent(scope, given=False, id=genuine["id"]).body()
        yield Vector(rule, scope, _choosing(consent))
    for changes in (
        {"scope": "everything"},
        {"scope": None},
        {"given": 1},
        {"given": "true"},
        {"given": None},
        {"id": CASE},
        {"id": None},
        {"more": 1},
    ):
        yield Vector(rule, _short(changes), _choosing(genuine | changes), malformed())
    for key in genuine:
        lacking = {name: value for name, value in genuine.items() if name != key}
        yield Vector(rule, f"without {key}", _choosing(lacking), malformed())


def replies() -> Iterator[Vector]:
    """Given are bodies of parts; gives the text that they are together."""
    rule = "the parts of a reply have its number, and each is there once"
    one, two, three = (StaffMessage(4, HASH, part, 3, text, RECIPIENT) for part, text in enumerate("abc", start=1))
    alone = StaffMessage(1, None, 1, 1, "alone")
    fourteen = [StaffMessage(2, None, part, 14, f"{part} ") for part in range(1, 15)]
    for name, parts in (
        ("a reply of one part", [alone]),
        ("three parts", [one, two, three]),
        ("in another order", [three, one, two]),
        ("fourteen parts, backwards", fourteen[::-1]),
    ):
        yield Vector(rule, name, _parts(parts), gives=join(parts))
    for name, parts in (
        ("none", []),
        ("the first missing", [two, three]),
        ("one missing between", [one, three]),
        ("the last missing", [one, two]),
        ("one twice", [one, two, two, three]),
        ("one twice instead of another", [one, two, two]),
        ("one of another number", [one, replace(two, number=5), three]),
        ("one of a longer reply", [one, two, replace(three, parts=4)]),
        ("one that had read something else", [one, replace(two, seen="0" * 64), three]),
        ("one that had read nothing", [one, replace(two, seen=None), three]),
        ("one that names another recipient", [one, two, replace(three, write_to=str(REPORT_KEY.recipient))]),
        ("one that names no recipient", [one, two, replace(three, write_to=None)]),
    ):
        yield Vector(rule, name, _parts(parts), malformed())


def answers() -> Iterator[Vector]:
    """Given is what lies in the sixteen slots, sealed to the mailbox of `mailbox.json`; null is a file to nobody.

    `recalled` is what lies in slot 1 where the thread state that came with the report is asked for. Gives what the
    holder of the receipt reads there, and the name of the recipient to whom they write: null without a thread state.
    """
    for vector in (*_as_they_are(), *_recalled(), *_turned()):
        if isinstance(vector.gives, dict):
            lies = vector.given["slots"][0] is not None and 1 not in vector.gives["not_authentic"]
            vector.gives.setdefault("writes_to", _OF_REPORT if lies else None)
        yield vector


def _turned() -> Iterator[Vector]:
    rule = "the newest reply that names a recipient says where to write, if it is not older than the one followed last"
    first, second = str(TRIAGER.identity.recipient), RECIPIENT
    of_first, of_second = (sha256_hex(each.encode()) for each in (first, second))
    one, two = (_parts_of(number, "", write_to=each)[0] for number, each in ((1, first), (2, second)))
    in_words = _parts_of(2, "we ", "write", write_to=second)
    followed = thread_state(second, 2)
    words = {"replies": [[2, "we write"]]}
    slots: Sequence[str | Document | None]
    gives: Mapping[str, Any]
    for name, slots, gives in (
        ("without words", [thread_state(), None, one], {"writes_to": of_first}),
        ("in a reply with words", [thread_state(), None, one, *in_words], words | {"writes_to": of_second}),
        ("the newer of two", [thread_state(), None, two, one], {"writes_to": of_second}),
        ("in the place of one that nobody saw", [thread_state(), None, two], {"writes_to": of_second}),
        (
            "beside a reply that is missing",
            [thread_state(), None, reply(2, "…"), _parts_of(4, "", write_to=second)[0]],
            {"replies": [[2, "…"]], "missing": [1], "writes_to": of_second},
        ),
        ("followed before", [followed], {"writes_to": of_second}),
        ("followed before, and there still", [followed, None, one, two], {"writes_to": of_second}),
        (
            "another in the place of the one followed",
            [thread_state(first, 2), None, two],
            {"writes_to": of_second},
        ),
        ("a reply after it that names none", [thread_state(), None, one, reply(2, "…")], {"writes_to": of_first}),
    ):
        replies = {"replies": [[2, "…"]]} if name.startswith("a reply after") else {}
        yield Vector(rule, name, _slots(*slots), gives=_read(**replies, **gives))

    rule = "nothing else leads what a reporter writes elsewhere"
    named = StaffMessage(1, None, 1, 1, "", first).body()
    broken: Sequence[tuple[str, Sequence[str | Document | None], Mapping[str, Any]]] = (
        ("an older number", [followed, None, one], {"writes_to": of_second}),
        ("under another key", [thread_state(), None, _staff(named, key=bytes(32))], {"not_authentic": [3]}),
        ("not under a MAC", [thread_state(), None, bare(_header("message.staff", named))], {"not_authentic": [3]}),
        (
            "in a state",
            [thread_state(), bare(_header("state", {"state": "accepted", "write_to": first}))],
            {"state": None, "not_authentic": [2]},
        ),
        ("in the slot of the state", [thread_state(), one], {"state": None, "not_authentic": [2]}),
        (
            "a recipient of another form",
            [thread_state(), None, _staff(named | {"write_to": "age1" + "q" * 58})],
            {"not_authentic": [3]},
        ),
        (
            "of another report",
            [thread_state(), None, _staff(named, subject=counted_id("rep", 2))],
            {"not_authentic": [3]},
        ),
        ("a part of two", [thread_state(), None, in_words[0]], {}),
        ("two of one number", [thread_state(), None, two, _parts_of(2, "", write_to=first)[0]], {}),
        ("no thread state", [None, None, one], {}),
    )
    for name, slots, gives in broken:
        yield Vector(rule, name, _slots(*slots), gives=_read(**gives))


def _recalled() -> Iterator[Vector]:
    rule = "where slot 1 holds no thread state, it is told, and the one that came with the report counts"
    junk, first = thread_state(key=bytes(32)), {"recalled": thread_state()}
    of_another = {"recalled": junk}
    told = _read(state="accepted", not_authentic=[1])
    by_it = {"writes_to": _OF_REPORT}
    for name, slots, gives in (
        ("junk that opens", _slots(junk, state("accepted")) | first, told | by_it),
        ("junk to somebody else", _slots(None, state("accepted")) | first, told | by_it),
        ("nothing else opens", _slots(None) | first, _read(not_authentic=[1]) | by_it),
        ("junk there too", _slots(junk, state("accepted")) | of_another, told),
        ("nothing there", _slots(None, state("accepted")), _read(state="accepted")),
        ("it is not asked for", _slots(thread_state(), state("accepted")) | of_another, _read(state="accepted")),
    ):
        yield Vector(rule, name, slots, gives=gives)
    yield Vector(rule, "junk there alone", _slots(None) | of_another, NO_MAILBOX)


def _as_they_are() -> Iterator[Vector]:
    rule = "slot 1 is the thread state, slot 2 the state, the others are staff's"
    yield Vector(rule, "a new report", _slots(thread_state()), gives=_read())
    yield Vector(rule, "with a state", _slots(thread_state(), state("in_triage")), gives=_read(state="in_triage"))
    yield Vector(rule, "a state alone", _slots(None, state("withdrawn")), gives=_read(state="withdrawn"))
    yield Vector(rule, "nothing", _slots(None), NO_MAILBOX)
    yield Vector(rule, "a reply alone", _slots(None, None, reply(1, "…")), gives=_read(replies=[[1, "…"]]))
    for name, slots, slot in (
        ("a state in slot 1", _slots(state("accepted")), 1),
        ("a reply in slot 1", _slots(reply(1, "…")), 1),
        ("a thread state in slot 2", _slots(thread_state(), thread_state()), 2),
        ("a reply in slot 2", _slots(thread_state(), reply(1, "…")), 2),
        ("a thread state in slot 3", _slots(thread_state(), None, thread_state()), 3),
        ("a state in slot 3", _slots(thread_state(), None, state("accepted")), 3),
        ("a state in slot 16", _slots(thread_state(), None, *[None] * 13, state("accepted")), 16),
    ):
        yield Vector(rule, name, slots, gives=_spoiled(slot))

    rule = "a state says one code, and `duplicate` reads like `accepted`"
    for code in ReportState:
        told = "accepted" if code is ReportState.DUPLICATE else str(code)
        yield Vector(rule, code, _slots(thread_state(), state(code)), gives=_read(state=told))
    for name, body in (
        ("a code of no list", {"state": "closed"}),
        ("words beside the code", {"state": "accepted", "text": "call this number"}),
        ("no code", {}),
    ):
        yield Vector(rule, name, _slots(thread_state(), bare(_header("state", body))), gives=_spoiled(2))
    with_mac = maced(_header("state", {"state": "accepted"}), THREAD_KEY).text.decode()
    yield Vector(rule, "a state under a MAC", _slots(thread_state(), with_mac), gives=_spoiled(2))

    yield from _of_this_thread()
    yield from _beside_the_others()
    yield from _interleaved()


def _of_this_thread() -> Iterator[Vector]:
    rule = "all slots are of the organisation and the report of the thread state, under the thread's MAC"
    other, key = counted_id("rep", 2), bytes(32)
    for name, slots, slot in (
        ("a thread state of another organisation", _slots(thread_state(org="0" * 64)), 1),
        ("a state of another organisation", _slots(thread_state(), state("accepted", org="0" * 64)), 2),
        ("a reply of another organisation", _slots(thread_state(), None, reply(1, "…", org="0" * 64)), 3),
        ("a state of another report", _slots(thread_state(), state("accepted", subject=other)), 2),
        ("a reply of another report", _slots(thread_state(), None, reply(1, "…", subject=other)), 3),
        ("a thread state to somebody else", _slots(thread_state(sealed_to="0" * 64)), 1),
        (
            "a state that names another recipient",
            _slots(thread_state(), state("accepted", sealed_to="0" * 64)),
            2,
        ),
        (
            "a reply that names another recipient",
            _slots(thread_state(), None, reply(1, "…", sealed_to="0" * 64)),
            3,
        ),
        ("a thread state under another key", _slots(thread_state(key=key)), 1),
        ("a reply under another key", _slots(thread_state(), None, reply(1, "…", key=key)), 3),
        ("the last reply under another key", _slots(thread_state(), None, *[None] * 13, reply(1, "…", key=key)), 16),
    ):
        yield Vector(rule, name, slots, gives=_spoiled(slot))


def _beside_the_others() -> Iterator[Vector]:
    rule = "what is not authentic is told by its slot, and stops none of the others"
    key = bytes(32)
    junk, whole = reply(2, "call this number", key=key), reply(1, "we believe you")
    read = [[1, "we believe you"]]
    yield Vector(
        rule,
        "a reply between two",
        _slots(thread_state(), state("accepted"), whole, junk, reply(2, "come on Monday")),
        gives=_read(state="accepted", replies=[*read, [2, "come on Monday"]], not_authentic=[4]),
    )
    yield Vector(
        rule,
        "a reply of another form",
        _slots(thread_state(), state("accepted"), _staff({}), whole),
        gives=_read(state="accepted", replies=read, not_authentic=[3]),
    )
    yield Vector(
        rule,
        "the state",
        _slots(thread_state(), state("closed"), whole),
        gives=_read(state=None, replies=read, not_authentic=[STATE_SLOT]),
    )
    yield Vector(
        rule,
        "the thread state",
        _slots(thread_state(key=key), state("accepted"), whole),
        gives=_read(state="accepted", replies=read, not_authentic=[1]),
    )
    yield Vector(
        rule,
        "one part of two",
        _slots(thread_state(), None, _parts_of(1, "we ", "believe")[0], junk),
        gives=_read(not_authentic=[4]),
    )
    yield Vector(rule, "all", _slots(*[junk] * 16), gives=_read(state=None, not_authentic=[*range(1, 17)]))


def _interleaved() -> Iterator[Vector]:
    rule = "a reply is shown once it is whole, whatever lies between its parts; one that is not is missing"
    one, two = _parts_of(1, "first ", "second"), _parts_of(2, "third ", "fourth")
    colleague = _parts_of(1, "another ", "writer", seen=HASH)
    turned = _parts_of(1, "write ", "elsewhere", write_to=RECIPIENT)
    alike = _parts_of(1, "the same ", "number")
    both = [(1, "first second"), (2, "third fourth")]
    elsewhere = "two of one number, of which one names another recipient"
    for name, parts, shown in (
        ("one", [*one], both[:1]),
        ("backwards", [*one[::-1]], both[:1]),
        ("two", [*one, *two], both),
        ("the later in front", [*two, *one], both),
        ("interleaved", [one[0], two[0], one[1], two[1]], both),
        ("interleaved and backwards", [two[1], one[1], two[0], one[0]], both),
        ("with empty slots between", [None, one[0], None, None, one[1]], both[:1]),
        ("two of one number", [*one, *alike], [both[0], (1, "the same number")]),
        ("two of one number, interleaved", [one[0], alike[0], one[1], alike[1]], [both[0], (1, "the same number")]),
        (
            "two of one number, of which one had read more",
            [one[0], colleague[0], colleague[1], one[1]],
            [both[0], (1, "another writer")],
        ),
        (
            elsewhere,
            [one[0], turned[0], turned[1], one[1]],
            [both[0], (1, "write elsewhere")],
        ),
        ("two halves of one number that had read different things", [one[0], colleague[1]], []),
        ("a part missing", [one[0], *two], both[1:]),
        ("a part twice instead of another", [one[0], one[0], *two], both[1:]),
        ("the first reply missing", [*two], both[1:]),
    ):
        numbers = {number for number, _ in shown}
        missing = [number for number in range(1, max(numbers, default=0)) if number not in numbers]
        gives = _read(replies=[[number, text] for number, text in shown], missing=missing)
        if name == elsewhere:
            gives["writes_to"] = sha256_hex(RECIPIENT.encode())
        yield Vector(rule, name, _slots(thread_state(), None, *parts), gives=gives)
    for name, changes in (("part 0", {"part": 0}), ("part 3 of 2", {"part": 3}), ("15 parts", {"parts": 15})):
        broken = _staff({**StaffMessage(1, None, 1, 2, "…").body(), **changes})
        yield Vector(rule, name, _slots(thread_state(), None, broken), gives=_spoiled(3))


# What a client says where no slot opens is no refusal of a document, and each has its own way to say it.
NO_MAILBOX: Final[Refusal] = ("NoSuchMailbox", "no-mailbox")


def thread_state(
    recipient: str = str(REPORT_KEY.recipient), named_in: int = 0, *, key: bytes = RECEIPT.thread_key, **changes: Any
) -> str:
    said = replace(THREAD_STATE, consents=CONSENTS[:1], recipient=recipient, named_in=named_in)
    return maced(replace(_header("thread-state", said.body()), **changes), key).text.decode()


def state(code: str, **changes: Any) -> str:
    return bare(replace(_header("state", {"state": code}), **changes)).text.decode()


def reply(number: int, text: str, **changes: Any) -> str:
    return _staff(StaffMessage(number, None, 1, 1, text).body(), **changes)


def _staff(body: dict[str, Any], *, key: bytes = RECEIPT.thread_key, **changes: Any) -> str:
    return maced(replace(_header("message.staff", body), **changes), key).text.decode()


def _parts_of(number: int, *texts: str, seen: str | None = None, write_to: str | None = None) -> list[str]:
    parts = enumerate(texts, start=1)
    return [_staff(StaffMessage(number, seen, part, len(texts), text, write_to).body()) for part, text in parts]


def _slots(*texts: str | Document | None) -> dict[str, Any]:
    told = [text.text.decode() if isinstance(text, Document) else text for text in texts]
    return {"slots": [*told, *[None] * (16 - len(told))]}


def _read(*, replies: Sequence[Sequence[object]] = (), **found: Any) -> dict[str, Any]:
    dated = [[number, _AT, text] for number, text in replies]
    return {"state": "received", "replies": dated, "missing": [], "not_authentic": [], **found}


def _spoiled(slot: int) -> dict[str, Any]:
    """Of a mailbox in which nothing else lies than a thread state; `slot` is the one that is not authentic."""
    return _read(state=None if slot == STATE_SLOT else "received", not_authentic=[slot])


def _header(type_: str, body: dict[str, Any]) -> Header:
    return Header(
        type=type_,
        org=ORG,
        subject=REPORT,
        version=1,
        previous=None,
        generation=None,
        sealed_to=recipient_sha256(MAILBOX),
        author=None,
        at=_AT,
        body=body,
    )


def _form(answers: Mapping[str, object]) -> dict[str, Any]:
    return {"language": "en", "text": "…", "answers": dict(answers)}


def _body(type_: str, body: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": type_, "body": dict(body)}


def _listing(attachment: Mapping[str, Any]) -> dict[str, Any]:
    return _body("message.reporter", {**MESSAGE.body(), "attachments": [dict(attachment)]})


def _choosing(consent: Mapping[str, Any]) -> dict[str, Any]:
    return _body("message.reporter", {**CHANGE.body(), "consents": [dict(consent)]})


def _parts(parts: Sequence[StaffMessage]) -> dict[str, Any]:
    return {"parts": [part.body() for part in parts]}


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:20]}… ({len(text)})"
