import codecs
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from app import vocabulary
from app.protocol.release.brief import BRIEFS, brief
from app.protocol.release.composition import compose
from app.protocol.release.counts import NOISY, read_counts
from app.protocol.release.frame import text_page
from app.protocol.release.markdown import to_html
from app.protocol.release.methodology import methodology
from app.protocol.release.sums import SUMS, check_sums
from app.protocol.release.words import SUFFIXES
from app.statistics.releases.ledger import entry
from tests.statistics.releases import folders
from tests.statistics.releases.measurements import Seeded

TABLES = ("host", "origin", "severity", "total", "type")


def test_the_same_noisy_counts_give_the_same_bytes() -> None:
    drawn = folders.noisy()

    assert folders.unsigned(drawn) == folders.unsigned(read_counts(folders.unsigned(drawn)[NOISY]))


def test_the_sums_name_every_file() -> None:
    files = folders.unsigned(folders.noisy())

    check_sums(files)
    assert set(files) == {
        "data/host.csv",
        "data/host.jsonstat.json",
        "data/origin.csv",
        "data/origin.jsonstat.json",
        "data/persons.csv",
        "data/persons.hxl.csv",
        "data/persons.json",
        "data/persons.parquet",
        "data/persons.sdmx.csv",
        "data/persons.xlsx",
        "data/persons_labelled.csv",
        "structure.xml",
        "data/severity.csv",
        "data/severity.jsonstat.json",
        "data/total.csv",
        "data/total.jsonstat.json",
        "data/type.csv",
        "data/type.jsonstat.json",
        "datapackage.json",
        "deployment.yaml",
        "dcat.jsonld",
        "dictionary.csv",
        "ledger.json",
        *(f"methodology.{name}" for name in ("md", "html", "zh.md", "zh.html", "fr.md", "fr.html", "es.md", "es.html")),
        "raw/noisy.csv",
        "about.json",
        *(f"charts/{table}{of}.svg" for table in TABLES for of in SUFFIXES.values()),
        *(f"index{of}.html" for of in SUFFIXES.values()),
        "maps/host.svg",
        "maps/origin.svg",
        "style.css",
        SUMS,
    }


def test_the_shape_of_a_release_does_not_depend_on_who_is_counted() -> None:
    many, none = (folders.unsigned(folders.noisy(persons=persons, measurement=Seeded(7))) for persons in (300, 0))

    tables = {path for path in many if not path.endswith((".html", ".svg"))}  # a page tells of what is clear
    assert tables == {path for path in none if not path.endswith((".html", ".svg"))}
    for path in tables - {SUMS, "data/persons.parquet", "data/persons.xlsx"}:  # which have no lines
        assert many[path].count(b"\n") == none[path].count(b"\n")
    for same in ("about.json", "methodology.md", "dictionary.csv", "ledger.json"):
        assert many[same] == none[same]


def test_the_methodology_has_the_headings_of_a_quality_report() -> None:
    page = methodology(folders.noisy(), folders.about(folders.noisy()))

    assert [line.partition(". ")[2] for line in page.splitlines() if line.startswith("## ")] == [
        "Contact",
        "Statistical presentation",
        "Statistical processing",
        "Quality management",
        "Relevance",
        "Accuracy and reliability",
        "Timeliness and punctuality",
        "Coherence and comparability",
        "Accessibility and clarity",
        "Cost and burden",
        "Confidentiality",
    ]


@pytest.mark.parametrize("language", BRIEFS)
def test_the_essentials_stood_in_other_languages_with_the_same_facts(language: str) -> None:
    drawn = folders.noisy()
    text = brief(language, drawn, folders.about(drawn))
    page = text_page(text, language=language).decode()

    assert [sum(line.startswith(sign) for line in text.splitlines()) for sign in ("# ", "## ", "- ", "| ")] == [
        1,
        6,
        9,
        5,
    ]
    facts = ("An Organisation", "2026-Q2", "rho 0.0125", "epsilon 0.71", "rho 0.5", "epsilon 5.23", folders.PIN)
    assert all(fact in text for fact in (*facts, "statistics@organisation.example", "`value_adjusted`"))
    assert not {"{", "}"} & set(text)
    assert f'<html lang="{language}">' in page
    assert page.count("<h2>") == 6


def test_a_text_becomes_a_page_of_headings_lists_tables_and_code_and_nothing_that_it_says_becomes_more() -> None:
    text = "# A <b>\n\n- one `*a*`\n  and *two*\n- three\n\n| x | y |\n|---|---|\n| **1** | 2 & 3 |\n\nEnd.\n"

    page = to_html(text)

    assert page == (
        "<h1>A &lt;b&gt;</h1>\n<ul>\n<li>one <code>*a*</code> and <em>two</em></li>\n<li>three</li>\n</ul>\n"
        '<div class="wide" tabindex="0"><table>\n<thead><tr><th scope="col">x</th><th scope="col">y</th></tr></thead>\n'
        '<tbody>\n<tr><th scope="row"><strong>1</strong></th><td>2 &amp; 3</td></tr>\n</tbody>\n</table></div>\n'
        "<p>End.</p>"
    )


