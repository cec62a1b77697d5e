"""What each person has spent in all releases: one file sealed to the statistics key, opened in a draw alone.

Its plaintext is slots of 20 bytes in the order of their names: the first 16 bytes of the SHA-256 of a contribution
token, and 4 bytes, big-endian. Below `LINK` they are millionths of rho; from there on they name the slot of the token
that stands for the same person, by its place. How many slots there are follows from published numbers alone: those
that nobody has are random, and look like those of persons who were counted once.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import pairwise
from typing import Final, Self

from app.protocol.card import Says, TokenCard
from app.protocol.encoding import new_id
from app.protocol.release.budget import LIFE_CAP
from app.protocol.release.counts import NoisyTable

NAME: Final = 16
SLOT: Final = NAME + 4
LINK: Final = 1 << 31


class AccountsError(Exception):
    """These are no accounts, or there is no room in them for all that were counted."""


def name_of(token: bytes) -> bytes:
    """The name of a token's slot: a token is 128 random bits, which nobody finds from its hash."""
    return sha256(token).digest()[:NAME]


def growth(total: NoisyTable) -> int:
    """By how many slots a draw makes the file longer, from its noisy number of persons.

    Six deviations above it there are fewer persons than that but once in a thousand million draws. Each has room for a
    second token, which an early joining needs.
    """
    (persons,) = total.counts
    return 2 * math.ceil(max(0, persons + 6 * total.sigma / 1000))


@dataclass(frozen=True)
class Accounts:
    """`spent` by the name of the token that stands for a person, in millionths of rho; `stands_for` the names of a
    person's other tokens. Free slots are among the spent."""

    spent: dict[bytes, int] = field(default_factory=dict, repr=False)
    stands_for: dict[bytes, bytes] = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, content: bytes) -> Self:
        """What `write` has written. Raises `AccountsError`."""
        places = range(0, len(content), SLOT)
        names = [content[at : at + NAME] for at in places]
        values = [int.from_bytes(content[at + NAME : at + SLOT]) for at in places]
        if len(content) % SLOT or any(one >= two for one, two in pairwise(names)):
            raise AccountsError("the slots are not in their order")
        read = cls({name: value for name, value in zip(names, values, strict=True) if value < LINK})
        for name, value in zip(names, values, strict=True):
            if value >= LINK:
                if value - LINK >= len(names) or names[value - LINK] not in read.spent:
                    raise AccountsError("a slot names no other")
                read.stands_for[name] = names[value - LINK]
        return read

    def write(self) -> bytes:
        names = sorted([*self.spent, *self.stands_for])
        named = set(self.stands_for.values())  # few of very many
        place = {name: number for number, name in enumerate(names) if name in named}
        content = bytearray()
        for name in names:
            value = LINK + place[self.stands_for[name]] if name in self.stands_for else self.spent[name]
            content += name + value.to_bytes(4)
        return bytes(content)

    def __len__(self) -> int:
        return len(self.spent) + len(self.stands_for)

    def person(self, name: bytes) -> bytes:
        """The name that stands for the person whose token has this one."""
        return self.stands_for.get(name, name)

    def follow(self, said: Iterable[TokenCard]) -> None:
        """Part and join what these cards say; what is said twice changes nothing."""
        for each in sorted(said, key=lambda card: card.says is Says.JOIN):  # who is joined again is joined at the end
            one, two = map(name_of, each.tokens)
            if each.says is Says.JOIN:
                self._join(self.person(one), self.person(two))
            else:
                self._part(one, two)

    def can_bear(self, person: bytes, rho: int) -> bool:
        """Whether this release does not take the person over what a life may cost."""
        return self.spent.get(person, 0) + rho <= LIFE_CAP

    def charge(self, persons: Iterable[bytes], rho: int) -> None:
        for person in persons:
            self.spent[person] = self.spent.get(person, 0) + rho

    def fill(self, slots: int, rho: int) -> None:
        """Make them this many, with random slots that have spent `rho`. Raises `AccountsError` where there are more."""
        if len(self) > slots:
            raise AccountsError("more were counted than the noise leaves room for")
        while len(self) < slots:
            self.spent.setdefault(name_of(new_id("token").encode()), rho)  # of a token that nobody has

    def _join(self, one: bytes, two: bytes) -> None:
        if one == two:
            return
        least, other = sorted((one, two))
        spent = self.spent.pop(one, 0), self.spent.pop(two, 0)
        self.spent[least] = joined(*spent)
        for name, person in self.stands_for.items():
            if person == other:
                self.stands_for[name] = least
        self.stands_for[other] = least

    def _part(self, stays: bytes, leaves: bytes) -> None:
        person = self.person(stays)
        if self.person(leaves) != person:
            return
        spent = self.spent.pop(person)
        theirs = [name for name in (person, *(n for n, p in self.stands_for.items() if p == person)) if name != leaves]
        for name in (*theirs, leaves):
            self.stands_for.pop(name, None)
        least = min(theirs)
        self.spent.update({least: spent, leaves: spent})
        self.stands_for.update({name: least for name in theirs if name != least})


def joined(one: int, two: int) -> int:
    """What a person has spent at most who was counted under two tokens: (√a + √b)², by Minkowski, rounded up.

    Never more than a life: from there on nothing is spent.
    """
    cross = 4 * one * two
    root = math.isqrt(cross)
    return min(LIFE_CAP, one + two + root + (root * root < cross))


def rebuilt(charges: Iterable[tuple[str, int]], tokens_of: Callable[[str], Iterable[bytes]]) -> Accounts:
    """Accounts at their worst, where those that were kept cannot be opened: each token with a card in a period has
    borne all that was drawn of it.

    `charges` are the ledger's periods with their rho; `tokens_of` tells whose cards may have been in a period.
    """
    accounts = Accounts()
    for period, rho in charges:
        for name in {name_of(token) for token in tokens_of(period)}:
            accounts.spent[name] = min(LIFE_CAP, accounts.spent.get(name, 0) + rho)
    return accounts
