"""What the tests of a file share is made once where it can be: a process that has nothing left to do takes over whole
files of another, and a part of one only where there is no other."""

from collections.abc import Sequence
from typing import Any

import pytest


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """xdist gives away the later half of what a process has before it, wherever that begins."""
    steal = node.send_steal

    def steal_files(indices: Sequence[int]) -> None:
        names = node.config.pluginmanager.getplugin("dsession").sched.collection
        first = indices[0]
        cut = _file(names[first]) if first and _file(names[first]) == _file(names[first - 1]) else None
        steal([each for each in indices if _file(names[each]) != cut] or indices)

    node.send_steal = steal_files


def _file(name: str) -> str:
    return name.partition("::")[0]
