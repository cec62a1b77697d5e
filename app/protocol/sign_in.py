"""By what somebody is known and signs in, told before anything is sent."""

import re
from typing import Final

from app.protocol.opaque_string import opaque

HANDLE: Final = r"^[a-z0-9][a-z0-9._-]{1,39}$"
PASSWORD_LENGTHS: Final = range(12, 1025)


class Unfit(ValueError):
    """A handle or a password that no service takes. The message does not repeat it."""


def check_handle(handle: str) -> None:
    """Raises `Unfit`."""
    if not re.fullmatch(HANDLE.strip("^$"), handle):
        raise Unfit("a handle has 2 to 40 of a-z, 0-9, point, dash and underscore, and begins with a letter or digit")


def check_password(password: str) -> None:
    """Of a new one. Raises `Unfit`."""
    if len(opaque(password)) not in PASSWORD_LENGTHS:
        raise Unfit(
            f"a password has {PASSWORD_LENGTHS[0]} to {PASSWORD_LENGTHS[-1]} characters; yours has {len(password)}"
        )
