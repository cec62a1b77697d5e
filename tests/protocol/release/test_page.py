"""The page of a release: what a policy officer reads, and what surrounds it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape
from xml.etree import ElementTree as ET

import pytest

from app.protocol.release.chart import chart
from app.protocol.release.composition import compose
from app.protocol.release.counts import NoisyCounts
from app.protocol.release.family import Estimate
from app.protocol.release.frame import PAGE
from app.protocol.release.grades import shown
from app.protocol.release.listing import FEED, NOTICES, Listed, languages_in, listing_files, notices
from app.protocol.release.page import answer, page_files, told_tables
from app.protocol.release.signatures import SIGNATURES, SIGNERS
from app.protocol.release.tables import data_files, filled
from app.protocol.release.words import words
from app.vocabulary import all_workloads
from tests.statistics.releases import folders

QUARTER = folders.noisy()
FOLDER = folders.unsigned(QUARTER)
HTML = FOLDER[PAGE].decode()
OLD, NEW = "rel_" + "1" * 32, "rel_" + "2" * 32
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


@pytest.mark.parametrize(("clear", "drawn", "said"), [(24, 24, "Intervals. "), (25, 24, "Intervals, the 24 largest. ")])
def test_a_picture_has_24_rows_and_says_so_where_more_are_clear(clear: int, drawn: int, said: str) -> None:
    counts = _with(QUARTER, "origin", [500 if place < clear else 0 for place in range(251)])

    files = page_files(counts, folders.about(counts), others=())

    described = _parsed(files["charts/origin.svg"]).findtext("{http://www.w3.org/2000/svg}desc") or ""
    section = files[PAGE].decode().partition('<section id="origin">')[2].partition("</section>")[0]
    assert described.count("; ") == drawn - 1
    assert f'alt="{said}' in section
    assert section.count("<tr>") == 1 + clear


@pytest.mark.parametrize("persons", [0, 500])
def test_a_table_of_one_row_is_told_as_that_row(persons: int) -> None:
    counts = _with(folders.noisy("S"), "hoax", [persons])

    page = page_files(counts, folders.about(counts), others=())[PAGE].decode()

    (told,) = (each for each in told_tables(counts) if each.table.name == "hoax")
    said = told.words.say("page", "one", label=told.cells[0].label, words=told.words.shown(told.cells[0].own))
    assert f"</h2>\n<p>{said}</p>\n" in page.partition('<section id="hoax">')[2]


def test_a_long_table_whose_rows_are_all_clear_says_nothing_of_others() -> None:
    counts = _with(_with(QUARTER, "origin", [500] * 251), "total", [251 * 500])

    page = page_files(counts, folders.about(counts), others=())[PAGE].decode()

    lead = page.partition('<section id="origin">')[2].partition("</p>")[0]
    assert lead.endswith(" At least 251 of 251 rows have anybody, with 95 % certainty.")


def on_the_map(persons: Mapping[str, int]) -> str:
    """What the page has of the map of where people were reached, of so many persons by code."""
    codes = [code for (code,) in next(each for each in QUARTER.workload.tables if each.name == "host").cells()]
    counts = _with(QUARTER, "host", [persons.get(code, 0) for code in codes])
    page = page_files(counts, folders.about(counts), others=())[PAGE].decode()
    return page.partition('<section id="host">')[2].partition("<img src=")[0]


def test_a_map_says_in_words_the_three_largest_and_that_there_are_more() -> None:
    three, four = (on_the_map(dict.fromkeys(codes, 500)) for codes in (("DE", "FR", "NL"), ("DE", "FR", "NL", "ES")))

    for section, rest in ((three, ""), (four, words("en").say("later", "map_rest"))):
        (alt,) = re.findall(r'alt="([^"]*)"', section)
        assert alt.count(": about ") == 3
        assert alt.partition(". Wherever")[0].endswith(f" between 465 and 525{rest}")


def test_what_is_clear_and_on_no_map_is_said_beside_it() -> None:
    assert "Tuvalu: about 495" in on_the_map({"TV": 500, "DE": 500}).partition("</figure>")[2]
    assert on_the_map({"DE": 500}).partition("</figure>")[2] == "\n"


@pytest.mark.parametrize(("persons", "is_said"), [({"DE": 500}, False), ({"DE": 500, "FR": 60}, True)])
def test_the_key_of_a_map_has_the_colour_of_an_interval_where_one_is_drawn(
    persons: dict[str, int], is_said: bool
) -> None:
    assert (escape(words("en").say("later", "map_interval")) in on_the_map(persons)) == is_said


def test_what_it_takes_to_tell_a_change_is_said_for_the_least_certain_row_of_a_table() -> None:
    told = {each.table.name: each.least_change for each in told_tables(folders.noisy("L"))}

    # Its most certain rows would say 85 and 95.
    assert (told["origin_region_type"], told["origin_type"]) == (110, 105)


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


def test_a_release_and_the_one_in_its_place_say_what_became_of_them() -> None:
    old = Listed(OLD, "quarter", "2026-Q2", "a" * 64, superseded_by=NEW, languages=("en", "fr"))
    new = Listed(NEW, "quarter", "2026-Q2", "b" * 64, correction="A <month> was counted twice.")

    files = listing_files([old, new])

    told = "Persons recorded in the second quarter of 2026: tables of a quarter"
    page = files[PAGE].decode()
    assert f'<li><a href="{OLD}/notice.html">{told} (corrected since)</a></li>' in page
    assert f'<li><a href="{NEW}/index.html">{told} (a correction)</a></li>' in page
    assert page.index(NEW) < page.index(OLD)
    assert [_told(entry) for entry in _parsed(files[FEED]).iter(f"{ATOM}entry")] == [
        ("urn:sha256:" + "b" * 64, f"{told} (a correction)", f"{NEW}/index.html", "A <month> was counted twice."),
        ("urn:sha256:" + "a" * 64, f"{told} (corrected since)", f"{OLD}/notice.html", None),
    ]
    said = notices(old)
    assert sorted(said) == sorted(NOTICES) == ["notice.es.html", "notice.fr.html", "notice.html", "notice.zh.html"]
    assert f'<a href="../{NEW}/index.fr.html">' in said["notice.fr.html"].decode()
    assert f'<a href="../{NEW}/index.html">' in said["notice.es.html"].decode()
    assert f"<h1>{told} (corrected since)</h1>" in said["notice.html"].decode()
    assert "Do not rely" not in said["notice.html"].decode()


def test_a_word_on_a_release_is_an_entry_of_its_own_in_the_feed_with_the_word_and_its_source() -> None:
    noted = Listed(OLD, "year", "2026", "a" * 64, superseded_by=NEW, note="A <tenth> is invented.", correction="Twice.")

    files = listing_files([noted])

    told = "Persons recorded in 2026: tables of a year"
    became = "corrected since, not to be relied on, a correction"
    assert [_told(entry) for entry in _parsed(files[FEED]).iter(f"{ATOM}entry")] == [
        ("urn:sha256:" + "a" * 64, f"{told} ({became})", f"{OLD}/notice.html", "A <tenth> is invented."),
        ("urn:x-tern:note:" + "a" * 64, f"Do not rely on: {told}", f"{OLD}/notice.html", "A <tenth> is invented."),
    ]
    assert [entry.findtext(f"{ATOM}updated") for entry in _parsed(files[FEED]).iter(f"{ATOM}entry")] == [
        "2027-01-01T00:00:00Z"
    ] * 2
    said = notices(noted)["notice.html"].decode()
    assert said.index(f"../{NEW}/index.html") < said.index("Do not rely on it: A &lt;tenth&gt; is invented.")
    assert said.index("invented") < said.index('<a href="index.html">the page of this release</a>')


@pytest.mark.parametrize("became", [{"superseded_by": "rel_" + "2" * 32}, {"note": "Invented."}])
def test_a_release_of_which_there_is_a_word_is_entered_by_it(became: dict[str, str]) -> None:
    plain = Listed(OLD, "year", "2026", "a" * 64, languages=("en", "fr"))
    told = replace(plain, **became)

    assert (plain.is_noted, told.is_noted, len(notices(told))) == (False, True, 4)
    assert [plain.entrance(), plain.entrance("fr"), plain.entrance("es")] == [PAGE, "index.fr.html", PAGE]
    assert [told.entrance(), told.entrance("fr"), told.entrance("es")] == [
        "notice.html",
        "notice.fr.html",
        "notice.es.html",
    ]


def test_of_a_release_of_which_there_is_nothing_to_say_its_title_is_said_alone() -> None:
    plain, noted = (Listed(OLD, "year", "2026", "a" * 64, note=note) for note in (None, "Invented."))

    assert "Persons recorded in 2026: tables of a year</a></li>" in listing_files([plain])[PAGE].decode()
    assert "corrected" not in notices(noted)["notice.html"].decode()


def test_a_folder_has_the_languages_of_the_pages_that_are_in_it() -> None:
    assert languages_in([PAGE, "index.zh.html", "methodology.fr.html"]) == ("en", "zh-Hans")


def test_releases_of_one_period_are_listed_in_the_order_of_their_ids() -> None:
    listed = [Listed(each, "quarter", "2026-Q2", "a" * 64) for each in (OLD, NEW)]

    for order in (listed, listed[::-1]):
        page = listing_files(order)[PAGE].decode()
        assert page.index(NEW) < page.index(OLD)


def test_nothing_is_published_on_the_first_day_that_feeds_can_tell_of() -> None:
    assert _parsed(listing_files([])[FEED]).findtext(f"{ATOM}updated") == "2020-01-01T00:00:00Z"


def _with(drawn: NoisyCounts, name: str, counts: Sequence[int]) -> NoisyCounts:
    """The same with other counts in one table."""
    named = zip(drawn.workload.tables, drawn.tables, strict=True)
    tables = tuple(replace(each, counts=tuple(counts)) if table.name == name else each for table, each in named)
    return replace(drawn, tables=tables)


def _told(entry: ET.Element) -> tuple[str | None, str | None, str | None, str | None]:
    link = entry.find(f"{ATOM}link")
    assert link is not None
    return (
        entry.findtext(f"{ATOM}id"),
        entry.findtext(f"{ATOM}title"),
        link.get("href"),
        entry.findtext(f"{ATOM}summary"),
    )


def _parsed(content: bytes) -> ET.Element:
    return ET.fromstring(content)  # noqa: S314  # it is what we have just written
