"""The wire form of intake epochs."""

from datetime import date

from pydantic import BaseModel, ConfigDict


class EpochOut(BaseModel):
    """An epoch and its statement, the text of a public document. Both days of `accepts` are counted in."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    sequence: int
    document: str
    accepts_from: date
    accepts_until: date
    destroyed_on: date
