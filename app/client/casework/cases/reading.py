"""A case is opened: its journal is followed, each part read in the newest version that counts."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final

from app import age
from app.client.casework.cases import lost, memory
from app.client.casework.cases.following import JOURNAL, authority, followed
from app.client.casework.cases.keys import Keys, with_parts
from app.client.machine import sealed
from app.client.machine.sealed import Key
from app.client.machine.staff import NotGranted, Staff
from app.client.machine.transport import Refused, Told
from app.protocol import case as rules
from app.protocol.case import CaseFile, PartType, RuleBroken, Said, SetAside, Whole, carried
from app.protocol.chain import Mark
from app.protocol.encoding import sha256_hex, unb64
from app.protocol.errors import NotAuthentic, ProtocolError, Rollback
from app.protocol.journal import Journal, NamedVersion
from app.protocol.members import Members
from app.protocol.opening import Opened
from app.protocol.types import TYPES

# In what this machine has seen: each report, by the hash of its file.
_REPORT: Final = "report"


@dataclass(frozen=True)
class SpoiledPart:
    """A part whose newest version does not count, and why; `version` is the one that is shown, if one is."""

    part: str
    version: int | None
    problem: str


@dataclass(frozen=True)
class ClosedPart:
    """A part with a key of its own that this person does not hold: the members who do, by the service's word."""

    part: str
    type: str
    holders: tuple[str, ...]


@dataclass(frozen=True)
class OpenCase:
    """A case as it was opened: its keys, its journal, and what its parts come to.

    `said` is what each part that counts says, in the order in which the journal first names them, `marks` the last file
    of each part, whether it counts or not: the next version follows it.
    """

    keys: Keys = field(repr=False)
    journal: Journal
    said: Mapping[str, Said] = field(repr=False)
    marks: Mapping[str, Mark] = field(repr=False)
    whole: Whole = field(repr=False)
    spoiled: tuple[SpoiledPart, ...] = ()

    @property
    def key(self) -> Key:
        """Of the case itself."""
        return self.keys.case

    @property
    def id(self) -> str:
        return self.key.subject

    @property
    def identity(self) -> age.HybridIdentity:
        return self.key.identity

    @property
    def file(self) -> CaseFile:
        """What the case says."""
        return self.whole.file

    @property
    def version(self) -> int:
        """The number of the newest entry of the journal."""
        return self.journal.mark.version

    @property
    def member_list(self) -> Members:
        return self.journal.members

    @property
    def members(self) -> frozenset[str]:
        """The ids of those who are members now."""
        return self.member_list.present

    @property
    def set_aside(self) -> tuple[SetAside, ...]:
        """Parts that are authentic, and do not fit into the case."""
        return self.whole.set_aside

    @property
    def closed(self) -> tuple[ClosedPart, ...]:
        """Parts that are there, and not for this person."""
        return tuple(
            ClosedPart(part, named[-1].note.type, self.keys.holders.get(part, ()))
            for part, named in self.journal.parts.items()
            if TYPES[named[-1].note.type].own_key
            and named[-1].note.sha256 is not None
            and part not in self.keys.own
            and part not in self.keys.faults
        )


def open_(staff: Staff, id_: str) -> OpenCase:
    """Read a case: its journal, and each part in the newest version that counts.

    A machine that knows nothing of it begins at the newest checkpoint that it can believe; `whole` reads the rest.

    What is junk, a stranger's, or breaks its type's rule is passed over and shown as such; it closes the case to
    nobody. Of each report in it, no other file is opened from then on. Raises `Rollback` where the service shows a
    journal without what this machine has seen, or this machine has seen another report; `NotGranted`, `NotMine`, and
    `NotAuthentic` where the first entry is none or the key is not the one that the journal names.
    """
    return _open(staff, id_, memory.find(staff, id_))


def look_after_loss(staff: Staff) -> dict[str, str]:
    """Open each case that this machine knows and has not opened since a loss, so that it is known what is gone of it.

    By case, why one does not open. A case of which the backup has nothing is forgotten, and counted among what is lost.
    """
    faults = dict[str, str]()
    for case in staff.seen.behind(JOURNAL) if staff.log.losses else ():
        try:
            open_(staff, case)
        except Refused as refusal:
            if refusal.type != "not-found":
                raise
            with suppress(Rollback):  # known from before the backup: it is hidden, or one is no member any more
                staff.seen.hold(JOURNAL, case, _check_absent)
        except NotGranted:
            faults[case] = "not granted"
        except ProtocolError as error:
            faults[case] = sealed.fault(error)
    return faults


def _check_absent(seen: Mark | None) -> None:
    if seen is not None:
        raise Rollback("journal")


def refreshed(staff: Staff, case: OpenCase) -> OpenCase:
    """The case as it is now, its journal followed from where it was read. Raises as `open_`."""
    return _open(staff, case.id, case.journal)


