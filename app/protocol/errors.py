"""What can go wrong in the protocol, told apart by what the caller should do."""

from datetime import date


class ProtocolError(Exception):
    """The root of the protocol's errors."""


class NotMine(ProtocolError):
    """Try the next key: the file is sealed to somebody else."""


class NotAuthentic(ProtocolError):
    """Stop: what was read is not what a person whom one trusts wrote. `reason` is a code (`docs/protocol.md`)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Malformed(NotAuthentic):
    """Stop: this is not written as the protocol has it, whoever wrote it. The message says where; it quotes nothing."""

    def __init__(self, message: str) -> None:
        super().__init__("malformed")
        self.args = (message,)


class Rollback(NotAuthentic):
    """Stop: it is authentic, but older than what this client has seen, or another of the same version.

    `since` is the day on which it first saw what it is not shown now, where it knows.
    """

    def __init__(self, reason: str, since: date | None = None) -> None:
        super().__init__(reason)
        self.since = since
