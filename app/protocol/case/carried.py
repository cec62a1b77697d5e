"""What comes from another case: all that was written of it there, as each had signed it, so nobody speaks for another.

It stands in the body of the first version that a part or an answer has in its new case, the oldest before all.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from app.protocol.case.errors import RuleBroken
from app.protocol.certified import Certified
from app.protocol.documents import Document, parse_document
from app.protocol.errors import Malformed, NotAuthentic
from app.protocol.types import TYPES

# Of the largest class what the text of documents may take, whose quotes are escaped once more.
_PART: Final = 7 * 2**17
_ANSWER: Final = 48 * 2**10


def body(each: Sequence[str], starts: Collection[int], *, is_answer: bool = False) -> dict[str, Any]:
    """The body that carries these documents, or without as many of the oldest as it takes: then it begins with one of
    `starts`. Raises `RuleBroken` where not even the last of these fits.
    """
    most = _ANSWER if is_answer else _PART
    for start in sorted(starts):
        if sum(map(_length, each[start:])) <= most:
            return {"moved": list(each[start:])}
    raise RuleBroken("too-long-to-move")


def texts(found: Mapping[str, Any]) -> list[str]:
    """The documents in such a body, each as it was signed. Raises `Malformed` for another body."""
    match found:
        case {"moved": [*moved], **rest} if moved and not rest and all(isinstance(each, str) for each in moved):
            return [str(each) for each in moved]
    raise Malformed("nothing that comes from another case")


def is_carried(found: Mapping[str, Any]) -> bool:
    """Whether the body is one of these."""
    return "moved" in found


def documents(
    found: Mapping[str, Any], type_: str, *, org: str, author_of: Callable[[Document], Certified]
) -> Iterator[tuple[Document, str]]:
    """Each document of this type, with who signed it. Raises `Malformed` or `NotAuthentic`."""
    for text in texts(found):
        document = parse_document(text.encode())
        if (document.header.type, document.header.org) != (type_, org):
            raise NotAuthentic("moved")
        author = author_of(document)
        if not author.roles & TYPES[type_].roles:
            raise NotAuthentic("role")
        yield document, author.person


def _length(text: str) -> int:
    return len(text.encode()) + text.count('"') + text.count("\\")
