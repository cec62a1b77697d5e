"""What is published of a noisy count."""

import codecs
import csv
import io
import json
import re
from dataclasses import replace
from fractions import Fraction

from app.protocol.release import tables
from app.protocol.release.counts import NOISY, NoisyCounts, NoisyTable, read_counts
from app.protocol.release.family import Estimate
from app.protocol.release.grades import shown
from app.protocol.release.tables import data_files, filled
from app.vocabulary import Level, Table
from app.vocabulary.workloads import OwnCell
from tests.statistics.releases import folders

FOLDER = folders.signed(folders.unsigned(folders.noisy()))


def test_all_cells_stand_in_the_long_file_and_in_the_file_of_their_table() -> None:
    files = data_files(folders.noisy(), filled(folders.noisy()))
    long = _rows(files["data/persons.csv"])

    assert len(long) == 1 + 251 + 251 + 9 + 4
    for table in ("origin", "host", "type", "severity"):
        own = _rows(files[f"data/{table}.csv"])
        assert [row.items() <= whole.items() for row, whole in zip(own, _of(long, table), strict=True)] == [True] * len(
            own
        )


def test_the_columns_and_tags_are_the_published_ones() -> None:
    files = data_files(folders.noisy(), filled(folders.noisy()))
    header, first = files["data/host.csv"].decode().splitlines()[:2]
    tagged = files["data/persons.hxl.csv"].decode().splitlines(keepends=True)

    assert header == "period,table,ref_area,ref_area_alpha3,value,lower,upper,sd,grade,status,value_adjusted,value_raw"
    assert first.startswith("2026-Q2,host,AD,AND,,0,")
    assert tagged[1] == (
        "#date+quarter,#meta+table,#country+code+iso2+origin,#country+code+iso3+origin,#country+code+iso2+host,"
        "#country+code+iso3+host,#event+type+code,#severity+code,#affected+persons+value+approx,"
        "#affected+persons+min+ci95,#affected+persons+max+ci95,#meta+stdev,#meta+quality,#meta+status,"
        "#affected+persons+num+adjusted,#affected+persons+num+noisy\n"
    )
    assert tagged[0] + "".join(tagged[2:]) == files["data/persons.csv"].decode()


def test_every_country_has_both_of_its_codes_and_a_deviation_three_places() -> None:
    files = data_files(folders.noisy(), filled(folders.noisy()))
    total = _rows(data_files(folders.noisy("T"), filled(folders.noisy("T")))["data/persons.csv"])

    assert {len(row["ref_area_alpha3"]) for row in _rows(files["data/host.csv"])} == {3}
    assert [row["sd"] for row in total] == ["10.000"]


def test_the_tag_of_a_period_says_how_long_it_is() -> None:
    for period, tag in (("2026-Q2", "#date+quarter"), ("2026", "#date+year")):
        of_period = replace(folders.noisy("T"), period=period)
        tagged = data_files(of_period, filled(of_period))["data/persons.hxl.csv"].decode()
        assert tagged.splitlines()[1].startswith(f"{tag},")


def test_a_value_stands_for_grades_a_and_b_alone_and_a_cell_that_is_not_clear_is_never_zero() -> None:
    rows = _rows(data_files(folders.noisy(), filled(folders.noisy()))["data/persons.csv"])

    assert {row["grade"] for row in rows} == set("ABCD")
    for row in rows:
        assert (row["value"] != "") == (row["grade"] in "AB") == (row["status"] == "E")
        assert row["grade"] != "D" or (row["lower"] == "0" < row["upper"])


def test_labels_stand_in_four_languages_with_the_words_to_quote() -> None:
    content = data_files(folders.noisy(), filled(folders.noisy()))["data/persons_labelled.csv"]
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))

    (china,) = (row for row in rows if (row["table"], row["en"]) == ("origin", "China"))
    assert content.startswith(codecs.BOM_UTF8)
    assert len(rows) == 1 + 251 + 251 + 9 + 4
    assert (china["zh-Hans"], china["fr"], china["es"]) == ("中国", "Chine", "China")
    assert re.fullmatch(r"about \d+, between \d+ and \d+(, rough)?", china["words"])
    assert not [row for row in rows for label in row.values() if label[:1] in tuple("=+-@")]


def test_no_label_is_a_formula_to_a_spreadsheet() -> None:
    labels = ["=1+1", "+1", "-1", "@sum", "\ta", "\rb", "a=1"]
    cells = {f"c{number}": OwnCell(f"c{number}", {"en": label}) for number, label in enumerate(labels)}
    quarter = folders.noisy()
    dim = replace(quarter.workload.tables[3].dims[0], level=Level.DEFINED, own=cells)
    table = Table("type", (dim,), 1, Fraction(1))
    counts = NoisyCounts(
        quarter.period,
        replace(quarter.workload, tables=(table,), margins=()),
        (NoisyTable("type", 10_000, 0.005, (50,) * len(cells)),),
    )

    (own,) = filled(counts)

    assert [row[2] for row in own.labelled] == [*(f"'{label}" for label in labels[:-1]), "a=1"]


def test_nothing_is_never_less_than_nothing() -> None:
    (table,) = folders.noisy("T").workload.tables
    nobody = Estimate(-0.0001, 10)

    row = tables._row(folders.noisy("T"), table, (), 0, nobody, shown(nobody, tables=1, cells=1))

    assert f"{row['value_adjusted']}" == "0.0"


def test_the_json_twin_says_the_same_as_the_csv() -> None:
    files = data_files(folders.noisy(), filled(folders.noisy()))
    twin = json.loads(files["data/persons.json"])

    assert twin["unit"] == "persons"
    for row, other in zip(_rows(files["data/persons.csv"]), twin["rows"], strict=True):
        assert row.keys() == other.keys()
        assert (row["origin"], float(row["sd"])) == (other["origin"], other["sd"])
        assert [int(row[name]) for name in ("lower", "upper", "value_raw")] == [
            other[name] for name in ("lower", "upper", "value_raw")
        ]
        assert (row["value"], row["grade"]) == (str(other["value"] or ""), other["grade"])
        assert float(row["value_adjusted"]) == other["value_adjusted"]


def test_the_data_follow_from_the_noisy_file_alone() -> None:
    assert data_files(read_counts(FOLDER[NOISY]), filled(read_counts(FOLDER[NOISY]))).items() <= FOLDER.items()


def _rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def _of(rows: list[dict[str, str]], table: str) -> list[dict[str, str]]:
    return [row for row in rows if row["table"] == table]
