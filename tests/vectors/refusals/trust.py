"""From the pin to the key that takes reports (docs/protocol.md, sections 4, 6 and 7)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app import age
from app.protocol import intake, key_log, statements
from app.protocol.certificates import certificate
from app.protocol.certified import Certified
from app.protocol.documents import Document, Header, Signature, Signatures, Signer, bare, bytes_signed, signed
from app.protocol.encoding import MOST, b64, canonical, parse_object, sha256_hex
from app.protocol.intake import Intake
from app.protocol.key_log import Head
from app.protocol.roots import make_root, org_of
from app.vocabulary import ReportState, Role
from tests.vectors.make import (
    CASEWORKER,
    DAY,
    EPOCH,
    EPOCH_KEY,
    ORG,
    REPORT_KEY,
    ROOT,
    SERVICE_KEY,
    STRANGER,
    SUPERVISOR,
    TRIAGER,
    Person,
    counted_id,
)
from tests.vectors.refusals import curve
from tests.vectors.refusals.vector import Refusal, Vector, malformed, not_authentic, rollback

SECOND = Person(10, Role.SUPERVISOR)  # whom only a root of two lists
DEPUTY = Person(11, Role.SUPERVISOR)  # certified, and in no root
IMPOSTOR = Signer(SUPERVISOR.id, STRANGER.key)  # a supervisor's name, another key
_SCALAR: Final = 2**254 + 8 * 10


def roots() -> Iterator[Vector]:
    """Given are a root and the pin that a client has."""
    rule = "a root is the pinned one"
    two = make_root([SUPERVISOR.certified, SECOND.certified], SUPERVISOR.signer, on=DAY)
    yield Vector(rule, "of one supervisor", pinned(ROOT, ORG))
    yield Vector(rule, "of two supervisors, signed by one", pinned(two))
    yield Vector(rule, "signed by both", pinned(signed(two.header, SUPERVISOR.signer, SECOND.signer)))
    foreign = make_root([STRANGER.certified], STRANGER.signer, on=DAY)
    other_day = make_root([SUPERVISOR.certified], SUPERVISOR.signer, on=date(2026, 6, 16))
    later = signed(replace(ROOT.header, org=ORG, version=2, previous=ORG), SUPERVISOR.signer)
    intake_one = intake.make(EPOCH_ONE, org=ORG, previous=None, signer=SUPERVISOR.signer, on=DAY)
    for name, root, pin in (
        ("of somebody else", foreign, ORG),
        ("of the same people, made again", other_day, ORG),
        ("another pin", ROOT, "0" * 64),
        ("the hash of both lines", ROOT, sha256_hex(ROOT.text)),
        ("an intake document", intake_one, org_of(intake_one)),
        ("a later root, as the first", later, org_of(later)),
        ("a later root", later, ORG),
    ):
        yield Vector(rule, name, pinned(root, pin), not_authentic("pin"))

    rule = "every signature of a root is by a supervisor whom it lists, with the key that it lists"
    for name, signers, reason in (
        ("by somebody whom it does not list", (STRANGER.signer,), "root-signature"),
        ("by a supervisor and somebody whom it does not list", (SUPERVISOR.signer, STRANGER.signer), "root-signature"),
        ("in a supervisor's name with another key", (IMPOSTOR,), "root-signature"),
        ("a supervisor's key in another name", (Signer(STRANGER.id, SUPERVISOR.key),), "root-signature"),
        ("by nobody", (), "unsigned"),
    ):
        yield Vector(rule, name, pinned(signed(ROOT.header, *signers), ORG), not_authentic(reason))
    yield Vector(rule, "over another line", pinned(_resigned(ROOT, other_day)), not_authentic("signature"))
    yield Vector(rule, "signed as another type", pinned(_as_type(ROOT, "intake")), not_authentic("signature"))

    rule = "a signature holds as it stands, not only where its points are multiplied by eight"
    lists = make_root([replace(SUPERVISOR.certified, key=curve.public_key(_SCALAR))], SUPERVISOR.signer, on=DAY)
    mixed = make_root(
        [replace(SUPERVISOR.certified, key=curve.public_key(_SCALAR, mixed=True))], SUPERVISOR.signer, on=DAY
    )
    yield Vector(rule, "as it should be", pinned(_by_scalar(lists)))
    for name, root in (
        ("with a part of small order in R", _by_scalar(lists, mixed_r=True)),
        ("with a part of small order in the key", _by_scalar(mixed, mixed_key=True)),
    ):
        yield Vector(rule, name, pinned(root), not_authentic("signature"))

    rule = "a key is nobody's under which everybody can sign"
    key, sig = curve.of_anybody()
    anybodys = make_root([replace(SUPERVISOR.certified, key=key)], SUPERVISOR.signer, on=DAY)
    by_anybody = Document(anybodys.line, anybodys.header, Signatures((Signature(SUPERVISOR.id, key, sig),)))
    yield Vector(rule, "of small order", pinned(by_anybody), not_authentic("signature"))

    rule = "a root lists its supervisors, each once"
    both_roles = replace(SUPERVISOR.certified, roles=frozenset({Role.CASEWORKER, Role.SUPERVISOR, Role.TRIAGER}))
    yield Vector(rule, "with several roles", pinned(make_root([both_roles], SUPERVISOR.signer, on=DAY)))
    genuine = ROOT.header.body
    [listed] = genuine["supervisors"]
    second = two.header.body["supervisors"][1]
    bodies: tuple[tuple[str, dict[str, Any]], ...] = (
        ("k = 0", {**genuine, "k": 0}),
        ("k = true", {**genuine, "k": True}),
        ("k = 1.0", {**genuine, "k": 1.0}),
        *((f"without {name}", {key: genuine[key] for key in genuine if key != name}) for name in genuine),
        ("something more", {**genuine, "more": 1}),
        ("nobody", {**genuine, "supervisors": []}),
        ("no list", {**genuine, "supervisors": listed}),
        ("a supervisor who is a text", {**genuine, "supervisors": [SUPERVISOR.id]}),
        ("somebody twice", {**genuine, "supervisors": [listed, listed]}),
        ("somebody twice with two keys", {**genuine, "supervisors": [listed, {**second, "id": listed["id"]}]}),
        ("without the role", {**genuine, "supervisors": [{**listed, "roles": ["caseworker"]}]}),
        ("one of two without the role", {**genuine, "supervisors": [listed, {**second, "roles": []}]}),
        *((f"roles {roles}", _listing(listed, roles=roles)) for roles in _ROLES),
        ("a name more", _listing(listed, name="…")),
        ("without a key", {**genuine, "supervisors": [{name: listed[name] for name in listed if name != "key"}]}),
        ("a key of 31 bytes", _listing(listed, key=b64(bytes(31)))),
        ("a key that is null", _listing(listed, key=None)),
        ("an id of something else", _listing(listed, id=EPOCH)),
        ("no id", _listing(listed, id=None)),
        ("a recipient of another kind", _listing(listed, recipient=_classic())),
        ("a recipient in upper case", _listing(listed, recipient=listed["recipient"].upper())),
        ("no recipient", _listing(listed, recipient=None)),
    )
    for name, body in bodies:
        yield Vector(rule, name, pinned(signed(replace(ROOT.header, body=body), SUPERVISOR.signer)), malformed())


_ROLES: tuple[object, ...] = (
    ["supervisor", "king"],
    ["king", "supervisor"],
    ["supervisor", "zealot"],
    ["supervisor", "caseworker"],
    ["supervisor", "supervisor"],
    ["supervisor", 1],
    "supervisor",
    None,
)


def public_documents() -> Iterator[Vector]:
    """Given are a document and the type that was asked for, under the root and organisation of `organisation.json`."""
    rule = "a public document is of the type and the organisation that were asked for"
    genuine = intake.make(EPOCH_ONE, org=ORG, previous=None, signer=SUPERVISOR.signer, on=DAY)
    service = statements.state_service_key(SUPERVISOR.certified.key, org=ORG, signer=SUPERVISOR.signer, on=DAY)
    yield Vector(rule, "an intake document", {"text": genuine.text.decode(), "type": "intake"})
    yield Vector(rule, "a service key", {"text": service.text.decode(), "type": "service-key"})
    foreign = intake.make(EPOCH_ONE, org="0" * 64, previous=None, signer=SUPERVISOR.signer, on=DAY)
    for name, document, type_ in (
        ("a service key for an intake document", service, "intake"),
        ("an intake document for a service key", genuine, "service-key"),
        ("an intake document for a certificate", genuine, "certificate"),
        ("of another organisation", foreign, "intake"),
        ("a root", ROOT, "root"),
    ):
        yield Vector(rule, name, {"text": document.text.decode(), "type": type_}, not_authentic("type"))

    rule = "a public document has one signature, by a supervisor of the root, who is its author"
    deputys = replace(genuine.header, author=DEPUTY.id)
    caseworkers = replace(genuine.header, author=CASEWORKER.id)
    for name, document, reason in (
        ("by nobody", Document(genuine.line, genuine.header, Signatures(())), "unsigned"),
        ("by a caseworker", signed(caseworkers, CASEWORKER.signer), "signer"),
        ("by a caseworker, in a supervisor's document", signed(genuine.header, CASEWORKER.signer), "signer"),
        ("by a stranger in a supervisor's name", signed(genuine.header, IMPOSTOR), "signer"),
        ("a supervisor's key in another name", signed(caseworkers, Signer(CASEWORKER.id, SUPERVISOR.key)), "signer"),
        ("by a supervisor whom no root lists", signed(deputys, DEPUTY.signer), "signer"),
        ("by a supervisor and another", signed(genuine.header, SUPERVISOR.signer, CASEWORKER.signer), "signer"),
        ("twice by a supervisor", signed(genuine.header, SUPERVISOR.signer, SUPERVISOR.signer), "signer"),
        ("in another's name", signed(caseworkers, SUPERVISOR.signer), "author"),
        ("changed after it was signed", _resigned(genuine, following(genuine)), "signature"),
        ("signed as another type", _as_type(genuine, "certificate"), "signature"),
        ("a signature with a scalar that is not reduced", _unreduced(genuine), "signature"),
    ):
        yield Vector(rule, name, {"text": document.text.decode(), "type": "intake"}, not_authentic(reason))


def public_documents_of_staff() -> Iterator[Vector]:
    """The same of what a reporter's client asks for nowhere."""
    rule = "a public document is of the type that was asked for"
    certified = certificate(CASEWORKER.certified, org=ORG, signer=SUPERVISOR.signer, valid_from=DAY, valid_until=LATER)
    text = certified.text.decode()
    yield Vector(rule, "a certificate", {"text": text, "type": "certificate"})
    yield Vector(rule, "a certificate for an intake document", {"text": text, "type": "intake"}, not_authentic("type"))


