"""A release as statistical offices exchange data: SDMX-CSV 2.0, and its structure message in SDMX-ML 3.0."""

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Final

from app.protocol.periods import day_after, is_year
from app.protocol.release.about import About
from app.protocol.release.counts import NoisyCounts
from app.protocol.release.dictionary import COLUMNS, meaning
from app.protocol.release.rows import TOTAL, Row, field, write_csv
from app.vocabulary import Dimension

STRUCTURE: Final = "structure.xml"

_LANGUAGES: Final = ("en", "zh-Hans", "fr", "es")
_VERSION: Final = "1.0.0"
_XML: Final = "http://www.sdmx.org/resources/sdmxml/schemas/v3_0"
_URN: Final = "urn:sdmx:org.sdmx.infomodel"
# Of each attribute the column of which it is, and the type of its values where it has no list.
_ATTRIBUTES: Final[Mapping[str, tuple[str, str | None]]] = {
    "OBS_STATUS": ("status", None),
    "CONF_STATUS": ("", None),
    "LOWER_BOUND": ("lower", "Integer"),
    "UPPER_BOUND": ("upper", "Integer"),
    "STD_DEV": ("sd", "Double"),
    "GRADE": ("grade", None),
    "ESTIMATE": ("value_adjusted", "Double"),
    "NOISY_COUNT": ("value_raw", "Integer"),
}
_MEANINGS: Final = {
    "FREQ": "Frequency",
    "TIME_PERIOD": COLUMNS["period"],
    "OBS_VALUE": COLUMNS["value"],
    "CONF_STATUS": "Confidentiality status",
    **{name: COLUMNS[column] for name, (column, _) in _ATTRIBUTES.items() if column},
}
_LISTS: Final[Mapping[str, Mapping[str, str]]] = {
    "FREQ": {"A": "Annual", "Q": "Quarterly"},
    "OBS_STATUS": {"E": "Estimated value", "U": "Low reliability: only the interval may be used"},
    "CONF_STATUS": {"F": "Free: not confidential"},
    "GRADE": {
        "A": "To be quoted as it is",
        "B": "To be quoted as rough",
        "C": "Its interval alone is to be quoted",
        "D": "Not clear, which never means zero",
    },
}


def sdmx_csv(counts: NoisyCounts, about: About, rows: Iterable[Row]) -> bytes:
    """Every cell as an observation of one dataflow. What a table does not measure is `_T`, the total, there."""
    dims = counts.workload.dims()
    flow = f"{_agency(about)}:{_name(counts)}({_VERSION})"
    head = ["STRUCTURE", "STRUCTURE_ID", "ACTION", "FREQ", *map(_id, dims), "TIME_PERIOD", "OBS_VALUE", *_ATTRIBUTES]
    start = ["dataflow", flow, "I", "A" if is_year(counts.period) else "Q"]
    return write_csv(
        [
            head,
            *(
                [
                    *start,
                    *(str(row.get(dim.column, TOTAL)) for dim in dims),
                    counts.period,
                    field(row["value"]),
                    *(field(row[column]) if column else "F" for column, _ in _ATTRIBUTES.values()),
                ]
                for row in rows
            ),
        ]
    )


