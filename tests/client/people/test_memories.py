"""What a machine has seen, the next machine of its person knows; and no service makes either believe less."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest

from app.client import Staff
from app.client.casework import triage
from app.client.machine.directory import Machine
from app.client.people import memories
from app.protocol import receipt as receipts
from app.protocol.chain import Mark
from app.protocol.documents import recipient_sha256
from app.protocol.encoding import b64, canonical, sha256_hex
from app.protocol.errors import Rollback
from app.vocabulary import ReportState
from tests.client.installation import PASSPHRASE, Installation, installation
from tests.flows.evil import HASH, Attacker, EvilServer, attacks, each_forgery, in_json, stops
from tests.strength import WORK_FACTOR

FORM = {"language": "en", "text": "They know my address.", "answers": {"danger_now": "days", "consent": ["contact"]}}
HEAD = Mark(7, "a" * 64)


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Installation]:
    """A service of the test's own."""
    with installation(tmp_path / "alone") as made:
        yield made


@pytest.fixture
def evil() -> Iterator[EvilServer]:
    with httpx2.HTTPTransport() as honest:
        yield EvilServer(honest)


@pytest.fixture
def machine(evil: EvilServer, tmp_path: Path) -> Iterator[Callable[[Staff], Staff]]:
    """Another machine of a person who is signed in, by way of a service that may lie. It has seen nothing."""
    with ExitStack() as opened:

        def made(first: Staff) -> Staff:
            there = tmp_path / "another"
            kept = Machine.with_keys(there, first.about, first.keys, PASSPHRASE, work_factor=WORK_FACTOR)
            kept.remember_session(str(first.machine.session))
            http = opened.enter_context(httpx2.Client(transport=evil, base_url=first.about.server))
            return opened.enter_context(Staff(there, first.keys, http=http, clock=first._clock))

        yield made


def newest(staff: Staff) -> tuple[int, str]:
    [item, *_] = staff.service.get("/memories").json()["items"]
    return item["number"], item["sha256"]


def test_the_next_machine_knows_what_the_first_has_seen(alone: Installation, machine: Callable[[Staff], Staff]) -> None:
    emil, receipt = alone.staff("emil"), alone.reporter().submit(FORM)
    triage.claim(emil, triage.view(emil, receipt.report))
    triage.answer(emil, triage.open_(emil, receipt.report), "Are you safe tonight?")
    triage.thread(emil, triage.open_(emil, receipt.report))
    memories.keep(emil)

    another = machine(emil)
    taken = memories.take(another)

    assert taken is not None
    assert (taken.day, taken.left_out) == (alone.now().date(), 0)
    assert set(emil.seen.everything()) - set(another.seen.everything()) <= {
        each for each in emil.seen.everything() if each.type.startswith("memory")
    }
    with pytest.raises(Rollback, match="replies"):
        another.seen.hold_list("message.copy", receipt.report, [], reason="replies")


def test_what_all_machines_know_is_not_written_again(alone: Installation, machine: Callable[[Staff], Staff]) -> None:
    emil = alone.staff("emil")
    memories.keep(emil)
    written = newest(emil)

    another = machine(emil)
    memories.keep(another)
    memories.keep(emil)

    assert newest(emil) == written


def test_two_machines_that_write_at_once_lose_nothing(
    alone: Installation, machine: Callable[[Staff], Staff], evil: EvilServer
) -> None:
    emil = alone.staff("emil")
    another = machine(emil)
    emil.seen.record("journal", "case_1", HEAD)
    another.seen.record("journal", "case_2", HEAD)

    def faster(content: bytes) -> bytes:
        evil.lies.clear()
        memories.keep(emil)
        return content

    evil.lies["/v1/memories"] = faster
    memories.keep(another)
    memories.keep(emil)

    assert [emil.seen.highest("journal", each) for each in ("case_1", "case_2")] == [HEAD, HEAD]
    assert newest(emil)[0] == 2


def test_between_two_sign_outs_a_machine_looks_once_a_quarter_of_an_hour(alone: Installation) -> None:
    emil = alone.staff("emil")
    memories.keep_now_and_then(emil)
    emil.seen.record("journal", "case_1", HEAD)

    memories.keep_now_and_then(emil)
    at_once = newest(emil)[0]
    alone.clock.write_text(alone.now().replace(minute=15).isoformat())
    memories.keep_now_and_then(emil)

    assert (at_once, newest(emil)[0]) == (1, 2)


def test_what_was_destroyed_is_forgotten(alone: Installation) -> None:
    emil, reporter = alone.staff("emil"), alone.reporter()
    submitted = reporter.submit(FORM)
    triage.claim(emil, triage.view(emil, submitted.report))
    triage.answer(emil, triage.open_(emil, submitted.report), "Are you safe tonight?")

    reporter.withdraw(receipts.read(submitted.receipt))
    triage.list_(emil, states=[ReportState.WITHDRAWN])

    assert not [each for each in emil.seen.everything() if submitted.report in each.type]


