"""How one root follows another, and what counts afterwards (docs/protocol.md, section 4)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any, Final

from app.protocol import intake, roots, statements
from app.protocol.documents import Document, Signatures, Signer, signed
from app.protocol.encoding import b64, sha256_hex
from app.protocol.roots import Paper, Root
from app.vocabulary import Role
from tests.vectors.make import DAY, ORG, ROOT, SERVICE_KEY, STRANGER, SUPERVISOR, Person, counted_id
from tests.vectors.refusals.trust import EPOCH_ONE, EPOCH_TWO, KeyLogs, head_of, lines_of, pinned, told_head
from tests.vectors.refusals.vector import Vector, malformed, not_authentic, rollback

SECOND: Final = Person(10, Role.SUPERVISOR)
THIRD: Final = Person(14, Role.SUPERVISOR)
PAPER: Final = Paper(counted_id("paper", 1), bytes([13]) * 16)
SPARE: Final = Paper(counted_id("paper", 2), bytes([15]) * 16)
_LATER: Final = date(2026, 6, 17)


def body(*people: Person, k: int, papers: tuple[Paper, ...] = (), **kept: Any) -> dict[str, Any]:
    """Of a root that lists these."""
    keys = {each.id: each.signer.public_key for each in papers}
    return roots.root_body((each.certified for each in people), k=k, papers=keys, **kept)


def next_root(after: Document, said: dict[str, Any], *signers: Signer, **changes: Any) -> Document:
    """The root after another, by all of these, the first of whom proposes it; written otherwise by `changes`."""
    before = Root.read(after)
    proposed = roots.propose_root(said, after=before, org=ORG, signer=signers[0], on=_LATER)
    document = signed(replace(proposed.header, **changes), signers[0])
    for each in signers[1:]:
        document = roots.sign_root(document, each)
    return document


# The first of one key; then two supervisors and a paper, of whom two sign; then the first supervisor goes.
TRIO: Final = body(SUPERVISOR, SECOND, k=2, papers=(PAPER,))
SECOND_ROOT: Final = next_root(ROOT, TRIO, SUPERVISOR.signer, SECOND.signer)


def forms() -> Iterator[Vector]:
    """Given are a root and the pin that a client has."""
    rule = "a root lists k of its keys, so that one more than k can sign, and no paper alone"
    signers = (PAPER.signer, SPARE.signer, SUPERVISOR.signer, SECOND.signer)
    for name, said in (
        ("two of two supervisors and a paper", TRIO),
        ("two of a supervisor and two papers", body(SUPERVISOR, k=2, papers=(PAPER, SPARE))),
        ("one of two supervisors", body(SUPERVISOR, SECOND, k=1)),
    ):
        ids = {each["id"] for each in (*said["supervisors"], *said["paper"])}
        chosen = [each for each in signers if each.person in ids]
        yield Vector(rule, name, pinned(signed(replace(ROOT.header, body=said), *chosen)))
    [first, second], [paper] = TRIO["supervisors"], TRIO["paper"]
    for name, said in (
        ("two of two", body(SUPERVISOR, SECOND, k=2)),
        ("three of three", {**TRIO, "k": 3}),
        ("one of three with a paper", {**TRIO, "k": 1}),
        ("a paper beside one supervisor", body(SUPERVISOR, k=2, papers=(PAPER,))),
        (
            "papers alone",
            {**TRIO, "supervisors": [], "paper": [paper, {**paper, "id": SPARE.id, "key": b64(bytes(32))}]},
        ),
        ("no list of papers", {**TRIO, "paper": None}),
        ("a paper twice", {**TRIO, "paper": [paper, paper]}),
        ("a paper's key under another id", {**TRIO, "paper": [paper, {**paper, "id": SPARE.id}]}),
        ("a supervisor's key on paper", {**TRIO, "paper": [{**paper, "key": first["key"]}]}),
        ("two supervisors with one key", {**TRIO, "supervisors": [first, {**second, "key": first["key"]}]}),
        ("two with one recipient", {**TRIO, "supervisors": [first, {**second, "recipient": first["recipient"]}]}),
        ("a person among the papers", {**TRIO, "paper": [{**paper, "id": SECOND.id}]}),
        ("a paper with roles", {**TRIO, "paper": [{**paper, "roles": []}]}),
        ("a paper's key of 31 bytes", {**TRIO, "paper": [{**paper, "key": b64(bytes(31))}]}),
        ("hashes in another order", {**TRIO, "kept": ["b" * 64, "a" * 64]}),
        ("a hash twice", {**TRIO, "kept": ["a" * 64, "a" * 64]}),
        ("no hash", {**TRIO, "kept": ["a"]}),
        ("no list of hashes", {**TRIO, "kept": None}),
        ("a list of staff that is none", {**TRIO, "kept_staff": "a"}),
        ("a first root that keeps something", {**TRIO, "kept": ["a" * 64]}),
        ("a first root that keeps something for staff", {**TRIO, "kept_staff": "a" * 64}),
    ):
        yield Vector(
            rule, name, pinned(signed(replace(ROOT.header, body=said), PAPER.signer, SUPERVISOR.signer)), malformed()
        )

    rule = "a first root is signed by k of its own keys, each once and in order, its author's among them"
    header = replace(ROOT.header, body=TRIO)
    of_second = replace(header, author=SECOND.id)
    by_paper = replace(header, author=PAPER.id)
    yield Vector(rule, "by a paper and a supervisor", pinned(signed(header, PAPER.signer, SUPERVISOR.signer)))
    yield Vector(rule, "proposed by a paper", pinned(signed(by_paper, PAPER.signer, SUPERVISOR.signer)))
    for name, document, reason in (
        ("by one of two", signed(header, SUPERVISOR.signer), "root-k"),
        ("by a paper alone", signed(by_paper, PAPER.signer), "root-k"),
        ("one key twice", signed(header, SUPERVISOR.signer, SUPERVISOR.signer), "root-signature"),
        ("a paper twice", signed(by_paper, PAPER.signer, PAPER.signer), "root-signature"),
        ("in another order", signed(header, SUPERVISOR.signer, PAPER.signer), "root-signature"),
        ("a paper that it does not list", signed(header, SPARE.signer, SUPERVISOR.signer), "root-signature"),
        ("its author has not signed", signed(of_second, PAPER.signer, SUPERVISOR.signer), "author"),
    ):
        yield Vector(rule, name, pinned(document), not_authentic(reason))
    for name, document in (
        ("by an epoch", signed(header, Signer(counted_id("epoch", 1), SUPERVISOR.key))),
        ("an intake document by a paper", _of_paper()),
    ):
        yield Vector(
            "who signs a root is a person or a paper, and no paper signs anything else",
            name,
            pinned(document, ORG),
            malformed(),
        )


def successions(logs: KeyLogs) -> Iterator[Vector]:
    """Key logs with several roots."""
    service = statements.state_service_key(
        SERVICE_KEY.public_key().public_bytes_raw(), org=ORG, signer=SUPERVISOR.signer, on=DAY
    )
    first = intake.make(EPOCH_ONE, org=ORG, previous=None, signer=SUPERVISOR.signer, on=DAY)
    rule = "each root follows the one before it"
    third = next_root(SECOND_ROOT, body(SECOND, THIRD, k=2, papers=(PAPER,)), SECOND.signer, PAPER.signer, THIRD.signer)
    by_second = intake.make(EPOCH_TWO, org=ORG, previous=first, signer=SECOND.signer, on=DAY)
    yield Vector(rule, "a second supervisor", logs.log(lines_of(ROOT, service, first, SECOND_ROOT, by_second)))
    yield Vector(rule, "three roots", logs.log(lines_of(ROOT, SECOND_ROOT, third)))
    yield Vector(rule, "of one day", logs.log(lines_of(ROOT, _changed(at=str(DAY)))))
    for name, document in (
        ("the first again", ROOT),
        ("a number left out", _changed(version=3)),
        ("the number of the one before", _changed(version=1, previous=None, org=None)),
        ("after another", _changed(previous="0" * 64)),
        ("after the hash of both lines", _changed(previous=sha256_hex(ROOT.text))),
        ("of another organisation", _changed(org="0" * 64)),
        ("of an earlier day", _changed(at="2026-06-14")),
    ):
        yield Vector(rule, name, logs.log(lines_of(ROOT, document)), not_authentic("root-chain"))
    lines = lines_of(ROOT, SECOND_ROOT, SECOND_ROOT)
    yield Vector(rule, "the second again", logs.log(lines), not_authentic("root-chain"))

    rule = "a root is signed by k keys of the one before and by k of its own"
    newcomers = body(THIRD, k=1)
    trio, duo = SECOND_ROOT, body(SECOND, THIRD, k=2, papers=(PAPER,))
    alone = body(SUPERVISOR, k=1)
    for name, before, document, reason in (
        ("by who takes over alone", ROOT, next_root(ROOT, newcomers, THIRD.signer), "author"),
        ("proposed by a newcomer", ROOT, next_root(ROOT, TRIO, SECOND.signer, SUPERVISOR.signer), "author"),
        ("by the one before alone", ROOT, next_root(ROOT, TRIO, SUPERVISOR.signer), "root-k"),
        ("by one of two before", trio, next_root(trio, duo, SECOND.signer, THIRD.signer), "root-k"),
        ("by one who wants to be alone", trio, next_root(trio, alone, SUPERVISOR.signer), "root-k"),
        ("by a paper alone", trio, next_root(trio, duo, PAPER.signer), "root-k"),
        (
            "with a stranger",
            ROOT,
            next_root(ROOT, TRIO, SUPERVISOR.signer, SECOND.signer, STRANGER.signer),
            "root-signature",
        ),
        ("with a paper twice", trio, _twice(next_root(trio, duo, PAPER.signer, SECOND.signer)), "root-signature"),
        (
            "in a supervisor's name",
            trio,
            next_root(trio, duo, SECOND.signer, Signer(SUPERVISOR.id, STRANGER.key)),
            "root-signature",
        ),
        ("its author has not signed", ROOT, _changed(author=THIRD.id), "author"),
    ):
        of = (ROOT, SECOND_ROOT, document) if before is trio else (ROOT, document)
        yield Vector(rule, name, logs.log(lines_of(*of)), not_authentic(reason))
    same = next_root(trio, body(SECOND, k=1), SECOND.signer, PAPER.signer)
    yield Vector(rule, "one signature that serves both", logs.log(lines_of(ROOT, trio, same)))

    rule = "a root keeps hashes in their order, each once"
    for name, kept, refused in (
        ("in their order", ["a" * 64, "b" * 64], None),
        ("in another", ["b" * 64, "a" * 64], malformed()),
        ("one twice", ["a" * 64, "a" * 64], malformed()),
    ):
        keeping = next_root(ROOT, {**TRIO, "kept": kept}, SUPERVISOR.signer, SECOND.signer)
        yield Vector(rule, name, logs.log(lines_of(ROOT, keeping)), refused)

    rule = "an entry is signed by a supervisor of the root that stands before it"
    gone = next_root(trio, duo, PAPER.signer, SECOND.signer)
    by_gone = intake.make(EPOCH_TWO, org=ORG, previous=first, signer=SUPERVISOR.signer, on=DAY)
    for name, documents in (
        ("by one who comes later", (ROOT, service, first, by_second, SECOND_ROOT)),
        ("by one who is gone", (ROOT, service, first, SECOND_ROOT, gone, by_gone)),
        ("by a paper's holder under another id", (ROOT, SECOND_ROOT, _by(first, Signer(STRANGER.id, STRANGER.key)))),
    ):
        yield Vector(rule, name, logs.log(lines_of(*documents)), not_authentic("signer"))

    yield from _kept(logs, service, first)
    yield from _pins(logs)


def _kept(logs: KeyLogs, service: Document, first: Document) -> Iterator[Vector]:
    rule = "what somebody signed who is on the newest root no more counts where that keeps it"
    for name, kept, refused in (
        ("the service's key, kept", [sha256_hex(service.text)], None),
        ("the service's key, not kept", [], not_authentic("key-log-head")),
        ("another one kept", [sha256_hex(first.text)], not_authentic("key-log-head")),
        ("the hash of its line 1 kept", [sha256_hex(service.line)], not_authentic("key-log-head")),
    ):
        said = body(SECOND, THIRD, k=2, papers=(PAPER,), kept=kept)
        gone = next_root(SECOND_ROOT, said, PAPER.signer, SECOND.signer)
        lines = lines_of(ROOT, service, first, SECOND_ROOT, gone)
        yield Vector(rule, name, logs.log(lines, head=told_head(head_of(lines))), refused)
    kept = [sha256_hex(service.text)]
    leaves = next_root(SECOND_ROOT, body(SECOND, THIRD, k=2, papers=(PAPER,), kept=kept), PAPER.signer, SECOND.signer)
    forgets = next_root(leaves, body(SECOND, THIRD, k=2, papers=(SPARE,)), PAPER.signer, SECOND.signer, THIRD.signer)
    lines = lines_of(ROOT, service, first, SECOND_ROOT, leaves, forgets)
    yield Vector(
        rule,
        "kept once, and by the newest no more",
        logs.log(lines, head=told_head(head_of(lines))),
        not_authentic("key-log-head"),
    )


def counting() -> Iterator[Vector]:
    """Given are a public document, the type that was asked for, and the roots behind the first."""
    rule = "a public document is by a supervisor of the newest root, or that root keeps it"
    by_first = intake.make(EPOCH_ONE, org=ORG, previous=None, signer=SUPERVISOR.signer, on=DAY)
    by_second = _by(by_first, SECOND.signer)
    duo = body(SECOND, THIRD, k=2, papers=(PAPER,))
    leaves = next_root(SECOND_ROOT, duo, PAPER.signer, SECOND.signer)
    keeps = next_root(SECOND_ROOT, {**duo, "kept": [sha256_hex(by_first.text)]}, PAPER.signer, SECOND.signer)
    for name, document, following, reason in (
        ("of the newest", by_second, (SECOND_ROOT,), None),
        ("of both", by_first, (SECOND_ROOT,), None),
        ("kept", by_first, (SECOND_ROOT, keeps), None),
        ("of nobody yet", by_second, (), "signer"),
        ("of one before", by_first, (SECOND_ROOT, leaves), "not-kept"),
        ("of one before, where another is kept", _by(by_second, SUPERVISOR.signer), (SECOND_ROOT, leaves), "not-kept"),
    ):
        given = {"text": document.text.decode(), "type": "intake", "roots": [each.text.decode() for each in following]}
        yield Vector(rule, name, given, not_authentic(reason) if reason else None)


def lists() -> Iterator[Vector]:
    """Given are the roots behind the first and the hashes that the service shows as what the newest keeps for staff."""
    rule = "what staff are shown as kept is the list that the newest root names"
    hashes = ["a" * 64, "b" * 64]
    names = {**TRIO, "kept_staff": roots.list_sha256(hashes)}
    naming = next_root(ROOT, names, SUPERVISOR.signer, SECOND.signer)
    for name, root, shown, is_right in (
        ("the list", naming, hashes, True),
        ("in another order", naming, hashes[::-1], True),
        ("none where none is named", SECOND_ROOT, [], True),
        ("none", naming, [], False),
        ("a shorter one", naming, hashes[:1], False),
        ("a longer one", naming, [*hashes, "c" * 64], False),
        ("one where none is named", SECOND_ROOT, hashes, False),
    ):
        given = {"roots": [root.text.decode()], "hashes": shown}
        yield Vector(rule, name, given, None if is_right else not_authentic("kept"))


def _pins(logs: KeyLogs) -> Iterator[Vector]:
    rule = "no chain is taken without the root that the pin names"
    lines = lines_of(ROOT, SECOND_ROOT)
    newest = sha256_hex(SECOND_ROOT.line)
    third = next_root(SECOND_ROOT, TRIO, PAPER.signer, SECOND.signer)
    yield Vector(rule, "the newest", logs.log(lines, pin=f"{ORG}.2.{newest}"))
    yield Vector(rule, "one before the newest", logs.log(lines_of(ROOT, SECOND_ROOT, third), pin=f"{ORG}.2.{newest}"))
    for name, of, pin, refused in (
        ("a log that ends before it", lines[:1], f"{ORG}.2.{newest}", rollback("root")),
        ("a number too high", lines, f"{ORG}.3.{newest}", rollback("root")),
        ("another root of that number", lines, f"{ORG}.2.{'0' * 64}", not_authentic("root-fork")),
        ("of another organisation", lines, f"{'0' * 64}.2.{newest}", not_authentic("pin")),
        ("the first written out", lines, f"{ORG}.1.{ORG}", malformed()),
        ("number nought", lines, f"{ORG}.0.{newest}", malformed()),
        ("a number with a nought before it", lines, f"{ORG}.02.{newest}", malformed()),
        ("a number with an exponent", lines, f"{ORG}.2e0.{newest}", malformed()),
        ("a number without a hash", lines, f"{ORG}.2", malformed()),
        ("something more", lines, f"{ORG}.2.{newest}.", malformed()),
        ("a hash in upper case", lines, f"{ORG}.2.{newest.upper()}", malformed()),
        ("nothing", lines, "", malformed()),
    ):
        yield Vector(rule, name, logs.log(of, pin=pin), refused)


def _changed(**changes: Any) -> Document:
    return next_root(ROOT, TRIO, SUPERVISOR.signer, SECOND.signer, **changes)


def _twice(document: Document) -> Document:
    first, *others = roots.signatures_of(document)
    return Document(document.line, document.header, Signatures((first, first, *others)))


def _by(document: Document, signer: Signer) -> Document:
    return signed(replace(document.header, author=signer.person), signer)


def _of_paper() -> Document:
    genuine = intake.make(EPOCH_ONE, org=ORG, previous=None, signer=SUPERVISOR.signer, on=DAY)
    return _by(genuine, PAPER.signer)
