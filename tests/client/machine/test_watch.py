"""A device's clock is held against the service's before anything is sealed with it."""

from datetime import UTC, datetime, timedelta

import pytest

from app.cli import console
from app.client import Reporter, Staff
from app.client.machine.watch import Watch
from tests.client.installation import PASSPHRASE, Installation

AT = datetime(2026, 6, 15, 9, tzinfo=UTC)
DATE = "Mon, 15 Jun 2026 09:00:00 GMT"


def _fail(off: timedelta) -> None:
    raise AssertionError(off)


@pytest.mark.parametrize(
    ("off", "is_told"),
    [
        (timedelta(0), False),
        (timedelta(minutes=5), False),
        (timedelta(minutes=5, seconds=1), True),
        (timedelta(minutes=-6), True),
        (timedelta(days=40), True),
    ],
)
def test_a_clock_that_is_off_by_more_than_a_few_minutes_is_told_once(off: timedelta, is_told: bool) -> None:
    told: list[timedelta] = []
    watch = Watch(lambda: AT + off, told.append)

    watch.hear(DATE)
    watch.hear(DATE)

    assert told == ([off] if is_told else [])


@pytest.mark.parametrize("date", [None, "", "yesterday", f"{DATE}, {DATE}", "Mon, 99 Jun 2026 09:00:00 GMT"])
def test_a_date_that_cannot_be_read_says_nothing(date: str | None) -> None:
    Watch(lambda: AT, _fail).hear(date)


def test_staff_and_reporters_hear_it_of_a_real_service_before_they_seal(here: Installation) -> None:
    told: list[timedelta] = []

    with Staff(
        here.machine("anna"), PASSPHRASE, clock=lambda: here.now() + timedelta(hours=3), clock_off=told.append
    ) as anna:
        assert anna.log
    with Reporter(
        here.server, here.pin, clock=lambda: here.now() - timedelta(hours=2), clock_off=told.append
    ) as reporter:
        reporter.intake()
    with Reporter(here.server, here.pin, clock=here.now, clock_off=_fail) as right:
        right.intake()

    assert [round(each / timedelta(hours=1)) for each in told] == [3, -2]


def test_it_is_said_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    console.clock_off(timedelta(hours=3, minutes=12))
    console.clock_off(timedelta(minutes=-7))

    said = capsys.readouterr().err
    assert "3 h 12 min ahead of the service's" in said
    assert "7 min behind the service's" in said
