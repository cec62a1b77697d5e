"""What a person's machines have seen, for the next machine of theirs (SEALING, *Continuity*, *Memory*).

A document of type `memory`, in one chain, whose body is `{"marks":{type:[[subject, version, sha256, generation],…]},
"left_out":n}`. Types, and under each the marks, stand in ascending order. Of one subject there are several where no
machine has read one chain yet that holds them all. Of what lists held (`consent of case_…`) the subjects alone stand
there, for their hash says nothing more. A generation stands there where the mark has one.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from app.protocol.chain import Mark
from app.protocol.encoding import MOST, canonical, check_hash, check_number, sha256_hex
from app.protocol.errors import Malformed
from app.protocol.types import TYPES

MEMORY: Final = TYPES["memory"]
# Between what a list is of and what it holds: its types are `message.reporter of rep_…`.
OF: Final = " of "
# Bytes of a document beside its body: line 1's other members, line 2 and their ends.
_AROUND: Final = 1024


@dataclass(frozen=True)
class Remembered:
    """One mark, and what it is of."""

    type: str
    subject: str
    mark: Mark


def listed(type_: str, subject: str) -> Remembered:
    """That a list held this."""
    return Remembered(type_, subject, Mark(1, sha256_hex(subject.encode())))


def body(marks: Iterable[Remembered], *, most: int) -> dict[str, Any]:
    """As it is written, in at most `most` bytes. What does not fit is left out, the last type first, and counted."""
    kept = sorted(marks, key=_place)
    sizes = [len(canonical(_entry(each))) + len(each.type) + 8 for each in kept]
    size, left_out = sum(sizes) + _AROUND, 0
    while size > most:
        size -= sizes.pop()
        kept.pop()
        left_out += 1
    written: dict[str, list[Any]] = {}
    for each in kept:
        written.setdefault(each.type, []).append(_entry(each))
    return {"marks": written, "left_out": left_out}


def read(body: dict[str, Any]) -> list[Remembered]:
    """What `body` has written. Raises `Malformed`."""
    match body:
        case {"marks": dict(written), "left_out": int(left_out), **rest} if not rest and type(left_out) is int:
            found = [each for type_, entries in written.items() for each in _entries(type_, entries)]
            places = [_place(each) for each in found]
            if left_out >= 0 and places == sorted(set(places)) and all(written.values()):
                return found
    raise Malformed("not a memory")


def _place(each: Remembered) -> tuple[str, str, int]:
    return each.type, each.subject, each.mark.version


def _entry(each: Remembered) -> Any:
    if OF in each.type:
        return each.subject
    mark = each.mark
    return [each.subject, mark.version, mark.sha256, *([] if mark.generation is None else [mark.generation])]


def _entries(type_: str, entries: object) -> Iterator[Remembered]:
    if not isinstance(entries, list):
        raise Malformed("not a memory")
    for each in entries:
        match each:
            case str(subject) if OF in type_:
                yield listed(type_, subject)
            case [str(subject), version, sha256, *generation] if OF not in type_ and len(generation) <= 1:
                numbers = [check_number(number, range(MOST + 1)) for number in (version, *generation)]
                yield Remembered(type_, subject, Mark(numbers[0], check_hash(sha256), *numbers[1:]))
            case _:
                raise Malformed("not a memory")