def reports_of(staff: Staff, case: OpenCase) -> dict[str, Told]:
    """What the service has of each report of the case, by the report's id."""
    return {str(item["id"]): item for item in staff.service.case_items(f"/cases/{case.id}/words")}


def put_together(keys: Keys, found: Journal, said: Mapping[str, Said], marks: Mapping[str, Mark]) -> OpenCase:
    """The case that these parts come to."""
    ordered = {part: said[part] for part in found.parts if part in said}
    return OpenCase(keys, found, ordered, marks, rules.put_together(ordered.values(), found.reports))


def versions(staff: Staff, case: OpenCase, part: str) -> list[tuple[NamedVersion, Said]]:
    """Every version of a part that counts, the first before all. Raises as `whole`."""
    case = whole(staff, case)
    return _versions(staff, case.keys, case.journal, part)


def check_history(staff: Staff, case: OpenCase) -> None:
    """Of each person who was written more than once, that every version says the same of who they are in numbers.

    Raises `RuleBroken` where one does not, and as `whole`.
    """
    case = whole(staff, case)
    for name, part in case.whole.parts.items():
        if name.type == PartType.PERSON and len(case.journal.parts[part]) > 1:
            counted = versions(staff, case, part)
            if not counted or counted[-1][1].body != case.said[part].body:
                raise RuleBroken("token-changed")


def whole(staff: Staff, case: OpenCase) -> OpenCase:
    """The case with its journal read from the first entry on: who acts on it goes by nobody's summary.

    Raises `NotAuthentic` where that was false, and what was shown of the case with it. From then on it opens rightly.
    """
    if not case.journal.since:
        return case
    read = _open(staff, case.id, None, from_first=True)
    if case.journal.since + 1 in read.journal.passed_over:
        raise NotAuthentic("checkpoint")
    return read


def _open(staff: Staff, id_: str, known: Journal | None, *, from_first: bool = False) -> OpenCase:
    """Its journal is followed from what is `known` of it; or from a checkpoint on, where that can be believed.

    Where a part counts for nothing, what it said before is looked for, and only all entries name that.
    """
    path, is_new = f"/cases/{id_}/contents", staff.seen.highest(JOURNAL, id_) is None
    if staff.losses_behind(JOURNAL, id_):
        newest = staff.seen.highest(JOURNAL, id_)
        case = _read(staff, id_, staff.service.get_case(path, after=0).json(), None, is_new=is_new)
        if known is not None and staff.seen.highest(JOURNAL, id_) != newest:
            lost.keep(staff, known, case.journal)
        return _remembered(staff, case)
    if known is None and is_new and not from_first:
        contents = staff.service.get_case(path, summed_up=True).json()
        try:
            case = _read(staff, id_, contents, None, is_new=True)
        except ProtocolError:
            if not contents["checkpoint"]:
                raise
        else:
            if not (case.journal.since and case.spoiled):
                return _remembered(staff, case)
    after = known.mark.version - 1 if known else 0  # its last entry is asked for once more: that it is there still
    contents = staff.service.get_case(path, after=after).json()
    case = _read(staff, id_, contents, known, is_new=is_new or from_first)
    return _remembered(staff, case, known)


def _read(staff: Staff, id_: str, contents: Mapping[str, Any], known: Journal | None, *, is_new: bool) -> OpenCase:
    key, found = followed(staff, id_, contents, known, is_new=is_new)
    if staff.person in found.over(staff.today):
        raise NotGranted(f"the case was given to this person until {found.guests[staff.person]}")
    return _read_parts(staff, with_parts(staff, key, found, contents["part_keys"]), found, contents["parts"])


def _remembered(staff: Staff, case: OpenCase, known: Journal | None = None) -> OpenCase:
    _remember(staff, case)
    if known is None or known.mark != case.journal.mark:
        memory.keep(staff, case.journal)
    return case


def _read_parts(staff: Staff, keys: Keys, found: Journal, items: Sequence[Mapping[str, Any]]) -> OpenCase:
    files = {str(item["id"]): (int(item["version"]), unb64(str(item["file"]))) for item in items}
    said, marks, spoiled = dict[str, Said](), dict[str, Mark](), list[SpoiledPart]()
    for part, named in found.parts.items():
        newest = named[-1]
        sha256 = newest.note.sha256
        if sha256 is None:
            continue  # it has ended, whatever file is there
        version, file = files.get(part, (0, None))
        marks[part] = _last_mark(Mark(newest.note.version, sha256), version, file)
        try:
            if keys.of(newest) is None:
                continue  # it is there, and not for this person
            if version < newest.note.version:
                raise NotAuthentic("missing")
            if version > newest.note.version:
                raise NotAuthentic("version")  # somebody stored a file that no entry names
            opened = _open_part(staff, keys, found, newest, file)
            if not rules.speaks_for_itself(opened, version):
                raise RuleBroken("coder")  # unless an earlier version says that it was not coded anew
            said[part] = opened
        except ProtocolError as error:
            before = _versions(staff, keys, found, part)
            shown, last = before[-1] if before else (None, None)
            if last is not None:
                said[part] = last
            if shown is not newest:
                spoiled.append(SpoiledPart(part, shown.note.version if shown else None, sealed.fault(error)))
    case = put_together(keys, found, said, marks)
    return replace(case, spoiled=tuple(spoiled))