def certificate_chains() -> Iterator[Vector]:
    """Given are certificates, in any order: all that there are of their people."""
    first = _certificate(CASEWORKER)
    renewed = _certificate(CASEWORKER, previous=first, valid_from=LATER)
    again = Person(12, Role.CASEWORKER)
    anew = replace(again.certified, person=CASEWORKER.id)
    second = _certificate(anew, previous=first)
    third = _certificate(CASEWORKER, previous=second)
    fourth = _certificate(anew, previous=third, valid_from=LATER)
    ended = _certificate(replace(anew, roles=frozenset()), previous=second)

    rule = "the certificates of a person are one chain of versions"
    yield Vector(rule, "one", _chain(first))
    yield Vector(
        rule, "two of one person, turned round, and one of another", _chain(renewed, first, _certificate(TRIAGER))
    )
    other = _certificate(CASEWORKER, previous=first, until=date(2027, 6, 15))
    beside = _certificate(CASEWORKER, previous=other, valid_from=LATER)
    for name, documents in (
        ("without the first", (second,)),
        ("without one between", (first, third)),
        ("two of one version", (first, renewed, second)),
        ("two of one version, and what follows one of them", (first, other, second, third)),
        ("one that follows another", (first, renewed, beside)),
        ("one twice", (first, first)),
    ):
        yield Vector(rule, name, _chain(*documents), not_authentic("certificate-chain"))

    rule = "after a change of keys a certificate names all others that the person had"
    for name, documents in (
        ("new keys", (first, second)),
        ("the first ones again", (first, second, third)),
        ("and the second", (first, second, third, fourth)),
        ("an end", (first, second, ended)),
    ):
        yield Vector(rule, name, _chain(*documents))
    [said] = second.header.body["replaced"]
    body = {name: value for name, value in second.header.body.items() if name != "replaced"}
    for name, replaced, refused in (
        ("none", None, not_authentic("certificate-replaced")),
        ("one too many", [said, {**said, "key": b64(STRANGER.certified.key)}], not_authentic("certificate-replaced")),
        ("another key", [{**said, "key": b64(STRANGER.certified.key)}], not_authentic("certificate-replaced")),
        (
            "another recipient",
            [{**said, "recipient": str(REPORT_KEY.recipient)}],
            not_authentic("certificate-replaced"),
        ),
        ("another day", [{**said, "since": "2026-06-14"}], not_authentic("certificate-replaced")),
        ("twice", [said, said], not_authentic("certificate-replaced")),
        ("an empty list", [], malformed()),
        ("no list", said, malformed()),
        ("something more", [{**said, "more": 1}], malformed()),
        ("without a day", [{"key": said["key"], "recipient": said["recipient"]}], malformed()),
        ("a key of 31 bytes", [{**said, "key": b64(bytes(31))}], malformed()),
        ("a recipient that is null", [{**said, "recipient": None}], malformed()),
    ):
        forged = _changed(second, body if replaced is None else {**body, "replaced": replaced})
        yield Vector(rule, name, _chain(first, forged), refused)
    forgets = _changed(ended, {name: value for name, value in ended.header.body.items() if name != "replaced"})
    yield Vector(rule, "one that forgets them", _chain(first, second, forgets), not_authentic("certificate-replaced"))
    begins = _changed(first, {**first.header.body, "replaced": [said]})
    yield Vector(rule, "in the first", _chain(begins), not_authentic("certificate-replaced"))

    rule = "no certificate is dated before the one that it follows"
    back = _certificate(anew, previous=renewed, valid_from=DAY)
    yield Vector(rule, "of the same day", _chain(first, second))
    yield Vector(rule, "new keys, dated back", _chain(first, renewed, back), not_authentic("certificate-days"))

    rule = "a supervisor of the root certifies, and nobody else"
    for name, signer, reason in (
        ("a caseworker", CASEWORKER.signer, "signer"),
        ("a supervisor whom no root lists", DEPUTY.signer, "signer"),
        ("a supervisor's name with another key", IMPOSTOR, "signer"),
    ):
        swapped = signed(replace(second.header, author=signer.person), signer)
        yield Vector(rule, f"new keys by {name}", _chain(first, swapped), not_authentic(reason))


