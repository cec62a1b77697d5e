"""Why a value is no selector."""

from app.protocol.errors import ProtocolError


class NotASelector(ProtocolError):
    """The value has no one spelling as this type. The sentence says why, with nothing of the value in it."""
