"""The catalogues: nothing is offered that is not whole, and no words that a frightened person should not read."""

import re
from pathlib import Path

import pytest

from app.site import messages
from app.site.languages import SOURCE, WANTED
from app.site.rendering import LISTS, choices_of
from app.vocabulary import code

CATALOGUES = sorted(messages.CATALOGUES.glob("*.po"))


@pytest.fixture
def catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A whole catalogue of a language that has one plural form."""
    monkeypatch.setattr(messages, "CATALOGUES", tmp_path)
    catalog = messages.needed("vi")
    catalog.locale = "vi"
    for message in catalog:
        if message.id:
            message.string = (message.id[1],) if isinstance(message.id, tuple) else message.id
    messages.write(tmp_path / "vi.po", catalog)
    return tmp_path / "vi.po"


def test_the_template_of_the_catalogues_is_up_to_date(tmp_path: Path) -> None:
    messages.write(tmp_path / "messages.pot", messages.template())

    assert (tmp_path / "messages.pot").read_text() == (messages.CATALOGUES / "messages.pot").read_text()


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_every_catalogue_is_of_a_wanted_language_and_whole(path: Path) -> None:
    assert path.stem in WANTED
    assert messages.lacks(path.stem) == []


def test_a_whole_catalogue_lacks_nothing(catalogue: Path) -> None:
    assert messages.lacks("vi") == []


def test_a_language_without_a_catalogue_is_not_offered(catalogue: Path) -> None:
    assert messages.lacks("tr") == ["there is no catalogue"]


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ('msgstr "Notes"', 'msgstr ""', "not translated"),
        ('msgid "Notes"', '#, fuzzy\nmsgid "Notes"', "fuzzy"),
        ('msgstr "{n} of {all}"', 'msgstr "{n} of {al}"', "has ['{al}', '{n}']"),
        ("<kbd>Esc</kbd>", "Esc", "has []"),
    ],
)
def test_a_catalogue_that_is_not_whole_is_not_offered(catalogue: Path, before: str, after: str, why: str) -> None:
    head, _, last = catalogue.read_text().rpartition(before)
    catalogue.write_text(head + after + last)

    assert [lack for lack in messages.lacks("vi") if lack.startswith(why)]


def test_a_form_for_one_may_say_its_number_as_a_word(catalogue: Path) -> None:
    catalogue.write_text(catalogue.read_text().replace('msgstr[0] "{n} characters"', 'msgstr[0] "characters"'))

    assert messages.lacks("vi") == []


def test_a_language_is_reviewed_once_a_speaker_put_their_name_to_it(catalogue: Path) -> None:
    before = messages.reviewed("vi")
    catalogue.write_text(catalogue.read_text().replace('"MIME', '"X-Reviewed-By: Mai\\n"\n"MIME', 1))

    assert (before, messages.reviewed("vi"), messages.reviewed(SOURCE)) == (False, True, True)


def test_a_label_that_the_code_lists_lack_is_asked_of_the_catalogue(catalogue: Path) -> None:
    asked = {message.id for message in messages.needed("ug") if message.context == messages.VOCABULARY}
    lacked = {
        entry.labels["en"]
        for list_name in LISTS
        for entry in (code(list_name, of) for of in choices_of(list_name))
        if "ug" not in entry.labels
    }

    assert asked == lacked
    assert not [message for message in messages.needed("zh-Hans") if message.context == messages.VOCABULARY]


def test_a_compiled_catalogue_does_not_tell_when_it_was_made() -> None:
    assert set(re.findall(rb"\d{4}-\d\d-\d\d \d\d:\d\d", messages.catalogue_bytes("tr"))) == {b"1970-01-01 00:00"}


def test_no_page_speaks_like_a_police_form() -> None:
    never = r"\b(victim|perpetrator|dissident|invalid|failed|failure|submit|are you sure|why did you|repression)\b"
    for message in messages.template():
        words = " ".join(message.id) if isinstance(message.id, tuple) else str(message.id)
        assert not re.search(never, words, re.IGNORECASE), words


def test_every_message_tells_its_translator_where_it_stands() -> None:
    assert [message.id for message in messages.template() if message.id and not message.auto_comments] == []
