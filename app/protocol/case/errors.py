"""What is wrong with a case, or a part of one, that was read or is to be sealed."""

from app.protocol.errors import ProtocolError


class RuleBroken(ProtocolError):
    """It may not be sealed like this. `rule` is a code."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule
