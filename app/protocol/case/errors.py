"""What is wrong with a case document that was read or is to be sealed."""

from app.protocol.errors import ProtocolError


class RuleBroken(ProtocolError):
    """The document may not be sealed like this. `rule` is a code."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule
