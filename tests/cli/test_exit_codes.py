"""The real command line: how each kind of failure ends."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from app import age
from app.client.machine import transport
from app.client.machine.directory import About, Machine
from tests.cli.command import tern

OK, REFUSED, USAGE, NOT_AUTHENTIC, UNREACHABLE, WRONG_SECRET = 0, 1, 2, 3, 4, 5
NOWHERE = "http://127.0.0.1:9"  # the port of a service that throws everything away, and that nothing runs any more
PIN = "0" * 64
FORM = {"language": "en", "text": "They followed me home.", "answers": {"danger_now": "none"}}
WORDS = " ".join(["abandon"] * 12)


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A person's machine that has joined a service which is not there."""
    made = Machine.create(tmp_path / "machine", About(NOWHERE, "mai", PIN, f"per_{'0' * 32}"), "right", work_factor=1)
    return made.directory


def test_a_service_that_does_not_answer_is_unreachable(
    tmp_path: Path, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "PAUSES", (0.0,))
    (tmp_path / "report.json").write_text(json.dumps(FORM))

    arguments = ("--server", NOWHERE, "--pin", PIN, "--document", str(tmp_path / "report.json"))

    done = tern("report", "submit", *arguments)
    process = subprocess.run(
        [sys.executable, "-m", "app.cli", "triage", "list", "--machine", machine], input=b"right", check=False
    )

    assert done.code == process.returncode == UNREACHABLE
    assert (done.out, done.err.count("The same goes again")) == ("", 1)


def test_words_that_are_no_receipt_are_told_from_a_service_that_refuses() -> None:
    done = tern("mailbox", "read", "--server", NOWHERE, "--pin", PIN, typed=WORDS)

    assert done.code == WRONG_SECRET
    assert "abandon" not in done.err


def test_a_slip_of_the_pen_gets_an_offer_from_the_list_that_the_words_are_of() -> None:
    done = tern("mailbox", "read", "--server", NOWHERE, "--pin", PIN, typed="abaco " * 11 + "acdio")

    assert done.code == WRONG_SECRET
    assert done.err == "Word 12 may be ácido or audio or acción.\ntern: word 12 is not one of the list\n"


def test_a_document_that_is_not_json_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text("They followed me home.")

    done = tern("report", "submit", "--server", NOWHERE, "--pin", PIN, "--document", str(tmp_path / "report.json"))

    assert done.code == USAGE
    assert "followed" not in done.err


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_document_that_is_no_file_of_text_is_wrong_usage(tmp_path: Path, content: bytes | None) -> None:
    if content:
        (tmp_path / "report.json").write_bytes(content)

    done = tern("report", "submit", "--server", NOWHERE, "--pin", PIN, "--document", str(tmp_path / "report.json"))

    assert done.code == USAGE


def test_a_form_without_its_one_necessary_answer_is_wrong_usage() -> None:
    form = json.dumps({**FORM, "answers": {}})

    done = tern("report", "submit", "--server", NOWHERE, "--pin", PIN, "--document", "-", typed=form)

    assert done.code == USAGE
    assert "danger_now" in done.err


@pytest.mark.parametrize("arguments", [[], ["no-such-command"], ["triage", "claim"], ["case", "list", "--stage", "x"]])
def test_a_command_that_is_not_given_as_it_should_be_is_wrong_usage(arguments: list[str]) -> None:
    assert tern(*arguments).code == USAGE


def test_a_directory_without_keys_is_wrong_usage(tmp_path: Path) -> None:
    assert tern("triage", "list", "--machine", str(tmp_path), typed="right").code == USAGE


def test_another_passphrase_opens_no_machine(machine: Path) -> None:
    done = tern("fingerprint", "--machine", str(machine), typed="wrong")

    assert done.code == WRONG_SECRET
    assert "wrong" not in done.err


def test_the_fingerprint_is_shown_without_the_service(machine: Path) -> None:
    done = tern("fingerprint", "--machine", str(machine), "--json", typed="right")

    assert done.code == OK
    assert len(json.loads(done.out)["fingerprint"].split()) == 12


def test_the_queue_of_a_service_that_is_not_there_cannot_be_read(machine: Path) -> None:
    assert tern("triage", "list", "--machine", str(machine), typed="right").code == UNREACHABLE


def test_cards_leave_at_once_only_in_a_demo(machine: Path) -> None:
    done = tern("cards", "send", "--now", "--machine", str(machine), typed="right")

    assert done.code == USAGE


def test_a_chain_of_acts_with_another_first_event_is_not_authentic(tmp_path: Path) -> None:
    event = {
        "seq": 1,
        "hour": "2026-06-15T09:00Z",
        "actor": f"per_{'0' * 32}",
        "action": "case.opened",
        "object": f"case_{'0' * 32}",
        "object_hash": None,
        "previous": "1" * 64,
    }
    (tmp_path / "chain").write_text(json.dumps(event) + "\n")

    done = tern("audit", "verify", "--file", str(tmp_path / "chain"))

    assert done.code == NOT_AUTHENTIC
    assert "audit-chain" in done.err


def test_a_file_to_another_key_is_not_authentic(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(f"{age.generate()}\n")
    (tmp_path / "file.age").write_bytes(age.encrypt(b"hello", [age.generate().recipient]))

    done = tern("open", str(tmp_path / "file.age"), "-i", str(tmp_path / "keys"), "-o", str(tmp_path / "plain"))

    assert done.code == NOT_AUTHENTIC
    assert not (tmp_path / "plain").exists()


@pytest.mark.parametrize("pin", ["0" * 63, f"{PIN}.2", "what they told me"])
def test_a_pin_that_was_copied_in_part_is_a_mistake_of_whoever_typed_it(pin: str, tmp_path: Path) -> None:
    joining = ("join", "--server", NOWHERE, "--handle", "mai", "--machine", str(tmp_path / "machine"))
    for command in (("release", "verify", str(tmp_path)), ("mailbox", "read", "--server", NOWHERE), joining):
        done = tern(*command, "--pin", pin)

        assert done.code == USAGE
        assert "a pin has 64" in done.err
        assert len(done.err.splitlines()) == 1


def test_a_release_with_nothing_to_check_it_against_is_refused(tmp_path: Path) -> None:
    (tmp_path / "release").mkdir()

    done = tern("release", "verify", str(tmp_path / "release"), "--pin", PIN)

    assert done.code in (REFUSED, NOT_AUTHENTIC)
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("handle", "password", "told"),
    [
        ("Ánna", "long enough to be taken", "a handle has"),
        ("a", "long enough to be taken", "a handle has"),
        ("anna\n", "long enough to be taken", "a handle has"),
        ("anna", "short", "12 to 1024 characters; yours has 5"),
        ("anna", "x" * 1025, "yours has 1025"),
    ],
)
def test_what_no_service_takes_is_told_before_anything_is_made_or_sent(
    tmp_path: Path, handle: str, password: str, told: str
) -> None:
    home = tmp_path / "machine"

    done = tern(
        *("join", "--server", NOWHERE, "--handle", handle, "--machine", str(home)),
        typed=f"an invitation\ncorrect horse battery staple plinth\n{password}\n",
    )

    assert (done.code, told in done.err) == (USAGE, True)
    assert not home.exists()
