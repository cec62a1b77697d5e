"""The stories of the demo."""

import json
from datetime import date
from pathlib import Path

import pytest

from app.cli.demo import stories
from app.cli.demo.chapters import expected_cards


def test_the_forty_samples_have_56_cards_of_30_persons() -> None:
    cards = expected_cards(stories.load(stories.SAMPLES))

    assert (len(cards), len(set(cards))) == (56, 30)


def test_where_a_story_does_not_say_the_reporters_consent_decides_whose_card_there_is(tmp_path: Path) -> None:
    entries = json.loads(stories.SAMPLES.read_bytes())
    for entry in entries:
        for incident in entry["expected"]["incidents"]:
            del incident["affected"], incident["card"]
    path = tmp_path / "stories.json"
    path.write_text(json.dumps(entries))

    told = {story.id: story for story in stories.load(path)}

    assert all(incident["card"] for incident in told["syn-001"].incidents)
    assert {incident["affected"] for incident in told["syn-001"].incidents} == {
        "syn-001/self",
        "syn-001/parent_or_sibling",
    }
    assert not any(incident["card"] for incident in told["syn-003"].incidents)


def test_a_selector_of_no_one_spelling_is_left_out(tmp_path: Path) -> None:
    entry = json.loads(stories.SAMPLES.read_bytes())[0]
    del entry["answers"]["where_now"]
    entry["expected"]["selectors"] = [
        {"type": "phone", "value": "030 23125 417"},
        {"type": "handle", "value": "@example_warmheart"},
        {"type": "email", "value": "Visa@Office.Example"},
    ]
    path = tmp_path / "stories.json"
    path.write_text(json.dumps([entry]))

    (told,) = stories.load(path)

    assert [each.normalised for each in told.selectors] == ["visa@office.example"]


def test_a_story_is_told_on_a_day_by_which_all_of_it_has_happened() -> None:
    samples = stories.load(stories.SAMPLES)

    told = stories.told_on(samples, date(2025, 12, 15))
    later = stories.told_on(samples, date(2026, 6, 15))

    assert later == samples
    assert samples[0].incidents[0]["quarter"] == "2022-Q4"
    assert told[0].incidents[0]["quarter"] == "2022-Q2"
    assert max(each["quarter"] for story in told for each in story.incidents if each["quarter"]) == "2025-Q4"


def test_a_file_of_another_form_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "stories.json"
    path.write_text('[{"id": "syn-001"}]')

    with pytest.raises(ValueError, match=r"stories\.json is no file of stories"):
        stories.load(path)