@attacks("memory", older=True)
@pytest.mark.parametrize("shown", [1, 2], ids=["the older", "none"])
def test_a_machine_that_knows_a_later_memory_takes_no_older_one(
    alone: Installation, machine: Callable[[Staff], Staff], evil: EvilServer, shown: int
) -> None:
    emil = alone.staff("emil")
    memories.keep(emil)
    emil.seen.record("journal", "case_1", HEAD)
    memories.keep(emil)
    another = machine(emil)
    memories.take(another)
    evil.lies["/v1/memories"] = in_json(lambda answer: answer.update(items=answer["items"][shown:]))

    stops(evil, lambda: memories.keep(another), "memory")


def test_a_new_machine_is_told_of_which_day_an_older_memory_is(
    alone: Installation, machine: Callable[[Staff], Staff], evil: EvilServer
) -> None:
    emil, day = alone.staff("emil"), alone.now().date()
    memories.keep(emil)
    alone.clock.write_text(alone.now().replace(day=alone.now().day + 2).isoformat())
    emil = alone.staff("emil")
    emil.seen.record("journal", "case_1", HEAD)
    memories.keep(emil)
    evil.lies["/v1/memories"] = in_json(lambda answer: answer.update(items=answer["items"][1:]))

    taken = memories.take(machine(emil))

    assert taken is not None
    assert taken.day == day


def shows(evil: EvilServer, file: bytes, number: int = 1) -> None:
    """The service shows this file as the newest memory."""
    kept = {"number": number, "kept_on": "2026-06-15", "sha256": sha256_hex(file)}
    evil.answers["/v1/memories"] = canonical({"items": [kept]})
    evil.answers[f"/v1/memories/{number}"] = canonical({**kept, "file": b64(file)})


def test_the_memory_of_somebody_else_is_not_ones_own(
    alone: Installation, machine: Callable[[Staff], Staff], evil: EvilServer
) -> None:
    emil, anna = alone.staff("emil"), alone.staff("anna")
    memories.keep(anna)
    theirs = anna.service.get("/memories/1").json()["file"]
    evil.lies["/v1/memories"] = in_json(lambda answer: answer.update(anna.service.get("/memories").json()))
    evil.answers["/v1/memories/1"] = canonical({"number": 1, "kept_on": "2026-06-15", "sha256": "", "file": theirs})

    stops(evil, lambda: memories.keep(machine(emil)), "another key")


def test_two_files_under_one_mark_are_an_alarm_and_neither_is_written_over(
    alone: Installation, machine: Callable[[Staff], Staff], evil: EvilServer
) -> None:
    emil = alone.staff("emil")
    another = machine(emil)
    emil.seen.record("journal", "case_1", HEAD)
    another.seen.record("journal", "case_1", Mark(7, "b" * 64))
    another.seen.record("journal", "case_2", HEAD)
    memories.keep(emil)

    for _ in range(2):
        stops(evil, lambda: memories.keep(another), "memory-fork")

    assert another.seen.highest("journal", "case_1") == Mark(7, "b" * 64)
    assert newest(emil)[0] == 1


def test_who_has_compared_the_words_of_the_root_takes_no_root_from_a_memory(
    alone: Installation, machine: Callable[[Staff], Staff]
) -> None:
    emil = alone.staff("emil")
    another = machine(emil)
    emil.certified(emil.person)  # before it is shown what it believes here
    emil.seen.record("root", emil.org, Mark(2, "b" * 64))
    memories.keep(emil)

    assert another.seen.highest("root", emil.org) is None
    another.trust_root(another.log.trust.root.words)
    memories.keep(another)

    assert another.seen.highest("root", emil.org) == another.log.trust.root.mark


@each_forgery("memory", type="malformed")
def test_a_memory_of_the_services_making(
    here: Installation,
    machine: Callable[[Staff], Staff],
    evil: EvilServer,
    changes: dict[str, Any],
    reason: str,
) -> None:
    emil, attacker = here.staff("emil"), Attacker()
    mine = emil.keys.identity.recipient
    line_1 = {
        "v": 1,
        "type": "memory",
        "org": emil.org,
        "subject": emil.person,
        "version": 1,
        "previous": None,
        "generation": 1,
        "sealed_to": recipient_sha256(mine),
        "author": emil.person,
        "at": emil.hour,
        "body": {"marks": {}, "left_out": 0},
    }
    forged = attacker.signed_document(line_1 | changes, "memory", mine, as_=emil.person, shown_key=emil.keys.public_key)
    shows(evil, forged)

    another = machine(emil)

    stops(evil, lambda: memories.keep(another), reason)


def test_a_memory_that_does_not_open_hides_none_before_it(
    alone: Installation, machine: Callable[[Staff], Staff], evil: EvilServer
) -> None:
    emil = alone.staff("emil")
    emil.seen.record("journal", "case_1", HEAD)
    memories.keep(emil)
    junk = {"number": 2, "kept_on": "2026-06-15", "sha256": HASH}
    evil.lies["/v1/memories"] = in_json(lambda answer: answer["items"].insert(0, junk))
    evil.answers["/v1/memories/2"] = canonical({**junk, "file": b64(bytes(300))})
    another = machine(emil)

    memories.take(another)

    assert another.seen.highest("journal", "case_1") == HEAD
