"""A release as catalogues and other programs read it."""

import csv
import io
import json
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from app.protocol.encoding import sha256_hex
from app.protocol.release.about import COMPOSER
from app.protocol.release.catalogue import dcat
from app.protocol.release.words import SUFFIXES
from tests.statistics.releases import folders

FILES = folders.unsigned(folders.noisy())


def _read(path: str) -> Any:
    return json.loads(FILES[path])


@pytest.mark.parametrize("table", ["total", "origin", "type"])
def test_a_table_as_json_stat_says_of_each_cell_what_its_csv_says(table: str) -> None:
    dataset = _read(f"data/{table}.jsonstat.json")
    rows = list(csv.DictReader(io.StringIO(FILES[f"data/{table}.csv"].decode())))
    measures = dataset["dimension"]["measure"]["category"]["index"]
    dims = [name for name in dataset["id"] if name not in ("period", "measure")]

    assert math.prod(dataset["size"]) == len(dataset["value"]) == len(dataset["status"]) == len(rows) * len(measures)
    for number, row in enumerate(rows):
        own = dataset["value"][number * len(measures) : (number + 1) * len(measures)]
        assert [None if row[name] == "" else float(row[name]) for name in measures] == own
        assert dataset["status"][number * len(measures)] == row["grade"]
        if len(dims) == 1:
            assert dataset["dimension"][dims[0]]["category"]["index"][number] == row[dims[0]]


def test_the_data_package_names_every_table_with_its_columns_and_its_hash() -> None:
    package = _read("datapackage.json")
    tables = {path for path in FILES if path.startswith("data/") and path.endswith(".csv")}
    tables -= {"data/persons.hxl.csv", "data/persons.sdmx.csv"}

    assert {each["path"] for each in package["resources"]} == tables
    assert len({each["name"] for each in package["resources"]}) == len(tables)
    for each in package["resources"]:
        content = FILES[each["path"]]
        assert (each["bytes"], each["hash"]) == (len(content), f"sha256:{sha256_hex(content)}")
        (head, *rows) = csv.reader(io.StringIO(content.decode("utf-8-sig")))
        assert [field["name"] for field in each["schema"]["fields"]] == head
        for field, column in zip(each["schema"]["fields"], zip(*rows, strict=True), strict=True):
            if field["type"] != "string":
                assert all(float(value) is not None for value in column if value)


def test_the_catalogue_entry_names_files_of_the_folder_by_relative_addresses_and_their_hashes() -> None:
    entry = _read("dcat.jsonld")

    for each in entry["dcat:distribution"]:
        path = each["dcat:downloadURL"]["@id"]
        assert each["spdx:checksum"]["spdx:checksumValue"]["@value"] == sha256_hex(FILES[path])
    assert entry["dcterms:temporal"]["dcat:startDate"]["@value"] == "2026-04-01"
    assert entry["dcterms:temporal"]["dcat:endDate"]["@value"] == "2026-06-30"


def _terms(value: Any) -> Iterator[str]:
    """The names of members, and of classes, of which each is a term of some vocabulary."""
    if isinstance(value, list):
        for each in value:
            yield from _terms(each)
    if isinstance(value, dict):
        yield from value
        yield value.get("@type", "@")
        for each in value.values():
            yield from _terms(each)


def test_every_term_of_the_catalogue_entry_is_of_a_vocabulary_that_it_names() -> None:
    entry = _read("dcat.jsonld")
    context = entry.pop("@context")

    assert {term.partition(":")[0] for term in _terms(entry) if term[0] != "@"} == context.keys()


def test_the_catalogue_entry_names_the_languages_of_the_page() -> None:
    named = [each["@id"].rpartition("/")[2] for each in _read("dcat.jsonld")["dcterms:language"]]

    assert named == ["ENG", "ZHO", "FRA", "SPA"]
    assert len(named) == len(SUFFIXES)


@pytest.mark.parametrize(("period", "often", "last"), [("2026-Q2", "quarterly", "06-30"), ("2026", "annual", "12-31")])
@pytest.mark.parametrize("composer", [3, COMPOSER])
def test_the_catalogue_entry_says_how_often_there_is_such_a_release_and_of_which_days(
    composer: int, period: str, often: str, last: str
) -> None:
    total = replace(folders.noisy("T"), period=period)
    entry = json.loads(dcat({}, replace(folders.about(total), composer=composer), total))
    said = entry["dcterms:accrualPeriodicity"]

    assert (said if composer == 3 else said["@id"].rpartition("/")[2].lower()) == often
    assert entry["dcterms:temporal"]["dcat:endDate"]["@value"] == f"2026-{last}"
