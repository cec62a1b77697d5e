"""What the reporters of a case say of it: in their reports, and in their mailboxes since.

Their newest word counts everywhere, and nobody else's memory of it: whoever asks for a card, approves or writes one
looks first. A person's own answer stands before that of somebody who reported for them; of several reporters who tell
of a person one *no* is enough.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.client.casework import cases
from app.client.casework.cases import OpenCase
from app.client.casework.reports import opened, threads
from app.client.machine.staff import NotGranted, Staff
from app.protocol.case import Affected, CaseFile
from app.protocol.encoding import unb64
from app.protocol.errors import ProtocolError
from app.protocol.report import Report
from app.vocabulary import ConsentScope, ConsentStatus, Relation


@dataclass(frozen=True)
class Word:
    """What the reporter of a report of the case says of it, as far as this person can read it.

    `counts`: whether they let what they reported be counted, None where they have said nothing since; `newest` is then
    what the report says. `of_themselves`: whether they may be one of these people. `taken_back`: by the secret that
    leaves their device for nothing else. `said` is the report, None where it is gone or does not open.
    """

    report: str
    counts: bool | None
    of_themselves: bool
    taken_back: bool = False
    is_gone: bool = False
    said: Report | None = field(default=None, repr=False)

    @property
    def newest(self) -> bool:
        """Their last answer about being counted, be it that of the report itself."""
        if self.counts is None and self.said:
            return ConsentScope.STATISTICS in self.said.form.consents
        return bool(self.counts)


def heard(staff: Staff, case: OpenCase) -> CaseFile:
    """What the case says, with the answers of its people as its reporters' newest words leave them. As `of_case`."""
    return as_said(case.file, of_case(staff, case))


def entered(staff: Staff, case: OpenCase, file: CaseFile) -> CaseFile:
    """What is to be written, with the newest answer of the reporters who tell of somebody new as theirs, where nobody
    has written down one. As `of_case`.
    """
    there = {person.id for person in case.file.persons}
    new = [each for each in file.persons if each.id not in there and each.by_reporter is None]
    if not new:
        return file
    words = of_case(staff, case)
    tied = {each.id: replace(each, by_reporter=_of_reporters(each, words)) for each in new}
    return replace(file, persons=tuple(tied.get(each.id, each) for each in file.persons))


def as_said(file: CaseFile, words: Collection[Word]) -> CaseFile:
    """The same, as these words leave them."""
    return replace(file, persons=tuple(_answered(person, words) for person in file.persons))


def of_case(staff: Staff, case: OpenCase) -> tuple[Word, ...]:
    """Of every report of the case, in the order of their ids.

    One of which the service shows nothing counts for a *no*. Raises `Rollback` where a post is missing that this
    machine has seen.
    """
    shown = cases.reports_of(staff, case)
    joined = {each.id for each in case.journal.reports}
    return tuple(_word(staff, case, id_, shown.get(id_)) for id_ in sorted(joined | shown.keys()))


def no_of(file: CaseFile, among: Collection[Word]) -> dict[str, bool]:
    """Who of these people is to be counted no more, because a reporter who tells of them has said so since; and whether
    that was themselves. What a report did not tick, or is gone, says nothing of other cases.
    """
    said_no = [each for each in among if each.counts is False and each.said]
    found = dict[str, bool]()
    for person in file.persons:
        for word in (each for each in said_no if person.is_told_by(each.report)):
            themselves = person.relation is Relation.SELF and word.of_themselves
            found[person.id] = found.get(person.id, False) or themselves
    return found


def destroyed(staff: Staff, case: OpenCase) -> list[str]:
    """The ids of the case's reports that nobody opens any more, as the service says."""
    return sorted(id_ for id_, item in cases.reports_of(staff, case).items() if item["destroyed"])


def taken_back(file: CaseFile) -> frozenset[str]:
    """The ids of those who agreed to be counted, or for whom a reporter did, and do no longer."""
    return frozenset(
        each.id
        for each in file.persons
        if ConsentStatus.WITHDRAWN in (each.statistics, each.by_reporter) and not _gave(each)
    )


def _gave(person: Affected) -> bool:
    return ConsentStatus.GIVEN in (person.statistics, person.by_reporter)


def _of_reporters(person: Affected, among: Collection[Word]) -> ConsentStatus | None:
    words = [each for each in among if person.is_told_by(each.report)]
    return (ConsentStatus.GIVEN if all(each.newest for each in words) else ConsentStatus.DECLINED) if words else None


def _answered(person: Affected, among: Collection[Word]) -> Affected:
    """A *yes* that somebody recorded ends with the *no*; only a reporter's own *yes* brings theirs back.

    What the report itself says is older than what its people have answered since, and no answer of theirs.
    """
    given, withdrawn = ConsentStatus.GIVEN, ConsentStatus.WITHDRAWN
    words = [each for each in among if person.is_told_by(each.report)]
    if any(not each.newest for each in words):
        by_reporter = withdrawn if person.by_reporter is given else person.by_reporter
        said_no = [each for each in words if each.counts is False]
        theirs = person.relation is Relation.SELF and any(each.of_themselves for each in said_no)
        own = withdrawn if theirs and person.statistics is given else person.statistics
        return replace(person, by_reporter=by_reporter, statistics=own)
    if any(each.counts for each in words):
        return replace(person, by_reporter=given)
    return person


def _word(staff: Staff, case: OpenCase, id_: str, item: Mapping[str, Any] | None) -> Word:
    # Of one that is gone, or opens for nobody by its case's key, whoever it is of has said nothing else.
    nothing = Word(id_, counts=False, of_themselves=True, is_gone=item is not None and item["destroyed"])
    if item is None or nothing.is_gone:
        return nothing
    sent = [(str(each["grantee"]), unb64(str(each["file"]))) for each in item["grants"]]
    try:
        key = opened.key_of(opened.grants_to_case(staff, id_, sent, case.key, case.journal))
        _, said = opened.read_sealed(staff, id_, unb64(str(item["body"])), key)
    except (ProtocolError, NotGranted):
        return nothing
    # Whoever has the token can post: what is none of the reporter's says nothing.
    posts, _ = threads.read_posts(staff, id_, key, said, item["messages"])
    about = said.form.answers.get("about_whom", (Relation.SELF,))
    # By the secret alone: a reporter whose mailbox somebody has spoilt can say no more than that.
    taken_back = any(threads.is_secret(each["secret"], said.withdrawal) for each in item["messages"])
    counts = False if taken_back else threads.newest_answers(posts).get(ConsentScope.STATISTICS)
    return Word(id_, counts, of_themselves=Relation.SELF in about, taken_back=taken_back, said=said)
