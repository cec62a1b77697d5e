"""The thirty days of `tern demo --days 30`, on the other database: nobody who leaves, sleeps or loses a machine loses a
report, and nobody who left gets one."""

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from app import age
from app.audit.actions import Action
from app.cli.demo import chapters, month, outcome, stories
from app.cli.demo.chapters import Company
from app.cli.demo.command import MONTH_BEGINS
from app.cli.demo.stage import Stage
from app.client import Staff
from app.client.casework import cases
from app.client.machine.transport import Refused
from app.client.people import shared_keys
from app.client.statistics import releases
from app.protocol import intake
from app.protocol.mailbox import MessageKind
from app.protocol.statements import KeyKind
from tests.client.installation import serving
from tests.flows.dump import Dump, searchable, words_of
from tests.flows.test_dump import typed
from tests.running import free_port

# Who leaves on which day.
WHO, LEAVES = "leyla", 9


@pytest.fixture
def stage(empty_url: str, tmp_path: Path) -> Stage:
    return Stage(tmp_path, free_port(), empty_url)


@contextmanager
def served(stage: Stage) -> Iterator[None]:
    """By this process, where no password is dear to check. It logs nothing."""
    settings = stage.settings.model_copy(update={"demo": True, "demo_clock": stage.directory / "clock"})
    (stage.directory / "server.log").touch()
    with serving(settings, stage.directory / "built", port=stage.port):
        yield


@pytest.mark.parametrize("empty_url", ["postgresql"], indirect=True)
def test_thirty_days_lose_no_report_and_keep_none_open_to_who_left(stage: Stage) -> None:
    stage.set_clock(MONTH_BEGINS)
    invitation = chapters.prepare(stage)
    with (
        served(stage),
        closing(month.begin(Company(stage), MONTH_BEGINS, stories.load(stories.SAMPLES), invitation)) as told,
    ):
        told.day(1)
        before = Dump(stage.settings, stage.directory / "server.log")
        for number in range(2, LEAVES):
            told.day(number)
        known = keys_of(told.staff(WHO), told.company.cases.values())
        told.day(LEAVES)
        at_their_end = Dump(stage.settings, stage.directory / "server.log")
        for number in range(LEAVES + 1, month.DAYS + 1):
            told.day(number)
        for check in outcome.OUTCOME.values():
            check(told)
        after = Dump(stage.settings, stage.directory / "server.log")
        published = releases.download(told.staff("boris"), told.release)

    words = searchable(text for story in told.stories for text in typed(story))
    public = words_of(
        " ".join([*(file.decode(errors="replace") for file in published.values()), *Action, *MessageKind, *after.names])
    )
    typed_alone = {word for word in words if word.casefold() not in public}
    assert after.holds(typed_alone) - before.holds(typed_alone) == set()
    since = sealed(after) - sealed(at_their_end)
    assert since
    assert [file for file in since if opens(file, known)] == []


def keys_of(person: Staff, of_cases: Iterable[str]) -> list[age.HybridIdentity]:
    """All that somebody holds: their own, intake's, those that work shares, and those of their cases."""
    held = [person.epoch_key(intake.read(each).epoch) for each in person.log.intakes]
    held += [shared_keys.hold(person, KeyKind.CARD_WRITING).identity]
    theirs = [cases.open_(person, case) for case in of_cases if is_member(person, case)]
    return [person.keys.identity, *held, *(each.identity for each in theirs)]


def is_member(person: Staff, case: str) -> bool:
    try:
        cases.view(person, case)
    except Refused:
        return False
    return True


def sealed(dump: Dump) -> set[bytes]:
    """Every sealed file that stands in a column."""
    files = (bytes(value) for value in dump.values if isinstance(value, bytes | memoryview))
    return {file for file in files if file.startswith(b"age-encryption.org/v1\n-> mlkem768x25519 ")}


def opens(file: bytes, identities: list[age.HybridIdentity]) -> bool:
    try:
        age.decrypt(file, identities)
    except age.Error:
        return False
    return True
