"""A reporter's withdrawal is carried out in a case: first its cards leave, then all that comes from the report ends.

The ids of the cards stand in the case alone. So whoever ends it has sent all their withdrawals from this very machine,
or another of theirs: what is lost on the way is sent again by whoever comes next, and nothing is left half done.
"""

from dataclasses import replace

from app.client.casework import cases, withdrawals, words
from app.client.casework.cases import OpenCase, ending
from app.client.casework.reports import threads
from app.client.casework.withdrawals import Leaving
from app.client.machine.staff import Staff
from app.client.statistics import cards
from app.protocol.case import not_counted
from app.protocol.errors import NotAuthentic
from app.protocol.journal import Ending


def carry_out(staff: Staff, case_id: str) -> bool:
    """Do what can be done of it now; whether all is. Withdrawals of cards that still wait for their hour keep it back.

    Every step can be done again. Raises `NotAuthentic` where no reporter's secret shows that there is anything to do,
    `NotGranted`, `Refused` and `Unreachable`.
    """
    case = cases.whole(staff, cases.open_(staff, case_id))
    case, leaving = _taken_back(staff, case)
    if not leaving:
        raise NotAuthentic("withdrawal")
    while due := next((each for each in leaving if cards.are_gone(staff, case.file, each.incidents)), None):
        case = _end(staff, case, due)
        if not due.goes_on:
            return True
        case, leaving = _taken_back(staff, case)  # with one less in the case the next may be the last
    return not leaving


def end_agreed(staff: Staff, case: OpenCase, act: Ending, approval: str) -> OpenCase | None:
    """Let parts of a case end as another person has approved, once this person's machines have sent the withdrawals of
    their cards; None as long as these wait for their hour. Raises as `ending.end_agreed`.
    """
    incidents = {str(case.journal.parts[each][-1].note.of) for each in act.ids if each in case.journal.parts}
    case = cards.take_back(staff, case, case.file, incidents)
    if not cards.are_gone(staff, case.file, incidents):
        return None
    ended = ending.end_agreed(staff, case, act, approval)
    for note in case.file.cards:
        if note.incident in incidents:
            cards.forget(staff, note)
    return ended


def _taken_back(staff: Staff, case: OpenCase) -> tuple[OpenCase, list[Leaving]]:
    """What was taken back out of the case, whose cards are on their way out by then."""
    found = words.of_case(staff, case)
    leaving = withdrawals.leaving(case, found)
    if leaving:
        said = words.as_said(case.file, found)
        going = ending.incidents_of(case, frozenset().union(*(each.people for each in leaving)))
        case = cards.take_back(staff, case, said, not_counted(said) | going)
    return case, leaving


def _end(staff: Staff, case: OpenCase, what: Leaving) -> OpenCase:
    notes = [note for note in case.file.cards if note.incident in what.incidents]
    text = withdrawals.last_words(what.said.form, were_counted=any(map(cards.was_written, notes)))
    last = threads.last_message(staff, what.report, what.said, text)
    if what.goes_on:
        case = ending.end_report(staff, _untold(staff, case, what), what.report, last, people=sorted(what.people))
    else:
        ending.end_case(staff, case, what.report, last)
    threads.forget(staff, what.report)
    for note in notes:
        cards.forget(staff, note)
    return case


def _untold(staff: Staff, case: OpenCase, what: Leaving) -> OpenCase:
    """The case whose people who stay are told of by the others alone: theirs are the words that count from now on."""
    persons = tuple(
        each if each.id in what.people else replace(each, told_by=withdrawals.without(each, what.report))
        for each in case.file.persons
    )
    return cases.write(staff, case, replace(case.file, persons=persons), is_typed=False)
