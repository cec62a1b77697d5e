"""Work of one kind goes on a few at a time, and leaves threads to whoever comes without a session."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from threading import Event, Semaphore

import anyio
import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from app.http import Actor, Api, MailboxToken, Router, lanes
from app.http.lanes import Lanes
from app.problems import TooMuchAtOnce
from tests.http.conftest import signed_in

SECONDS = 10  # after which a test says that nothing happens

router = Router("/lanes", tag="lanes")


@dataclass
class Held:
    """Requests that are begun, and wait until they may go on."""

    begun: Semaphore
    goes_on: Event


held = Held(Semaphore(0), Event())


@router.get("/staff")
def wait(_: Actor) -> None:
    held.begun.release()
    assert held.goes_on.wait(SECONDS)


@router.get("/reporters")
def answer(_: MailboxToken) -> None:
    """In a thread, as most of what reporters ask for."""


@pytest.fixture
def lanes_client(client: TestClient) -> TestClient:
    assert isinstance(client.app, Api)
    client.app.include_router(router, prefix="/v1")
    held.begun, held.goes_on = Semaphore(0), Event()
    return client


@contextmanager
def asked(client: TestClient, number: int) -> Iterator[list[Future[Response]]]:
    """So many requests of one person at once, which wait until the block ends."""
    with ThreadPoolExecutor(number) as threads:
        try:
            yield [threads.submit(client.get, "/v1/lanes/staff", headers=signed_in()) for _ in range(number)]
        finally:
            held.goes_on.set()


def test_who_asks_for_much_at_once_is_told_when_to_ask_again_and_the_rest_is_done(lanes_client: TestClient) -> None:
    with asked(lanes_client, lanes.OF_A_PERSON + 2) as requests:
        refused = [each.result() for each in islice(as_completed(requests, SECONDS), 2)]
        for _ in range(lanes.OF_A_LANE):
            assert held.begun.acquire(timeout=SECONDS)
        more_began = held.begun.acquire(blocking=False)

    assert not more_began
    assert {answer.json()["type"] for answer in refused} == {"/problems/too-much-at-once"}
    assert {(answer.status_code, answer.headers["Retry-After"]) for answer in refused} == {(503, "1")}
    assert sorted(each.result().status_code for each in requests) == [200] * lanes.OF_A_PERSON + [503] * 2


def test_what_staff_wait_for_keeps_no_thread_from_who_comes_without_a_session(lanes_client: TestClient) -> None:
    reporter = {"Authorization": f"Bearer {'r' * 43}"}
    with asked(lanes_client, lanes.OF_A_PERSON):
        for _ in range(lanes.OF_A_LANE):
            assert held.begun.acquire(timeout=SECONDS)

        answer = lanes_client.get("/v1/lanes/reporters", headers=reporter)

    assert answer.status_code == 200


def test_all_lanes_together_have_a_bound_and_places_are_given_back() -> None:
    async def at_once(of_process: Lanes) -> int:
        running = 0

        async def ask(name: str, person: str) -> None:
            nonlocal running
            async with of_process.lane(name, person):
                running += 1
                await anyio.sleep_forever()

        async with anyio.create_task_group() as group:
            for place in range(8 * lanes.OF_A_LANE):
                group.start_soon(ask, f"lane {place % 8}", f"person {place}")
            await anyio.wait_all_tasks_blocked()
            group.cancel_scope.cancel()
        return running

    async def twice() -> list[int]:
        of_process = Lanes()
        return [await at_once(of_process) for _ in range(2)]

    assert anyio.run(twice) == [lanes.STAFF, lanes.STAFF]


def test_a_lane_ends_somewhere_and_another_goes_on() -> None:
    async def story() -> None:
        of_process = Lanes()

        async def ask(person: str) -> None:
            async with of_process.lane("lists", person):
                await anyio.sleep_forever()

        async with anyio.create_task_group() as group:
            for place in range(lanes.OF_A_LANE + lanes.WAITING):
                group.start_soon(ask, f"person {place}")
            await anyio.wait_all_tasks_blocked()
            with pytest.raises(TooMuchAtOnce):
                async with of_process.lane("lists", "one more"):
                    pass
            with anyio.fail_after(SECONDS):
                async with of_process.lane("threads", "one more"):
                    group.cancel_scope.cancel()

    anyio.run(story)
