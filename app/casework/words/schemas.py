"""The wire form of what reporters say of their reports."""

from typing import Self

from pydantic import BaseModel

from app.casework.triage.wire import MessageOut
from app.casework.words.service import Words
from app.http.sealed_json import SealedReport
from app.people.grants.wire import GrantOut


class ChangedOut(BaseModel):
    """A report whose reporter has changed a consent since, or taken it back, by `hashes`: the posts' ids.

    That it did is a hint: what it says is sealed.
    """

    id: str
    case: str
    posts: list[str]


class ReportWordsOut(BaseModel):
    """A report of a case as it came, its keys, and what its reporter has posted since."""

    id: str
    destroyed: bool
    grants: list[GrantOut]
    body: SealedReport | None
    messages: list[MessageOut]

    @classmethod
    def of(cls, words: Words) -> Self:
        return cls(
            id=words.report.id,
            destroyed=words.report.is_destroyed,
            grants=[GrantOut.model_validate(each) for each in words.grants],
            body=words.body,
            messages=[MessageOut.model_validate(each) for each in words.messages],
        )


class CaseWordsOut(BaseModel):
    """Every report of a case."""

    items: list[ReportWordsOut]
