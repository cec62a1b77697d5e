"""Whose password is checked next."""

from collections.abc import Sequence
from functools import partial

import anyio
import pytest

from app.people.passwords import SignInBusy
from app.people.sign_in.turns import AT_ONCE, OF_A_NAME, STRANGERS, Turns


async def served(waiting: Sequence[tuple[str, bool]]) -> list[str]:
    """In which order those who wait have their turn, while others hold all there are."""
    turns, order, may_end = Turns(), list[str](), anyio.Event()

    async def hold() -> None:
        async with turns.turn("holder", is_known=False):
            await may_end.wait()

    async def wait(name: str, *, is_known: bool) -> None:
        try:
            async with turns.turn(name, is_known=is_known):
                order.append(name)
        except SignInBusy:
            order.append(f"{name} is refused")

    async with anyio.create_task_group() as tasks:
        for _ in range(AT_ONCE):
            tasks.start_soon(hold)
        await anyio.wait_all_tasks_blocked()
        for name, is_known in waiting:
            tasks.start_soon(partial(wait, name, is_known=is_known))
            await anyio.wait_all_tasks_blocked()
        may_end.set()
    async with anyio.create_task_group() as tasks:  # and all of them are free again
        for _ in range(AT_ONCE):
            tasks.start_soon(partial(wait, "after", is_known=False))
    assert turns._free == AT_ONCE
    return order[:-AT_ONCE]


def test_a_machine_that_was_signed_in_goes_before_strangers() -> None:
    order = anyio.run(served, [("sofia", False), ("sofia", False), ("tenzin", False), ("tenzin", True)])

    assert order[0] == "tenzin"


def test_whoever_floods_a_name_waits_behind_themselves() -> None:
    order = anyio.run(served, [*[("sofia", False)] * (OF_A_NAME + 2), ("tenzin", False)])

    assert order == [*["sofia is refused"] * 2, "sofia", "tenzin", *["sofia"] * (OF_A_NAME - 1)]


def test_strangers_wait_in_a_line_that_ends_and_machines_beside_it() -> None:
    strangers = [(f"name {n}", False) for n in range(STRANGERS + 1)]

    order = anyio.run(served, [*strangers, ("tenzin", True)])

    assert order[:2] == [f"name {STRANGERS} is refused", "tenzin"]


def test_who_goes_away_leaves_the_line() -> None:
    async def leave() -> int:
        turns = Turns()
        async with turns.turn("a", is_known=False), turns.turn("b", is_known=False):
            with anyio.move_on_after(0.01):
                async with turns.turn("c", is_known=False):
                    pytest.fail("it was nobody's turn")
        return turns._free

    assert anyio.run(leave) == AT_ONCE
