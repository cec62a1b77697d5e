"""A release as catalogues and other programs read it: a data package (version 2), DCAT 3, and tables as JSON-stat 2.0.

Addresses within are relative, so that the folder says the same wherever it lies.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Final

from app.protocol.encoding import sha256_hex
from app.protocol.periods import first_day, is_year, last_day, quarters
from app.protocol.release.about import About
from app.protocol.release.counts import NoisyCounts
from app.vocabulary import Dimension, Table

PACKAGE: Final = "datapackage.json"
DCAT: Final = "dcat.jsonld"

# What is told of a cell, with the type of a data package and, in JSON-stat, its decimals.
MEASURES: Final[Mapping[str, tuple[str, int]]] = {
    "value": ("integer", 0),
    "lower": ("integer", 0),
    "upper": ("integer", 0),
    "sd": ("number", 3),
    "value_adjusted": ("number", 3),
    "value_raw": ("integer", 0),
}
_MEDIA: Final = {
    "csv": "text/csv",
    "json": "application/json",
    "md": "text/markdown",
    "html": "text/html",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xml": "application/vnd.sdmx.structure+xml",
    "yaml": "application/yaml",
}
_MORE_CONTEXT: Final = {
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
}
# From this composer on the entry follows the European profile (DCAT-AP 3.0), whose vocabularies these are.
_OF_EUROPE: Final = 4
_FREQUENCY: Final = "http://publications.europa.eu/resource/authority/frequency/"
_LANGUAGE: Final = "http://publications.europa.eu/resource/authority/language/"
_SPOKEN: Final = ("ENG", "ZHO", "FRA", "SPA")
_PUBLIC: Final = "http://publications.europa.eu/resource/authority/access-right/PUBLIC"
_IANA: Final = "http://www.iana.org/assignments/media-types/"
_DESCRIPTION: Final = (
    "Estimates of persons who were reported as targeted by a state beyond its borders, with noise (differential "
    "privacy), intervals and grades. Read the methodology first."
)
_SCHEMA: Final = "https://datapackage.org/profiles/2.0/datapackage.json"
_CONTEXT: Final = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcterms": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "spdx": "http://spdx.org/rdf/terms#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


def json_stat(counts: NoisyCounts, table: Table, rows: Sequence[Mapping[str, str | int | float | None]]) -> bytes:
    """A table as a dataset of JSON-stat 2.0. `rows` are its cells in their order, by the columns of its CSV.

    The last dimension is what is told of a cell; its grade is the status of each of these.
    """
    dims = {dim.column: _category(dim) for dim in table.dims}
    dimension: dict[str, object] = {
        "period": {"label": "Period of recording", "category": {"index": [counts.period]}},
        **dims,
        "measure": {
            "label": "Measure",
            "category": {
                "index": list(MEASURES),
                "unit": {name: {"label": "persons", "decimals": decimals} for name, (_, decimals) in MEASURES.items()},
            },
        },
    }
    dataset = {
        "version": "2.0",
        "class": "dataset",
        "label": f"Persons, {table.name}, {counts.period}",
        "id": list(dimension),
        "size": [1, *(len(dim.cells()) for dim in table.dims), len(MEASURES)],
        "role": {"time": ["period"], "metric": ["measure"]},
        "dimension": dimension,
        "value": [row[name] for row in rows for name in MEASURES],
        "status": [row["grade"] for row in rows for _ in MEASURES],
    }
    return _text(dataset)


def package(files: Mapping[str, bytes], about: About, counts: NoisyCounts) -> bytes:
    """`datapackage.json`: each CSV under `data/` with its columns, of a release whose other files are these."""
    return _text(
        {
            "$schema": _SCHEMA,
            "name": f"persons-{counts.period.lower()}-{counts.workload.id.lower()}",
            "title": _title(counts),
            "description": "Estimates of persons with noise, their intervals and grades: read methodology.md first.",
            "version": counts.workload.sha256[:8],
            "contributors": [{"title": about.organisation, "roles": ["publisher"]}],
            "resources": [
                {
                    "name": path.removeprefix("data/").removesuffix(".csv").lower().replace("_", "-"),
                    "path": path,
                    "format": "csv",
                    "mediatype": _MEDIA["csv"],
                    "encoding": "utf-8",
                    "bytes": len(content),
                    "hash": f"sha256:{sha256_hex(content)}",
                    "schema": {"fields": _fields(content), "missingValues": [""]},
                }
                for path, content in sorted(_tables(files).items())
            ],
        }
    )


def dcat(files: Mapping[str, bytes], about: About, counts: NoisyCounts) -> bytes:
    """`dcat.jsonld`: the dataset of DCAT 3, with every file as a distribution; from composer 4 on by DCAT-AP 3."""
    return _text(_of_europe(files, about, counts) if about.composer >= _OF_EUROPE else _plain(files, about, counts))


def _plain(files: Mapping[str, bytes], about: About, counts: NoisyCounts) -> dict[str, object]:
    """As composers up to 3 wrote it."""
    return {
        "@context": _CONTEXT,
        "@id": "./",
        "@type": "dcat:Dataset",
        "dcterms:title": _title(counts),
        "dcterms:identifier": about.release,
        "dcterms:publisher": {"@type": "foaf:Agent", "foaf:name": about.organisation},
        "dcterms:temporal": _temporal(counts),
        "dcterms:accrualPeriodicity": "annual" if is_year(counts.period) else "quarterly",
        "dcat:landingPage": {"@id": "index.html"},
        "dcat:distribution": [
            {
                "@id": path,
                "@type": "dcat:Distribution",
                "dcterms:title": path,
                "dcat:accessURL": {"@id": path},
                "dcat:downloadURL": {"@id": path},
                "dcat:mediaType": _MEDIA[path.rpartition(".")[2]],
                "dcat:byteSize": len(content),
                "spdx:checksum": {
                    "@type": "spdx:Checksum",
                    "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
                    "spdx:checksumValue": sha256_hex(content),
                },
            }
            for path, content in sorted(files.items())
            if path.rpartition(".")[2] in _MEDIA
        ],
    }


def _of_europe(files: Mapping[str, bytes], about: About, counts: NoisyCounts) -> dict[str, object]:
    """With a description, every term as a resource of its class, and types where the profile names them."""
    frequency = f"{_FREQUENCY}{'ANNUAL' if is_year(counts.period) else 'QUARTERLY'}"
    entry = _plain(files, about, counts) | {
        "@context": _CONTEXT | _MORE_CONTEXT,
        "dcterms:title": _english(_title(counts)),
        "dcterms:description": _english(_DESCRIPTION),
        "dcterms:language": [{"@id": f"{_LANGUAGE}{each}", "@type": "dcterms:LinguisticSystem"} for each in _SPOKEN],
        "dcterms:accrualPeriodicity": {"@id": frequency, "@type": "dcterms:Frequency"},
        "dcterms:accessRights": {"@id": _PUBLIC, "@type": "dcterms:RightsStatement"},
        "dcat:contactPoint": {"@type": "vcard:Kind", "vcard:fn": about.contact},
        "dcat:landingPage": {"@id": "index.html", "@type": "foaf:Document"},
    }
    entry["dcat:distribution"] = [
        {
            "@id": path,
            "@type": "dcat:Distribution",
            "dcterms:title": _english(path),
            "dcterms:description": _english(f"{path}, of the release {about.release}"),
            "dcat:accessURL": {"@id": path, "@type": "rdfs:Resource"},
            "dcat:downloadURL": {"@id": path, "@type": "rdfs:Resource"},
            "dcat:mediaType": {"@id": f"{_IANA}{_MEDIA[path.rpartition('.')[2]]}", "@type": "dcterms:MediaType"},
            "dcat:byteSize": {"@type": "xsd:nonNegativeInteger", "@value": str(len(content))},
            "spdx:checksum": {
                "@type": "spdx:Checksum",
                "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256", "@type": "spdx:ChecksumAlgorithm"},
                "spdx:checksumValue": {"@type": "xsd:hexBinary", "@value": sha256_hex(content)},
            },
        }
        for path, content in sorted(files.items())
    ]
    return entry


def _english(text: str) -> dict[str, str]:
    return {"@language": "en", "@value": text}


def _temporal(counts: NoisyCounts) -> dict[str, object]:
    own = quarters(counts.period)
    return {
        "@type": "dcterms:PeriodOfTime",
        "dcat:startDate": _day(first_day(own[0]).isoformat()),
        "dcat:endDate": _day(last_day(own[-1]).isoformat()),
    }


def _title(counts: NoisyCounts) -> str:
    return f"Persons targeted by a state beyond its borders, recorded in {counts.period}: estimates with noise"


def _category(dim: Dimension) -> dict[str, object]:
    labels = {code: dim.label(code) for code in dim.cells()}
    return {"label": dim.column, "category": {"index": list(labels), "label": labels}}


def _tables(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The CSV files that have nothing but columns of a table: HXL's tags would make words of all numbers, and SDMX
    describes its own."""
    return {path: content for path, content in files.items() if _is_table(path)}


def _is_table(path: str) -> bool:
    return path.startswith("data/") and path.endswith(".csv") and not path.endswith((".hxl.csv", ".sdmx.csv"))


def _fields(content: bytes) -> list[dict[str, str]]:
    columns = content.decode("utf-8-sig").partition("\n")[0].strip().split(",")
    return [{"name": column, "type": MEASURES[column][0] if column in MEASURES else "string"} for column in columns]


def _day(day: str) -> dict[str, str]:
    return {"@type": "xsd:date", "@value": day}


def _text(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n"
