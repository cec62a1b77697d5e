"""The words of a receipt reach whoever sends a report before anything else can fail."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.client.machine import transport
from app.protocol import receipt as receipts
from tests.cli.command import Ended, tern
from tests.client.installation import Installation
from tests.web.between import Between, between

FORM = json.dumps({"language": "zh-Hans", "text": "有人跟着我。", "answers": {"danger_now": "days"}})
REPORT, UPLOADS = ("PUT", "/v1/report"), ("POST", "/v1/uploads")
TRIES = 7
REFUSED, UNREACHABLE, FILES_MISSING = 1, 4, 6


@pytest.fixture
def road(here: Installation) -> Iterator[Between]:
    with between(here.server) as made:
        yield made


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "PAUSES", (0.0,) * (TRIES - 1))


def clock(here: Installation) -> dict[str, str]:
    return {"TERN_DEMO": "1", "TERN_DEMO_CLOCK": str(here.clock)}


def submit(here: Installation, road: Between, *more: str) -> Ended:
    arguments = ("--server", road.server, "--pin", here.pin, "--document", "-", "--json", *more)
    return tern("report", "submit", *arguments, typed=FORM, environment=clock(here))


def must_open_a_mailbox(here: Installation, printed: str) -> None:
    assert here.reporter().mailbox(receipts.read(json.loads(printed)["receipt"])).thread_state


def test_a_file_that_did_not_arrive_is_told_after_the_words(here: Installation, road: Between, tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"a film")
    road.refusing[UPLOADS] = 409, "too-many-attachments"

    done = submit(here, road, "--attach", str(tmp_path / "film.mp4"))

    must_open_a_mailbox(here, done.out)
    assert done.code == FILES_MISSING
    assert done.err == "tern: did not arrive: film.mp4; add it with `tern mailbox answer --attach`\n"


def test_where_no_answer_came_the_words_are_shown_with_what_to_do(here: Installation, road: Between) -> None:
    road.losing[REPORT] = TRIES

    done = submit(here, road)

    must_open_a_mailbox(here, done.out)
    assert done.code == UNREACHABLE
    assert done.err.count("No answer yet. The same goes again") == TRIES - 1
    assert len({body for method, path, _, body in road.heard if (method, path) == REPORT}) == 1
    assert "nobody can know yet whether your report has arrived" in done.err


@pytest.mark.parametrize("asked", [("GET", "/v1/intake"), ("GET", "/v1/key-log")])
def test_a_service_that_is_begun_anew_while_it_is_asked_where_reports_go_gets_the_report(
    here: Installation, road: Between, asked: tuple[str, str]
) -> None:
    road.losing[asked] = 2

    done = submit(here, road)

    must_open_a_mailbox(here, done.out)
    assert (done.code, done.err.count("The same goes again")) == (0, 2)


def test_a_refusal_after_a_lost_answer_unsays_nothing_that_may_have_arrived(here: Installation, road: Between) -> None:
    class Second(dict[tuple[str, str], tuple[int, str]]):
        """Refuses once an answer was lost."""

        def __contains__(self, asked: object) -> bool:
            return asked == REPORT and road.losing[REPORT] == 0 and super().__contains__(asked)

    road.losing[REPORT] = 1
    road.refusing = Second({REPORT: (422, "not-an-envelope")})

    done = submit(here, road)

    must_open_a_mailbox(here, done.out)
    assert done.code == REFUSED


@pytest.mark.parametrize("failures", [2, TRIES])
def test_a_service_that_fails_may_have_taken_the_report_so_the_same_goes_again(
    here: Installation, road: Between, failures: int
) -> None:
    class Failing(dict[tuple[str, str], tuple[int, str]]):
        """Stores what it calls failed."""

        left = failures

        def __contains__(self, asked: object) -> bool:
            self.left -= asked == REPORT
            return asked == REPORT and self.left >= 0

        def pop(self, *_: object) -> tuple[int, str]:
            return 500, "internal-error"

    road.refusing = Failing()

    done = submit(here, road)

    words = json.loads(done.out)["receipt"]
    assert len(words.split()) == len(receipts.read(words).words("en").split())
    assert done.code == (0 if failures < TRIES else REFUSED)


def test_a_report_that_was_refused_shows_no_words(here: Installation, road: Between) -> None:
    road.refusing[REPORT] = 422, "not-an-envelope"

    done = submit(here, road)

    assert (done.code, done.out) == (REFUSED, "")


def test_a_terminal_without_the_signs_of_a_language_shows_english_words(here: Installation) -> None:
    arguments = ["report", "submit", "--server", here.server, "--pin", here.pin, "--document", "-"]

    done = subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        input=FORM.encode(),
        capture_output=True,
        env={**os.environ, **clock(here), "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        check=True,
    )

    words = done.stdout.decode("ascii").partition("receipt  ")[2].split("\n")[0]
    assert here.reporter().mailbox(receipts.read(words)).thread_state


@pytest.mark.parametrize("where", ["closed", "full", "unread"])
def test_words_that_standard_output_does_not_take_go_to_standard_error(here: Installation, where: str) -> None:
    arguments = ["report", "submit", "--server", here.server, "--pin", here.pin, "--document", "-"]
    unread, written = os.pipe()
    os.close(unread)
    with Path("/dev/full").open("wb") as full, os.fdopen(written, "wb") as pipe:
        done = subprocess.run(
            [
                "/bin/sh",
                "-c",
                f'"$0" -m app.cli "$@" {">&-" if where == "closed" else ""}',
                sys.executable,
                *arguments,
            ],
            input=FORM.encode(),
            stdout=full if where == "full" else pipe,
            stderr=subprocess.PIPE,
            env={**os.environ, **clock(here)},
            check=False,
        )

    words = done.stderr.decode().partition("receipt  ")[2].split("\n")[0]
    assert here.reporter().mailbox(receipts.read(words)).thread_state


class TestAMailbox:
    """What was written into it, or taken back."""

    MAILBOX = ("POST", "/v1/mailbox")

    @pytest.fixture
    def receipt(self, here: Installation) -> str:
        return here.reporter().submit(json.loads(FORM)).receipt

    def in_(self, here: Installation, road: Between, receipt: str, act: str, *more: str) -> Ended:
        arguments = ("mailbox", act, "--server", road.server, "--pin", here.pin, *more)
        return tern(*arguments, typed="They came back.", environment=clock(here) | {"TERN_RECEIPT": receipt})

    @pytest.mark.parametrize(
        ("act", "more", "unknown"),
        [
            ("answer", (), "whether your message has arrived"),
            ("withdraw", (), "whether your report has been taken back"),
            ("consent", ("contact", "--yes"), "whether your choice has arrived"),
        ],
    )
    def test_where_no_answer_came_nobody_is_told_that_it_was_not_taken(
        self, here: Installation, road: Between, receipt: str, act: str, more: tuple[str, ...], unknown: str
    ) -> None:
        class AfterTheFirst(dict[tuple[str, str], int]):
            """The mailbox is read, and then no answer comes."""

            is_read = False

            def get(self, asked: tuple[str, str], _: int = 0) -> int:  # type: ignore[override]
                was_read, self.is_read = self.is_read, self.is_read or asked == TestAMailbox.MAILBOX
                return int(was_read and asked == TestAMailbox.MAILBOX)

            def __getitem__(self, _: tuple[str, str]) -> int:
                return 1

        road.losing = AfterTheFirst()
        lost = self.in_(here, road, receipt, act, *more)
        road.losing = {}
        again = self.in_(here, road, receipt, act, *more)

        assert lost.code == UNREACHABLE
        assert f"nobody can know yet {unknown}" in lost.err
        assert again.code == 0

    def test_a_message_has_arrived_before_its_files_go(
        self, here: Installation, road: Between, receipt: str, tmp_path: Path
    ) -> None:
        (tmp_path / "film.mp4").write_bytes(b"a film")
        road.refusing[UPLOADS] = 409, "too-many-attachments"

        done = self.in_(here, road, receipt, "answer", "--attach", str(tmp_path / "film.mp4"))

        assert done.code == FILES_MISSING
        assert done.err.index("Your message has arrived.") < done.err.index("did not arrive: film.mp4")