def structure(counts: NoisyCounts, about: About) -> bytes:
    """The lists of codes in four languages, the concepts, and what a row of the CSV is."""
    agency, name, dims = _agency(about), _name(counts), counts.workload.dims()
    lists = "".join(
        [
            *(
                _code_list(agency, id_, {code: {"en": text} for code, text in own.items()})
                for id_, own in _lists(about).items()
            ),
            *(_code_list(agency, _id(dim), _labels(dim)) for dim in dims),
        ]
    )
    meanings = {**_MEANINGS, **{_id(dim): meaning(dim) for dim in dims}}
    concepts = "".join(f'<s:Concept id="{id_}">{_names({"en": text})}</s:Concept>' for id_, text in meanings.items())
    names = _names({"en": "Persons targeted by a state beyond its borders"})
    of = f'agencyID="{agency}" version="{_VERSION}"'
    prepared = f"{day_after(counts.period)}T00:00:00"
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<m:Structure xmlns:m="{_XML}/message" xmlns:s="{_XML}/structure" xmlns:c="{_XML}/common">
<m:Header><m:ID>{about.release}</m:ID><m:Test>false</m:Test><m:Prepared>{prepared}</m:Prepared>\
<m:Sender id="{agency}"/></m:Header>
<m:Structures>
<s:Codelists>{lists}</s:Codelists>
<s:ConceptSchemes><s:ConceptScheme id="{_SCHEME}" {of}>{names}{concepts}</s:ConceptScheme></s:ConceptSchemes>
<s:DataStructures><s:DataStructure id="{name}" {of}>{names}{_components(agency, dims)}</s:DataStructure>\
</s:DataStructures>
<s:Dataflows><s:Dataflow id="{name}" {of}>{names}<s:Structure>{_URN}.datastructure.DataStructure={agency}:{name}\
({_VERSION})</s:Structure></s:Dataflow></s:Dataflows>
</m:Structures>
</m:Structure>
""".encode()


_SCHEME: Final = "CS_PERSONS"


def _lists(about: About) -> Mapping[str, Mapping[str, str]]:
    if about.names_people:
        return _LISTS
    return {**_LISTS, "OBS_STATUS": {**_LISTS["OBS_STATUS"], "B": "Break: compared with nothing before"}}


def _components(agency: str, dims: Sequence[Dimension]) -> str:
    dimensions = "".join(
        f'<s:Dimension id="{id_}" position="{place}">{_concept(agency, id_)}{_enumeration(agency, id_)}</s:Dimension>'
        for place, id_ in enumerate(["FREQ", *map(_id, dims)], start=1)
    )
    time = f"{_concept(agency, 'TIME_PERIOD')}{_format('ObservationalTimePeriod')}"
    attributes = "".join(
        f'<s:Attribute id="{id_}" usage="mandatory">{_concept(agency, id_)}'
        f"{_format(type_) if type_ else _enumeration(agency, id_)}"
        "<s:AttributeRelationship><s:Observation/></s:AttributeRelationship></s:Attribute>"
        for id_, (_, type_) in _ATTRIBUTES.items()
    )
    measure = (
        f'<s:Measure id="OBS_VALUE" usage="optional">{_concept(agency, "OBS_VALUE")}{_format("Integer")}</s:Measure>'
    )
    return (
        f'<s:DataStructureComponents><s:DimensionList id="DimensionDescriptor">{dimensions}'
        f'<s:TimeDimension id="TIME_PERIOD">{time}</s:TimeDimension></s:DimensionList>'
        f'<s:AttributeList id="AttributeDescriptor">{attributes}</s:AttributeList>'
        f'<s:MeasureList id="MeasureDescriptor">{measure}</s:MeasureList></s:DataStructureComponents>'
    )


def _concept(agency: str, id_: str) -> str:
    urn = f"{_URN}.conceptscheme.Concept={agency}:{_SCHEME}({_VERSION}).{id_}"
    return f"<s:ConceptIdentity>{urn}</s:ConceptIdentity>"


def _enumeration(agency: str, id_: str) -> str:
    urn = f"{_URN}.codelist.Codelist={agency}:CL_{id_}({_VERSION})"
    return f"<s:LocalRepresentation><s:Enumeration>{urn}</s:Enumeration></s:LocalRepresentation>"


def _format(type_: str) -> str:
    return f'<s:LocalRepresentation><s:TextFormat textType="{type_}"/></s:LocalRepresentation>'


def _code_list(agency: str, id_: str, labels: Mapping[str, Mapping[str, str]]) -> str:
    codes = "".join(f'<s:Code id="{code}">{_names(names)}</s:Code>\n' for code, names in labels.items())
    names = _names({"en": f"Codes of {id_}"})
    return f'<s:Codelist id="CL_{id_}" agencyID="{agency}" version="{_VERSION}">{names}\n{codes}</s:Codelist>\n'


def _labels(dim: Dimension) -> dict[str, dict[str, str]]:
    of_cells = {cell: {language: dim.label(cell, language) for language in _LANGUAGES} for cell in dim.cells()}
    return {TOTAL: {"en": "Total: the table does not have this dimension"}, **of_cells}


def _names(names: Mapping[str, str]) -> str:
    return "".join(f'<c:Name xml:lang="{language}">{escape(name)}</c:Name>' for language, name in names.items())


def _id(dim: Dimension) -> str:
    return dim.column.upper()


def _name(counts: NoisyCounts) -> str:
    return f"TNR_PERSONS_{counts.workload.id}"


def _agency(about: About) -> str:
    """The organisation as SDMX has it: its name's letters and digits, or, where those of ASCII begin no word, ORG."""
    words = re.findall(r"[A-Z0-9]+", about.organisation.upper())
    name = "_".join(words)
    return name if name[:1].isalpha() else "ORG"
