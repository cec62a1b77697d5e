"""On opening (docs/protocol.md, section 9): what a client checks of what the service gave for what it asked for."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from app import age
from app.protocol.certificates import certificate
from app.protocol.certified import Certified
from app.protocol.documents import Document, Mac, Signatures, Signer, bare, maced, signed, thread_mac
from app.protocol.encoding import b64, sha256_hex
from app.protocol.types import TYPES
from app.vocabulary import Role
from tests.vectors.make import (
    ANALYST,
    APPROVAL,
    CASE,
    CASE_KEY,
    CASEWORKER,
    DAY,
    HOUR,
    ORG,
    PART,
    REPORT,
    REPORT_KEY,
    STRANGER,
    SUPERVISOR,
    THREAD_KEY,
    THREAD_STATE,
    TRIAGER,
    Person,
    counted_id,
)
from tests.vectors.refusals.vector import Vector, malformed, not_authentic, not_mine, rollback

HASH, OTHER_HASH = "b" * 64, "c" * 64
SAID = replace(THREAD_STATE, type="message.reporter", body={"text": "…"})
REPLIED = replace(THREAD_STATE, type="message.staff", body={"text": "…"})
STATE = replace(THREAD_STATE, type="state", body={"state": "accepted"})
REPORTED = replace(THREAD_STATE, type="report", generation=1, body={"text": "…"})


def openings() -> Iterator[Vector]:
    """What a reporter's client and staff's open alike.

    Given are the text before it is padded and sealed to the identity
    `sealed_to`, the one that opens it, what was
    asked for, the thread key, and the mark that was seen of this type and subject; the mark's hash null means that of
    this very file.
    """
    genuine = (maced(THREAD_STATE, THREAD_KEY), maced(SAID, THREAD_KEY), maced(REPLIED, THREAD_KEY), bare(STATE))
    rule = "an authentic document opens"
    for document in (*genuine, bare(REPORTED)):
        yield Vector(rule, document.header.type, _asking(document))

    rule = "the file is sealed to the identity that opens it"
    for document in (*genuine, bare(REPORTED)):
        name = document.header.type
        yield Vector(rule, f"{name}: to somebody else", _asking(document, opened_by=REPORT_KEY), not_mine())
        passed_on = _asking(document, sealed_to=REPORT_KEY, opened_by=REPORT_KEY)
        yield Vector(rule, f"{name}: sealed again to another", passed_on, not_authentic("sealed_to"))

    rule = "organisation, type and subject are those asked for"
    for document in (*genuine, bare(REPORTED)):
        name = document.header.type
        for key, value in (("org", "0" * 64), ("subject", counted_id("rep", 2))):
            given = _asking(_again(document, **{key: value}))
            yield Vector(rule, f"{name}: {key}", given, not_authentic(key))
    for document, type_ in (
        (maced(THREAD_STATE, THREAD_KEY), "message.staff"),
        (maced(REPLIED, THREAD_KEY), "thread-state"),
        (bare(STATE), "thread-state"),
        (maced(THREAD_STATE, THREAD_KEY), "state"),
        (bare(STATE), "message.staff"),
    ):
        given = _asking(document)
        given["asked"] = {**given["asked"], "type": type_}
        yield Vector(rule, f"{document.header.type} for {type_}", given, not_authentic("type"))

    rule = "a MAC holds under the thread key, over the type and the line"
    for document in genuine[:3]:
        name, given = document.header.type, _asking(document)
        changed = Document(replace(document.header, at="2026-06-16").line(), document.header, document.proof)
        for way, broken in (
            ("of another thread", _asking(maced(document.header, bytes(32)))),
            ("changed afterwards", _asking(changed)),
            ("without a thread key", {**given, "thread_key": None}),
            ("under another thread key", {**given, "thread_key": b64(bytes(31) + b"\1")}),
            ("of another type", _asking(Document(document.line, document.header, _mac_of_another_type(document)))),
        ):
            yield Vector(rule, f"{name}: {way}", broken, not_authentic("mac"))

    rule = "a file is one stanza and a length of the type, and the text in it a document"
    given = _asking(maced(THREAD_STATE, THREAD_KEY))
    as_report = {**given, "asked": {**given["asked"], "type": "report"}, "size": 4096}
    yield Vector(rule, "of another type's", as_report, not_authentic("envelope"))
    yield Vector(rule, "a text that is no document", {**given, "text": "thread-state"}, malformed())
    longer = {**_asking(maced(SAID, THREAD_KEY)), "size": 16384}
    yield Vector(rule, "of a longer class", longer)
    yield Vector(rule, "of no class", {**longer, "size": 8192}, not_authentic("envelope"))

    yield from _seen()


def _seen() -> Iterator[Vector]:
    rule = "nothing is older than what this client has seen of it"
    second = replace(THREAD_STATE, version=2, previous=HASH)
    for name, header, seen in (
        ("nothing was seen", second, None),
        ("this very file was seen", second, _mark(2, None)),
        ("the version before was seen", second, _mark(1, HASH)),
        ("a version two below was seen", replace(THREAD_STATE, version=3, previous=HASH), _mark(1, OTHER_HASH)),
        ("the first version of a generation", replace(second, generation=2), _mark(1, HASH, generation=1)),
        ("the same generation", replace(second, generation=2), _mark(1, HASH, generation=2)),
        ("a generation where none was", replace(second, generation=1), _mark(1, HASH)),
    ):
        yield Vector(rule, name, _asking(maced(header, THREAD_KEY), seen=seen))
    for name, header, seen, reason in (
        ("an older version", THREAD_STATE, _mark(2, OTHER_HASH), "version"),
        ("a much older version", second, _mark(9, OTHER_HASH), "version"),
        ("another file of the same version", second, _mark(2, OTHER_HASH), "version"),
        ("the next version of another", second, _mark(1, OTHER_HASH), "previous"),
        ("an older generation", replace(second, generation=1), _mark(1, HASH, generation=2), "generation"),
        ("no generation where one was", second, _mark(1, HASH, generation=1), "generation"),
        ("an older generation, later", replace(second, version=5, generation=1), _mark(2, HASH, 2), "generation"),
    ):
        yield Vector(rule, name, _asking(maced(header, THREAD_KEY), seen=seen), rollback(reason))
    state = _asking(bare(replace(STATE, version=3, previous=HASH)), seen=_mark(4, OTHER_HASH))
    yield Vector(rule, "an older state", state, rollback("version"))


def signed_documents() -> Iterator[Vector]:
    """What staff sign, which a reporter's client does not read.

    Given are, besides the above, those asked for as writers (null: the role decides) and the reader's day. Who is
    certified stands under `certificates` beside the vectors.
    """
    rule = "a signed document is by one certified person whose role may write it"
    yield Vector(rule, "an approval", _signed(APPROVAL))
    for type_, people in _WRITERS.items():
        header = replace(APPROVAL.header, type=type_, subject=_subject(type_), body={})
        for person in _PEOPLE:
            document = signed(replace(header, author=person.id), person.signer)
            role = " and ".join(sorted(person.certified.roles))
            refused = None if person in people else not_authentic("role")
            yield Vector(rule, f"{type_} by {role}", _signed(document), refused)
    by_stranger = signed(replace(APPROVAL.header, author=STRANGER.id), STRANGER.signer)
    changed = Document(replace(APPROVAL.header, body={}).line(), replace(APPROVAL.header, body={}), APPROVAL.proof)
    other_key = Signer(TRIAGER.id, STRANGER.key)
    for name, document, reason in (
        ("by nobody", Document(APPROVAL.line, APPROVAL.header, Signatures(())), "unsigned"),
        ("by nobody who is certified", by_stranger, "uncertified"),
        ("in another's name", signed(APPROVAL.header, CASEWORKER.signer), "author"),
        ("with another key", signed(APPROVAL.header, other_key), "uncertified"),
        ("by two", signed(APPROVAL.header, TRIAGER.signer, CASEWORKER.signer), "author"),
        ("twice by one", signed(APPROVAL.header, TRIAGER.signer, TRIAGER.signer), "author"),
        ("changed afterwards", changed, "signature"),
        ("signed as another type", _signed_as("consent", APPROVAL), "signature"),
    ):
        yield Vector(rule, name, _signed(document), not_authentic(reason))

    rule = "who may write is asked for by name, but for an entry of a journal, which says who writes the next"
    by_type = {
        type_: signed(replace(APPROVAL.header, type=type_, subject=_subject(type_), body={}), TRIAGER.signer)
        for type_ in _WRITERS
    }
    entry = by_type.pop("journal")
    yield Vector(rule, "an entry by whoever has the role", _signed(entry, writers=None))
    for name, document, writers in (
        *((f"{type_} without a name", document, None) for type_, document in by_type.items()),
        ("an approval by another", APPROVAL, [CASEWORKER.id]),
        ("an approval by nobody", APPROVAL, []),
        ("a part by another than who wrote its entry", by_type["part.case"], [CASEWORKER.id]),
        ("an entry by another than was asked for", entry, [CASEWORKER.id]),
    ):
        yield Vector(rule, name, _signed(document, writers=writers), not_authentic("not-a-writer"))

    rule = "the author is certified on the day of writing, which is at most a day ahead of the reader's"
    for name, at, today in (
        ("a day ahead", "2026-06-16T09:00Z", DAY),
        ("long ago", HOUR, date(2027, 6, 15)),
        ("on the last day", "2026-12-31T23:00Z", date(2026, 12, 31)),
    ):
        yield Vector(rule, name, _signed(_at(at), today=today))
    for name, at, today, reason in (
        ("two days ahead", "2026-06-17T00:00Z", DAY, "at"),
        ("before the first day", "2026-06-14T23:00Z", DAY, "uncertified"),
        ("after the last day", "2027-01-01T00:00Z", date(2027, 1, 1), "uncertified"),
    ):
        yield Vector(rule, name, _signed(_at(at), today=today), not_authentic(reason))

    rule = "an entry or a part opens whatever its date, by whoever was ever certified with that key for it"
    for type_ in ("journal", "part.incident"):
        header = replace(APPROVAL.header, type=type_, subject=_subject(type_), body={})
        for name, at, by in (
            ("two days ahead", "2026-06-17T00:00Z", TRIAGER),
            ("years ahead", "2031-01-01T00:00Z", TRIAGER),
            ("before the first day", "2026-06-14T23:00Z", TRIAGER),
            ("by somebody who has left since", HOUR, LEAVER),
        ):
            yield Vector(rule, f"{type_}: {name}", _signed(signed(replace(header, author=by.id, at=at), by.signer)))
        for name, by, signer, reason in (
            ("by nobody who was ever certified", STRANGER, STRANGER.signer, "uncertified"),
            ("with another key", TRIAGER, other_key, "uncertified"),
            ("by somebody whose role was never one for it", ANALYST, ANALYST.signer, "role"),
        ):
            document = signed(replace(header, author=by.id), signer)
            yield Vector(rule, f"{type_}: {name}", _signed(document), not_authentic(reason))
    approval = signed(replace(APPROVAL.header, author=LEAVER.id), LEAVER.signer)
    yield Vector(rule, "an approval by somebody who has left since", _signed(approval), not_authentic("uncertified"))
    by_root = signed(replace(APPROVAL.header, author=SUPERVISOR.id, at="2030-01-01T00:00Z"), SUPERVISOR.signer)
    yield Vector(rule, "a supervisor of the root, at any date", _signed(by_root, today=date(2030, 1, 1)))


def certificates() -> Iterator[Vector]:
    """Given are certificates, a person, a day and, where one is asked for, a key: who is it?"""
    rule = "a certificate counts on its days, both included"
    one = _certify(CASEWORKER.certified)
    for day in ("2026-06-15", "2026-12-31"):
        yield Vector(rule, f"on {day}", _who([one], day=day), gives=["caseworker"])
    for day in ("2026-06-14", "2027-01-01"):
        yield Vector(rule, f"on {day}", _who([one], day=day), not_authentic("uncertified"))
    yield Vector(rule, "nobody certified", _who([]), not_authentic("uncertified"))
    yield Vector(rule, "somebody else", _who([one], person=TRIAGER.id), not_authentic("uncertified"))
    yield Vector(rule, "another key", _who([one], key=STRANGER.certified.key), not_authentic("uncertified"))

    rule = "of two certificates of one day the later counts, however the service orders them"
    analyst = replace(CASEWORKER.certified, roles=frozenset({Role.ANALYST}))
    second = _certify(analyst, previous=one)
    newer = _certify(analyst, valid_from=date(2026, 6, 16))
    twin = _certify(replace(CASEWORKER.certified, roles=frozenset({Role.AUDITOR})))
    greatest = max((one, twin), key=lambda each: sha256_hex(each.text))
    for name, documents, day, roles in (
        ("of two versions the higher", [one, second], "2026-06-15", ["analyst"]),
        (
            "a lower version of later days",
            [second, _certify(CASEWORKER.certified, valid_from=_JULY)],
            _IN_JULY,
            ["analyst"],
        ),
        ("of one version the one that began last", [one, newer], "2026-06-16", ["analyst"]),
        ("before the other began", [one, newer], "2026-06-15", ["caseworker"]),
        ("of one version and day the greatest hash", [one, twin], "2026-06-15", greatest.header.body["roles"]),
    ):
        for order, listed in (("", documents), (", in the other order", documents[::-1])):
            yield Vector(rule, name + order, _who(listed, day=day), gives=roles)

    rule = "a certificate without roles ends them: from its first day on none of the person counts"
    end = _certify(replace(CASEWORKER.certified, roles=frozenset()), valid_from=_JULY, previous=one)
    after = _certify(CASEWORKER.certified, valid_from=_JULY, previous=end)
    for order, listed in (("", [one, end, after]), (", in the other order", [after, end, one])):
        yield Vector(rule, "on the day before" + order, _who(listed, day="2026-06-30"), gives=["caseworker"])
        for name, day in (("on its first day", _JULY.isoformat()), ("when it is over", "2026-12-31")):
            yield Vector(rule, name + order, _who(listed, day=day), not_authentic("uncertified"))

    rule = "no certificate stands above the root, and none lets its holder certify"
    impostor = Certified(SUPERVISOR.id, frozenset({Role.ANALYST}), STRANGER.identity.recipient, STRANGER.certified.key)
    yield Vector(rule, "in a supervisor's name", _who([_certify(impostor)], person=SUPERVISOR.id), gives=["supervisor"])
    deputy = Person(11, Role.SUPERVISOR)
    by_deputy = _certify(STRANGER.certified, signer=deputy.signer)
    for name, documents, reason in (
        ("by a supervisor whom a certificate made", [_certify(deputy.certified), by_deputy], "signer"),
        ("by oneself", [_certify(STRANGER.certified, signer=STRANGER.signer)], "signer"),
        ("by a supervisor and another", [signed(one.header, SUPERVISOR.signer, CASEWORKER.signer)], "signer"),
        ("of another organisation", [_certify(CASEWORKER.certified, org="0" * 64)], "type"),
        ("in another's name", [signed(replace(one.header, author=CASEWORKER.id), SUPERVISOR.signer)], "author"),
    ):
        yield Vector(rule, name, _who(documents, person=STRANGER.id), not_authentic(reason))

    rule = "a certificate has its fields and no others"
    said = one.header.body
    for name, body in (
        ("something more", {**said, "more": 1}),
        ("roles in another order", {**said, "roles": ["triager", "caseworker"]}),
        ("a role twice", {**said, "roles": ["caseworker", "caseworker"]}),
        ("a role of no list", {**said, "roles": ["caseworker", "king"]}),
        ("roles that are no list", {**said, "roles": "caseworker"}),
        ("a key that is null", {**said, "key": None}),
        ("a recipient that is null", {**said, "recipient": None}),
        ("a day written otherwise", {**said, "until": "20261231"}),
        ("a day that is null", {**said, "from": None}),
        *((f"without {key}", {name: said[name] for name in said if name != key}) for key in said),
    ):
        yield Vector(rule, name, _who([signed(replace(one.header, body=body), SUPERVISOR.signer)]), malformed())
    of_case = signed(replace(one.header, subject=CASE), SUPERVISOR.signer)
    yield Vector(rule, "of something else than a person", _who([of_case]), malformed())


_JULY, _IN_JULY = date(2026, 7, 1), "2026-07-02"
CUSTODIAN, AUDITOR, OPERATOR = (
    Person(20 + n, role) for n, role in enumerate((Role.CUSTODIAN, Role.AUDITOR, Role.OPERATOR))
)
SECOND_CUSTODIAN = Person(23, Role.CUSTODIAN)
_PEOPLE = (SUPERVISOR, CASEWORKER, TRIAGER, ANALYST, CUSTODIAN, AUDITOR, OPERATOR)
_WRITERS = {
    "journal": (SUPERVISOR, CASEWORKER, TRIAGER, CUSTODIAN),
    **{name: (SUPERVISOR, CASEWORKER, TRIAGER) for name in TYPES if name.startswith("part.")},
    "consent": (SUPERVISOR, CASEWORKER, TRIAGER),
    "approval": (SUPERVISOR, CASEWORKER, TRIAGER),
}
# Who had a role that their newest certificate takes from them.
LEAVER = Person(30, Role.CASEWORKER)


def _certify(of: Certified, *, signer: Signer = SUPERVISOR.signer, org: str = ORG, **more: Any) -> Document:
    return certificate(of, org=org, signer=signer, **{"valid_from": DAY, "valid_until": date(2026, 12, 31), **more})


_HELD = _certify(LEAVER.certified)
CERTIFIED = [
    *(_certify(person.certified) for person in (*_PEOPLE, SECOND_CUSTODIAN) if person is not SUPERVISOR),
    _HELD,
    _certify(replace(LEAVER.certified, roles=frozenset()), previous=_HELD),
]


def _subject(type_: str) -> str:
    return PART if "part" in TYPES[type_].subjects else CASE


def _asking(
    document: Document,
    *,
    sealed_to: age.HybridIdentity = CASE_KEY,
    opened_by: age.HybridIdentity = CASE_KEY,
    seen: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """What a client asks for that is given this document, and has an organisation and a report in mind."""
    type_ = document.header.type
    subject = _subject(type_) if type_ in _WRITERS else REPORT
    return {
        "text": document.text.decode(),
        "size": None,
        "sealed_to": str(sealed_to),
        "opened_by": str(opened_by),
        "asked": {"type": type_, "org": ORG, "subject": subject},
        "thread_key": b64(THREAD_KEY),
        "seen": seen,
    }


def _signed(document: Document, *, writers: Sequence[str] | None = (), today: date = DAY) -> dict[str, Any]:
    """`writers` are those asked for: the author, where none are given."""
    people = [document.header.author] if writers == () else writers
    return {**_asking(document), "writers": people, "today": str(today)}


def _who(
    documents: list[Document], *, person: str = CASEWORKER.id, day: str = str(DAY), key: bytes | None = None
) -> dict[str, Any]:
    return {
        "certificates": [document.text.decode() for document in documents],
        "person": person,
        "day": day,
        "key": key and b64(key),
    }


def _again(document: Document, **changes: Any) -> Document:
    header = replace(document.header, **changes)
    return bare(header) if header.type in ("report", "state") else maced(header, THREAD_KEY)


def _mac_of_another_type(document: Document) -> Mac:
    other = "message.staff" if document.header.type == "thread-state" else "thread-state"
    return Mac(thread_mac(other, document.line, THREAD_KEY))


def _signed_as(type_: str, document: Document) -> Document:
    return Document(document.line, document.header, Signatures((TRIAGER.signer.sign(type_, document.line),)))


def _at(at: str) -> Document:
    return signed(replace(APPROVAL.header, at=at), TRIAGER.signer)


def _mark(version: int, sha256: str | None, generation: int | None = None) -> dict[str, Any]:
    return {"version": version, "sha256": sha256, "generation": generation}
