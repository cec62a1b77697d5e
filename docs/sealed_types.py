"""The tables of the protocol's pages that are made of `app/protocol/types.py`."""

import re
from collections.abc import Iterable

from app.protocol.sizes import KIB, MIB, Kind, classes
from app.protocol.types import TYPES, Form, SealedType

# Each table stands between `<!-- table: name, generated … -->` and the next `<!-- end -->`.
_PLACE = re.compile(r"(?<=<!-- table: )(\w+)(, [^>]* -->\n).*?(?=\n<!-- end -->)", re.DOTALL)

_FORMS = {
    Form.PUBLIC: "document",
    Form.SEALED: "sealed document",
    Form.FILE: "sealed file",
    Form.BYTES: "signed bytes",
}
_ATTACHMENTS = (
    "powers of two from 64 KiB to 4 MiB, then four even steps an octave: 5, 6, 7, 8, 10, 12, 14, 16, 20 MiB …"
)


def with_tables(text: str) -> str:
    """A page, with those of its tables that follow from the code as the code has them."""
    return _PLACE.sub(lambda match: f"{match[1]}{match[2]}{_TABLES[match[1]]()}", text)


def _sizes() -> str:
    return _table(
        ("kind", "of", "classes"),
        [
            (
                f"`{kind}`",
                _codes(name for name, of in TYPES.items() if of.kind is kind),
                _ATTACHMENTS if kind is Kind.ATTACHMENT else _lengths(classes(kind)),
            )
            for kind in Kind
        ],
    )


def _types() -> str:
    return _table(
        ("type", "is a", "subject", "kind", "proved by", "versions", "who may write it"),
        [
            (
                f"`{name}`",
                _FORMS[of.form],
                _subject(of),
                f"`{of.kind}`" if of.kind else "",
                of.proved_by.value,
                ("chained" if of.chained else "one") if of.is_document else "",
                _writers(of),
            )
            for name, of in TYPES.items()
        ],
    )


def _places() -> str:
    return _table(
        ("type", "lies in", "is destroyed"),
        [
            (f"`{name}`", f"`{place}`" if not place.is_blob else f"a file that `{place}` names", place.end.value)
            for name, of in TYPES.items()
            for place in of.stored
        ],
    )


_TABLES = {"sizes": _sizes, "types": _types, "places": _places}


def _subject(of: SealedType) -> str:
    if of.is_document and not of.subjects:
        return f'`"{of.about or of.name}"`'
    return _codes(f"{prefix}_…" for prefix in of.subjects)


def _writers(of: SealedType) -> str:
    if not of.roles:
        return of.who
    *others, last = sorted(of.roles)
    return f"{', '.join(others)} or {last}, {of.who}"


def _lengths(sizes: tuple[int, ...]) -> str:
    """`4, 16 KiB, 1 MiB`: the unit once for all that are counted in it."""
    small = [str(size // KIB) for size in sizes if size < MIB]
    large = [str(size // MIB) for size in sizes if size >= MIB]
    return ", ".join(f"{', '.join(numbers)} {unit}" for numbers, unit in ((small, "KiB"), (large, "MiB")) if numbers)


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(cells)} |" for cells in (head, *rows)]
    return "\n".join([lines[0], "|---" * len(head) + "|", *lines[1:]])
