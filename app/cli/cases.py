"""Commands of casework. The facts of a case come from files and go to the screen; the service sees neither."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Final

import typer

from app.cli import case_edits, case_people
from app.cli.case_edits import part_of
from app.cli.case_opening import facts
from app.cli.case_page import card_rows, page, tell_taken_back
from app.cli.coding import read
from app.cli.console import HOME, Home, Json, say, show, show_list, show_text, staff, text_of
from app.cli.names import Ask, CaseId, Given, Names, short
from app.cli.stopped import Stopped
from app.client.casework import act_approvals, approvals, cases, coding_approvals, course, ties, words
from app.client.casework.cases import OpenCase, ending
from app.client.machine.staff import Staff
from app.client.statistics import cards, withdrawals
from app.protocol.encoding import new_id
from app.protocol.journal import Ending, Hold, Moving, Release, Removal
from app.vocabulary import ConsentMethod, ConsentScope, ConsentStatus

# What an answer is in another case, where it follows no earlier one.
_ANSWERS: Final = {
    ConsentStatus.GIVEN: ConsentStatus.GIVEN,
    ConsentStatus.DECLINED: ConsentStatus.DECLINED,
    ConsentStatus.WITHDRAWN: ConsentStatus.DECLINED,
}
_ACTS = {each.subject for each in (Removal, Ending, Moving, Hold, Release)}
Decision = Annotated[
    bool | None, typer.Option("--approve/--reject", help="Your decision; without it nothing is decided.")
]


def code(
    id_: CaseId,
    document: Annotated[Path, typer.Option(help="JSON with persons, incidents, selectors (docs/cli.md); - for stdin.")],
    holder: case_edits.Holders = None,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Add persons, incidents and selectors to a case, coded from the lists."""
    person = staff(machine)
    coding = read(text_of(document, "The coding"))
    names = Names(person)
    before, holders = cases.open_(person, names.case(id_)), names.persons(holder)
    file = words.entered(person, before, coding.added_to(before.file, by=person))
    after = case_edits.write(person, before, file, holders=holders)
    show(facts(after), as_json=as_json)


def consent(
    id_: CaseId,
    scope: Annotated[ConsentScope, typer.Argument(help="The use that was asked about.")],
    status: Annotated[ConsentStatus, typer.Argument(help="What the person said.")],
    person: Annotated[str, typer.Option(help="The person in the case, by id (psn_…), how it begins, or number.")],
    method: Annotated[ConsentMethod, typer.Option(help="How they said it.")],
    consent: Annotated[
        str | None, typer.Option(help="The consent id of an earlier answer, which this one follows.")
    ] = None,
    wording: Annotated[Path | None, typer.Option(help="A file with what they were asked; - for stdin.")] = None,
    machine: Home = HOME,
) -> None:
    """Keep a person's own answer about one use. The service learns that there was one, not to what."""
    worker = staff(machine)
    open_case = cases.open_(worker, Names(worker).case(id_))
    person = _person_of(open_case, person)
    said = _Said(scope, status, method, text_of(wording, "") if wording else "")
    _keep(worker, open_case, person, said, consent=consent)
    if said.scope is ConsentScope.STATISTICS and said.status in _ANSWERS:
        elsewhere = replace(said, status=_ANSWERS[said.status])
        _keep_elsewhere(worker, open_case, person, elsewhere)


@dataclass(frozen=True)
class _Said:
    """An answer of somebody about one use."""

    scope: ConsentScope
    status: ConsentStatus
    method: ConsentMethod
    wording: str = field(repr=False)

    @property
    def counts(self) -> bool:
        """Whether it says if they may be counted."""
        return self.scope is ConsentScope.STATISTICS and self.status is not ConsentStatus.ASKED


def _keep(worker: Staff, open_case: OpenCase, person: str, said: _Said, *, consent: str | None = None) -> None:
    if said.counts and said.status is not ConsentStatus.GIVEN:  # first, so that nobody is counted whose *no* is cut off
        open_case = cards.own_word(worker, open_case, person, said.status)
    newest = {each.id: each.mark for each in cases.list_consents(worker, open_case)}
    cases.record_consent(
        worker,
        open_case,
        person=person,
        consent=consent or new_id("cons"),
        scope=said.scope,
        status=said.status,
        method=said.method,
        wording=said.wording,
        after=newest.get(consent) if consent else None,
    )
    if said.counts and said.status is ConsentStatus.GIVEN:
        after = cards.own_word(worker, cases.open_(worker, open_case.id), person, said.status)
        _tell_if_unheard(worker, after, person)


