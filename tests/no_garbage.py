"""Loaded by pytest before all else: what imports make is there to stay, so until all tests are there nothing looks for
garbage in it. Else that is a quarter of the time of importing them."""

import gc

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    gc.disable()


def pytest_collection_finish() -> None:
    """What is there by now stays to the end, with what little of it is garbage: none is looked for in it. Nor is any
    looked for at each of the thousands of things that a test makes, which takes a twentieth of its time."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()
