"""The document of a case: read in its newest version that counts, each held to the one before, and written on."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from app import age
from app.client.casework.cases import members
from app.client.machine import sealed
from app.client.machine.sealed import Key
from app.client.machine.staff import Staff
from app.protocol import chain
from app.protocol.case import NOTHING, CaseFile, check_successor
from app.protocol.chain import Mark
from app.protocol.encoding import sha256_hex, unb64
from app.protocol.errors import NotAuthentic, ProtocolError, Rollback
from app.protocol.members import Members
from app.protocol.opening import Opened


@dataclass(frozen=True)
class OpenCase:
    """A case as it was opened: its key, the authentic list of its members, its newest document that counts.

    `mark` is that one's, `last` that of the last file in the chain, which the next version follows.
    """

    key: Key = field(repr=False)
    member_list: Members = field(repr=False)
    mark: Mark
    last: Mark
    author: str
    file: CaseFile = field(repr=False)
    # Versions that count for nothing: junk, or by somebody who was never there. Their files stay where they are.
    passed_over: tuple[int, ...] = ()

    @property
    def id(self) -> str:
        return self.key.subject

    @property
    def identity(self) -> age.HybridIdentity:
        return self.key.identity

    @property
    def version(self) -> int:
        return self.mark.version

    @property
    def sha256(self) -> str:
        """Of the file of this version: what an approval names."""
        return self.mark.sha256

    @property
    def members(self) -> frozenset[str]:
        """The ids of those who are members now."""
        return self.member_list.present


def open_(staff: Staff, id_: str) -> OpenCase:
    """Read a case, after the whole chain of its members and all versions that this machine has not seen.

    Where the newest file is no version of the case, or unsays something, it is passed over like any before, and the
    case is as the last version says that counts. Its author is a member now, or `NotAuthentic` is raised: whoever
    opens it must vouch for what somebody wrote who is gone (`restore`). Of each report in it, no other file is opened
    from then on; `Rollback` where this machine has seen another. Raises `NotGranted`, `NotMine` and `NotAuthentic`
    where no version counts, and `RuleBroken`.
    """
    key, member_list = members.open_list(staff, id_)
    version, newest_file = _fetch_newest(staff, id_)
    try:
        open_case = _open_newest(staff, key, member_list, newest_file)
    except ProtocolError as fault:
        open_case = _open_before(staff, key, member_list, version, fault)
    reports = {each.id: Mark(1, each.sha256, 1) for each in open_case.file.reports}
    if any(staff.seen.highest("report", report) not in (None, mark) for report, mark in reports.items()):
        raise Rollback("report")
    # Only now: what is refused leaves no trace in what this machine has seen.
    for report, mark in reports.items():
        staff.seen.record("report", report, mark)  # under whatever key: it is this one from now on
    staff.seen.record("members", id_, replace(member_list.mark, generation=key.generation))
    staff.seen.record("case", id_, open_case.mark)
    return open_case


def _open_before(staff: Staff, key: Key, member_list: Members, version: int, fault: ProtocolError) -> OpenCase:
    """The newest version before the file that is at fault. Raises `fault` where there is none to go on from."""
    newest_mark = staff.seen.highest("case", key.subject)
    if isinstance(fault, Rollback) or (newest_mark and version <= newest_mark.version):
        raise fault
    past = _past(staff, key, member_list, until=version)
    if past.file is None or past.mark is None or past.last is None:
        raise fault
    if past.mark.version == version or past.author not in member_list.present:
        raise fault
    return OpenCase(key, member_list, past.mark, past.last, past.author, past.file, past.passed_over)


def _open_newest(staff: Staff, key: Key, member_list: Members, sealed_file: str) -> OpenCase:
    newest = _read(staff, key, sealed_file, writers=member_list.present)
    file, author = CaseFile.read(newest.document.header.body), str(newest.document.header.author)
    newest_mark = staff.seen.highest("case", key.subject)
    passed_over: tuple[int, ...] = ()
    if newest_mark is None or newest.mark.version > newest_mark.version:
        past = _past(staff, key, member_list, until=newest.mark.version - 1)
        chain.check_next(newest.link, past.last, reason="previous")
        check_successor(past.file or NOTHING, file, author=author)
        passed_over = past.passed_over
    chain.check_not_older(newest.link, newest_mark)
    return OpenCase(key, member_list, newest.mark, newest.mark, author, file, passed_over)


def open_version(staff: Staff, case: OpenCase, version: int) -> tuple[CaseFile, str]:
    """An earlier version, by whoever was on the list then, and the hash of its file."""
    document = _read(staff, case.key, _fetch(staff, case.id, version), writers=case.member_list.ever)
    if document.mark.version != version:
        raise NotAuthentic("version")
    return CaseFile.read(document.document.header.body), document.sha256


def write(staff: Staff, case: OpenCase, file: CaseFile) -> OpenCase:
    """Seal and store the next version. Raises `RuleBroken` for what unsays an earlier one.

    Raises `Refused` (`stale-version`) where a colleague was faster: open the case again.
    """
    check_successor(case.file, file, author=staff.person)
    document = sealed.write(staff, case.key, "case", file.body(), after=case.last)
    staff.service.put(f"/cases/{case.id}/document", {"document": document.file}, version=case.last.version)
    staff.seen.record("case", case.id, document.mark)
    return replace(case, mark=document.mark, last=document.mark, author=staff.person, file=file)


def restore(staff: Staff, id_: str) -> OpenCase:
    """Write the newest version that counts once more, over those after it that do not, so that the case opens again.

    For where its author left after writing it. What they said stays under the rules of every next version; the caller
    vouches for it. Raises `Rollback` where the service shows less than was seen.
    """
    key, member_list = members.open_list(staff, id_)
    newest, _ = _fetch_newest(staff, id_)
    past = _past(staff, key, member_list, until=newest)
    if past.file is None or past.mark is None or past.last is None:
        raise Rollback("version")
    open_case = OpenCase(key, member_list, past.mark, past.last, past.author, past.file, past.passed_over)
    return write(staff, open_case, past.file)


@dataclass(frozen=True)
class _Past:
    """The newest version that counts, None before the first; `last` is the last one, whether it counts or not."""

    file: CaseFile | None = field(default=None, repr=False)
    mark: Mark | None = None
    author: str = ""
    last: Mark | None = None
    passed_over: tuple[int, ...] = ()


def _past(staff: Staff, key: Key, member_list: Members, *, until: int) -> _Past:
    """What version `until` comes to, read from the one that this machine saw last, or from the first.

    Each names the file before, or a history of somebody else's would only have to be longer by two, and unsays nothing
    of the one before. Any member can store a file that is no version of the case: it is passed over, or one of them
    could close the case to all.
    """
    newest_mark = staff.seen.highest("case", key.subject)
    past = _Past()
    for version in range(newest_mark.version if newest_mark else 1, until + 1):
        file = _fetch(staff, key.subject, version)
        mark = Mark(version, sha256_hex(unb64(file)), key.generation)
        is_seen = newest_mark is not None and version == newest_mark.version
        if newest_mark and is_seen and mark.sha256 != newest_mark.sha256:
            raise Rollback("version")
        try:
            document = _read(staff, key, file, writers=member_list.ever)
            author, case_file = str(document.document.header.author), CaseFile.read(document.document.header.body)
            if not is_seen:
                chain.check_next(document.link, past.last, reason="previous")
                check_successor(past.file or NOTHING, case_file, author=author)
            past = _Past(case_file, mark, author, mark, past.passed_over)
        except ProtocolError:
            past = replace(past, last=mark, passed_over=(*past.passed_over, version))
    return past


def _read(staff: Staff, key: Key, file: str, *, writers: AbstractSet[str]) -> Opened:
    return sealed.read(staff, key, "case", file, writers=writers)


def _fetch_newest(staff: Staff, id_: str) -> tuple[int, str]:
    answer = staff.service.get(f"/cases/{id_}/document").json()
    return int(answer["version"]), str(answer["document"])


def _fetch(staff: Staff, id_: str, version: int) -> str:
    return str(staff.service.get(f"/cases/{id_}/documents/{version}").json()["document"])
