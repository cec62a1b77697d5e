"""The wire form of what somebody holds."""

from pydantic import BaseModel


class HoldingOut(BaseModel):
    """An object whose key the person holds, and whether nobody else does who is certified."""

    object: str
    alone: bool


class HoldingsOut(BaseModel):
    """All that a person holds the keys of."""

    items: list[HoldingOut]