def _certificate(
    of: Person | Certified,
    *,
    previous: Document | None = None,
    valid_from: date = DAY,
    until: date = date(2027, 12, 31),
) -> Document:
    certified = of.certified if isinstance(of, Person) else of
    days = {"valid_from": valid_from, "valid_until": until}
    return certificate(certified, org=ORG, signer=SUPERVISOR.signer, previous=previous, **days)


def _chain(*certificates: Document) -> dict[str, Any]:
    return {"certificates": [each.text.decode() for each in certificates]}


LATER = date(2026, 12, 31)
EPOCH_ONE = Intake(
    epoch=EPOCH,
    recipient=EPOCH_KEY.recipient,
    accepts_from=DAY,
    accepts_until=date(2026, 6, 21),
    destroyed_on=date(2026, 6, 28),
    languages=("en", "zh-Hans"),
    attachment_limit=100_000_000,
    notice="We read every report within a day.",
)
EPOCH_TWO = replace(
    EPOCH_ONE,
    epoch=counted_id("epoch", 2),
    recipient=REPORT_KEY.recipient,
    accepts_from=date(2026, 6, 22),
    accepts_until=date(2026, 6, 28),
    destroyed_on=date(2026, 7, 5),
)


def following(document: Document) -> Document:
    return intake.make(EPOCH_TWO, org=ORG, previous=document, signer=SUPERVISOR.signer, on=DAY)


