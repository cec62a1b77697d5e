"""A service that swaps what it stores for something of its own, or for something older: the client stops and writes
nothing. What no client can notice is listed in SEALING.md, "What remains visible"."""

import io
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app import age, keyring
from app.cli import duties as asked
from app.client import Reporter, Staff
from app.client.casework import triage
from app.client.intake import epochs
from app.client.intake.reporter import Submitted
from app.client.people import colleagues, duties
from app.clock import Clock
from app.main import create_app
from app.protocol import intake, key_log, losses, receipt, roots, staff_log, statements
from app.protocol.certificates import certificate
from app.protocol.certified import Certified
from app.protocol.chain import Mark
from app.protocol.documents import Document, Signatures, Signer, parse_document, recipient_sha256
from app.protocol.encoding import b64, canonical, new_id, sha256_hex
from app.protocol.errors import NotAuthentic
from app.protocol.intake import Intake
from app.protocol.key_log import Head
from app.protocol.mailbox import SLOT_SIZE
from app.protocol.roots import Root, make_root
from app.settings import Settings
from app.vocabulary import Role
from tests.client.installation import PAPERS
from tests.flows.evil import (
    HASH,
    Attacker,
    EvilServer,
    attacks,
    each_forgery,
    grant_file,
    in_json,
    instead,
    signed_head,
    stops,
)
from tests.flows.organisation import PASSPHRASE, Organisation
from tests.in_process import InProcess
from tests.strength import HASHER

DOCUMENT = {
    "language": "en",
    "text": "They know my address.",
    "answers": {"danger_now": "days", "consent": ["contact"]},
}
TODAY = "2026-06-15"


@dataclass
class World:
    """An organisation with two epochs, two reports in the second, and a thread with each reporter.

    The recipients inside the seals are handed to the attacker too: it gets more than it can have.
    """

    organisation: Organisation
    service_key: Ed25519PrivateKey
    epochs: list[Intake]
    submitted: Submitted
    other: Submitted
    report_recipient: age.HybridRecipient
    attachments: tuple[str, ...]

    @property
    def pin(self) -> str:
        return self.organisation.pin

    @property
    def report(self) -> str:
        return self.submitted.report

    def person(self, name: str) -> str:
        return self.organisation.staff[name].person


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, sqlite_tables: bytes) -> Iterator[World]:
    directory = tmp_path_factory.mktemp("evil")
    (directory / "tern.sqlite").write_bytes(sqlite_tables)
    clock = Clock(directory / "clock")
    (directory / "clock").write_text(f"{TODAY}T09:00:00Z")
    settings = Settings(data_dir=directory, demo=True, demo_clock=clock.told_by)
    with InProcess(create_app(settings, hasher=HASHER)) as http:
        organisation = Organisation(directory / "people", http, clock).found(settings)
        epochs.rotate(organisation.staff["sofia"])
        files = [directory / "one.txt", directory / "two.txt"]
        for file in files:
            file.write_bytes(file.name.encode() * 100)
        reporter, triager = organisation.reporter(), organisation.staff["tenzin"]
        submitted, other = reporter.submit(DOCUMENT, files), reporter.submit(DOCUMENT)
        for each in (submitted, other):
            triage.claim(triager, triage.view(triager, each.report))
            triage.answer(triager, triage.open_(triager, each.report), "Are you safe tonight?")
            reporter.answer(receipt.read(each.receipt), "Yes.")
        opened = triage.open_(triager, submitted.report)
        yield World(
            organisation=organisation,
            service_key=Ed25519PrivateKey.from_private_bytes(keyring.load(directory).key("service-key")),
            epochs=[intake.read(each) for each in organisation.staff["sofia"].log.intakes],
            submitted=submitted,
            other=other,
            report_recipient=opened.identity.recipient,
            attachments=tuple(each.id for each in opened.report.attachments),
        )


@pytest.fixture
def evil(world: World) -> EvilServer:
    return EvilServer(world.organisation.http._transport)


@pytest.fixture
def http(evil: EvilServer) -> Iterator[httpx2.Client]:
    with httpx2.Client(transport=evil, base_url="https://tern.test") as http:
        yield http


@pytest.fixture
def triager(world: World, http: httpx2.Client, tmp_path: Path) -> Staff:
    """Who has read the report before."""
    return world.organisation.copy_of("tenzin", tmp_path / "tenzin", http)


@pytest.fixture
def newcomer(world: World, http: httpx2.Client, tmp_path: Path) -> Staff:
    """Who holds the same key, on a machine that has seen nothing yet."""
    directory = tmp_path / "newcomer"
    world.organisation.copy_of("tenzin", directory, http).machine.seen.unlink()
    return Staff(directory, PASSPHRASE, http=http, clock=world.organisation.clock.now)


@pytest.fixture
def supervisor(world: World, http: httpx2.Client, tmp_path: Path) -> Staff:
    return world.organisation.copy_of("sofia", tmp_path / "sofia", http)


@pytest.fixture
def reporter(world: World, http: httpx2.Client) -> Reporter:
    return world.organisation.reporter(http)


@pytest.fixture
def attacker() -> Attacker:
    return Attacker()


