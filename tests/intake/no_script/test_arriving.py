"""Forms with files that come slowly: each may, until somebody else waits for the place."""

from collections.abc import AsyncIterator

import anyio
import pytest

from app.intake.no_script.arriving import Arriving, Pace, Places
from app.intake.no_script.forms import Mistake
from app.intake.no_script.multipart import MalformedForm

PACE = Pace(bytes_a_second=10_000, seconds=0.1, waiting_seconds=5)
LATE = 5  # seconds, after which nothing comes any more


async def line(size: int, *, pause: float, number: int = 10**9) -> AsyncIterator[bytes]:
    """So many pieces of so many bytes, and so long between them."""
    for _ in range(number):
        yield bytes(size)
        await anyio.sleep(pause)


async def come(places: Places, form: Arriving, told: dict[str, str], name: str) -> None:
    """What becomes of a form, from its beginning to its end."""
    await form.begin(1)
    async with places.place(form):
        try:
            while await form.next() is not None:
                pass
            told[name] = "taken"
        except Mistake as mistake:
            told[name] = mistake.key


async def story(places: Places, lines: dict[str, AsyncIterator[bytes]]) -> dict[str, str]:
    """What became of each form, in their order, when the last of them had its place and was taken or not."""
    told: dict[str, str] = {}
    with anyio.fail_after(LATE):
        async with anyio.create_task_group() as group:
            *before, last = lines
            for name in before:
                group.start_soon(come, places, Arriving(lines[name]), told, name)
            await anyio.sleep(PACE.seconds)
            await come(places, Arriving(lines[last]), told, last)
            group.cancel_scope.cancel()
    return told


def test_the_slowest_form_loses_its_place_to_the_next() -> None:
    async def told() -> dict[str, str]:
        lines = {
            "slow": line(10, pause=0.01),
            "slowest": line(1, pause=0.01),
            "quick": line(1000, pause=0.01),
            "next": line(1000, pause=0, number=3),
        }
        return await story(Places(3, PACE), lines)

    assert anyio.run(told) == {"slowest": "no-room", "next": "taken"}


def test_a_form_that_was_quick_once_and_is_slow_now_is_slow() -> None:
    async def bursting() -> AsyncIterator[bytes]:
        yield b"x"
        yield bytes(1_000_000)
        async for piece in line(1, pause=0.01):
            yield piece

    async def told() -> dict[str, str]:
        return await story(Places(1, PACE), {"bursting": bursting(), "next": line(1000, pause=0, number=3)})

    assert anyio.run(told) == {"bursting": "no-room", "next": "taken"}


def test_forms_that_keep_the_pace_keep_their_places_and_who_waits_is_told_of_words() -> None:
    async def told() -> dict[str, str]:
        pace = Pace(PACE.bytes_a_second, PACE.seconds, waiting_seconds=0.6)
        lines = {name: line(1000, pause=0.01) for name in ("one", "another")}
        return await story(Places(2, pace), lines | {"next": line(1000, pause=0, number=3)})

    assert anyio.run(told) == {"next": "no-room"}


def test_a_slow_form_that_nobody_waits_behind_is_taken() -> None:
    async def told() -> dict[str, str]:
        return await story(
            Places(2, PACE), {"alone": line(1, pause=0.05, number=10), "next": line(1, pause=0.1, number=8)}
        )

    assert anyio.run(told) == {"alone": "taken", "next": "taken"}


def test_a_form_that_is_whole_loses_no_place() -> None:
    async def kept() -> bool:
        form = Arriving(line(1, pause=0, number=1))
        await form.begin(2)
        await anyio.sleep(PACE.seconds)
        form.give_up()
        return form.pace(PACE.seconds) is None and await form.next() == b"\0"

    assert anyio.run(kept)


def test_a_browser_that_is_gone_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.intake.no_script.arriving._PIECE_SECONDS", 0.05)

    async def read() -> None:
        form = Arriving(line(1, pause=LATE))
        await form.begin(2)

    with pytest.raises(MalformedForm):
        anyio.run(read)
