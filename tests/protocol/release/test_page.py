"""The page of a release: what a policy officer reads, and what surrounds it."""

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from app.protocol.release.chart import chart
from app.protocol.release.composition import compose
from app.protocol.release.family import Estimate
from app.protocol.release.frame import PAGE
from app.protocol.release.grades import shown
from app.protocol.release.listing import FEED, Listed, languages_in, listing_files, notices
from app.protocol.release.page import answer
from app.protocol.release.signatures import SIGNATURES, SIGNERS
from app.protocol.release.tables import data_files, filled
from app.protocol.release.words import words
from app.vocabulary import all_workloads
from tests.statistics.releases import folders

QUARTER = folders.noisy()
FOLDER = folders.unsigned(QUARTER)
HTML = FOLDER[PAGE].decode()
ATOM = "{http://www.w3.org/2005/Atom}"


def test_the_page_begins_with_the_answer_in_a_sentence_with_its_interval() -> None:
    said = answer(QUARTER, folders.about(QUARTER))

    assert re.fullmatch(
        r"About \d+ persons, between \d+ and \d+, were reported to An Organisation as targeted by a state beyond its "
        r"borders, and recorded in the second quarter of 2026\.",
        said,
    )
    assert HTML.index(said) < HTML.index("<h2>")


@pytest.mark.parametrize(
    ("value", "begins"),
    [(60, "About 60 persons (a rough number), between 45 and 75, were"), (30, "Between 15 and 45 persons were")],
)
def test_the_sentence_says_how_far_the_number_carries(value: int, begins: str) -> None:
    total = folders.noisy("T")
    (table,) = total.tables
    counts = replace(total, tables=(replace(table, sigma=7_000, counts=(value,)),))

    assert answer(counts, folders.about(total)).startswith(begins)


def test_where_it_is_not_clear_the_sentence_says_so_and_never_zero() -> None:
    total = folders.noisy("T", persons=0)

    assert "is not clear; fewer than" in answer(total, folders.about(total))


@pytest.mark.parametrize("workload", all_workloads())
def test_every_table_has_its_section_picture_and_words(workload: str) -> None:
    drawn = folders.noisy(workload)
    files = folders.unsigned(drawn)
    page = files[PAGE].decode()

    for table in drawn.workload.tables[1:]:
        assert f'<section id="{table.name}">' in page
        assert f'<a href="#{table.name}">' in page
    for path in re.findall(r'(?:href|src)="([^"#]+)"', page):
        assert path in files or path in (SIGNATURES, SIGNERS)


def test_a_short_table_shows_each_of_its_rows_and_a_long_one_those_that_are_clear() -> None:
    labelled = data_files(QUARTER, filled(QUARTER))["data/persons_labelled.csv"].decode("utf-8-sig")
    severity = HTML.partition('<section id="severity">')[2].partition("</section>")[0]
    origin = HTML.partition('<section id="origin">')[2].partition("</section>")[0]

    assert severity.count("<tr>") == 1 + 4
    assert origin.count("<tr>") == 1 + len(re.findall(r",origin,.*,[ABC],", labelled))
    assert "are not clear, each fewer than" in origin


def test_the_page_needs_no_script_and_nothing_from_elsewhere() -> None:
    assert not re.findall(r"<script|\son\w+=|style=|https?:|url\(", HTML + FOLDER["style.css"].decode())
    assert not [path for path in FOLDER if path.endswith(".svg") and re.search(rb"<script|href", FOLDER[path])]


def test_the_page_says_what_the_release_does_not() -> None:
    for said in ("Why do quarters not add up to the year?", "What it does not say", "Cite as:", folders.PIN, "0.71"):
        assert said in HTML


def test_what_an_operator_typed_is_text_on_the_page_and_nothing_else() -> None:
    about = replace(folders.about(QUARTER), organisation='<script>"A & B"</script>', contact="<a@b.example>")

    page = compose(QUARTER, about=about, ledger=[folders.entry(QUARTER)], signers=b"")[PAGE].decode()

    assert "<script" not in page
    assert "&lt;script&gt;&quot;A &amp; B&quot;&lt;/script&gt;" in page


def test_a_picture_says_its_rows_in_words_and_hatches_what_is_not_clear() -> None:
    rows = [(name, shown(Estimate(value, 7), tables=12, cells=9)) for name, value in (("A <b>", 138.6), ("None", 9.0))]

    picture = _parsed(chart("Persons", rows, words=words("en")))

    described = picture.find("{http://www.w3.org/2000/svg}desc")
    assert described is not None
    assert described.text == "A <b>: about 140, between 120 and 155; None: not clear; fewer than 25"
    hatched = [each for each in picture.iter() if each.get("fill") == "url(#unclear)"]
    assert [float(each.get("width", 0)) > 0 for each in hatched] == [True]


def test_all_releases_are_listed_and_fed_the_newest_first() -> None:
    listed = [
        Listed("rel_" + "1" * 32, "quarter", "2026-Q2", "a" * 64),
        Listed("rel_" + "2" * 32, "year", "2026", "b" * 64),
    ]

    files = listing_files(listed)

    feed = _parsed(files[FEED])
    assert [entry.findtext(f"{ATOM}id") for entry in feed.iter(f"{ATOM}entry")] == [
        "urn:sha256:" + "b" * 64,
        "urn:sha256:" + "a" * 64,
    ]
    assert feed.findtext(f"{ATOM}updated") == "2027-01-01T00:00:00Z"
    page = files[PAGE].decode()
    assert page.index("recorded in 2026") < page.index("recorded in the second quarter of 2026")
    assert f'{listed[0].id}/index.html">' in page
    assert 'href="index.zh.html"' in page
    assert "Nothing has been published yet" in listing_files([])[PAGE].decode()
    assert _parsed(listing_files([])[FEED]).findtext(f"{ATOM}title") == "Releases"


def test_the_list_leads_to_pages_of_its_language_where_there_are_and_to_a_word_before_them_where_it_is_needed() -> None:
    old, new, noted = "rel_" + "1" * 32, "rel_" + "2" * 32, "rel_" + "3" * 32
    listed = [
        Listed(old, "quarter", "2026-Q1", "a" * 64),
        Listed(new, "quarter", "2026-Q2", "b" * 64, languages=languages_in(FOLDER)),
        Listed(noted, "quarter", "2026-Q3", "c" * 64, note="A <tenth> is invented."),
    ]

    page = listing_files(listed)["index.fr.html"].decode()

    assert '<html lang="fr">' in page
    for place in (f"{old}/index.html", f"{new}/index.fr.html", f"{noted}/notice.fr.html"):
        assert f'href="{place}">Personnes enregistrées' in page
    assert notices(listed[1]) == {}
    assert "A &lt;tenth&gt; is invented." in notices(listed[2])["notice.zh.html"].decode()


def _parsed(content: bytes) -> ET.Element:
    return ET.fromstring(content)  # noqa: S314  # it is what we have just written