def test_without_a_lie_everything_opens(world: World, evil: EvilServer, triager: Staff, reporter: Reporter) -> None:
    opened = triage.open_(triager, world.report)
    mailbox = reporter.mailbox(receipt.read(world.submitted.receipt))

    assert opened.report.form.text == DOCUMENT["text"]
    assert [reply.text for reply in mailbox.replies] == ["Are you safe tonight?"]
    assert [each.content.text for each in triage.thread(triager, opened).messages] == ["Yes."]
    assert evil.written == []


def report_line(world: World, to: age.HybridRecipient) -> dict[str, Any]:
    """Line 1 of a report as the attacker would have it: every check holds but the hash of what was seen."""
    body = {
        "language": "en",
        "text": "Nothing happened.",
        "answers": {"danger_now": "none"},
        "mailbox": str(age.generate().recipient),
        "thread_key": b64(bytes(32)),
        "withdrawal": HASH,
        "attachments": [],
        "consents": [],
        "vocabulary": "1",
    }
    return document_line(world, "report", to, body) | {"generation": 1}


def document_line(world: World, type_: str, to: age.HybridRecipient, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "v": 1,
        "type": type_,
        "org": world.pin,
        "subject": world.report,
        "version": 1,
        "previous": None,
        "generation": None,
        "sealed_to": recipient_sha256(to),
        "author": None,
        "at": TODAY,
        "body": body,
    }


@each_forgery("report")
def test_another_report_in_the_place_of_one_that_was_read(
    world: World, evil: EvilServer, triager: Staff, attacker: Attacker, changes: dict[str, Any], reason: str
) -> None:
    line_1 = report_line(world, world.report_recipient) | changes
    forged = attacker.document(line_1, "report", world.report_recipient)
    evil.lies[f"/v1/reports/{world.report}/body"] = instead(forged)

    stops(evil, lambda: triage.open_(triager, world.report), reason)


def test_a_later_version_that_follows_from_the_report_that_was_read(
    world: World, evil: EvilServer, triager: Staff, attacker: Attacker
) -> None:
    follows = sha256_hex(world.organisation.staff["tenzin"].service.get(f"/reports/{world.report}/body").content)
    line_1 = report_line(world, world.report_recipient) | {"version": 2, "previous": follows}
    evil.lies[f"/v1/reports/{world.report}/body"] = instead(attacker.document(line_1, "report", world.report_recipient))

    stops(evil, lambda: triage.open_(triager, world.report), "malformed")


def test_the_report_of_somebody_else(world: World, evil: EvilServer, triager: Staff) -> None:
    theirs = world.organisation.http.get(
        f"/v1/reports/{world.other.report}/body", headers={"Authorization": f"Bearer {triager.service.token}"}
    ).content
    evil.lies[f"/v1/reports/{world.report}/body"] = instead(theirs)

    stops(evil, lambda: triage.open_(triager, world.report), "another key")


INTAKE_GRANT_ROWS: list[tuple[dict[str, Any], str]] = [
    ({"v": 2}, "malformed"),
    ({"org": HASH}, "org"),
    ({"subject": new_id("rep")}, "subject"),
    ({"generation": 2}, "version"),
    ({"recipient": HASH}, "recipient"),
    ({"grantee": new_id("epoch")}, "grantee"),
    ({"sealed_to": HASH}, "sealed_to"),
    ({"kind": "assigned"}, "malformed"),
    ({"grantor": new_id("per")}, "grantor"),
    ({"at": "2026-06-14"}, "version"),
    ({"language": "fr"}, "version"),
    ({"danger_now": "none"}, "version"),
    ({}, "version"),
]


@attacks("grant")
@pytest.mark.parametrize(("changes", "reason"), INTAKE_GRANT_ROWS)
def test_another_key_and_with_it_another_report(
    world: World, evil: EvilServer, triager: Staff, attacker: Attacker, changes: dict[str, Any], reason: str
) -> None:
    epoch = world.epochs[-1]
    header = attacker.grant_header(world.pin, world.report, epoch.epoch, epoch.recipient)
    header |= {"kind": "intake", "grantor": None, "at": TODAY, "language": "en", "danger_now": "now"} | changes
    forged = attacker.grant(header, epoch.recipient, as_=None)
    evil.lies[f"/v1/reports/{world.report}/grants"] = grant_file(epoch.epoch, [forged])
    body = attacker.document(report_line(world, attacker.secret.recipient), "report", attacker.secret.recipient)
    evil.lies[f"/v1/reports/{world.report}/body"] = instead(body)

    stops(evil, lambda: triage.open_(triager, world.report), reason)


def test_another_key_for_the_report_as_it_is(
    world: World, evil: EvilServer, triager: Staff, attacker: Attacker
) -> None:
    epoch = world.epochs[-1]
    header = attacker.grant_header(world.pin, world.report, epoch.epoch, epoch.recipient)
    header |= {"kind": "intake", "grantor": None, "at": TODAY, "language": "en", "danger_now": "now"}
    forged = attacker.grant(header, epoch.recipient, as_=None)
    evil.lies[f"/v1/reports/{world.report}/grants"] = grant_file(epoch.epoch, [forged])

    stops(evil, lambda: triage.open_(triager, world.report), "another key")


