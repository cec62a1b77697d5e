"""Sheets as an XLSX workbook (ECMA-376): text and numbers alone, no formula, and the same bytes everywhere.

It is written by hand and not compressed, as the bytes of a library, and of a compression, follow their versions.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final, TypeAlias

_Cell: TypeAlias = str | int | float | None

_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
# What no XML can say.
_UNSAYABLE: Final = re.compile(r"[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")
# A plain cell, one of a head, and one of long text.
_STYLES: Final = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill '
    'patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border>'
    '<left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" '
    'fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" '
    'xfId="0"/><xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/><xf numFmtId="0" fontId="0" '
    'fillId="0" borderId="0" xfId="0" applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf></cellXfs>'
    "</styleSheet>"
)
# From here on a text is shown on several lines.
_LONG: Final = 60


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet whose first row is its head; `widths` are those of its columns, in characters."""

    name: str
    rows: Sequence[Sequence[_Cell]]
    widths: Sequence[int]


def workbook(sheets: Sequence[Sheet]) -> bytes:
    """The file. Names of sheets have at most 31 characters, none of them `[]:*?/\\`."""
    texts: dict[str, int] = {}
    numbered = list(enumerate(sheets, start=1))
    parts = {f"xl/worksheets/sheet{number}.xml": _sheet(sheet, texts) for number, sheet in numbered}
    return _zipped(
        {
            "[Content_Types].xml": _content_types(parts),
            "_rels/.rels": _relations({"rId1": ("officeDocument", "xl/workbook.xml")}),
            "xl/workbook.xml": _book(numbered),
            "xl/_rels/workbook.xml.rels": _relations(
                {f"rId{number}": ("worksheet", f"worksheets/sheet{number}.xml") for number, _ in numbered}
                | {"rIdStyles": ("styles", "styles.xml"), "rIdTexts": ("sharedStrings", "sharedStrings.xml")}
            ),
            "xl/styles.xml": _STYLES,
            "xl/sharedStrings.xml": _shared(texts),
            **parts,
        }
    )


def _zipped(parts: dict[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for path, text in parts.items():
            info = zipfile.ZipInfo(path)  # of the first day of 1980
            info.create_system = 0  # and of no system
            archive.writestr(info, text.encode())
    return content.getvalue()


def _sheet(sheet: Sheet, texts: dict[str, int]) -> str:
    widths = "".join(
        f'<col min="{number}" max="{number}" width="{width}" customWidth="1"/>'
        for number, width in enumerate(sheet.widths, start=1)
    )
    rows = "".join(
        f"<row>{''.join(_cell(cell, texts, is_head=number == 0) for cell in row)}</row>"
        for number, row in enumerate(sheet.rows)
    )
    last = f"{_letters(len(sheet.rows[0]))}{len(sheet.rows)}"
    return (
        f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" '
        f'topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>{widths}</cols>'
        f'<sheetData>{rows}</sheetData><autoFilter ref="A1:{last}"/></worksheet>'
    )


def _cell(value: _Cell, texts: dict[str, int], *, is_head: bool) -> str:
    """Text is told by its number among all texts, so that nothing of it is ever taken for a formula."""
    if value is None:
        return "<c/>"
    if not isinstance(value, str):
        return f"<c><v>{value!r}</v></c>"
    style = ' s="1"' if is_head else ' s="2"' if len(value) > _LONG else ""
    return f'<c t="s"{style}><v>{texts.setdefault(value, len(texts))}</v></c>'


def _letters(column: int) -> str:
    """`A` for the first column, `AA` for the twenty-seventh."""
    letters = ""
    while column:
        column, letter = divmod(column - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return letters


def _shared(texts: Iterable[str]) -> str:
    items = "".join(f'<si><t xml:space="preserve">{_escaped(text)}</t></si>' for text in texts)
    return f'{_HEAD}<sst xmlns="{_MAIN}">{items}</sst>'


def _book(sheets: Iterable[tuple[int, Sheet]]) -> str:
    named = "".join(
        f'<sheet name="{_escaped(sheet.name)}" sheetId="{number}" r:id="rId{number}"/>' for number, sheet in sheets
    )
    return f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{named}</sheets></workbook>'


def _relations(targets: dict[str, tuple[str, str]]) -> str:
    every = "".join(
        f'<Relationship Id="{id_}" Type="{_OFFICE}/{kind}" Target="{path}"/>' for id_, (kind, path) in targets.items()
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{every}</Relationships>'


def _content_types(sheets: Iterable[str]) -> str:
    types = {
        "xl/workbook.xml": "sheet.main",
        "xl/styles.xml": "styles",
        "xl/sharedStrings.xml": "sharedStrings",
        **dict.fromkeys(sheets, "worksheet"),
    }
    parts = "".join(f'<Override PartName="/{path}" ContentType="{_TYPE}.{kind}+xml"/>' for path, kind in types.items())
    return (
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>{parts}</Types>'
    )


def _escaped(text: str) -> str:
    return escape(_UNSAYABLE.sub("\ufffd", text))
