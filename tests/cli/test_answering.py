"""Staff and reporter write to each other at the terminal, as far as the reporter allows it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.client.casework import templates, triage
from app.client.people import colleagues
from app.protocol import receipt as receipts
from app.vocabulary import ConsentScope, Role
from tests.cli.command import Ended, tern
from tests.client.installation import PASSPHRASE, Installation, installation

# A command ends with its process, which closes what it opened; here that goes on.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")

SAID_NO = "the reporter did not say that they may be written to"


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path) as made:
        yield made


def demo(here: Installation) -> dict[str, str]:
    return {"TERN_DEMO": "1", "TERN_DEMO_CLOCK": str(here.clock)}


def answer(here: Installation, ref: str, *more: str) -> Ended:
    environment = demo(here) | {"TERN_MACHINE": str(here.machine("anna")), "TERN_PASSPHRASE": PASSPHRASE}
    return tern("triage", "answer", ref, "--text", "-", *more, typed="We can meet.", environment=environment)


def test_who_did_not_ask_for_an_answer_gets_none_unless_somebody_says_so(here: Installation) -> None:
    anna = here.staff("anna")
    reporter = here.reporter()
    sent = reporter.submit({"language": "en", "text": "They rang.", "answers": {"danger_now": "days"}})
    receipt = receipts.read(sent.receipt)
    triage.claim(anna, view := triage.view(anna, sent.report))

    refused = answer(here, view.ref)
    none = reporter.mailbox(receipt).replies
    despite = answer(here, view.ref, "--despite-their-no")
    reporter.change_consent(receipt, ConsentScope.CONTACT, given=True)
    wanted = answer(here, view.ref)
    reporter.change_consent(receipt, ConsentScope.CONTACT, given=False)
    again = answer(here, view.ref)

    assert (refused.code, SAID_NO in refused.err, none) == (1, True, ())
    assert (despite.code, wanted.code, again.code) == (0, 0, 1)
    assert len(reporter.mailbox(receipt).replies) == 2


def test_words_that_are_ready_are_read_in_ones_own_language_before_they_are_sent_in_the_reporters(
    here: Installation, tmp_path: Path
) -> None:
    anna, reporter, environment = here.staff("anna"), here.reporter(), here.environment("anna")
    document = {"language": "fa", "text": "زنگ زدند", "answers": {"danger_now": "days", "consent": ["contact"]}}
    sent = reporter.submit(document)
    triage.claim(anna, view := triage.view(anna, sent.report))
    for language, text in (("en", "We write on {day}."), ("fa", "{day}: می‌نویسیم.")):
        (tmp_path / language).write_text(text)
    words = [part for each in ("en", "fa") for part in ("--language", f"{each}={tmp_path / each}")]
    ready = tern("template", "add", "when", *words, environment=here.environment("sara"))

    def say(*more: str, typed: str = "") -> Ended:
        return tern("triage", "answer", view.ref, "--template", *more, typed=typed, environment=environment)

    no = say("when", "--with", "day=2026-06-20", typed="n\n")
    unfilled, none, unread = say("when", "--yes"), say("nothing", "--yes"), say("when", "--mine", "tr", "--yes")
    both = say("when", "--text", "-", typed="Words")
    before = reporter.mailbox(receipts.read(sent.receipt)).replies
    yes = say("when", "--with", "day=2026-06-20", typed="y\n")

    assert ready.code == 0
    assert [each.code for each in (no, unfilled, none, unread, both, yes)] == [1, 1, 1, 1, 2, 0]
    assert no.out.index("We write on 2026-06-20.") < no.out.index("2026-06-20: می‌نویسیم.")
    assert before == ()
    assert [each.text for each in reporter.mailbox(receipts.read(sent.receipt)).replies] == ["2026-06-20: می‌نویسیم."]


def test_a_supervisor_reads_what_another_left_ready_before_they_stand_behind_it(own: Installation) -> None:
    sara, boris = own.staff("sara"), own.staff("boris")
    colleagues.certify(sara, boris.person, colleagues.fingerprint(boris), {Role.SUPERVISOR})
    templates.put(own.staff("boris"), "day", {"en": "We write on Monday."})
    colleagues.certify(sara, boris.person, colleagues.fingerprint(boris), {Role.CASEWORKER})

    def run(*command: str, typed: str = "") -> Ended:
        return tern("template", *command, typed=typed, environment=own.environment("sara"))

    refused, no, still = run("list"), run("adopt", typed="n\n"), run("list")
    yes, after = run("adopt", typed="y\n"), run("list")

    assert [each.code for each in (refused, no, still, yes, after)] == [3, 1, 3, 0, 0]
    assert "tern template adopt" in refused.err
    assert "We write on Monday." in no.out


def test_a_reporter_is_told_that_what_they_wrote_arrived(here: Installation) -> None:
    reporter = here.reporter()
    sent = reporter.submit({"language": "en", "text": "They rang.", "answers": {"danger_now": "days"}})

    def run(*command: str) -> Ended:
        road = ("--server", here.server, "--pin", here.pin)
        return tern("mailbox", *command, *road, typed=f"{sent.receipt}\nIt was Tuesday.", environment=demo(here))

    empty, wrote, read, withdrew = run("read"), run("answer", "--text", "-"), run("read"), run("withdraw")

    assert (empty.err, "What you wrote" in empty.out) == ("There is no reply yet.\n", False)
    assert "What you wrote since" in read.out
    assert (wrote.code, wrote.err) == (0, "Your message has arrived.\n")
    assert (withdrew.code, withdrew.err) == (0, "Your report has been taken back.\n")