def intakes() -> Iterator[Vector]:
    """Given are an authentic intake document and the day on which a reporter's client reads it."""
    rule = "a client seals to an epoch on its days alone"
    genuine = intake.make(EPOCH_ONE, org=ORG, previous=None, signer=SUPERVISOR.signer, on=DAY)
    for today in ("2026-06-15", "2026-06-18", "2026-06-21"):
        yield Vector(rule, f"on {today}", {"text": genuine.text.decode(), "today": today})
    for today in ("2026-06-14", "2026-06-22", "2025-06-18", "2027-06-18"):
        given = {"text": genuine.text.decode(), "today": today}
        yield Vector(rule, f"on {today}", given, not_authentic("epoch-days"))

    rule = "an epoch accepts for at most seven days, and its key ends at most seven days later"
    for name, days, refused in (
        ("one day", ("2026-06-15", "2026-06-15", "2026-06-15"), None),
        ("seven days", ("2026-06-15", "2026-06-21", "2026-06-21"), None),
        ("eight days", ("2026-06-15", "2026-06-22", "2026-06-22"), malformed()),
        ("seven days after the last", ("2026-06-15", "2026-06-21", "2026-06-28"), None),
        ("eight", ("2026-06-15", "2026-06-21", "2026-06-29"), malformed()),
        ("its last day before its first", ("2026-06-15", "2026-06-14", "2026-06-20"), malformed()),
        ("its end before its last day", ("2026-06-15", "2026-06-21", "2026-06-20"), malformed()),
    ):
        body = dict(zip(("accepts_from", "accepts_until", "destroyed_on"), days, strict=True))
        yield Vector(rule, name, _intake(genuine, {**body}), refused)

    rule = "no day of an epoch lies more than sixty days after that of its signing"
    for name, at, refused in (
        ("sixty days", "2026-04-22", None),
        ("sixty-one", "2026-04-21", malformed()),
        ("sixty of an hour", "2026-04-22T23:00Z", None),
        ("sixty-one of an hour", "2026-04-21T23:00Z", malformed()),
        ("signed on its last day", "2026-06-21", None),
    ):
        header = replace(genuine.header, at=at)
        given = {"text": signed(header, SUPERVISOR.signer).text.decode(), "today": "2026-06-15"}
        yield Vector(rule, name, given, refused)

    rule = "an intake document has its fields and no others"
    for size in (1, MOST):
        yield Vector(rule, f"{size} bytes", _intake(genuine, {"limits": {"attachment_bytes": size}}))
    yield Vector(rule, "no language, no notice", _intake(genuine, {"languages": [], "notice": ""}))
    epoch = genuine.header.body["epoch"]
    for name, changes in (
        ("something more", {"more": 1}),
        ("an epoch with something more", {"epoch": {**epoch, "more": 1}}),
        ("an epoch without a recipient", {"epoch": {"id": EPOCH}}),
        ("no epoch", {"epoch": None}),
        ("an id of something else", {"epoch": {**epoch, "id": SUPERVISOR.id}}),
        ("an id in upper case", {"epoch": {**epoch, "id": EPOCH.upper()}}),
        ("a recipient of another kind", {"epoch": {**epoch, "recipient": _classic()}}),
        ("a recipient in upper case", {"epoch": {**epoch, "recipient": epoch["recipient"].upper()}}),
        ("no recipient", {"epoch": {**epoch, "recipient": None}}),
        ("a day written otherwise", {"accepts_from": "20260615"}),
        ("a day that is an hour", {"accepts_from": "2026-06-15T00:00Z"}),
        ("a day that does not exist", {"accepts_until": "2026-06-31"}),
        ("no first day", {"accepts_from": None}),
        ("no last day", {"accepts_until": None}),
        ("no end", {"destroyed_on": None}),
        ("one language without a list", {"languages": "en"}),
        ("a language that is a number", {"languages": ["en", 1]}),
        ("no limits", {"limits": None}),
        ("limits without a size", {"limits": {}}),
        ("limits with something more", {"limits": {"attachment_bytes": 1, "more": 1}}),
        ("a size of nothing", {"limits": {"attachment_bytes": 0}}),
        ("a size below nothing", {"limits": {"attachment_bytes": -1}}),
        ("a size above all numbers", {"limits": {"attachment_bytes": 2**53}}),
        ("half a byte", {"limits": {"attachment_bytes": 1.5}}),
        ("a size that is true", {"limits": {"attachment_bytes": True}}),
        ("a size that is a text", {"limits": {"attachment_bytes": "100"}}),
        ("no notice", {"notice": None}),
    ):
        yield Vector(rule, name, _intake(genuine, changes), malformed())
    for name in genuine.header.body:
        body = {key: value for key, value in genuine.header.body.items() if key != name}
        document = signed(replace(genuine.header, body=body), SUPERVISOR.signer)
        yield Vector(rule, f"without {name}", {"text": document.text.decode(), "today": str(DAY)}, malformed())


