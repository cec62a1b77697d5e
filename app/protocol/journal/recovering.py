"""The one entry by somebody who is no member: a custodian adds those for whom another has peeled the case's key."""

from app.protocol.encoding import check_at
from app.protocol.errors import NotAuthentic
from app.protocol.journal.entry import Entry
from app.protocol.journal.seconding import Authority
from app.protocol.journal.state import Journal, Recovered
from app.protocol.opening import Opened
from app.protocol.pairs import check_custodians, check_days, read_act


def check(before: Journal, entry: Entry, document: Opened, text: str, *, by: Authority) -> Recovered:
    """What the two custodians do, whose act `text` is. Raises `NotAuthentic`.

    It is of the newest key, which turns before anything else is written: no act counts twice. It adds these people to
    the list, and says nothing else. The days are those of the two documents; no reader's clock decides anything.
    """
    header = document.document.header
    act, said = read_act(text, org=header.org, subject=before.case)
    first, second = by.author_of(document.document), by.author_of(act)
    check_custodians(act, first=first, second=second)
    written_on = check_at(header.at)
    check_days(act, written_on)
    generation = before.generation
    said.check_of(before.case, generation, before.keys.get((before.case, generation), ""))
    if said.until and said.until < written_on:
        raise NotAuthentic("recovery")
    people = frozenset(said.people)
    if entry != Entry(members=before.members.joined_by(people), recovery=text):
        raise NotAuthentic("recovery")
    return Recovered(people, first.person, second.person, written_on, document.mark.version, said.until)