STAFF_GRANT_ROWS: list[tuple[dict[str, Any], str]] = [
    ({"v": 2}, "malformed"),
    ({"org": HASH}, "org"),
    ({"subject": new_id("epoch")}, "subject"),
    ({"generation": 2}, "uncertified"),
    ({"recipient": HASH}, "recipient"),
    ({"grantee": new_id("per")}, "grantee"),
    ({"sealed_to": HASH}, "sealed_to"),
    ({"kind": "intake", "language": "en", "danger_now": "now"}, "grantor"),
    ({"kind": "approval"}, "uncertified"),
    ({"grantor": new_id("per")}, "grantor"),
    ({"grantor": None}, "grantor"),
    ({"at": "2026-06-17T09:00Z"}, "at"),
    ({"at": "2026-06-14T09:00Z"}, "uncertified"),
    ({}, "uncertified"),
]


@attacks("grant")
@pytest.mark.parametrize(("changes", "reason"), STAFF_GRANT_ROWS)
def test_another_key_of_the_epoch(
    world: World, evil: EvilServer, triager: Staff, attacker: Attacker, changes: dict[str, Any], reason: str
) -> None:
    epoch, mine = world.epochs[-1].epoch, triager.keys.identity.recipient
    header = attacker.grant_header(world.pin, epoch, triager.person, mine)
    header |= {"kind": "assigned", "grantor": world.person("sofia"), "at": f"{TODAY}T09:00Z"} | changes
    forged = attacker.grant(header, mine, as_=world.person("sofia"))
    evil.lies[f"/v1/epochs/{epoch}/grants"] = grant_file(triager.person, [forged])

    stops(evil, lambda: triage.open_(triager, world.report), reason)


def test_the_key_of_an_older_epoch(world: World, evil: EvilServer, triager: Staff) -> None:
    first, second = (each.epoch for each in world.epochs)
    older = triager.service.get(f"/epochs/{first}/grants").content
    evil.lies[f"/v1/epochs/{second}/grants"] = instead(older)

    stops(evil, lambda: triage.open_(triager, world.report), "subject")


@attacks("attachment")
@pytest.mark.parametrize("whose", ["another attachment", "the attacker's"])
def test_another_attachment(world: World, evil: EvilServer, triager: Staff, attacker: Attacker, whose: str) -> None:
    path = f"/v1/reports/{world.report}/attachments"
    opened = triage.open_(triager, world.report)
    other = triager.service.get(f"{path.removeprefix('/v1')}/{world.attachments[1]}").content
    forged = age.encrypt(bytes(64 * 1024), [world.report_recipient])
    evil.lies[f"{path}/{world.attachments[0]}"] = instead(other if whose == "another attachment" else forged)
    sink = io.BytesIO()

    stops(
        evil,
        lambda: triage.save_attachment(triager, opened, opened.report.attachments[0], sink),
        "attachment-ciphertext",
    )

    assert sink.getvalue() == b""


@each_forgery("message.reporter", ({"type": "report"}, "type"))
def test_a_message_that_withdraws_without_the_reporter(
    world: World, evil: EvilServer, triager: Staff, attacker: Attacker, changes: dict[str, Any], reason: str
) -> None:
    opened = triage.open_(triager, world.report)
    said: dict[str, Any] = {
        "number": 2,
        "seen": None,
        "kind": "withdraw",
        "text": "",
        "attachments": [],
        "consents": [],
    }
    line_1 = document_line(world, "message.reporter", world.report_recipient, said) | changes
    forged = b64(attacker.document(line_1, "message.reporter", world.report_recipient))
    evil.lies[f"/v1/reports/{world.report}/messages"] = in_json(
        lambda answer: answer["items"].append({**answer["items"][0], "id": new_id("msg"), "file": forged})
    )

    thread = triage.thread(triager, opened)

    assert [each.problem for each in thread.spoiled] == [f"not authentic: {reason}"]
    assert [each.content.text for each in thread.messages] == ["Yes."]
    assert (thread.withdrawal, evil.written) == (None, [])


@attacks("message.reporter", older=True)
@pytest.mark.parametrize("left_out", [[0], [-1], [0, 1]])
def test_a_thread_that_lacks_what_this_machine_has_read(
    world: World, evil: EvilServer, triager: Staff, left_out: list[int]
) -> None:
    reporter, words = world.organisation.reporter(), receipt.read(world.other.receipt)
    if len(triage.thread(triager, triage.open_(triager, world.other.report)).messages) < 2:
        reporter.answer(words, "They were here again.")
        triage.thread(triager, triage.open_(triager, world.other.report))

    def change(answer: dict[str, Any]) -> None:
        kept = set(range(len(answer["items"]))) - {each % len(answer["items"]) for each in left_out}
        answer["items"] = [answer["items"][each] for each in sorted(kept)]

    evil.lies[f"/v1/reports/{world.other.report}/messages"] = in_json(change)
    opened = triage.open_(triager, world.other.report)

    stops(evil, lambda: triage.thread(another_run(triager), opened), "thread")


