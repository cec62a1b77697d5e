"""Write `app/web/protocol/types.ts`: of the table of sealed types, the rows that a reporter's client needs.

`python -m app.site.types`
"""

import json

from app.protocol.sizes import Kind, classes
from app.protocol.types import TYPES, ProvedBy, SealedType
from app.site.rendering import WEB

PATH = WEB / "protocol" / "types.ts"
_PROVED_BY = {ProvedBy.NOTHING: "nothing", ProvedBy.MAC: "mac", ProvedBy.ONE: "signatures", ProvedBy.K: "signatures"}
_HEAD = """\
/** The types that a reporter's client reads or writes. Written by `python -m app.site.types`. */

/** The lengths of plaintexts with their padding by kind, in bytes, smallest first. */
export const CLASSES = {
"""
_BETWEEN = """\
}

/** What is sealed, as far as its length is concerned. */
export type Kind = keyof typeof CLASSES

export interface Type {
    /** The prefix of the ids that it is about; null where the subject is the type's own name. */
    subject: string | null
    provedBy: "signatures" | "mac" | "nothing"
    /** Whether there are versions after the first. */
    isChained: boolean
    /** Null where it is public. */
    kind: Kind | null
}

export const TYPES: ReadonlyMap<string, Type> = new Map<string, Type>([
"""


def text() -> str:
    """The whole file."""
    types = [of for of in TYPES.values() if of.reporters]
    kinds = [kind for kind in Kind if kind is not Kind.ATTACHMENT and kind in {of.kind for of in types}]
    lengths = "".join(f"    {kind}: {json.dumps(classes(kind))},\n" for kind in kinds)
    rows = "".join(f'    ["{of.name}", {_row(of)}],\n' for of in types if of.is_document)
    return f"{_HEAD}{lengths}{_BETWEEN}{rows}])\n"


def _row(of: SealedType) -> str:
    (subject,) = of.subjects or (None,)
    members = {"subject": subject, "provedBy": _PROVED_BY[of.proved_by], "isChained": of.chained, "kind": of.kind}
    return f"{{ {', '.join(f'{name}: {json.dumps(value)}' for name, value in members.items())} }}"


def main() -> None:
    """Write them where the pages' scripts import them."""
    PATH.write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    main()
