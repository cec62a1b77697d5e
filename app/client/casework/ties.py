"""One human being over several cases: whoever may open both says so, and a colleague who may open both signs it.

The case whose person is the newer holds the tie, and it does not say which the other is: some of its members may not
know of that one. Whose token it is, whoever may open the other case finds in it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date

from app.age import Error as AgeError
from app.client.casework import cases
from app.client.casework.cases import OpenCase
from app.client.machine.staff import NotGranted, Staff
from app.client.machine.transport import Refused
from app.protocol.card import TokenCard
from app.protocol.case import CaseFile, Name, PartType, asked_ties, tied, untied
from app.protocol.errors import NotAuthentic, ProtocolError
from app.protocol.types import TYPES


@dataclass(frozen=True)
class Someone:
    """A person of a case, as somebody has opened it."""

    case: OpenCase = field(repr=False)
    person: str

    @property
    def file(self) -> CaseFile:
        return self.case.file

    @property
    def token(self) -> str:
        """Their own, whatever they are tied to."""
        return self.file.person(self.person).token

    @property
    def since(self) -> tuple[date, str]:
        """Who was entered first has the older token; of one day the lesser stands for it."""
        part = self.case.whole.parts[Name(PartType.PERSON, self.person)]
        return self.case.journal.parts[part][0].day, self.token


@dataclass(frozen=True)
class AskedTie:
    """What somebody is asked to sign of a person: they are one with `other`, or are not; as their own client found."""

    person: str
    other: Someone = field(repr=False)
    card: TokenCard = field(repr=False)


def someone(staff: Staff, case: OpenCase, person: str) -> Someone:
    """Raises `RuleBroken` where the case knows nobody of this id."""
    case = cases.whole(staff, case)
    case.file.person(person)
    return Someone(case, person)


def say(staff: Staff, one: Someone, other: Someone) -> Someone:
    """Say that both are one human being: gives back the newer one, whose case says so from now on.

    Nothing is counted otherwise before another person has signed it. Saying it again changes nothing. Raises
    `RuleBroken` for one person of one case, and as `cases.write`.
    """
    older, newer = sorted((one, other), key=lambda each: each.since)
    return _written(staff, newer, tied(newer.file, newer.person, token=older.token, by=staff.person))


def take_back(staff: Staff, one: Someone, other: Someone) -> Someone:
    """Say that they are not one, though that was said: gives back whose case says so. As `say`."""
    older, newer = sorted((one, other), key=lambda each: each.since)
    return _written(staff, newer, untied(newer.file, newer.person, token=older.token, by=staff.person))


def elsewhere(staff: Staff, case: OpenCase, people: Collection[str]) -> Iterator[tuple[str, Someone]]:
    """Each of these people of the case with whoever two have signed for being the same human being, as far as this
    person works on their cases. All of these are opened, so that the service learns of none which it is.
    """
    everybody = list(_people(staff)) if people else []
    next_to = defaultdict[str, set[str]](set)
    for each in everybody:
        for tie in each.file.ties:
            if tie.person == each.person and tie.holds:
                next_to[each.token].add(tie.token)
                next_to[tie.token].add(each.token)
    for person in people:
        tokens = _reached(next_to, case.file.person(person).token)
        for each in everybody:
            if each.token in tokens and (each.case.id, each.person) != (case.id, person):
                yield person, each


def _reached(next_to: Mapping[str, AbstractSet[str]], token: str) -> frozenset[str]:
    """This one, and all to which ties lead from it."""
    found, left = set[str](), [token]
    while left:
        found.add(one := left.pop())
        left += next_to.get(one, frozenset()) - found
    return frozenset(found)


def asked(staff: Staff, file: CaseFile) -> tuple[tuple[AskedTie, ...], int]:
    """What this person is asked to sign of people over cases, and of how many others whose other case they do not know.

    `file` is what the case says by now. Of the latter they sign nothing: somebody who may open both cases does.
    """
    ties = asked_ties(file, staff.person)
    if not ties:
        return (), 0
    there = {each.token: each for each in _people(staff)}
    found = tuple(
        AskedTie(tie.person, there[tie.token], tie.content(file.person(tie.person).token))
        for tie in ties
        if tie.token in there
    )
    return found, len(ties) - len(found)


def check_signers(staff: Staff, file: CaseFile) -> None:
    """Two people who may, at some time, have signed each tie that counts. Raises `NotAuthentic`."""
    for signature in (each for tie in file.ties for each in tie.signed):
        if not staff.trust.ever_certified(signature.by, signature.key).roles & TYPES["card"].roles:
            raise NotAuthentic("role")


def _written(staff: Staff, of: Someone, file: CaseFile) -> Someone:
    return of if file == of.file else replace(of, case=cases.write(staff, of.case, file))


def _people(staff: Staff) -> Iterator[Someone]:
    """Those of every case that this person works on. One that does not open keeps none of the others from view."""
    for view in cases.list_(staff):
        if staff.person in view.members:
            with suppress(ProtocolError, AgeError, NotGranted, Refused):
                case = cases.open_(staff, view.id)
                yield from (Someone(case, each.id) for each in case.file.persons)