def reply_line(world: World, *, by: str) -> dict[str, Any]:
    said = {"seen": None, "slots": [HASH], "text": "Leave the country.", "write_to": None}
    line_1 = document_line(world, "message.copy", world.report_recipient, said)
    return line_1 | {"generation": 1, "author": by, "at": f"{TODAY}T09:00Z"}


@each_forgery("message.copy")
def test_a_reply_of_colleagues_that_none_of_them_wrote(
    world: World, evil: EvilServer, triager: Staff, attacker: Attacker, changes: dict[str, Any], reason: str
) -> None:
    opened, sofia = triage.open_(triager, world.report), world.organisation.staff["sofia"]
    line_1 = reply_line(world, by=sofia.person) | changes
    forged = attacker.signed_document(
        line_1, "message.copy", world.report_recipient, as_=sofia.person, shown_key=sofia.keys.public_key
    )
    evil.lies[f"/v1/reports/{world.report}/replies"] = in_json(
        lambda answer: answer["items"].append({"file": b64(forged)})
    )

    thread = triage.thread(triager, opened)

    assert [(each.id, each.problem) for each in thread.spoiled] == [("reply 2", f"not authentic: {reason}")]
    assert [each.content.text for each in thread.replies] == ["Are you safe tonight?"]
    assert evil.written == []


@attacks("message.copy", older=True)
@pytest.mark.parametrize("shown", [[], [0], [1], [1, 0]], ids=["none", "the older", "the newer", "turned round"])
def test_replies_of_which_one_is_left_out_or_stands_elsewhere(
    world: World, evil: EvilServer, triager: Staff, shown: list[int]
) -> None:
    opened = triage.open_(triager, world.other.report)
    if len(triage.thread(triager, opened).replies) < 2:
        triage.answer(triager, opened, "We come on Monday.")
        evil.written.clear()
    path = f"/v1/reports/{world.other.report}/replies"
    evil.lies[path] = in_json(lambda answer: answer.update(items=[answer["items"][each] for each in shown]))

    stops(evil, lambda: triage.thread(another_run(triager), opened), "replies")


def test_a_reader_who_saw_nothing_before_learns_from_the_reporter_that_a_reply_was_left_out(
    world: World, evil: EvilServer, newcomer: Staff
) -> None:
    evil.lies[f"/v1/reports/{world.report}/replies"] = in_json(lambda answer: answer.update(items=[]))

    thread = triage.thread(newcomer, triage.open_(newcomer, world.report))

    assert (thread.replies, thread.not_kept) == ((), (1,))


def test_a_reply_of_a_conspirator_in_the_place_of_another_is_told_by_the_one_that_follows(
    world: World, evil: EvilServer, triager: Staff, newcomer: Staff, attacker: Attacker
) -> None:
    opened = triage.open_(triager, world.other.report)
    if len(triage.thread(triager, opened).replies) < 2:
        triage.answer(triager, opened, "We come on Monday.")
    sofia = world.organisation.staff["sofia"]
    to = opened.identity.recipient
    line_1 = reply_line(world, by=sofia.person)
    line_1 |= {"subject": world.other.report, "sealed_to": recipient_sha256(to)}
    theirs = attacker.signed_document(line_1, "message.copy", to, signer=sofia.signer)
    evil.lies[f"/v1/reports/{world.other.report}/replies"] = in_json(
        lambda answer: answer["items"].__setitem__(0, {"file": b64(theirs)})
    )

    thread = triage.thread(newcomer, triage.open_(newcomer, world.other.report))

    assert [(each.id, each.problem) for each in thread.spoiled] == [("reply 1", "not the one that reply 2 follows")]
    assert [each.by for each in thread.replies] == [world.person("sofia"), world.person("tenzin")]


def another_run(of: Staff) -> Staff:
    """The same machine, as the next command of its person finds it."""
    return Staff(of.machine.directory, PASSPHRASE, http=of.http, clock=of._clock)


@each_forgery(
    "thread-state",
    ({"type": "state"}, "type"),
    *(
        ({"body": changed}, "mac")
        for changed in (
            {"report": new_id("rep")},
            {"recipient": str(age.generate().recipient)},
            {"number": 9},
            {"hash": HASH},
            {"consents": [{"scope": "statistics", "given": True, "id": new_id("cons")}]},
        )
    ),
    # Which report a mailbox is of, only its thread state can say.
    subject="mac",
)
def test_another_thread_state(
    world: World, evil: EvilServer, reporter: Reporter, attacker: Attacker, changes: dict[str, Any], reason: str
) -> None:
    words = receipt.read(world.submitted.receipt)
    mailbox = words.identity.recipient
    thread_state = {
        "report": world.report,
        "recipient": str(world.report_recipient),
        "number": 1,
        "hash": HASH,
        "consents": [],
    }
    line_1 = document_line(world, "thread-state", mailbox, thread_state)
    line_1 |= changes | {"body": thread_state | changes.get("body", {})}
    forged = attacker.document(line_1, "thread-state", mailbox)
    replies = reporter.mailbox(words).replies
    evil.lies["/v1/mailbox"] = lambda slots: forged + slots[SLOT_SIZE:]

    stops(evil, lambda: reporter.answer(words, "I moved."), reason)
    assert reporter.mailbox(words).replies == replies


