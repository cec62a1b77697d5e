"""A table as Apache Parquet: one row group of plain, uncompressed columns, so that its bytes are the same everywhere.

The format is written by hand (format version 2, metadata in Thrift's compact protocol), as a library's bytes follow its
version: https://parquet.apache.org/docs/file-format/.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import groupby
from typing import Final, TypeAlias

_MAGIC: Final = b"PAR1"
_CREATED_BY: Final = "tern"
_PLAIN, _RLE = 0, 3
_UTF8: Final = 0

# A value of Thrift's compact protocol: its type there, and its bytes.
_Value: TypeAlias = tuple[int, bytes]
_I32, _I64, _BINARY, _LIST, _STRUCT = 5, 6, 8, 9, 12


class Type(IntEnum):
    """Of which values a column is, by Parquet's numbers."""

    INTEGER = 2
    NUMBER = 5
    TEXT = 6


@dataclass(frozen=True, slots=True)
class Column:
    """A column from its first row to its last; None, where it is optional, is no value."""

    name: str
    type: Type
    values: Sequence[str | int | float | None]
    is_optional: bool = False


def parquet(columns: Sequence[Column]) -> bytes:
    """The file. All columns have the same length."""
    content, chunks = _MAGIC, list[_Value]()
    for column in columns:
        page = _page(column)
        chunks.append(_chunk(column, at=len(content), size=len(page)))
        content += page
    rows = len(columns[0].values)
    metadata = _struct(
        {
            1: _i32(2),
            2: _list([_struct({4: _text("schema"), 5: _i32(len(columns))}), *map(_element, columns)]),
            3: _i64(rows),
            4: _list([_struct({1: _list(chunks), 2: _i64(len(content) - len(_MAGIC)), 3: _i64(rows)})]),
            6: _text(_CREATED_BY),
        }
    )[1]
    return content + metadata + struct.pack("<I", len(metadata)) + _MAGIC


def _element(column: Column) -> _Value:
    fields = {1: _i32(column.type), 3: _i32(column.is_optional), 4: _text(column.name)}
    return _struct(fields | ({6: _i32(_UTF8)} if column.type is Type.TEXT else {}))


def _chunk(column: Column, *, at: int, size: int) -> _Value:
    fields = {
        1: _i32(column.type),
        2: _list([_i32(_PLAIN), _i32(_RLE)]),
        3: _list([_text(column.name)]),
        4: _i32(0),  # not compressed
        5: _i64(len(column.values)),
        6: _i64(size),
        7: _i64(size),
        9: _i64(at),
    }
    return _struct({2: _i64(at), 3: _struct(fields)})


def _page(column: Column) -> bytes:
    """A data page of version 1, with its header."""
    content = _levels(column) if column.is_optional else b""
    content += b"".join(_plain(column.type, value) for value in column.values if value is not None)
    of_data = {1: _i32(len(column.values)), 2: _i32(_PLAIN), 3: _i32(_RLE), 4: _i32(_RLE)}
    header = {1: _i32(0), 2: _i32(len(content)), 3: _i32(len(content)), 5: _struct(of_data)}
    return _struct(header)[1] + content


def _levels(column: Column) -> bytes:
    """Which rows have a value, as runs."""
    runs = b"".join(
        _varint(2 * len(list(run))) + bytes([there])
        for there, run in groupby(each is not None for each in column.values)
    )
    return struct.pack("<I", len(runs)) + runs


def _plain(type_: Type, value: str | float) -> bytes:
    match type_:
        case Type.INTEGER:
            return struct.pack("<q", value)
        case Type.NUMBER:
            return struct.pack("<d", value)
        case Type.TEXT:
            text = str(value).encode()
            return struct.pack("<I", len(text)) + text


def _struct(fields: Mapping[int, _Value]) -> _Value:
    before, content = 0, b""
    for number, (type_, value) in fields.items():
        content += bytes([(number - before) << 4 | type_]) + value
        before = number
    return _STRUCT, content + b"\0"


def _list(values: Iterable[_Value]) -> _Value:
    every = list(values)
    type_, size = every[0][0], len(every)
    head = bytes([size << 4 | type_]) if size < 15 else bytes([0xF0 | type_]) + _varint(size)
    return _LIST, head + b"".join(value for _, value in every)


def _text(text: str) -> _Value:
    content = text.encode()
    return _BINARY, _varint(len(content)) + content


def _i32(number: int) -> _Value:
    return _I32, _varint(number << 1)


def _i64(number: int) -> _Value:
    return _I64, _varint(number << 1)


def _varint(number: int) -> bytes:
    content = bytearray()
    while number > 0x7F:
        content.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*content, number])