class KeyLogs:
    """Key logs, with each line kept once under a name: they are long, and most are the same."""

    def __init__(self) -> None:
        self.lines: dict[str, str] = {}
        self._names: dict[bytes, str] = {}

    def vectors(self) -> Iterator[Vector]:
        """Given are the lines of the log by name, and, where they are looked at, a head and one that was seen."""
        service = statements.state_service_key(
            SERVICE_KEY.public_key().public_bytes_raw(), org=ORG, signer=SUPERVISOR.signer, on=DAY
        )
        first = intake.make(EPOCH_ONE, org=ORG, previous=None, signer=SUPERVISOR.signer, on=DAY)
        second = following(first)
        whole = lines_of(ROOT, service, first, second)
        yield from self._chains(service, first, second)
        yield from self._writings(whole)
        yield from self._continuations(service, first, second)
        yield from self._heads(service, first, second)
        yield from self._days(service, first, second)

    def _chains(self, service: Document, first: Document, second: Document) -> Iterator[Vector]:
        rule = "each line has its number and the hash of the line before"
        whole = lines_of(ROOT, service, first, second)
        yield Vector(rule, "a whole log", self.log(whole))
        yield Vector(rule, "a log of a root alone", self.log(whole[:1]))
        for name, lines in (
            ("no line", []),
            ("a line missing at the beginning", whole[1:]),
            ("a line missing", [whole[0], *whole[2:]]),
            ("two lines in the other order", [*whole[:2], whole[3], whole[2]]),
            ("a line twice", [*whole[:2], *whole[1:]]),
            ("the last line twice", [*whole, whole[-1]]),
            ("a line of another log", [lines_of(ROOT, first)[0], lines_of(service, service)[1], *whole[2:]]),
            ("its number changed", [whole[0], _relined(whole[1], n=3), *whole[2:]]),
            ("its number a text", [whole[0], _relined(whole[1], n="2")]),
            ("without the hash of the line before", [whole[0], _relined(whole[1], previous=None)]),
            ("a hash in the first line", [_relined(whole[0], previous="0" * 64)]),
        ):
            yield Vector(rule, name, self.log(lines), not_authentic("key-log"))

        rule = "a log begins with the pinned root; roots, service keys and intake documents are behind it, nothing else"
        foreign = make_root([STRANGER.certified], STRANGER.signer, on=DAY)
        told = {"state": ReportState.ACCEPTED}
        at, to = DAY.isoformat(), REPORT_KEY.recipient
        state = bare(Header.new("state", counted_id("rep", 1), told, org=ORG, author=None, at=at, to=to))
        documents: tuple[Document, ...]
        for name, documents, refused in (
            ("no root", (service, first), not_authentic("key-log")),
            ("the root of somebody else", (foreign, service), not_authentic("pin")),
            ("a report's state behind them", (ROOT, service, state), not_authentic("key-log")),
            (
                "a root signed by somebody else",
                (signed(ROOT.header, STRANGER.signer),),
                not_authentic("root-signature"),
            ),
        ):
            yield Vector(rule, name, self.log(lines_of(*documents)), refused)

        rule = "each entry is signed by a supervisor of the root"
        stranger = replace(first.header, author=STRANGER.id)
        strangers_key = statements.state_service_key(
            STRANGER.key.public_key().public_bytes_raw(), org=ORG, signer=STRANGER.signer, on=DAY
        )
        foreign_intake = intake.make(EPOCH_ONE, org="0" * 64, previous=None, signer=SUPERVISOR.signer, on=DAY)
        for name, documents, reason in (
            ("an intake document by a stranger", (ROOT, service, signed(stranger, STRANGER.signer)), "signer"),
            ("an intake document by a caseworker", (ROOT, service, _by(first, CASEWORKER)), "signer"),
            ("an intake document by a triager", (ROOT, service, _by(first, TRIAGER)), "signer"),
            ("an intake document by nobody", (ROOT, service, _unsigned(first)), "unsigned"),
            ("an intake document in a supervisor's name", (ROOT, signed(first.header, IMPOSTOR)), "signer"),
            ("a service key by a stranger", (ROOT, strangers_key, first), "signer"),
            ("an intake document of another organisation", (ROOT, foreign_intake), "type"),
            ("an intake document that was changed", (ROOT, _resigned(first, second)), "signature"),
        ):
            yield Vector(rule, name, self.log(lines_of(*documents)), not_authentic(reason))

        rule = "intake documents follow one another without a gap"
        branch = intake.make(replace(EPOCH_ONE, notice="…"), org=ORG, previous=None, signer=SUPERVISOR.signer, on=DAY)
        third = following(second)
        for name, documents in (
            ("the first left out", (ROOT, service, second)),
            ("one left out", (ROOT, service, first, third)),
            ("one twice", (ROOT, service, first, first)),
            ("the other order", (ROOT, service, second, first)),
            ("one that follows another", (ROOT, service, branch, second)),
            ("a second beginning", (ROOT, service, first, branch)),
            (
                "a number left out",
                (ROOT, service, first, signed(replace(second.header, version=3), SUPERVISOR.signer)),
            ),
        ):
            yield Vector(rule, name, self.log(lines_of(*documents)), not_authentic("intake-chain"))
        yield Vector(
            "an entry is of the form of its type",
            "an intake document of other days",
            self.log(lines_of(ROOT, _changed(first, {**first.header.body, "destroyed_on": "2026-07-29"}))),
            malformed(),
        )
        for name, body in (
            ("a service key of 31 bytes", {"key": b64(bytes(31))}),
            ("a service key that is null", {"key": None}),
            ("a service key and more", {**service.header.body, "more": 1}),
            ("no service key", {}),
        ):
            for behind, more in (("", ()), (", and a whole one behind it", (service,))):
                lines = lines_of(ROOT, _changed(service, body), *more)
                yield Vector("an entry is of the form of its type", f"{name}{behind}", self.log(lines), malformed())

    def _writings(self, whole: list[bytes]) -> Iterator[Vector]:
        rule = "a line has one writing"
        root = whole[0]
        document = parse_object(root)["document"]
        for name, line in (
            ("a space", root.replace(b'"n":1', b'"n": 1')),
            ("a space behind it", root + b" "),
            ("names in another order", canonical({"previous": None, "n": 1, "document": document})),
            ("something more", canonical({"n": 1, "previous": None, "document": document, "more": 1})),
            ("no document", canonical({"n": 1, "previous": None})),
            ("a document that is null", canonical({"n": 1, "previous": None, "document": None})),
            ("a document without its last LF", canonical({"n": 1, "previous": None, "document": document[:-1]})),
            ("a document with an escape that none needs", root.replace(b"supervisors", b"\\u0073upervisors", 1)),
            ("no JSON", b"root"),
            ("nothing", b""),
        ):
            yield Vector(rule, name, self.log([line]), malformed())

    def _continuations(self, service: Document, first: Document, second: Document) -> Iterator[Vector]:
        rule = "a log contains, at its place, the line that this client has seen last"
        whole = lines_of(ROOT, service, first, second)
        branch = intake.make(replace(EPOCH_ONE, notice="…"), org=ORG, previous=None, signer=SUPERVISOR.signer, on=DAY)
        forked = lines_of(ROOT, service, branch, following(branch), service)
        for n in range(1, 5):
            yield Vector(rule, f"line {n} was seen", self.log(whole, seen=head_of(whole[:n])))
        for name, lines, seen in (
            ("a shorter log", whole[:3], head_of(whole)),
            ("a log that forks before what was seen", forked, head_of(whole)),
            ("a log that forks at what was seen", forked, head_of(whole[:3])),
            ("the line at another place", whole, Head(2, sha256_hex(whole[2]))),
            ("a line that never was", whole, Head(3, "0" * 64)),
        ):
            yield Vector(rule, name, self.log(lines, seen=seen), rollback("key-log"))

    def _heads(self, service: Document, first: Document, second: Document) -> Iterator[Vector]:
        rule = "the service signs the number and the hash of the last line with the key that the log certifies last"
        whole = lines_of(ROOT, service, first, second)
        of, newer = head_of(whole), Ed25519PrivateKey.from_private_bytes(bytes([12]) * 32)
        turned = statements.state_service_key(
            newer.public_key().public_bytes_raw(), org=ORG, signer=SUPERVISOR.signer, on=DAY
        )
        two_keys = lines_of(ROOT, service, first, turned)
        yield Vector(rule, "the head of a log", self.log(whole, head=told_head(of)))
        yield Vector(rule, "under a later key", self.log(two_keys, head=told_head(head_of(two_keys), newer)))
        reason = not_authentic("key-log-head")
        for name, lines, head, refused in (
            ("of a shorter log", whole, told_head(head_of(whole[:3])), reason),
            ("of a longer log", whole[:3], told_head(of), reason),
            ("the number of another line", whole, told_head(Head(3, of.hash)), reason),
            ("the lowest number", whole, told_head(Head(1, of.hash)), reason),
            ("the highest number", whole, told_head(Head(MOST, of.hash)), reason),
            ("the hash of another line", whole, told_head(Head(4, sha256_hex(whole[2]))), reason),
            ("another key", whole, told_head(of, STRANGER.key), reason),
            ("a supervisor's key", whole, told_head(of, SUPERVISOR.key), reason),
            ("the key that came before", two_keys, told_head(head_of(two_keys)), reason),
            ("a log without a service key", whole[:1], told_head(head_of(whole[:1])), reason),
            (
                "signed over another head",
                whole,
                {**told_head(of), "sig": told_head(head_of(whole[:3]))["sig"]},
                _SIGNATURE,
            ),
            ("signed as something else", whole, told_head(of, type_="intake"), _SIGNATURE),
        ):
            yield Vector(rule, name, self.log(lines, head=head), refused)

        rule = "a head has its four fields and no others"
        told = told_head(of)
        for name, changes in (
            ("something more", {"more": 1}),
            ("a number that is a text", {"n": "4"}),
            ("a number that is true", {"n": True}),
            ("no line", {"n": 0}),
            ("a number above all", {"n": MOST + 1}),
            ("half a line", {"n": 1.5}),
            ("a hash in upper case", {"hash": of.hash.upper()}),
            ("a hash that is null", {"hash": None}),
            ("a key of 31 bytes", {"key": b64(bytes(31))}),
            ("a key that is null", {"key": None}),
            ("a signature of 63 bytes", {"sig": b64(bytes(63))}),
            ("a signature that is null", {"sig": None}),
        ):
            yield Vector(rule, name, self.log(whole, head={**told, **changes}), malformed())
        for key in told:
            lacking = {name: value for name, value in told.items() if name != key}
            yield Vector(rule, f"without {key}", self.log(whole, head=lacking), malformed())

    def log(
        self,
        lines: list[bytes],
        *,
        pin: str = ORG,
        head: dict[str, Any] | None = None,
        seen: Head | None = None,
        shown: tuple[Document, str] | None = None,
    ) -> dict[str, Any]:
        """What a vector has of a log; `shown` is the intake document that the service shows on a day."""
        names = [self._name(line) for line in lines]
        given = {"pin": pin, "lines": names, "head": head, "seen": seen and {"n": seen.n, "hash": seen.hash}}
        return given | ({"shown": {"text": shown[0].text.decode(), "today": shown[1]}} if shown else {})

    def _days(self, service: Document, first: Document, second: Document) -> Iterator[Vector]:
        rule = "of the intake documents whose days hold today the highest version counts, and no other"
        again = replace(EPOCH_ONE, epoch=counted_id("epoch", 3), accepts_from=date(2026, 6, 18))
        third = intake.make(again, org=ORG, previous=second, signer=SUPERVISOR.signer, on=date(2026, 6, 18))
        whole = lines_of(ROOT, service, first, second, third)
        stranger = intake.make(again, org=ORG, previous=first, signer=SUPERVISOR.signer, on=DAY)
        for name, shown, today, refused in (
            ("the first before it was replaced", first, "2026-06-17", None),
            ("what took its place, from its first day on", third, "2026-06-18", None),
            ("the same on its last day", third, "2026-06-21", None),
            ("what was signed ahead, on its first day", second, "2026-06-22", None),
            ("the older of two of one day", first, "2026-06-18", not_authentic("intake")),
            ("what is signed ahead, before its days", second, "2026-06-21", not_authentic("epoch-days")),
            ("the newest, after its days", third, "2026-06-22", not_authentic("epoch-days")),
            ("the newest, before its days", third, "2026-06-17", not_authentic("epoch-days")),
            ("the last, when nothing is signed", second, "2026-06-29", not_authentic("epoch-days")),
            ("one that is not in the log", stranger, "2026-06-18", not_authentic("intake")),
        ):
            yield Vector(rule, name, self.log(whole, shown=(shown, today)), refused)

    def _name(self, line: bytes) -> str:
        name = self._names.setdefault(line, f"line {len(self._names) + 1}")
        self.lines[name] = line.decode()
        return name