@each_forgery("message.staff", ({"type": "state"}, "type"))
def test_a_reply_that_nobody_of_staff_wrote(
    world: World, evil: EvilServer, reporter: Reporter, attacker: Attacker, changes: dict[str, Any], reason: str
) -> None:
    """It is shown as such, whatever is wrong with it, and stops no other reply, no answer and no withdrawal."""
    words = receipt.read(world.submitted.receipt)
    mailbox = words.identity.recipient
    before = reporter.mailbox(words)
    reply = {"number": 2, "seen": None, "part": 1, "parts": 1, "text": "Call this number.", "write_to": str(mailbox)}
    line_1 = document_line(world, "message.staff", mailbox, reply) | changes
    forged = attacker.document(line_1, "message.staff", mailbox)
    evil.lies["/v1/mailbox"] = lambda slots: slots[: 3 * SLOT_SIZE] + forged + slots[4 * SLOT_SIZE :]

    found = reporter.mailbox(words)

    assert found == replace(before, not_authentic=(4,)), reason
    assert found.write_to == world.report_recipient


# A state is the service's word, and a reporter's machine remembers none.
@each_forgery("state", nothing=None, later_version=None, generation=None, day=None, body="malformed")
def test_a_state_that_is_none(
    world: World, evil: EvilServer, reporter: Reporter, attacker: Attacker, changes: dict[str, Any], reason: str
) -> None:
    """No state is shown then, and everything else is."""
    words = receipt.read(world.submitted.receipt)
    mailbox = words.identity.recipient
    before = reporter.mailbox(words)
    line_1 = document_line(world, "state", mailbox, {"state": "accepted"}) | changes
    forged = attacker.document(line_1, "state", mailbox)
    evil.lies["/v1/mailbox"] = lambda slots: slots[:SLOT_SIZE] + forged + slots[2 * SLOT_SIZE :]

    assert reporter.mailbox(words) == replace(before, state=None, not_authentic=(2,)), reason


def test_a_state_that_says_more_than_a_state(
    world: World, evil: EvilServer, reporter: Reporter, attacker: Attacker
) -> None:
    words = receipt.read(world.submitted.receipt)
    mailbox = words.identity.recipient
    content = {"state": "accepted", "text": "Call this number."}
    forged = attacker.document(document_line(world, "state", mailbox, content), "state", mailbox)
    evil.lies["/v1/mailbox"] = lambda slots: slots[:SLOT_SIZE] + forged + slots[2 * SLOT_SIZE :]

    assert (reporter.mailbox(words).state, reporter.mailbox(words).not_authentic) == (None, (2,))


def log_of(world: World) -> list[bytes]:
    return world.organisation.http.get("/v1/key-log").content.splitlines()


def chained(documents: list[Document]) -> list[bytes]:
    """A log of these documents, each line chained to the one before."""
    lines: list[bytes] = []
    for n, document in enumerate(documents, start=1):
        lines.append(key_log.entry(n, sha256_hex(lines[-1]) if lines else None, document))
    return lines


def tell(world: World, evil: EvilServer, documents: list[Document], shown: Document, log: list[bytes]) -> None:
    """The service stands by this log, with its own key."""
    evil.log = log
    head = signed_head(world.service_key, len(log), sha256_hex(log[-1]))
    answer = {"root": documents[0].text.decode(), "intake": shown.text.decode(), "head": head}
    evil.lies["/v1/intake"] = instead(canonical(answer))


def tell_staff(world: World, evil: EvilServer, certificates: list[Document]) -> None:
    """The service stands by this staff log, with its own key."""
    evil.staff_log = lines = chained(certificates)
    head = Head(len(lines), sha256_hex(lines[-1]))
    signature = staff_log.sign_head(head, Signer("service", world.service_key))
    evil.answers["/v1/staff-log/head"] = canonical(key_log.write_head(head, signature))


def forget_staff(of: Staff) -> None:
    """Its machine has seen nothing yet."""
    of.machine.seen.unlink()
    shutil.rmtree(of.machine.staff_log, ignore_errors=True)


def certificates_of(world: World) -> list[Document]:
    sofia = world.organisation.staff["sofia"]
    lines = sofia.service.get("/staff-log", **{"from": 1}).content.splitlines()
    return [parse_document(json.loads(line)["document"].encode()) for line in lines]


def documents_of(world: World) -> list[Document]:
    return [parse_document(json.loads(line)["document"].encode()) for line in log_of(world)]


def own_epoch(world: World, attacker: Attacker, honest: list[Document], as_: str) -> Document:
    epoch = replace(world.epochs[-1], epoch=new_id("epoch"), recipient=attacker.secret.recipient)
    return intake.make(epoch, org=world.pin, previous=honest[-1], signer=attacker.signer(as_), on=epoch.accepts_from)


def with_recipient(document: Document, other: str) -> Document:
    """The same words and signature, but for the recipient."""
    real = document.header.body["epoch"]["recipient"]
    return parse_document(document.text.replace(real.encode(), other.encode()))


