"""Very many cards in the memory of few: each was found right, and is kept in `SIZE` bytes until it is counted.

These bytes never leave the processes of a draw.
"""

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from struct import Struct
from sys import intern
from typing import Any, Final, Self

from app import vocabulary
from app.protocol.card import TOKEN_SIZE, Choice, StatCard
from app.protocol.periods import number_of, numbered

_ID: Final = "card_"
# Token, id, revision, quarter, the three numbers of the vocabulary's version; then a number for each choice.
_HEAD: Final = f">{TOKEN_SIZE}s16s5H"
# Persons come in as many parts, so that no more than these cards are told apart at once.
_PARTS: Final = 256


class _Numbers(dict[Choice, int]):
    """The number of each choice from one list: a code's place from 1, or the sum of 2 ** place; 0 of unknown.

    What was asked once is looked up from then on.
    """

    def __init__(self, codes: Iterable[str], *, several: bool) -> None:
        super().__init__()
        self.codes, self.several = tuple(codes), several
        self.choices = dict[int, Choice]()

    def __missing__(self, choice: Choice) -> int:
        if isinstance(choice, tuple):
            number = sum(1 << self.codes.index(code) for code in choice)
        else:
            number = 0 if choice is None else 1 + self.codes.index(choice)
        self[choice] = number
        return number

    def choice(self, number: int) -> Choice:
        if number not in self.choices:
            self.choices[number] = self._choice(number)
        return self.choices[number]

    def _choice(self, number: int) -> Choice:
        if not number:
            return None
        if self.several:
            return tuple(code for place, code in enumerate(self.codes) if number >> place & 1)
        return self.codes[number - 1]


@dataclass(frozen=True)
class _Form:
    struct: Struct
    fields: tuple[tuple[str, _Numbers], ...]


@cache
def _form() -> _Form:
    fields = tuple(
        (each.name, _Numbers(vocabulary.codes(each.list_name), several=each.several))
        for each in vocabulary.vocabulary().card_fields
        if each.list_name is not None
    )
    return _Form(Struct(f"{_HEAD}{len(fields)}I"), fields)


def pack(card: StatCard) -> bytes:
    """The card in `size()` bytes. Two cards have the same bytes where they are equal."""
    form = _form()
    return form.struct.pack(
        card.token,
        bytes.fromhex(card.id.removeprefix(_ID)),
        card.revision,
        _quarter_number(card.quarter),
        *_version(card.vocabulary),
        *[numbers[getattr(card, name)] for name, numbers in form.fields],
    )


def unpack(packed: bytes) -> StatCard:
    """The card of which these bytes are."""
    form = _form()
    token, id_, revision, quarter, *rest = form.struct.unpack(packed)
    said: dict[str, Any] = {
        name: numbers.choice(number) for (name, numbers), number in zip(form.fields, rest[3:], strict=True)
    }
    return StatCard(
        id=_ID + id_.hex(),
        token=token,
        quarter=_quarter(quarter),
        revision=revision,
        vocabulary=_version_text(*rest[:3]),
        **said,
    )


def size() -> int:
    """How many bytes a card takes."""
    return _form().struct.size


@dataclass
class Cards:
    """Cards by the quarter in which they were recorded, none of which is an object of its own."""

    _pages: list[tuple[str, bytes]] = field(default_factory=list, repr=False)

    @classmethod
    def of(cls, cards: Iterable[StatCard], quarter: str = "") -> Self:
        return cls([(quarter, b"".join(map(pack, cards)))])

    def add(self, quarter: str, packed: bytes) -> None:
        """Some more that were recorded in this quarter, one behind the other."""
        self._pages.append((intern(quarter), packed))

    def __len__(self) -> int:
        return sum(len(page) for _, page in self._pages) // size()

    def __iter__(self) -> Iterator[StatCard]:
        for _, page in self._pages:
            for at in range(0, len(page), size()):
                yield unpack(page[at : at + size()])

    def tokens(self) -> Iterator[tuple[str, bytes]]:
        """Of each card the quarter in which it was recorded, and its contribution token."""
        for quarter, page in self._pages:
            for at in range(0, len(page), size()):
                yield quarter, page[at : at + TOKEN_SIZE]

    def persons(
        self, person_of: Callable[[bytes], bytes] = lambda token: token
    ) -> Iterator[tuple[bytes, list[StatCard]]]:
        """Everybody, by the name that `person_of` gives to their tokens, with their cards. What is there twice comes
        once."""
        for part in self._parts(person_of):
            own = defaultdict[bytes, set[bytes]](set)
            for place in part:
                number, at = divmod(place, 1 << 32)
                packed = self._pages[number][1][at : at + size()]
                own[person_of(packed[:TOKEN_SIZE])].add(packed)
            for person, theirs in own.items():
                yield person, [unpack(each) for each in theirs]

    def _parts(self, person_of: Callable[[bytes], bytes]) -> list["array[int]"]:
        """The places of the cards, page and byte in one number; all those of a person in one part."""
        parts = [array("Q") for _ in range(_PARTS)]
        for number, (_, page) in enumerate(self._pages):
            for at in range(0, len(page), size()):
                parts[person_of(page[at : at + TOKEN_SIZE])[-1]].append(number << 32 | at)
        return parts


@cache
def _quarter_number(quarter: str | None) -> int:
    return 0 if quarter is None else number_of(quarter)


@cache
def _quarter(number: int) -> str | None:
    return numbered(number) if number else None


@cache
def _version(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


@cache
def _version_text(*numbers: int) -> str:
    return ".".join(map(str, numbers))