_SIGNATURE: Refusal = not_authentic("signature")


def pinned(root: Document, pin: str | None = None) -> dict[str, Any]:
    return {"text": root.text.decode(), "pin": pin or org_of(root)}


def _listing(listed: dict[str, Any], **changes: object) -> dict[str, Any]:
    return {**ROOT.header.body, "supervisors": [{**listed, **changes}]}


def _intake(genuine: Document, changes: dict[str, Any]) -> dict[str, Any]:
    return {"text": _changed(genuine, {**genuine.header.body, **changes}).text.decode(), "today": str(DAY)}


def _changed(document: Document, body: dict[str, Any]) -> Document:
    """Another body, signed by the supervisor: authentic, and of another form."""
    return signed(replace(document.header, body=body), SUPERVISOR.signer)


def _by(document: Document, person: Person) -> Document:
    return signed(replace(document.header, author=person.id), person.signer)


def _unsigned(document: Document) -> Document:
    return Document(document.line, document.header, Signatures(()))


def _by_scalar(document: Document, *, mixed_r: bool = False, mixed_key: bool = False) -> Document:
    """The document under a key of which the vectors know the scalar."""
    message = bytes_signed("root", document.line)
    key = curve.public_key(_SCALAR, mixed=mixed_key)
    sig = curve.sign(message, _SCALAR, mixed_r=mixed_r, mixed_key=mixed_key)
    return Document(document.line, document.header, Signatures((Signature(SUPERVISOR.id, key, sig),)))