@attacks("root")
@attacks("intake")
@attacks("service-key")
@pytest.mark.parametrize("act", ["a report", "an epoch", "a case of trust"])
@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        ("an epoch of its own under a supervisor's name", "signer"),
        ("an epoch of its own under its own name", "signer"),
        ("another recipient under the real signature", "signature"),
        ("a service key of its own under a supervisor's name", "signer"),
        ("a root of its own", "pin"),
        ("a line left out", "key-log"),
        ("an epoch left out", "intake-chain"),
    ],
)
def test_another_key_log(
    world: World,
    evil: EvilServer,
    reporter: Reporter,
    supervisor: Staff,
    attacker: Attacker,
    lie: str,
    reason: str,
    act: str,
) -> None:
    honest = documents_of(world)
    acts: dict[str, Callable[[], object]] = {
        "a report": lambda: reporter.submit(DOCUMENT),
        "an epoch": lambda: epochs.rotate(supervisor),
        "a case of trust": lambda: supervisor.certified(world.person("tenzin")),
    }
    match lie:
        case "an epoch of its own under a supervisor's name":
            told = [*honest, own_epoch(world, attacker, honest, world.person("sofia"))]
        case "an epoch of its own under its own name":
            told = [*honest, own_epoch(world, attacker, honest, new_id("per"))]
        case "another recipient under the real signature":
            told = [*honest[:-1], with_recipient(honest[-1], str(attacker.secret.recipient))]
        case "a service key of its own under a supervisor's name":
            signer = attacker.signer(world.person("sofia"))
            key = statements.state_service_key(signer.public_key, org=world.pin, signer=signer, on=supervisor.today)
            told = [*honest, key]
        case "a root of its own":
            signer = attacker.signer(world.person("sofia"))
            me = Certified(signer.person, frozenset({Role.SUPERVISOR}), attacker.secret.recipient, signer.public_key)
            told = [make_root([me], signer, on=supervisor.today), *honest[1:]]
        case _:
            told = [*honest[:-2], honest[-1]]
    log = chained(told)
    if lie == "a line left out":
        log = [*log_of(world)[:1], *log_of(world)[2:]]
    tell(world, evil, told, told[-1], log)

    stops(evil, acts[act], reason)


@attacks("root")
@attacks("root", older=True)
@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        ("a second of its own", "root-signature"),
        ("a second by the supervisor alone", "root-k"),
        ("a paper twice", "root-signature"),
        ("fewer who must sign", "root-k"),
        ("the one before, where a later was seen", "root"),
        ("another of that number", "root-fork"),
    ],
)
def test_another_chain_of_roots(
    world: World, evil: EvilServer, supervisor: Staff, attacker: Attacker, lie: str, reason: str
) -> None:
    """Of which it knows a supervisor's key, or the papers, or has shown another before."""
    first, *others = documents_of(world)
    before = Root.read(first)
    signer, paper = supervisor.signer, PAPERS[0].signer
    me = replace(before.supervisors[signer.person], person=new_id("per"), recipient=age.generate().recipient)
    theirs = replace(me, key=attacker.signer(me.person).public_key)
    body = roots.root_body([*before.supervisors.values(), theirs], k=2, papers=before.papers)
    by_supervisor = roots.propose_root(body, after=before, org=world.pin, signer=signer, on=supervisor.today)
    of_paper = roots.propose_root(body, after=before, org=world.pin, signer=paper, on=supervisor.today)
    fewer = roots.root_body([theirs], k=1, papers={})
    by_one = roots.propose_root(fewer, after=before, org=world.pin, signer=signer, on=supervisor.today)
    second = {
        "a second of its own": roots.sign_root(of_paper, attacker.signer(signer.person)),
        "a second by the supervisor alone": by_supervisor,
        "a paper twice": replace(of_paper, proof=Signatures(roots.signatures_of(of_paper) * 2)),
        "fewer who must sign": roots.sign_root(by_one, attacker.signer(me.person)),
        "another of that number": roots.sign_root(by_supervisor, paper),
    }.get(lie)
    if reason in ("root", "root-fork"):
        supervisor.seen.replace("root", world.pin, Mark(2, HASH))
    told = [first, *([second] if second else []), *others]
    tell(world, evil, told, told[-1], chained(told))

    stops(evil, lambda: epochs.rotate(supervisor), reason)


