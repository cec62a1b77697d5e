"""The SDK: what the machine of a reporter, a caseworker or a partner does. It trusts no service with a key."""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from app.client.intake.reporter import Reporter
    from app.client.machine.staff import Staff

__all__ = ["Reporter", "Staff"]

# Nobody needs both on one machine, and each takes long to import.
_MADE_IN: Final = {"Reporter": "app.client.intake.reporter", "Staff": "app.client.machine.staff"}


def __getattr__(name: str) -> object:
    if name not in _MADE_IN:
        raise AttributeError(name)
    return getattr(import_module(_MADE_IN[name]), name)