def _resigned(document: Document, other: Document) -> Document:
    """The document under the signatures of another one."""
    return Document(document.line, document.header, other.proof)


def _as_type(document: Document, type_: str) -> Document:
    signature = SUPERVISOR.signer.sign(type_, document.line)
    return Document(document.line, document.header, Signatures((signature,)))


def _unreduced(document: Document) -> Document:
    [signature] = document.verify_signatures()
    scalar = int.from_bytes(signature.sig[32:], "little") + curve.ORDER  # which verifies where nobody looks
    sig = signature.sig[:32] + scalar.to_bytes(32, "little")
    return Document(document.line, document.header, Signatures((Signature(signature.by, signature.key, sig),)))


def _classic() -> str:
    return str(age.X25519Identity(bytes(range(32))).recipient)


def lines_of(*documents: Document) -> list[bytes]:
    lines: list[bytes] = []
    for n, document in enumerate(documents, start=1):
        lines.append(key_log.entry(n, sha256_hex(lines[-1]) if lines else None, document))
    return lines


def _relined(line: bytes, **changes: object) -> bytes:
    return canonical({**parse_object(line), **changes})


def head_of(lines: list[bytes]) -> Head:
    return Head(len(lines), sha256_hex(lines[-1]))


def told_head(head: Head, key: Ed25519PrivateKey = SERVICE_KEY, *, type_: str = "key-log-head") -> dict[str, Any]:
    return key_log.write_head(head, Signer("service", key).sign(type_, head.line()))
