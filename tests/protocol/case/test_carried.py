"""What comes from another case: as each had signed it, as much as fits, and by people who may write such a thing."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from app.protocol.case import RuleBroken, carried
from app.protocol.documents import Document, signed
from app.protocol.encoding import new_id
from app.protocol.errors import Malformed, NotAuthentic
from tests.protocol.organisation import ANALYST, CASEWORKER, COLLEAGUE, ORG, STRANGER, TRUST, Person, case_header

PART = new_id("part")
FULL, FULL_ANSWER = "x" * (896 * 1024), "x" * (48 * 1024)


def version(number: int, *, by: Person = CASEWORKER, **changes: Any) -> str:
    header = case_header(type="part.person", subject=PART, author=by.id, version=number)
    before = None if number == 1 else "0" * 64
    return signed(replace(header, previous=before, **changes), by.signer).text.decode()


def documents(found: Mapping[str, Any]) -> list[tuple[Document, str]]:
    return list(
        carried.documents(found, "part.person", org=ORG, author_of=lambda document: TRUST.author_of(document, None))
    )


def test_each_version_stays_under_the_name_of_who_signed_it() -> None:
    found = carried.body([version(1), version(2, by=COLLEAGUE)], {0})

    assert carried.is_carried(found)
    assert not carried.is_carried({"text": ""})
    assert [(document.header.version, by) for document, by in documents(found)] == [
        (1, CASEWORKER.id),
        (2, COLLEAGUE.id),
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (version(1, by=ANALYST), "role"),
        (version(1, by=STRANGER), "uncertified"),
        (version(1, org="0" * 64), "moved"),
        (version(1, type="part.case"), "moved"),
        ("no document", "malformed"),
    ],
    ids=["who may write none", "a stranger", "of another organisation", "of another type", "no document"],
)
def test_nothing_comes_that_its_author_could_not_have_written(text: str, reason: str) -> None:
    with pytest.raises(NotAuthentic) as failure:
        documents({"moved": [version(1), text]})

    assert failure.value.reason == reason


@pytest.mark.parametrize(
    "found",
    [{}, {"moved": []}, {"moved": "text"}, {"moved": ["text", None]}, {"moved": ["text"], "more": 1}],
    ids=str,
)
def test_nothing_else_comes_from_another_case(found: Mapping[str, Any]) -> None:
    with pytest.raises(Malformed):
        carried.texts(found)


@pytest.mark.parametrize(("full", "is_answer"), [(FULL, False), (FULL_ANSWER, True)], ids=["a part", "an answer"])
def test_of_what_does_not_fit_the_oldest_stays_behind(full: str, is_answer: bool) -> None:
    def body(*each: str, starts: tuple[int, ...] = (2, 1, 0)) -> list[str]:
        return carried.texts(carried.body(each, starts, is_answer=is_answer))

    assert body("first", "second") == ["first", "second"]
    assert body(full[1:], "x") == [full[1:], "x"]
    assert body("", full[1:], "xx") == ["xx"]
    assert body("x", full, starts=(0, 1)) == [full]
    # Quotes and backslashes are escaped in the text of a document, and others may have several bytes.
    for longer in (f"{full}x", f'{full[1:]}"', f"{full[1:]}\\", f"{full[1:]}é"):
        with pytest.raises(RuleBroken, match="too-long-to-move"):
            body("x", longer, starts=(0, 1))