@pytest.mark.parametrize("kind", ["grant_epoch", "replace_epoch", "hand_on", "open_handed_on"])
def test_a_duty_that_never_was(
    world: World, evil: EvilServer, supervisor: Staff, triager: Staff, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """For somebody who does not triage; without somebody who has lost no role; of a report of today."""
    object_, whom = {
        "grant_epoch": (world.epochs[-1].epoch, world.person("sofia")),
        "replace_epoch": (world.epochs[-1].epoch, world.person("tenzin")),
    }.get(kind, (world.report, None))
    told = {"kind": kind, "object": object_, "whom": whom, "since": TODAY}
    evil.answers["/v1/duties"] = canonical({"items": [told]})
    who = supervisor if kind == "replace_epoch" else triager

    asked.act(who, duties.waiting(who), ask=lambda _: True)

    assert evil.written == []
    assert ("Not done" in capsys.readouterr().err) is (who is triager)


@attacks("loss")
@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        ("by the supervisor alone", "loss-k"),
        ("with a second of its own", "loss-signature"),
        ("with a paper", "malformed"),
        ("of another place", "loss"),
    ],
)
def test_a_loss_that_the_holders_of_the_root_have_not_accepted(
    world: World, evil: EvilServer, supervisor: Staff, attacker: Attacker, lie: str, reason: str
) -> None:
    """The service is behind what this machine has seen, and has a supervisor's key."""
    supervisor.seen.replace("key-log", world.pin, Mark(99, HASH))
    honest = documents_of(world)
    log = chained(honest)
    place = Mark(len(log) - (lie == "of another place"), sha256_hex(log[-1]))
    today, signer = supervisor.today, supervisor.signer
    loss = losses.state_loss(day=today, key_log=place, audit=Mark(1, HASH), org=world.pin, signer=signer, on=today)
    second = {
        "with a second of its own": attacker.signer(new_id("per")),
        "with a paper": PAPERS[0].signer,
    }.get(lie)
    if second is not None:
        loss = roots.with_signatures(loss, [second.sign("loss", loss.line)])
    told = [*honest, loss]
    tell(world, evil, told, honest[-1], chained(told))

    stops(evil, lambda: epochs.rotate(supervisor), reason)


@attacks("intake", older=True)
def test_an_intake_document_older_than_the_log(world: World, evil: EvilServer, reporter: Reporter) -> None:
    older = documents_of(world)[-2].text.decode()
    evil.lies["/v1/intake"] = in_json(lambda answer: answer.update(intake=older))

    stops(evil, lambda: reporter.submit(DOCUMENT), "intake")


def test_an_intake_document_whose_days_are_over(world: World, evil: EvilServer, http: httpx2.Client) -> None:
    a_month_later = datetime(2026, 7, 15, tzinfo=UTC)
    reporter = Reporter("https://tern.test", world.pin, http=http, clock=lambda: a_month_later)

    stops(evil, lambda: reporter.submit(DOCUMENT), "epoch-days")


@attacks("key-log-head")
@pytest.mark.parametrize("field", ["n", "hash", "key", "sig"])
def test_another_head_of_the_log(world: World, evil: EvilServer, reporter: Reporter, field: str) -> None:
    others = signed_head(Ed25519PrivateKey.generate(), len(log_of(world)) - 1, HASH)
    evil.lies["/v1/intake"] = in_json(lambda answer: answer["head"].update({field: others[field]}))

    # A number below the present one is that of a shorter log, whose head this is not.
    stops(evil, lambda: reporter.submit(DOCUMENT), "signature" if field == "sig" else "key-log-head")


@attacks("service-key", older=True)
@attacks("key-log-head", older=True)
def test_a_log_shorter_than_this_machine_has_seen(world: World, evil: EvilServer, supervisor: Staff) -> None:
    evil.log = log_of(world)[:-1]

    stops(evil, lambda: epochs.rotate(supervisor), "key-log")


@attacks("certificate")
@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        ("its own recipient under the real signature", "signature"),
        ("its own signature under a supervisor's name", "signer"),
        ("its own signature under the name of somebody certified", "signer"),
        ("another organisation's", "type"),
    ],
)
def test_another_certificate(
    world: World, evil: EvilServer, supervisor: Staff, attacker: Attacker, lie: str, reason: str
) -> None:
    tenzin = supervisor.certified(world.person("tenzin"))
    under = "leyla" if lie.endswith("certified") else "sofia"
    forged = certificate(
        replace(tenzin, recipient=attacker.secret.recipient),
        org=HASH if lie.startswith("another") else world.pin,
        signer=attacker.signer(world.person(under)),
        valid_from=supervisor.today,
        valid_until=supervisor.today,
    )
    swapped = (str(tenzin.recipient).encode(), str(attacker.secret.recipient).encode())
    honest = certificates_of(world)
    if lie.startswith("its own recipient"):
        forget_staff(supervisor)
        honest = [parse_document(each.text.replace(*swapped)) for each in honest]
    else:
        honest = [*honest, forged]
    tell_staff(world, evil, honest)

    stops(evil, lambda: epochs.rotate(supervisor), reason)


@attacks("certificate", older=True)
@attacks("staff-log-head", older=True)
@pytest.mark.parametrize("left_out", ["the newest", "the oldest", "all of a person"])
@pytest.mark.parametrize("keeps", [True, False], ids=["lines kept", "lines lost"])
def test_a_certificate_that_this_machine_has_seen_and_the_service_leaves_out(
    world: World, evil: EvilServer, supervisor: Staff, left_out: str, keeps: bool
) -> None:
    """The newest takes roles away: without it, a removed triager would be granted the key of the next epoch."""
    sofia, leyla = (world.organisation.staff[name] for name in ("sofia", "leyla"))
    colleagues.certify(sofia, leyla.person, colleagues.fingerprint(leyla), {Role.TRIAGER})
    supervisor.colleagues(Role.TRIAGER)

    every = certificates_of(world)
    if not keeps:
        shutil.rmtree(supervisor.machine.staff_log)
    match left_out:
        case "the newest":
            every.pop()
        case "the oldest":
            every.pop(0)
        case _:
            every = [each for each in every if each.header.subject != leyla.person]
    tell_staff(world, evil, every)

    stops(evil, lambda: epochs.rotate(another_run(supervisor)), "staff-log")


