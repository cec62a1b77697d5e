"""Groups whose commands are made when they are asked for, each from a module of its own."""

import gc
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from importlib import import_module
from typing import Any

from typer.core import TyperGroup


class Commands(MutableMapping[str, Any]):
    """The commands by their names, each made when it is first asked for; `made_in` says where, as `module:member`."""

    def __init__(self, made_in: Mapping[str, str], make: Callable[[str, str], Any]) -> None:
        self._made_in = made_in
        self._make = make
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = self._make(name, self._made_in[name])
        return self._made[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._made[name] = command

    def __delitem__(self, name: str) -> None:
        del self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._made_in)

    def __len__(self) -> int:
        return len(self._made_in)


def group_of(made_in: Mapping[str, str], make: Callable[[str, str], Any]) -> type[TyperGroup]:
    """The kind of group that has these commands, for `typer.Typer(cls=…)`."""

    class Group(TyperGroup):
        def __init__(self, **attributes: Any) -> None:
            super().__init__(**attributes)
            self.commands = Commands(made_in, make)

    return Group


def member_of(place: str) -> Any:
    """What stands at `module:member`. While it is imported nothing looks for garbage, and in it nothing ever does."""
    module, _, member = place.partition(":")
    gc.disable()
    try:
        return getattr(import_module(module), member)
    finally:
        gc.freeze()  # else the first round, a tenth of the way to the first request, goes through all that was imported
        gc.enable()
