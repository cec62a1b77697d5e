"""A release as the libraries of others read it (tests/interop/release.py), which have nothing of ours."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from app.client.statistics.releases import save
from app.protocol.release.sums import sums
from app.protocol.release.tables import filled
from app.protocol.release.workbook import Sheet, workbook
from tests.statistics.releases import folders

INTEROP = Path(__file__).parents[2] / "interop"
QUARTER = folders.noisy()
CELLS = sum(len(each.rows) for each in filled(QUARTER))


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What each reader has found, by its name."""
    folder = tmp_path_factory.mktemp("read") / "Q"
    save(folders.signed(folders.unsigned(QUARTER)), folder)
    command = [INTEROP / ".venv" / "bin" / "python", INTEROP / "release.py", folder]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_pyarrow_and_pandas_read_from_parquet_what_stands_in_the_csv(read: Any) -> None:
    assert read["parquet"]["same"]
    assert read["parquet"]["rows"] == CELLS
    types = {"origin": "string", "value": "int64", "sd": "double"}
    assert types.items() <= read["parquet"]["types"].items()


def test_openpyxl_reads_from_the_workbook_the_numbers_their_labels_the_dictionary_and_the_method(read: Any) -> None:
    found = read["xlsx"]

    assert (found["same"], found["labelled"], found["dictionary"], found["formulas"]) == (True, True, True, 0)
    assert found["sheets"] == ["Persons", "Dictionary", "Method"]
    assert found["method"].startswith("# How the figures")
    assert f"Largest: {found['quoted']}." in folders.unsigned(QUARTER)["index.html"].decode()


def test_sdmx1_reads_every_observation_by_its_structure_message(read: Any) -> None:
    found = read["sdmx_csv"]

    assert found["dimensions"] == ["FREQ", "ORIGIN", "REF_AREA", "TYPE", "SEVERITY", "TIME_PERIOD"]
    assert (found["observations"], found["values"], found["bounds"], found["germany"]) == (CELLS, True, True, "Germany")


def test_pysdmx_finds_the_structure_message_valid_by_the_schema_of_sdmx_3(read: Any) -> None:
    found = read["structure_xml"]

    assert found["flow"] == "TNR_PERSONS_Q"
    assert found["components"] == [*read["sdmx_csv"]["dimensions"], "OBS_VALUE", *read["sdmx_csv"]["attributes"]]


def test_frictionless_pyjstat_libhxl_and_pyshacl_find_nothing_wrong(read: Any) -> None:
    assert read["package"] == {"valid": True, "errors": []}
    assert sum(read["json_stat"].values()) == CELLS * 6
    assert (read["hxl_tags"]["rows"], read["hxl_tags"]["tags"][0]) == (CELLS, "#date+quarter")
    assert read["dcat"] == {"conforms": True, "text": None}


def test_no_text_of_a_workbook_is_a_formula_and_what_xml_cannot_say_is_replaced() -> None:
    evil = '=HYPERLINK("x")\x00<&>'

    content = workbook([Sheet("Evil", [["label"], [evil]], [10])])

    assert b"<f>" not in content
    assert b"=HYPERLINK(&quot;x&quot;)\xef\xbf\xbd&lt;&amp;&gt;</t>" in content


def test_the_bytes_of_what_others_read_are_the_same_again() -> None:
    again = folders.unsigned(QUARTER)

    assert sums(folders.unsigned(QUARTER)) == sums(again)
    assert again["data/persons.xlsx"][:2] == b"PK"


def test_the_facts_have_the_form_of_opendps_registry_and_its_words_where_it_has_lists(read: Any) -> None:
    record = read["registry"]
    told = record["deployment"]

    assert list(record) == ["url_slug", "status", "tier", "deployment"]
    parts = ["basic", "dp_variant", "privacy_loss", "deployment_model", "accounting", "implementation"]
    assert list(told) == [*parts, "administrative"]
    required = {"name", "data_curators", "description", "intended_use", "data_product_type", "data_product_region"}
    assert required | {"publication_date"} == set(told["basic"])
    assert told["privacy_loss"]["privacy_parameters"] == {"epsilon": 0.7003, "delta": "1e-6", "rho": 0.0125}
    assert told["dp_variant"]["variant_name"] == "Zero-concentrated DP"
    model = told["deployment_model"]
    words = (model["model_name"], model["release_type"], model["data_source_type"], model["access_type"])
    assert words == ("Central", "Many releases", "Dynamic", "Non-interactive")
    assert (record["status"], record["tier"], told["basic"]["data_product_type"]) == ("Draft", 3, "Summary statistics")
    assert "origin 1 (sigma 14.143)" in told["implementation"]["mechanisms"]
    assert told["administrative"]["registry_authors"] == ["An Organisation"]