def _keep_elsewhere(worker: Staff, open_case: OpenCase, person: str, said: _Said) -> None:
    """Whoever may be counted in one case, or not, is one human being in all of them."""
    others = list(ties.elsewhere(worker, open_case, [person]))
    for _, other in others:
        _keep(worker, cases.open_(worker, other.case.id), other.person, said)
        say(f"Kept of them in {cases.view(worker, other.case.id).ref} too.")
    if not others and any(tie.person == person and tie.joins for tie in open_case.file.ties):
        say("They are a person of another case too, on which you do not work, or of which nobody has signed it yet:")
        say("whoever works on both keeps it there.")


def _tell_if_unheard(worker: Staff, open_case: OpenCase, person: str) -> None:
    """Where a *yes* counts for nothing as long as the mailbox says otherwise, whoever wrote it down is told."""
    if words.heard(worker, open_case).person(person).statistics is not ConsentStatus.GIVEN:
        say("They said no in the mailbox themselves, as it seems, and that stands until they say yes there.")


def approve(
    id_: CaseId,
    approver: Annotated[str, typer.Option(help="Another person, by id or handle, who will decide.")],
    correct: Annotated[bool, typer.Option("--correct", help="Ask for cards again that were written before.")] = False,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Ask another person to approve the coding as it stands, and with it its statistics cards."""
    person = staff(machine)
    names = Names(person)
    open_case, by = cases.open_(person, names.case(id_)), names.person(approver)
    request_id = coding_approvals.request(person, open_case, by, correct=correct)
    show({"approval": request_id}, as_json=as_json)


def decide(
    approval: Annotated[str, typer.Argument(help="The approval's id, or how it begins.")],
    approved: Decision = None,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Read what you are asked about in a case, a coding or an act that takes two, and sign what you decide."""
    person = staff(machine)
    names = Names(person)
    id_ = names.approval(approval)
    if approvals.get(person, id_).subject in _ACTS:
        _decide_act(person, id_, names, approved=approved, as_json=as_json)
        return
    if approvals.get(person, id_).subject in course.PAPERS:
        _decide_paper(person, id_, names, approved=approved, as_json=as_json)
        return
    review = coding_approvals.review(person, id_)
    cards = [card_rows(each) for each in review.cards]
    people = [case_people.row(each) for each in review.ties]
    if as_json:
        show({**facts(review.case), "cards_asked": cards, "people_asked": people}, as_json=True)
    else:
        show_text(page(review.case, None, names))
        for each in cards:
            show_list("You are asked for this card", ["field", "says", "counted as"], each, as_json=False)
        for tie in review.ties:
            say(case_people.told(tie, review.case, names))
        if review.unknown_ties:
            say(f"You work on no other case of {review.unknown_ties} who may be known: you sign nothing of that.")
        say(f"Your yes signs {len(cards) + len(people)} cards, and nothing else.")
    tell_taken_back(review.taken_back)
    if approved is not None:
        coding_approvals.decide(person, review, approved=approved)


def _decide_act(person: Staff, id_: str, names: Names, *, approved: bool | None, as_json: bool) -> None:
    review = act_approvals.review(person, id_)
    match review.act:
        case Removal(remove, owner):
            asked: dict[str, object] = {"remove": sorted(remove), "owner": owner}
            gone, leads = names.handles(remove) or "nobody", names.handle(owner) or "nobody"
            told = f"put out {gone}; the case is then led by {leads}"
        case Ending() as end:
            asked = {"parts": sorted(end.ids)}
            told = f"destroy for good, with its keys: {', '.join(_named(review.case, end.ids))}"
        case Moving(to):
            asked = {"into": to}
            told = f"let it go to case {cases.view(person, to).ref}, all of it or some: both have the same members"
        case Hold(day):
            asked = {"held_on": str(day)}
            told = "keep this case past the month in which it would be destroyed, until two persons end that"
        case Release(day):
            asked = {"release_of": str(day)}
            told = f"end the hold of {day}: the case is destroyed when its month has come"
    if as_json:
        show({**facts(review.case), "act": asked}, as_json=True)
    else:
        show_text(page(review.case, None, names))
        say(f"{names.handle(review.approval.requester)} wants to {told}.")
    if approved is not None:
        act_approvals.decide(person, review, approved=approved)


def _decide_paper(person: Staff, id_: str, names: Names, *, approved: bool | None, as_json: bool) -> None:
    review = course.review(person, id_)
    what = review.paper.removeprefix("part.")
    if as_json:
        show({**facts(review.case), "paper": what}, as_json=True)
    else:
        show_text(page(review.case, None, names))
        say(f"{names.handle(review.approval.requester)} asks you about this {what}, as it stands.")
    if approved is not None:
        course.decide(person, review, approved=approved)


def cancel(
    approval: Annotated[str, typer.Argument(help="The approval's id, or how it begins.")],
    machine: Home = HOME,
) -> None:
    """Take back what you asked, a coding in a case that you lead, or a yes of yours or to you that was not used."""
    person = staff(machine)
    approvals.cancel(person, approvals.get(person, Names(person).approval(approval)))


def members(
    id_: CaseId,
    add: Annotated[
        list[str] | None, typer.Option(help="Somebody to add, or to keep who is a member until a day; may be repeated.")
    ] = None,
    remove: Annotated[
        list[str] | None, typer.Option(help="Somebody to remove, by id or handle; may be repeated.")
    ] = None,
    owner: Annotated[str | None, typer.Option(help="Who leads the case from now on, by id or handle.")] = None,
    ask: Ask = None,
    approval: Given = None,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Who works on a case; with options, who from now on does. That opener or owner go takes two."""
    person = staff(machine)
    names = Names(person)
    open_case = cases.open_(person, names.case(id_))
    gone, leads = names.persons(remove), names.person(owner) if owner else None
    if ask:
        act = act_approvals.removal(open_case, remove=frozenset(gone), owner=leads)
        show({"approval": act_approvals.request(person, open_case, act, names.person(ask))}, as_json=as_json)
        return
    if add or remove or owner:
        act = act_approvals.removal(open_case, remove=frozenset(gone), owner=leads)
        word = act_approvals.given(person, open_case, act, names.approval(approval)) if approval else None
        open_case = cases.change_members(
            person, open_case, add=names.persons(add), remove=gone, owner=leads, approval=word
        )
    found = open_case.member_list
    guests = {who: str(day) for who, day in sorted(open_case.journal.guests.items())}
    shown = {"members": sorted(found.present), "opener": found.opener, "owner": found.owner, "until": guests}
    show(shown, as_json=as_json)


def end(
    id_: CaseId,
    part: Annotated[
        str,
        typer.Argument(metavar="PART", help="The part's id or how it begins (tern case log), or person-1 of its page."),
    ],
    ask: Ask = None,
    approval: Given = None,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Destroy a part of a case with its keys, or somebody with all that is theirs, by two: a line says so for good."""
    person = staff(machine)
    names = Names(person)
    open_case = cases.whole(person, cases.open_(person, names.case(id_)))
    if (ask is None) == (approval is None):
        raise typer.BadParameter("either --ask WHO or --approval APPROVAL")
    act = ending.agreed(open_case, part_of(open_case, part))
    if ask:
        show({"approval": act_approvals.request(person, open_case, act, names.person(ask))}, as_json=as_json)
    elif approval:
        word = act_approvals.given(person, open_case, act, names.approval(approval))
        ended = withdrawals.end_agreed(person, open_case, act, word)
        if ended is None:
            raise Stopped("cards of it leave first, by an hour of their own; do it again once they have")
        show({"ended": sorted(act.ids)}, as_json=as_json)


def _named(case: OpenCase, parts: Collection[str]) -> list[str]:
    """What ends, by its type and how its id begins."""
    types = {part: case.journal.parts[part][-1].note.type.removeprefix("part.") for part in parts}
    return sorted(f"{type_} {short(part)}" for part, type_ in types.items())


def hold(
    id_: CaseId,
    who: Annotated[str, typer.Option("--ask", help="Who is to agree, by id or handle: nobody does it alone.")],
    over: Annotated[bool, typer.Option("--over", help="End the hold that there is.")] = False,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Keep a case past the month in which it would be destroyed, or with --over no longer, once another agrees."""
    person = staff(machine)
    names = Names(person)
    open_case = cases.whole(person, cases.open_(person, names.case(id_)))
    act = act_approvals.release(person, open_case) if over else Hold(person.today)
    if act is None:
        raise Stopped("nobody has agreed to a hold of this case")
    show({"approval": act_approvals.request(person, open_case, act, names.person(who))}, as_json=as_json)


def _person_of(open_case: OpenCase, named: str) -> str:
    """The id of somebody in the case, who may be named by their number on its page."""
    ids = [each.id for each in open_case.file.persons]
    if named.isdecimal() and 0 < int(named) <= len(ids):
        return ids[int(named) - 1]
    begun = [each for each in ids if "_" in named and each.startswith(named)]
    return begun[0] if len(begun) == 1 else named
