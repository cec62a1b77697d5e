"""A folder of a release as others read it: what each of their libraries finds in it, as one line of JSON."""

import csv
import io
import json
import sys
import warnings
from pathlib import Path

warnings.simplefilter("ignore")
FOLDER = Path(sys.argv[1])
DATA = FOLDER / "data"


def rows():
    """What is to be found: `persons.csv` as it stands."""
    with (DATA / "persons.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def number(text):
    return None if text == "" else float(text)


NUMBERS = ("value", "lower", "upper", "sd", "value_adjusted", "value_raw")
ROWS = rows()


def parquet():
    import pandas as pd
    import pyarrow.parquet

    file = pyarrow.parquet.ParquetFile(DATA / "persons.parquet")
    table = file.read().to_pylist()
    types = {field.name: str(field.type) for field in file.schema_arrow}
    frame = pd.read_parquet(DATA / "persons.parquet")
    expected = [{name: number(text) if name in NUMBERS else text for name, text in row.items()} for row in ROWS]
    return {"same": table == expected, "types": types, "rows": len(frame), "columns": list(frame)}


def told_cell(name, value):
    """Where the CSV says that a table lacks a dimension, a sheet says nothing."""
    return "_T" if value is None and name not in NUMBERS else value


def xlsx():
    import openpyxl

    book = openpyxl.load_workbook(DATA / "persons.xlsx")
    head, *lines = book["Persons"].iter_rows(values_only=True)
    found = [dict(zip(head, line, strict=True)) for line in lines]
    expected = [{name: number(text) if name in NUMBERS else text for name, text in row.items()} for row in ROWS]
    with (DATA / "persons_labelled.csv").open(newline="", encoding="utf-8-sig") as file:
        labelled = list(csv.DictReader(file))
    names = ("en", "zh-Hans", "fr", "es", "words")
    with (FOLDER / "dictionary.csv").open(newline="", encoding="utf-8-sig") as file:
        dictionary = list(csv.reader(file))
    told = [["" if cell is None else cell for cell in line] for line in book["Dictionary"].iter_rows(values_only=True)]
    # As docs/handbook/partner.md tells whoever sits before Excel.
    origins = [row for row in found if row["table"] == "origin" and row["grade"] != "D"]
    first = max(origins, key=lambda row: row["upper"])
    return {
        "quoted": f"{first['en']}, {first['words']}",
        "sheets": book.sheetnames,
        "same": [{name: told_cell(name, row[name]) for name in ROWS[0]} for row in found] == expected,
        "labelled": all(
            found_row[name] == row[name] for found_row, row in zip(found, labelled, strict=True) for name in names
        ),
        "dictionary": told == dictionary,
        "formulas": sum(cell.data_type == "f" for sheet in book for row in sheet.iter_rows() for cell in row),
        "method": book["Method"]["A2"].value,
    }


def sdmx_csv():
    import sdmx

    structure = sdmx.read_sdmx(FOLDER / "structure.xml")
    (definition,) = structure.structure.values()
    message = sdmx.read_sdmx(DATA / "persons.sdmx.csv", structure=definition)
    (dataset,) = message.data
    return {
        "dimensions": [each.id for each in definition.dimensions],
        "attributes": [each.id for each in definition.attributes],
        "code lists": sorted(structure.codelist),
        "germany": str(structure.codelist["CL_REF_AREA"]["DE"].name) if "CL_REF_AREA" in structure.codelist else None,
        "observations": len(dataset.obs),
        "values": [None if each.value in ("", None) else float(each.value) for each in dataset.obs]
        == [number(row["value"]) for row in ROWS],
        "bounds": [float(str(each.attached_attribute["LOWER_BOUND"].value)) for each in dataset.obs]
        == [number(row["lower"]) for row in ROWS],
    }


def structure_xml():
    from pysdmx.io import read_sdmx
    from pysdmx.io.input_processor import process_string_to_read
    from pysdmx.io.xml.doc_validation import validate_doc

    text, _ = process_string_to_read(FOLDER / "structure.xml")
    validate_doc(text)
    message = read_sdmx(FOLDER / "structure.xml", validate=True)
    (definition,) = message.get_data_structure_definitions()
    (flow,) = message.get_dataflows()
    return {
        "components": [each.id for each in definition.components],
        "flow": flow.id,
        "code lists": sorted(each.id for each in message.get_codelists()),
    }


def package():
    import frictionless

    report = frictionless.validate(str(FOLDER / "datapackage.json"))
    return {"valid": report.valid, "errors": report.flatten(["type", "note"])[:3]}


def json_stat():
    from pyjstat import pyjstat

    def frame(path):
        return pyjstat.Dataset.read(path.read_text()).write("dataframe")

    return {path.name.split(".")[0]: len(frame(path)) for path in sorted(DATA.glob("*.jsonstat.json"))}


def hxl_tags():
    import hxl

    source = hxl.data(io.BytesIO((DATA / "persons.hxl.csv").read_bytes()))
    return {"tags": [column.display_tag for column in source.columns], "rows": sum(1 for _ in source)}


def dcat():
    import pyshacl
    import rdflib

    graph = rdflib.Graph().parse(FOLDER / "dcat.jsonld", base="https://example.org/release/")
    shapes = """
        @prefix sh: <http://www.w3.org/ns/shacl#> .
        @prefix dcat: <http://www.w3.org/ns/dcat#> .
        @prefix dcterms: <http://purl.org/dc/terms/> .
        @prefix spdx: <http://spdx.org/rdf/terms#> .
        @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
        @prefix foaf: <http://xmlns.com/foaf/0.1/> .
        @prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
        @prefix vcard: <http://www.w3.org/2006/vcard/ns#> .
        # What DCAT-AP 3.0 asks of a dataset and of its distributions: what is mandatory, and of which class or type
        # each term is (sections "Dataset", "Distribution", "Checksum", "Period of time" of its specification).
        [] a sh:NodeShape ; sh:targetClass dcat:Dataset ;
          sh:property [ sh:path dcterms:description ; sh:minCount 1 ; sh:datatype rdf:langString ] ,
            [ sh:path dcterms:accrualPeriodicity ; sh:maxCount 1 ; sh:class dcterms:Frequency ] ,
            [ sh:path dcterms:accessRights ; sh:maxCount 1 ; sh:class dcterms:RightsStatement ] ,
            [ sh:path dcterms:language ; sh:class dcterms:LinguisticSystem ] ,
            [ sh:path dcterms:publisher ; sh:class foaf:Agent ] ,
            [ sh:path (dcterms:publisher foaf:name) ; sh:minCount 1 ] ,
            [ sh:path dcterms:temporal ; sh:class dcterms:PeriodOfTime ] ,
            [ sh:path dcat:contactPoint ; sh:class vcard:Kind ] ,
            [ sh:path dcat:landingPage ; sh:class foaf:Document ] .
        [] a sh:NodeShape ; sh:targetClass dcat:Distribution ;
          sh:property [ sh:path dcat:mediaType ; sh:minCount 1 ; sh:maxCount 1 ; sh:class dcterms:MediaType ] ,
            [ sh:path dcat:byteSize ; sh:maxCount 1 ; sh:datatype xsd:nonNegativeInteger ] ,
            [ sh:path spdx:checksum ; sh:maxCount 1 ; sh:class spdx:Checksum ] .
        [] a sh:NodeShape ; sh:targetClass spdx:Checksum ;
          sh:property [ sh:path spdx:algorithm ; sh:minCount 1 ; sh:maxCount 1 ; sh:class spdx:ChecksumAlgorithm ] ,
            [ sh:path spdx:checksumValue ; sh:minCount 1 ; sh:maxCount 1 ; sh:datatype xsd:hexBinary ] .
        [] a sh:NodeShape ; sh:targetClass dcat:Dataset ;
          sh:property [ sh:path dcterms:title ; sh:minCount 1 ; sh:nodeKind sh:Literal ] ,
            [ sh:path dcterms:publisher ; sh:minCount 1 ; sh:maxCount 1 ] ,
            [ sh:path dcat:distribution ; sh:minCount 10 ; sh:class dcat:Distribution ] ,
            [ sh:path (dcterms:temporal dcat:startDate) ; sh:minCount 1 ; sh:datatype xsd:date ] .
        [] a sh:NodeShape ; sh:targetClass dcat:Distribution ;
          sh:property [ sh:path dcat:accessURL ; sh:minCount 1 ; sh:nodeKind sh:IRI ] ,
            [ sh:path dcat:downloadURL ; sh:maxCount 1 ; sh:nodeKind sh:IRI ] ,
            [ sh:path (spdx:checksum spdx:checksumValue) ; sh:minCount 1 ; sh:maxCount 1 ] .
    """
    conforms, _, text = pyshacl.validate(graph, shacl_graph=shapes, shacl_graph_format="turtle")
    return {"conforms": conforms, "text": None if conforms else text[:500]}


def registry():
    import yaml

    return yaml.safe_load((FOLDER / "deployment.yaml").read_text())


READERS = (parquet, xlsx, sdmx_csv, structure_xml, package, json_stat, hxl_tags, dcat, registry)
sys.stdout.write(json.dumps({each.__name__: each() for each in READERS}))
