"""A release as catalogues and other programs read it."""

import csv
import io
import json
import math
from typing import Any

import pytest

from app.protocol.encoding import sha256_hex
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
