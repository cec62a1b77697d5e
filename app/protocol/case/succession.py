"""The rules of a change: what it may add, and what it can never unsay (CASEWORK § 1)."""

from collections.abc import Iterable

from app.protocol.case.errors import RuleBroken
from app.protocol.case.file import CaseFile
from app.protocol.case.parts import CardNote, Incident, Tie
from app.protocol.case.values import plain
from app.protocol.selectors import Selector


def check_successor(old: CaseFile, new: CaseFile, *, author: str) -> None:
    """A change may add, never unsay: no person, incident, assertion, verdict, card, selector or report is lost.

    `author` is who writes it, and nobody writes in another's name: a coding that is new or changed is theirs, and so is
    a verdict. Raises `RuleBroken`.
    """
    new.check()
    if new.reports != old.reports:
        raise RuleBroken("reports-changed")  # which join by an entry of the journal
    if {person.id for person in old.persons} - {person.id for person in new.persons}:
        raise RuleBroken("persons-lost")
    if {_spelling(each) for each in old.selectors} - {_spelling(each) for each in new.selectors}:
        raise RuleBroken("selectors-lost")
    if {identity.person for identity in old.identities} - {identity.person for identity in new.identities}:
        raise RuleBroken("identities-lost")
    tokens = {person.id: person.token for person in old.persons}
    if any(tokens.get(person.id, person.token) != person.token for person in new.persons):
        raise RuleBroken("token-changed")
    earlier = {incident.id: incident for incident in old.incidents}
    if earlier.keys() - {incident.id for incident in new.incidents}:
        raise RuleBroken("incidents-lost")
    for incident in new.incidents:
        _check_growth(earlier.get(incident.id), incident, author)
    _check_cards(old.cards, new.cards)
    _check_ties(old.ties, new.ties, author)
    _check_work(old, new)


def _check_growth(before: Incident | None, after: Incident, author: str) -> None:
    assertions, verdicts = (before.assertions, before.verdicts) if before else ((), ())
    if after.assertions[: len(assertions)] != assertions:
        raise RuleBroken("assertions-changed")
    if after.verdicts[: len(verdicts)] != verdicts:
        raise RuleBroken("verdicts-changed")
    if any(verdict.by != author for verdict in after.verdicts[len(verdicts) :]):
        raise RuleBroken("verdict-of-another")
    if after.coder != (before.coder if before and _is_coded_alike(before, after) else author):
        raise RuleBroken("coder")


def _check_ties(before: Iterable[Tie], after: Iterable[Tie], author: str) -> None:
    """Who says it once says it in their name; none is lost, and a signed one is parted by its next revision alone."""
    earlier, later = ({tie.name: tie for tie in ties} for ties in (before, after))
    if earlier.keys() - later.keys():
        raise RuleBroken("ties-lost")
    for name, now in later.items():
        then = earlier.get(name)
        is_said = then is None or then.revision != now.revision
        if now.by != (author if is_said else then and then.by):
            raise RuleBroken("tie")
        if then and (now.revision < then.revision or (not is_said and then.signed and now.signed != then.signed)):
            raise RuleBroken("ties-lost")


def _check_work(old: CaseFile, new: CaseFile) -> None:
    for before, after in ((old.assessment, new.assessment), (old.plan, new.plan), (old.closing, new.closing)):
        if before and after is None:
            raise RuleBroken("work-lost")
    if {task.id for task in old.tasks} - {task.id for task in new.tasks}:
        raise RuleBroken("work-lost")
    if new.notes[: len(old.notes)] != old.notes:
        raise RuleBroken("notes-changed")


def _spelling(selector: Selector) -> tuple[str, str]:
    return selector.type, selector.normalised


def _is_coded_alike(before: Incident, after: Incident) -> bool:
    return (plain(before.coding), before.affected) == (plain(after.coding), after.affected)


def _check_cards(before: Iterable[CardNote], after: Iterable[CardNote]) -> None:
    notes = {note.id: note for note in after}
    for note in before:
        now = notes.get(note.id)
        if now is None or now.incident != note.incident:
            raise RuleBroken("cards-lost")
        if (now.revision, now.written) < (note.revision, note.written) or now.withdrawn < note.withdrawn:
            raise RuleBroken("cards-lost")
