"""Bodies that are being read share a bound, in which reporters have a part of their own."""

import asyncio
from collections.abc import Callable
from functools import partial

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from app.http import memory
from app.http.memory import Held, Lane
from app.problems import Busy
from tests.http.conftest import signed_in

BOUND = 10
KEY = {"Idempotency-Key": "k"}


async def read(held: Held, size: int, whole: asyncio.Event) -> int:
    """A body that comes in pieces of one, and is whole when it is told so."""
    with held.reading():
        for _ in range(size):
            held.add(1)
            await asyncio.sleep(0)
        await whole.wait()
    return held.size


def test_whoever_comes_when_there_is_no_room_is_told_to_come_again() -> None:
    async def act() -> tuple[int | BaseException, int | BaseException]:
        lane, whole = Lane(BOUND), asyncio.Event()
        first = asyncio.create_task(read(Held(lane, is_short=True), BOUND, whole))
        await asyncio.sleep(0.01)
        second = asyncio.create_task(read(Held(lane, is_short=True), 1, whole))
        await asyncio.sleep(0.01)
        whole.set()
        return await asyncio.gather(first, second, return_exceptions=True)

    kept, refused = asyncio.run(act())

    assert (kept, type(refused)) == (BOUND, Busy)


def test_a_body_that_has_had_its_time_gives_its_room_to_those_who_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_HASTE_SECONDS", 0.0)

    async def act() -> list[int | BaseException]:
        lane, whole = Lane(BOUND), asyncio.Event()
        slow = [asyncio.create_task(read(Held(lane, is_short=True), BOUND // 2, whole)) for _ in range(2)]
        await asyncio.sleep(0.01)
        late = asyncio.create_task(read(Held(lane, is_short=True), 3, whole))
        await asyncio.sleep(0.01)
        whole.set()
        return await asyncio.gather(*slow, late, return_exceptions=True)

    oldest, other, late = asyncio.run(act())

    assert (type(oldest), other, late) == (Busy, BOUND // 2, 3)


def test_what_is_long_leaves_a_part_of_the_room_to_what_is_short() -> None:
    async def act() -> list[int | BaseException]:
        lane, whole = Lane(8), asyncio.Event()
        asked = list[asyncio.Task[int]]()
        for held in (Held(lane), Held(lane), Held(lane, is_short=True)):
            asked.append(asyncio.create_task(read(held, 7 if not asked else 1, whole)))
            await asyncio.sleep(0.01)
        whole.set()
        return await asyncio.gather(*asked, return_exceptions=True)

    long, second, short = asyncio.run(act())

    assert (long, type(second), short) == (7, Busy, 1)


@pytest.fixture
def room(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """For bodies of others than reporters, before the service begins."""
    monkeypatch.setattr(memory, "OTHERS", request.param)


@pytest.mark.parametrize("room", [1000], indirect=True)
def test_a_body_that_was_answered_takes_no_room_any_more(room: None, client: TestClient) -> None:
    answers = [
        client.post("/v1/things/sealed", content=bytes(900), headers={"Content-Type": "application/octet-stream"})
        for _ in range(3)
    ]

    assert [each.status_code for each in answers] == [200, 200, 200]


@pytest.mark.parametrize("room", [100], indirect=True)
def test_a_body_whose_header_says_that_it_is_short_has_the_part_that_is_kept(
    room: None, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(body: bytes) -> int:
        headers = {"Content-Type": "application/octet-stream"}
        return client.post("/v1/things/sealed", content=body, headers=headers).status_code

    assert (ask(bytes(100)), ask(bytes(101))) == (200, 503)
    monkeypatch.setattr(memory, "SHORT", 99)
    assert (ask(bytes(100)), ask(bytes(88))) == (503, 200)


@pytest.mark.parametrize("room", [0], indirect=True)
@pytest.mark.parametrize(
    "ask",
    [
        partial(TestClient.post, url="/v1/things", json={"name": "x"}, headers=signed_in() | KEY),
        partial(
            TestClient.post,
            url="/v1/things/sealed",
            content=b"x",
            headers={"Content-Type": "application/octet-stream"},
        ),
    ],
    ids=["JSON", "sealed"],
)
def test_every_kind_of_body_counts_and_is_refused_with_when_to_come_again(
    room: None, client: TestClient, ask: Callable[[TestClient], Response]
) -> None:
    answer = ask(client)

    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/busy")
    assert answer.headers["Retry-After"] == str(memory.RETRY_SECONDS)