def carried_on(staff: Staff, case: OpenCase, part: str) -> Mapping[str, Any]:
    """The body by which a part goes on in another case: what each has signed of it that counts, in this one and before.

    Where not all of it fits, the oldest is left out, but no word for which the newest cannot stand. Raises `RuleBroken`
    where not even that fits.
    """
    texts, said = list[str](), list[Said]()
    for named, version in _documents(staff, case.keys, case.journal, part):
        each = list(_each_said(staff, named, version))
        texts += [text for text, _ in each]
        said += [one for _, one in each]
    return carried.body(texts, [number for number, one in enumerate(said) if _stands_alone(one)])


def _stands_alone(said: Said) -> bool:
    with suppress(RuleBroken):
        rules.check_change(None, said)
        return True
    return False


def _versions(staff: Staff, keys: Keys, found: Journal, part: str) -> list[tuple[NamedVersion, Said]]:
    """Those that count, each held to the one before that does."""
    return [(named, _said(staff, named, version)) for named, version in _documents(staff, keys, found, part)]


def _documents(staff: Staff, keys: Keys, found: Journal, part: str) -> list[tuple[NamedVersion, Opened]]:
    files = _files_of(staff, keys.case.subject, part)
    counted, last = list[tuple[NamedVersion, Opened]](), None
    for named in found.parts.get(part, ()):
        with suppress(ProtocolError):
            document = _open_version(staff, keys, found, named, files.get(named.note.version))
            said = _said(staff, named, document)
            rules.check_change(last, said)
            counted.append((named, document))
            last = said
    return counted


def _files_of(staff: Staff, case: str, part: str) -> dict[int, bytes]:
    """The versions of a part by number; of one of which nothing is there, none."""
    try:
        items = staff.service.case_items(f"/cases/{case}/parts/{part}")
    except Refused as refusal:
        if refusal.type != "not-found":
            raise
        return {}
    return {int(item["version"]): unb64(str(item["file"])) for item in items}


def _open_part(staff: Staff, keys: Keys, found: Journal, named: NamedVersion, file: bytes | None) -> Said:
    """What a version says that an entry names. Raises `ProtocolError` where it counts for nothing."""
    return _said(staff, named, _open_version(staff, keys, found, named, file))


def _open_version(staff: Staff, keys: Keys, found: Journal, named: NamedVersion, file: bytes | None) -> Opened:
    note = named.note
    if file is None:
        raise NotAuthentic("missing")
    if sha256_hex(file) != note.sha256:
        raise NotAuthentic("part-hash")
    key = keys.of(named)
    if key is None:
        raise NotAuthentic("missing")
    document = sealed.open_(staff, key, note.type, file, writers={named.author})
    before = [each.note for each in found.parts[note.id] if each.note.version == note.version - 1]
    if document.mark.version != note.version:
        raise NotAuthentic("version")
    if before and document.link.previous != before[0].sha256:
        raise NotAuthentic("previous")
    return document


def _said(staff: Staff, named: NamedVersion, document: Opened) -> Said:
    """What it says; where it comes from another case, the last that was said of it there, each held to the one before.

    Of one that was written here, whoever reads the version before looks at what it may change of that.
    """
    said = None
    for _, after in _each_said(staff, named, document):
        if named.note.origin:
            rules.check_change(said, after)
        said = after
    if said is None:
        raise NotAuthentic("moved")
    return said


def _each_said(staff: Staff, named: NamedVersion, document: Opened) -> Iterator[tuple[str, Said]]:
    """What it says, as it was signed; or all that was said in other cases, each by who had signed it."""
    note = named.note
    each = [(document.document, named.author)]
    if note.origin:
        each = [*carried.documents(document.body, note.type, org=staff.org, author_of=authority(staff).author_of)]
    for signed, author in each:
        said = Said(note.id, note.type, signed.header.body, author)
        rules.check(said)
        if said.of != note.of:
            raise NotAuthentic("part-of")
        yield signed.text.decode(), said


def _last_mark(newest: Mark, version: int, file: bytes | None) -> Mark:
    if file is None or version < newest.version:
        return newest
    return Mark(version, sha256_hex(file))


def _remember(staff: Staff, case: OpenCase) -> None:
    """Only once all of it is believed: what is refused leaves no trace in what this machine has seen."""
    reports = {each.id: Mark(1, each.sha256, 1) for each in case.file.reports}
    if any(staff.seen.highest(_REPORT, report) not in (None, mark) for report, mark in reports.items()):
        raise Rollback("report")
    for report, mark in reports.items():
        staff.seen.record(_REPORT, report, mark)  # under whatever key: it is this one from now on
    staff.seen.record(JOURNAL, case.id, case.journal.mark)