def test_the_page_states_what_readers_must_know() -> None:
    page = " ".join(methodology(folders.noisy(), folders.about(folders.noisy())).split())

    for words in (
        "own consent to statistics",
        "They do not say how common this repression is",
        "recorded in the period 2026-Q2",
        "at most *m* cells",
        "the value that most of the person's cards have",
        "one person has one token",
        "| this release | 0.0125 | 0.62 | 0.71 | 0.92 |",
        "| one person, all releases in a life, at most | 0.5 |",
        "5 % is guessing",
        "| type | 9 | 3 | at most 3 kinds | 17.321 |",
        "Nothing is exact but the code lists",
        "Grade A (from 10 sd)",
        "To add cells",
        "To compare two periods",
        "Cite as",
        "Why do quarters not add up to the year?",
        "origin and total in all",
        '"about 140, between 125 and 155"',
        "One person asked for it (role analyst), and another approved it (role supervisor)",
        "undercount",
        "Planted reports can shift a figure",
        "no release is withdrawn",
        "tern 0.1.0, opendp 0.16.0",
        "reported to An Organisation and",
        "An Organisation. Contact: statistics@organisation.example",
        f"--pin {folders.PIN}",
        "Cite as: An Organisation, release",
    ):
        assert words in page


def test_a_note_stands_at_the_head_of_the_page() -> None:
    page = methodology(folders.noisy("T"), folders.about(folders.noisy("T"), note="These people are synthetic."))

    assert page.splitlines()[2] == "These people are synthetic."
    assert "None" not in page


def test_the_ledger_tells_what_the_noise_cost() -> None:
    drawn = folders.noisy("T")
    line = entry(folders.line(drawn), drawn)

    files = compose(drawn, about=folders.about(drawn), ledger=[line], signers=b"")

    assert line.maps == {"total": 0.005}
    assert b'"1e-6": 0.43' in files["ledger.json"]


def test_no_country_is_lost_to_pandas_whether_one_reads_the_page_or_not(tmp_path: Path) -> None:
    files = _written(tmp_path)
    (line,) = re.findall(r"`(pandas\.read_csv\(.*\))`", files["methodology.md"].decode())
    of_noise = line.replace("data/persons.csv", NOISY)
    heedless = 'pandas.read_csv("data/host.csv")'

    opened = _with_pandas(
        tmp_path,
        {
            "as the page says": f"sorted({line}.query('table == \"host\"')['ref_area'])",
            "the noisy counts": f"sorted({of_noise}.query('table == \"origin\"')['origin'])",
            "heedless": f"sorted({heedless}['ref_area_alpha3'])",
            "numbers": f"{heedless}['value_raw'].dtype.kind",
        },
    )

    countries = sorted(vocabulary.codes("country"))
    assert "NA" in countries
    assert opened["as the page says"] == opened["the noisy counts"] == countries
    assert opened["heedless"] == sorted(vocabulary.code("country", each).alpha3 or "" for each in countries)
    assert opened["numbers"] == "i"


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
def test_no_country_is_lost_to_r_that_reads_as_the_page_says(tmp_path: Path) -> None:
    page = _written(tmp_path)["methodology.md"].decode()
    (line, with_mark) = re.findall(r"- R: `(read\.csv\(.*?\))`, and with `(fileEncoding = .*?)`", page)[0]
    of_dictionary = f"{line.replace('data/persons.csv', 'dictionary.csv')[:-1]}, {with_mark})"

    countries = _with_r(tmp_path, f'd <- {line}; cat(sort(d$ref_area[d$table == "host"]), sep = "\n")')
    columns = _with_r(tmp_path, f'cat(names({of_dictionary}), sep = "\n")')
    kind = _with_r(tmp_path, f"cat(class({line}$value_raw))")

    assert sorted(countries) == sorted(vocabulary.codes("country"))
    assert columns == ["column", "code", "alpha3", "meaning"]
    assert kind == ["integer"]


def test_the_dictionary_tells_spreadsheets_its_encoding_and_names_every_column() -> None:
    files = folders.unsigned(folders.noisy())
    dictionary = files["dictionary.csv"]
    header = files["data/persons.csv"].decode().partition("\n")[0]

    assert dictionary.startswith(codecs.BOM_UTF8)
    assert dictionary.count(codecs.BOM_UTF8) == 1
    assert "ref_area,NA,NAM,Namibia\n" in dictionary.decode()
    assert {row.split(",")[0] for row in dictionary.decode("utf-8-sig").splitlines()} >= set(header.split(","))


def _written(folder: Path) -> Mapping[str, bytes]:
    """An unsigned release, as it lies in the folder."""
    files = folders.unsigned(folders.noisy())
    for path, content in files.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(content)
    return files


def _with_r(folder: Path, program: str) -> list[str]:
    """The lines that it prints."""
    command = ["Rscript", "--vanilla", "-e", program]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout.splitlines()


def _with_pandas(folder: Path, expressions: Mapping[str, str]) -> dict[str, Any]:
    """The value of each in a Python of a reader's own, who stands in the folder."""
    values = ", ".join(f"{name!r}: {expression}" for name, expression in expressions.items())
    program = f"import json, pandas; print(json.dumps({{{values}}}))"
    answer = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, check=True)
    read: dict[str, Any] = json.loads(answer.stdout)
    return read