def test_a_certificate_between_two_others_that_the_service_leaves_out(
    world: World, evil: EvilServer, supervisor: Staff
) -> None:
    """A machine that has seen nothing yet knows by its number that it is missing."""
    sofia, leyla = (world.organisation.staff[name] for name in ("sofia", "leyla"))
    for roles in ({Role.TRIAGER}, {Role.CASEWORKER}):
        colleagues.certify(sofia, leyla.person, colleagues.fingerprint(leyla), roles)
    of_leyla = [each for each in certificates_of(world) if each.header.subject == leyla.person]
    forget_staff(supervisor)
    tell_staff(world, evil, [each for each in certificates_of(world) if each != of_leyla[-2]])

    stops(evil, lambda: epochs.rotate(another_run(supervisor)), "certificate-chain")


@attacks("staff-log-head")
@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        ("by its own key", "staff-log-head"),
        ("of another line", "staff-log"),
        ("of a line that it does not show", "staff-log"),
        ("of a key log", "signature"),
    ],
)
def test_another_head_of_the_staff_log(
    world: World, evil: EvilServer, supervisor: Staff, attacker: Attacker, lie: str, reason: str
) -> None:
    lines = chained(certificates_of(world))
    head, signer = Head(len(lines), sha256_hex(lines[-1])), Signer("service", world.service_key)
    match lie:
        case "by its own key":
            signature = staff_log.sign_head(head, attacker.signer("service"))
        case "of another line":
            head = Head(len(lines), HASH)
            signature = staff_log.sign_head(head, signer)
        case "of a line that it does not show":
            head = Head(len(lines) + 1, HASH)
            signature = staff_log.sign_head(head, signer)
        case _:
            signature = signer.sign("key-log-head", head.line())
    evil.answers["/v1/staff-log/head"] = canonical(key_log.write_head(head, signature))

    stops(evil, lambda: epochs.rotate(another_run(supervisor)), reason)


def test_a_certificate_is_remembered_by_the_machine_that_wrote_it(
    world: World, evil: EvilServer, supervisor: Staff
) -> None:
    leyla = world.organisation.staff["leyla"]
    colleagues.certify(supervisor, leyla.person, colleagues.fingerprint(leyla), {Role.TRIAGER})
    evil.written.clear()

    tell_staff(world, evil, certificates_of(world)[:-1])

    stops(evil, lambda: epochs.rotate(another_run(supervisor)), "certificate-chain")


def test_a_person_whose_keys_were_swapped_is_not_certified(
    world: World, evil: EvilServer, supervisor: Staff, attacker: Attacker
) -> None:
    leyla = world.organisation.staff["leyla"]
    evil.lies[f"/v1/people/{leyla.person}"] = in_json(
        lambda shown: shown.update(recipient=str(attacker.secret.recipient))
    )

    with pytest.raises(colleagues.FingerprintDiffers):
        colleagues.certify(supervisor, leyla.person, colleagues.fingerprint(leyla), {Role.TRIAGER})

    assert evil.written == []


def test_nobody_is_certified_under_the_id_of_another(world: World, evil: EvilServer, supervisor: Staff) -> None:
    """leyla reads out her own words, and they are right; the service says that they are tenzin's."""
    leyla, tenzin = world.organisation.staff["leyla"], world.organisation.staff["tenzin"]
    evil.lies[f"/v1/people/{leyla.person}"] = in_json(lambda shown: shown.update(id=tenzin.person))

    with pytest.raises(colleagues.FingerprintDiffers):
        colleagues.certify(supervisor, leyla.person, colleagues.fingerprint(leyla), {Role.TRIAGER})

    assert evil.written == []


@pytest.mark.parametrize("certificates", ["shown", "left out"])
def test_nobody_joins_as_somebody_who_is_certified(
    world: World, evil: EvilServer, supervisor: Staff, certificates: str
) -> None:
    """leyla's machine was told tenzin's id when it joined, so the supervisor asks for that."""
    leyla, tenzin = world.organisation.staff["leyla"], world.organisation.staff["tenzin"]
    evil.lies[f"/v1/people/{tenzin.person}"] = in_json(
        lambda shown: shown.update(recipient=leyla.keys.recipient, key=leyla.keys.public_key)
    )
    if certificates == "left out":
        tell_staff(world, evil, [each for each in certificates_of(world) if each.header.subject != tenzin.person])

    with pytest.raises(colleagues.KeysOfAnother if certificates == "shown" else NotAuthentic):
        colleagues.certify(supervisor, tenzin.person, colleagues.fingerprint(leyla), {Role.TRIAGER})

    assert evil.written == []
