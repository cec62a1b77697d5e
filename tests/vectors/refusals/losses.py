"""What is accepted as lost stands in the key log at one place (docs/protocol.md, section 6)."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from app.protocol import intake, losses, roots
from app.protocol.chain import Mark
from app.protocol.documents import Document, Signer, signed
from app.protocol.encoding import b64
from tests.vectors.make import DAY, ORG, ROOT, STRANGER, SUPERVISOR
from tests.vectors.refusals.roots import PAPER, SECOND, SECOND_ROOT
from tests.vectors.refusals.trust import EPOCH_ONE, KeyLogs, following, head_of, lines_of
from tests.vectors.refusals.vector import Vector, malformed, not_authentic


def loss(*before: Document, signers: tuple[Signer, ...] = (SUPERVISOR.signer,), **changes: Any) -> Document:
    """Behind the log of these documents, by all of these, the first of whom proposes it."""
    head = head_of(lines_of(*before))
    last, audit = Mark(head.n, head.hash), Mark(7, "a" * 64)
    proposed = losses.state_loss(day=DAY, key_log=last, audit=audit, org=ORG, signer=signers[0], on=DAY)
    document = signed(replace(proposed.header, **changes), signers[0])
    for each in signers[1:]:
        document = roots.with_signatures(document, (each.sign("loss", document.line),))
    return document


def of_logs(logs: KeyLogs) -> Iterator[Vector]:
    """Key logs with a loss in them."""
    first = intake.make(EPOCH_ONE, org=ORG, previous=None, signer=SUPERVISOR.signer, on=DAY)
    second = following(first)
    log, both = (ROOT, first), (SUPERVISOR.signer, SECOND.signer)
    genuine = loss(*log)

    def of(document: Document, *more: Document) -> dict[str, Any]:
        return logs.log(lines_of(*log, document, *more))

    rule = "a loss stands behind the line that it names, and nowhere else"
    body = genuine.header.body
    first_of_all = {**loss(ROOT).header.body, "audit": {"seq": 1, "hash": "a" * 64}}
    yield Vector(rule, "a loss", of(genuine))
    yield Vector(
        rule, "behind the first line and the first event", logs.log(lines_of(ROOT, loss(ROOT, body=first_of_all)))
    )
    yield Vector(rule, "an intake document behind a loss", of(genuine, second))
    yield Vector(rule, "a loss behind another", of(genuine, loss(*log, genuine)))
    for name, documents in (
        ("again behind itself", (*log, genuine, genuine)),
        ("again behind a later line", (*log, genuine, second, genuine)),
        ("a line too early", (ROOT, loss(*log))),
        ("a line too late", (*log, second, genuine)),
        (
            "behind another log of as many lines",
            (
                ROOT,
                intake.make(replace(EPOCH_ONE, notice="…"), org=ORG, previous=None, signer=SUPERVISOR.signer, on=DAY),
                genuine,
            ),
        ),
        (
            "behind the line of another number",
            (*log, loss(*log, body={**body, "key_log": {**body["key_log"], "n": 1}})),
        ),
        ("of another organisation", (*log, loss(*log, org="0" * 64))),
    ):
        yield Vector(rule, name, logs.log(lines_of(*documents)), not_authentic("loss"))

    rule = "a loss has the signatures of as many supervisors as the root before it demands, each once and in order"
    two = (ROOT, SECOND_ROOT)
    one = loss(*two)
    yield Vector(rule, "two of two that are asked", logs.log(lines_of(*two, loss(*two, signers=both))))
    for name, document, reason in (
        ("one of two", one, "loss-k"),
        ("with a stranger", loss(*two, signers=(SUPERVISOR.signer, STRANGER.signer)), "loss-signature"),
        ("one key twice", signed(one.header, SUPERVISOR.signer, SUPERVISOR.signer), "loss-signature"),
        ("in another order", signed(one.header, *sorted(both, key=_place, reverse=True)), "loss-signature"),
        ("in a supervisor's name", signed(one.header, Signer(SECOND.id, STRANGER.key)), "loss-signature"),
        ("its author has not signed", loss(*two, signers=both, author=STRANGER.id), "author"),
    ):
        yield Vector(rule, name, logs.log(lines_of(*two, document)), not_authentic(reason))
    by_paper = signed(one.header, PAPER.signer, SUPERVISOR.signer)
    yield Vector(rule, "with a paper", logs.log(lines_of(*two, by_paper)), malformed())
    later = (*log, genuine, SECOND_ROOT)
    yield Vector(rule, "one before a root of two", logs.log(lines_of(*later)))

    rule = "a loss says the day of the backup, the last line that is left and an event of the audit chain"
    for name, changes in (
        ("a day after it was signed", {"day": "2026-06-16"}),
        ("no day", {"day": None}),
        ("no line", {"key_log": None}),
        ("a line without its hash", {"key_log": {"n": 2}}),
        ("a line with more", {"key_log": {**body["key_log"], "more": 1}}),
        ("no event", {"audit": None}),
        ("an event before the first", {"audit": {"seq": 0, "hash": "a" * 64}}),
        ("an event whose hash is none", {"audit": {"seq": 7, "hash": "a"}}),
        ("something more", {"more": 1}),
    ):
        yield Vector(rule, name, of(loss(*log, body={**body, **changes})), malformed())


def _place(signer: Signer) -> tuple[str, str]:
    return signer.person, b64(signer.public_key)
