"""The keys of a case, of each generation, and those of its parts: which of them count, the journal names."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from app.client.machine.sealed import Key, key_in
from app.client.machine.staff import NotGranted, Staff
from app.protocol.documents import recipient_sha256
from app.protocol.encoding import unb64
from app.protocol.errors import ProtocolError
from app.protocol.journal import Journal, NamedVersion
from app.protocol.types import TYPES
from app.vocabulary import GrantKind


@dataclass(frozen=True)
class Keys:
    """The keys of a case, and by part those of their own that this person holds, or why they do not count.

    `holders` are by part, by the service's word: it can hide a grant, and make none.
    """

    case: Key = field(repr=False)
    own: Mapping[str, Key] = field(default_factory=dict, repr=False)
    faults: Mapping[str, ProtocolError] = field(default_factory=dict)
    holders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, named: NamedVersion) -> Key | None:
        """What opens a part, None where its key was not granted to this person. Raises `ProtocolError`."""
        note = named.note
        if not TYPES[note.type].own_key:
            return replace(self.case, subject=note.id).of(named.generation)
        if note.id in self.faults:
            raise self.faults[note.id]
        key = self.own.get(note.id)
        return key and key.of(named.generation)


def with_older(staff: Staff, granted: Sequence[Key], items: Iterable[Mapping[str, Any]]) -> Key:
    """The first of these keys with all older ones: the rest of these, and what lies sealed to one of them.

    So whoever holds the newest reads what is older. Which are those that the journal names, `named_by` tells.
    """
    newest = granted[0]
    left = [unb64(str(item["file"])) for item in items if item["grantee"] == newest.subject]
    found = list(granted)
    for holder in found:  # grows while it is walked over
        for file in list(left):
            with suppress(ProtocolError):
                grant = staff.open_grant(
                    file, newest.subject, {GrantKind.CASE}, grantee=newest.subject, identity=holder.identity
                )
                left.remove(file)
                found.append(key_in(grant))
    older = (each for each in found[1:] if each.generation < newest.generation)
    return replace(newest, older=tuple(sorted(older, key=lambda each: each.generation, reverse=True)))


def named_by(key: Key, found: Journal) -> Key:
    """With those older ones alone that the journal names, each once."""
    named = {
        each.generation: each
        for each in key.older
        if found.keys.get((key.subject, each.generation)) == recipient_sha256(each.identity.recipient)
    }
    return replace(key, older=tuple(named.values()))


def with_parts(staff: Staff, key: Key, found: Journal, items: Sequence[Mapping[str, Any]]) -> Keys:
    """With those of parts. A key that counts is the one that the journal names, whoever granted it."""
    own, faults, holders = dict[str, Key](), dict[str, ProtocolError](), dict[str, tuple[str, ...]]()
    for item in items:
        part = str(item["part"])
        holders[part] = tuple(map(str, item["holders"]))
        try:
            granted = staff.current_grants(item["grants"], part, {GrantKind.ASSIGNED})
        except NotGranted:
            continue
        except ProtocolError as error:
            faults[part] = error
            continue
        for number, grant in enumerate(granted):
            try:
                found.check_named(part, grant.header.generation, grant.header.recipient)
            except ProtocolError as error:
                faults.setdefault(part, error)
            else:
                own[part] = named_by(
                    with_older(staff, [key_in(each) for each in granted[number:]], item["grants"]), found
                )
                faults.pop(part, None)
                break
    return Keys(key, own, faults, holders)
