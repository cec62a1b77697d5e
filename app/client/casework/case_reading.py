"""Reading a case: its key, the list of its members, and its versions, each held to what this machine has seen."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from app import age
from app.client.machine.staff import Staff
from app.protocol import case, chain, members
from app.protocol.case import CaseFile
from app.protocol.chain import Mark
from app.protocol.encoding import sha256_hex, unb64
from app.protocol.errors import NotAuthentic, ProtocolError, Rollback
from app.protocol.grants import OpenedGrant
from app.protocol.opening import Asked, Opened, hold_to_seen


@dataclass(frozen=True)
class OpenCase:
    """A case as it was opened: its newest document, its key, and the authentic list of its members."""

    id: str
    identity: age.HybridIdentity = field(repr=False)
    generation: int
    version: int
    sha256: str
    author: str
    file: CaseFile = field(repr=False)
    members: frozenset[str]
    ever_members: frozenset[str]
    last_statement: Opened = field(repr=False)
    # Versions that count for nothing: junk, or by somebody who was never there. Their files stay where they are.
    passed_over: tuple[int, ...] = ()


def open_(staff: Staff, id_: str) -> OpenCase:
    """Read a case, after the whole chain of its members and all versions that this machine has not seen.

    Raises `NotGranted`, `NotMine` and `NotAuthentic`, and `RuleBroken` where the newest unsays something: its author's
    client should not have sealed it, and no reader takes its word. Where it is at fault, `restore` leads back. Of each
    report in it, no other file is opened from then on; `Rollback` where this machine has seen another.
    """
    key = _key(staff, id_)
    shown = staff.service.get(f"/cases/{id_}/document").json()
    opened = _open_file(staff, key, unb64(str(shown["document"])), writers=key.members)
    header = opened.document.header
    file = CaseFile.read(header.body)
    seen = staff.seen.highest("case", id_)
    passed_over: tuple[int, ...] = ()
    if seen is None or header.version > seen.version:
        past = _past(staff, key, until=header.version - 1)
        chain.check_next(opened.link, past.last, reason="previous")
        case.check_successor(past.file or case.NOTHING, file, author=str(header.author))
        passed_over = past.passed_over
    reports = {each.id: Mark(1, each.sha256, 1) for each in file.reports}
    if any(staff.seen.highest("report", report) not in (None, mark) for report, mark in reports.items()):
        raise Rollback("report")
    # Only now: what is refused leaves no trace in what this machine has seen.
    for report, mark in reports.items():
        staff.seen.record("report", report, mark)  # under whatever key: it is this one from now on
    hold_to_seen(key.last_statement, staff.seen)
    hold_to_seen(opened, staff.seen)
    return _opened(key, _Version(file, str(header.author), opened.mark, passed_over))


def open_version(staff: Staff, opened: OpenCase, version: int) -> tuple[CaseFile, str]:
    """An earlier version, by whoever was on the list then, and the hash of its file."""
    shown = staff.service.get(f"/cases/{opened.id}/documents/{version}").json()
    asked = Asked("case", staff.org, opened.id, writers=opened.ever_members)
    found = staff.open_document(unb64(str(shown["document"])), opened.identity, asked, remember=False)
    if found.document.header.version != version:
        raise NotAuthentic("version")
    return CaseFile.read(found.document.header.body), found.sha256


def newest_that_counts(staff: Staff, id_: str) -> OpenCase:
    """The newest version that counts, as if it were the newest of all, so that the next one can be written over those
    that do not. Raises `Rollback` where the service shows less than was seen.
    """
    key = _key(staff, id_)
    newest = int(staff.service.get(f"/cases/{id_}/document").json()["version"])
    return _opened(key, _past(staff, key, until=newest))


@dataclass(frozen=True)
class _Key:
    """The key of a case, from somebody who may grant it, and the authentic list of who works there."""

    case: str
    grant: OpenedGrant = field(repr=False)
    members: frozenset[str]
    ever_members: frozenset[str]
    last_statement: Opened = field(repr=False)


def _key(staff: Staff, id_: str) -> _Key:
    grant = staff.case_grant(id_)
    chain = _chain(staff, id_, grant.identity)
    ever = frozenset[str]().union(*(members.read(link.document.header.body) for link in chain))
    if grant.header.grantor not in ever:
        raise NotAuthentic("grantor")
    return _Key(id_, grant, members.members_of(chain, staff.seen.highest("members", id_)), ever, chain[-1])


def _open_file(staff: Staff, key: _Key, file: bytes, *, writers: AbstractSet[str]) -> Opened:
    asked = Asked("case", staff.org, key.case, writers=writers)
    return staff.open_document(file, key.grant.identity, asked, remember=False)


@dataclass(frozen=True)
class _Version:
    """The newest version that counts, None before the first; `last` is the last one, whether it counts or not."""

    file: CaseFile | None = field(repr=False)
    author: str
    last: Mark | None
    passed_over: tuple[int, ...]


def _opened(key: _Key, found: _Version) -> OpenCase:
    if found.file is None or found.last is None:
        raise Rollback("version")
    return OpenCase(
        id=key.case,
        identity=key.grant.identity,
        generation=key.grant.header.generation,
        version=found.last.version,
        sha256=found.last.sha256,
        author=found.author,
        file=found.file,
        members=key.members,
        ever_members=key.ever_members,
        last_statement=key.last_statement,
        passed_over=found.passed_over,
    )


def _past(staff: Staff, key: _Key, *, until: int) -> _Version:
    """What version `until` comes to, read from the one that this machine saw last, or from the first.

    Each names the file before, or a history of somebody else's would only have to be longer by two, and unsays nothing
    of the one before. Any member can store a file that is no version of the case: it is passed over, or one of them
    could close the case to all.
    """
    seen = staff.seen.highest("case", key.case)
    past = _Version(None, "", None, ())
    for version in range(seen.version if seen else 1, until + 1):
        file = unb64(str(staff.service.get(f"/cases/{key.case}/documents/{version}").json()["document"]))
        mark = Mark(version, sha256_hex(file))
        is_seen = seen is not None and version == seen.version
        if seen and is_seen and mark.sha256 != seen.sha256:
            raise Rollback("version")
        try:
            opened = _open_file(staff, key, file, writers=key.ever_members)
            author, said = str(opened.document.header.author), CaseFile.read(opened.document.header.body)
            if not is_seen:
                chain.check_next(opened.link, past.last, reason="previous")
                case.check_successor(past.file or case.NOTHING, said, author=author)
            past = _Version(said, author, mark, past.passed_over)
        except ProtocolError:
            past = replace(past, last=mark, passed_over=(*past.passed_over, version))
    return past


def _chain(staff: Staff, id_: str, identity: age.HybridIdentity) -> list[Opened]:
    items = staff.service.get(f"/cases/{id_}/members").json()["items"]
    asked = Asked("members", staff.org, id_)
    files = [unb64(str(item["statement"])) for item in items]
    return [staff.open_document(file, identity, asked, remember=False) for file in files]
