"""Answers that are ready: what a version of them may say, and what becomes of their languages."""

from typing import Any

import pytest

from app import vocabulary
from app.protocol import templates
from app.protocol.errors import Malformed
from app.protocol.templates import Template, Words

DAY = Template("day", 1, {"en": Words("We write on {day}.", 1), "fa": Words("{day}.", 1)})


def test_words_in_another_language_are_older_once_one_was_changed_and_not_when_one_is_added() -> None:
    added = DAY.said_as({"tr": "{day}!"})
    changed = added.said_as({"en": "On {day} we write."})
    again = changed.said_as({"fa": "{day}.", "tr": "{day}!"})

    assert (added.revision, added.outdated) == (1, [])
    assert (changed.revision, changed.outdated) == (2, ["fa", "tr"])
    assert (again.revision, again.outdated) == (2, [])
    assert added.said_as({"en": "We write on {day}.", "fa": "{day}!"}).outdated == ["tr"]


def test_what_fills_a_blank_is_filled_in_once_whatever_it_says() -> None:
    words = Words("{who} comes on {day}.", 1)

    assert words.blanks == {"who", "day"}
    assert words.filled({"who": "{day}", "day": "Monday"}) == "{day} comes on Monday."


def test_a_version_is_read_as_it_was_written() -> None:
    joined = "می\u200cرویم"
    ready = {name: Template(name, 1, {"en": Words("Ready.", 1)}) for name in ("a", joined)} | {"day": DAY}

    assert templates.read(templates.body(reversed(ready.values()))) == ready


def one(**changes: Any) -> dict[str, Any]:
    return {"templates": [DAY.body() | changes]}


def said(*texts: str, revision: int = 1) -> dict[str, Any]:
    return {
        "words": {
            language: {"revision": revision, "text": text} for language, text in zip(("en", "fa"), texts, strict=False)
        }
    }


def many(number: int) -> list[dict[str, Any]]:
    return [Template(f"{each:03}", 1, DAY.words).body() for each in range(number)]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"templates": {}},
        {"templates": [], "more": 1},
        {"templates": [DAY.body(), DAY.body()]},
        {"templates": [Template(name, 1, DAY.words).body() for name in "ba"]},
        {"templates": many(201)},
        {"templates": ["day"]},
        one(more=1),
        one(name=3),
        one(name=""),
        one(name="x" * 61),
        one(name="two\nlines"),
        one(name="\u202eday"),
        one(name="\u200d"),
        one(revision=0),
        one(revision="1"),
        one(words=["en"]),
        one(words={}),
        one(words={"xx": {"revision": 1, "text": "Ready."}}),
        one(words={"en": {"revision": 1, "text": "Ready.", "more": 1}}),
        one(words={"en": "Ready."}),
        one(words={"en": {"revision": "1", "text": "Ready."}}),
        one(words={"en": {"revision": 1, "text": 3}}),
        one(**said(" \n")),
        one(**said("Ready.", revision=2)),
        one(**said("A brace {.")),
        one(**said("{Day}")),
        one(**said("{}")),
        one(**said("On {day}.", "On {date}.")),
        one(**said("x" * 14_001)),
    ],
)
def test_another_form_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        templates.read(body)


def test_as_much_as_fits_a_mailbox_can_be_ready() -> None:
    assert templates.read(one(**said("x" * 14_000)))


def test_two_hundred_can_be_ready_each_in_every_language_under_a_name_of_sixty_characters() -> None:
    words = {language: {"revision": 1, "text": "Ready."} for language in vocabulary.codes("language")}

    assert len(templates.read({"templates": many(200)})) == 200
    assert templates.read(one(words=words, name="x" * 60)).keys() == {"x" * 60}


def test_nothing_is_written_that_would_not_be_read() -> None:
    with pytest.raises(Malformed):
        templates.body([Template("", 1, DAY.words)])
