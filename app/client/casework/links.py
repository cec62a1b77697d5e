"""Links of a kind between cases: each says of the other under one random id, and neither says which that is."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace

from app.age import Error as AgeError
from app.client.casework import cases
from app.client.casework.cases import OpenCase
from app.client.machine.staff import NotGranted, Staff
from app.client.machine.transport import Refused
from app.protocol.case import Link, LinkKind, RuleBroken
from app.protocol.encoding import new_id
from app.protocol.errors import ProtocolError
from app.vocabulary import CaseStage


@dataclass(frozen=True)
class Linked:
    """A link of a case, and the others that this person works on and that have it too: none where they know of none."""

    id: str
    kind: LinkKind = field(repr=False)
    cases: tuple[str, ...] = field(repr=False)


def link(staff: Staff, one: OpenCase, other: OpenCase, kind: LinkKind) -> str:
    """Say in both that they have this to do with each other; the id of the link. Said again it is the same.

    Interrupted between the two, it is said once more by the same. Raises `RuleBroken` for one case, and as
    `cases.write`.
    """
    if one.id == other.id:
        raise RuleBroken("link-to-itself")
    there = {each.id for each in one.file.links} & {each.id for each in other.file.links}
    for each in one.file.links:
        if each.id in there and each.kind is kind:
            return each.id
    new = Link(new_id("link"), kind)
    for case in (one, other):
        cases.write(staff, case, replace(case.file, links=(*case.file.links, new)))
    return new.id


def unlink(staff: Staff, case: OpenCase, link: str) -> None:
    """Take a link back, in the case and in every other of this person's that has it. Raises `RuleBroken` where it has
    none such."""
    if link not in {each.id for each in case.file.links}:
        raise RuleBroken("no-such-link")
    for each in (case, *(other for other in _others(staff, case) if link in {it.id for it in other.file.links})):
        kept = tuple(it for it in each.file.links if it.id != link)
        cases.write(staff, each, replace(each.file, links=kept))


def carry(staff: Staff, case: OpenCase, into: OpenCase) -> OpenCase:
    """Say in a case too what another has to do with others, before it is merged into this; as this is then.

    Where that is undone, both have them: what was said of one was said of both by then. Raises as `cases.write`.
    """
    there = {each.id for each in into.file.links}
    more = tuple(each for each in case.file.links if each.id not in there)
    return cases.write(staff, into, replace(into.file, links=(*into.file.links, *more))) if more else into


def links(staff: Staff, case: OpenCase) -> list[Linked]:
    """The links of a case, with the cases behind them that this person works on."""
    others = list(_others(staff, case)) if case.file.links else []
    return [
        Linked(link.id, link.kind, tuple(each.id for each in others if link in each.file.links))
        for link in case.file.links
    ]


def _others(staff: Staff, case: OpenCase) -> Iterator[OpenCase]:
    """One that does not open keeps none of the others from view. What a merged case was linked to, the other is."""
    for view in cases.list_(staff):
        is_other = view.id != case.id and view.stage is not CaseStage.MERGED
        if is_other and staff.person in view.members:
            with suppress(ProtocolError, AgeError, NotGranted, Refused):
                yield cases.open_(staff, view.id)
