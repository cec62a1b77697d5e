"""The page of a release in four languages: the same sentences, and the same numbers in each."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from app.protocol.release.about import ANY_READER, MANY_LANGUAGES, NAMED
from app.protocol.release.composition import compose
from app.protocol.release.family import Estimate
from app.protocol.release.frame import METHOD, method_page, named
from app.protocol.release.grades import shown
from app.protocol.release.methodology import methodology, texts_of
from app.protocol.release.page import answer, told_tables
from app.protocol.release.tables import LANGUAGES
from app.protocol.release.words import SUFFIXES, words
from app.vocabulary import all_workloads
from tests.statistics.releases import folders

QUARTER = folders.noisy()
FILES = folders.unsigned(QUARTER)
OTHERS = [each for each in SUFFIXES if each != "en"]


def sentences(texts: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for name, text in texts.items():
        if isinstance(text, dict):
            yield from sentences(text, f"{above}{name}.")
        elif isinstance(text, list):
            yield from ((f"{above}{name}.{place}", each) for place, each in enumerate(text))
        else:
            yield f"{above}{name}", str(text)


@pytest.mark.parametrize("texts", [lambda language: words(language).texts, texts_of], ids=["page", "methodology"])
@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_stands_in_every_language_and_is_filled_with_the_same(
    language: str, texts: Callable[[str], Mapping[str, Any]]
) -> None:
    english, own = (dict(sentences(texts(each))) for each in ("en", language))

    assert own.keys() == english.keys()
    filled = {name for name in own if _filled(own[name]) != _filled(english[name])}
    assert filled == set()
    same = {name for name in own if own[name] == english[name] and len(re.sub(r"\{\w+\}", "", own[name])) > 12}
    assert same == set(), "it is not translated"


def _filled(text: str) -> set[str]:
    return set(re.findall(r"\{\w+\}", text))


def test_the_page_stands_in_each_language_in_which_cells_are_named() -> None:
    assert tuple(SUFFIXES) == LANGUAGES
    assert SUFFIXES["en"] == ""
    assert len({*SUFFIXES.values()}) == len(SUFFIXES)


def test_every_table_has_a_title_in_the_words() -> None:
    named = {table.name for workload in all_workloads().values() for table in workload.tables}

    assert named == words("en").texts["titles"].keys()


@pytest.mark.parametrize("value", [138.6, 50.0, 33.0, 9.0])
def test_the_words_of_a_cell_are_those_of_the_labelled_file(value: float) -> None:
    own = shown(Estimate(value * 100, 700), tables=12, cells=9)

    assert words("en").shown(own) == own.words()


@pytest.mark.parametrize(
    ("language", "number"), [("en", "12,345 1,234"), ("zh-Hans", "12,345 1,234"), ("es", "12.345 1234")]
)
def test_numbers_are_written_as_the_language_does(language: str, number: str) -> None:
    assert " ".join(map(words(language).number, (12_345, 1_234))) == number
    assert words("fr").number(12_345) == "12\u202f345"


@pytest.mark.parametrize("language", OTHERS)
def test_the_page_stands_whole_in_each_language_and_leads_to_the_others(language: str) -> None:
    english, page = (FILES[f"index{SUFFIXES[each]}.html"].decode() for each in ("en", language))

    assert f'<html lang="{language}">' in page
    assert answer(QUARTER, folders.about(QUARTER), language) in page
    assert page.count("<tr>") == english.count("<tr>")
    assert re.findall(r'<section id="(\w+)"', page) == re.findall(r'<section id="(\w+)"', english)
    for path in re.findall(r'(?:href|src)="([^"#]+)"', page):
        assert path in FILES or path.startswith("SHA256SUMS") or path == "signers.jsonl"
    led = set(re.findall(r'href="(index[\w.]*)"', page))
    assert led >= {f"index{SUFFIXES[each]}.html" for each in SUFFIXES if each != language}
    assert not re.findall(r"<script|\son\w+=|style=|https?:|url\(", page)


@pytest.mark.parametrize("language", OTHERS)
def test_the_methodology_stands_whole_in_each_language_under_the_same_headings(language: str) -> None:
    english, own = (methodology(QUARTER, folders.about(QUARTER), language=each) for each in ("en", language))
    page = FILES[named(METHOD, language)].decode()

    for sign in ("# ", "## ", "### ", "- ", "| "):
        assert _lines(own, sign) == _lines(english, sign)
    facts = {
        fact
        for fact in re.findall(r"`[^`]+`|\d+(?:\.\d+)+|[0-9a-f]{64}", english)
        if "labelled" not in fact and fact != "`NA`"
    }
    assert {fact for fact in facts if fact not in own} == set()
    assert not {"{", "}"} & set(own)
    assert page.encode() == method_page(own, QUARTER, language=language)
    assert f'<a href="{named("index.html", language)}">' in page
    assert page.count('hreflang="') == len(SUFFIXES) - 1


def _lines(text: str, sign: str) -> int:
    return sum(line.startswith(sign) for line in text.splitlines())


def test_chinese_and_french_have_the_signs_of_their_own_scripts() -> None:
    chinese, french = (
        FILES[named(path, language)].decode() for path, language in (("index.html", "zh-Hans"), (METHOD, "fr"))
    )

    assert not re.findall(r"[\u4e00-\u9fff][,:;?()]", re.sub(r'alt="[^"]*"|<h2>[^<]*|<th[^<]*<', "", chinese))
    assert not re.findall(r"\w [:;?!»]", french)


def test_up_to_the_fourth_composer_chinese_and_french_had_the_signs_of_latin_script() -> None:
    signs = set("，：；（）？\N{NO-BREAK SPACE}")
    of = {
        (language, composer): signs.intersection(*["".join(text for _, text in sentences(texts))])
        for language in ("zh-Hans", "fr")
        for composer in (4, 5)
        for texts in [words(language, composer=composer).texts]
    }

    assert of["zh-Hans", 4] == of["fr", 4] == set()
    assert of["zh-Hans", 5] == signs - {"\N{NO-BREAK SPACE}"}
    assert of["fr", 5] == {"\N{NO-BREAK SPACE}"}


@pytest.mark.parametrize("language", SUFFIXES)
def test_the_page_says_what_it_takes_to_tell_a_change(language: str) -> None:
    page = FILES[named("index.html", language)].decode()

    for told in told_tables(QUARTER, language)[1:]:
        section = page.partition(f'<section id="{told.table.name}">')[2].partition("</section>")[0]
        assert told.words.say("later", "least_change", least=told.least_change) in section
    compared = page.partition('<h3 id="compare">')[2].partition("<h3>")[0]
    assert f"<code>{QUARTER.workload.id}</code>" in compared
    assert str(told_tables(QUARTER)[0].least_change) in compared
    for place in re.findall(r'href="#([\w-]+)"', page):
        assert f'id="{place}"' in page


def test_a_folder_of_before_has_its_methodology_in_brief_and_says_nothing_of_changes() -> None:
    about = replace(folders.about(QUARTER), composer=ANY_READER - 1)
    before = compose(QUARTER, about=about, ledger=[folders.entry(QUARTER)])

    assert "en bref" in before["methodology.fr.md"].decode()
    assert "no clear change.</caption>" not in before["index.html"].decode()


def test_a_folder_of_before_says_who_signed_it_in_whose_place() -> None:
    named = replace(folders.about(QUARTER), composer=NAMED, requested_by="per_a", approved_by="per_b")
    stood_in = replace(named, signs_for_approver="per_c")

    asked = "Requested by per_a, approved by per_b;"
    assert f"{asked} both signed `SHA256SUMS`." in methodology(QUARTER, named)
    signed = "`SHA256SUMS` is signed by per_a and by per_c in the place of per_b, who could not."
    assert f"{asked} {signed}" in methodology(QUARTER, stood_in)


def test_a_methodology_says_of_which_role_somebody_signs_in_anothers_place() -> None:
    about = folders.about(QUARTER)
    said = "another person (role supervisor) in their place"

    assert said in methodology(QUARTER, replace(about, signs_for_requester="supervisor"))
    assert said not in methodology(QUARTER, about)


@pytest.mark.parametrize("column", ["ref_part", "ref_region", "origin_region"])
def test_a_methodology_says_of_regions_and_of_parts_of_the_world_whose_place_they_are(column: str) -> None:
    drawn = folders.noisy("L")

    (line,) = (
        each for each in methodology(drawn, folders.about(drawn)).splitlines() if each.startswith(f"- `{column}`")
    )
    assert texts_of("en")["bounds"]["place"].strip() in line


def test_a_folder_of_before_has_its_page_in_english_alone_and_no_map() -> None:
    about = replace(folders.about(QUARTER), composer=MANY_LANGUAGES - 1)
    before = compose(QUARTER, about=about, ledger=[folders.entry(QUARTER)], signers=b"")

    assert [path for path in before if path.startswith(("index", "maps"))] == ["index.html"]
    assert b"To quote it" not in before["index.html"]


def test_a_number_is_quoted_with_its_source_before_anything_is_explained() -> None:
    page, said = FILES["index.html"].decode(), answer(QUARTER, folders.about(QUARTER))

    assert f"“{said}” (An Organisation, release {folders.about(QUARTER).release})" in page
    assert page.index("To quote it") < page.index("Every number has noise")


def test_maps_stand_beside_the_tables_of_places_with_a_key_in_words() -> None:
    page = FILES["index.fr.html"].decode()

    assert {path for path in FILES if path.startswith("maps/")} == {"maps/host.svg", "maps/origin.svg"}
    host = page.partition('<section id="host">')[2].partition("</section>")[0]
    assert '<img class="map" src="maps/host.svg" alt="Carte. ' in host
    assert "pas clair, ce qui n’est pas zéro</li>" in host
    assert b"<text" not in FILES["maps/host.svg"]
