"""`tern duties`: what waits for your keys, checked by this machine, and done.

What is needed to do one is imported where it is done: to see what waits takes none of it, and it takes long.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import date
from typing import Annotated, Final

import typer

from app.cli.console import HOME, Home, Json, agrees, say, show_list, staff
from app.cli.names import Names, short
from app.client import Staff
from app.client.intake import epochs
from app.client.machine import pairs
from app.client.machine.staff import NobodyToGrant, NotGranted, WordsNotCompared
from app.client.machine.transport import Refused
from app.client.people import audit, shared_keys
from app.client.people import colleagues as directory
from app.client.people import duties as waiting
from app.client.people.duties import Hint
from app.protocol.certified import Certified
from app.protocol.duties import DutyKind
from app.protocol.errors import ProtocolError
from app.protocol.statements import KeyKind, SharedKey
from app.vocabulary import Role


def _of_case(person: Staff, case: str) -> None:
    from app.client.casework import cases

    cases.make_pairs(person, cases.open_(person, case))


# By what the key is of.
_MAKE_PAIRS: Final = {
    "epoch": epochs.make_pairs,
    "key": shared_keys.make_pairs,
    "case": _of_case,
}
_TWO: Final = 2
_NAME: Final = "let a member add somebody (tern case members), or two custodians make one (tern custodian)"
# By these nobody reads more but who is named in the key log, under a supervisor's signature.
_UNASKED: Final = frozenset(DutyKind) - {
    DutyKind.SIGN_EPOCHS,
    DutyKind.GRANT_EPOCH,
    DutyKind.GRANT_DESK_KEY,
    DutyKind.MAKE_PAIRS,
    DutyKind.DRILL,
    DutyKind.NAME_MEMBER,
    DutyKind.SHOW_DANGER,
    DutyKind.JUDGE_DANGER,
    DutyKind.LOOK_AT_CASE,
    DutyKind.LOOK_AT_PLAN,
    DutyKind.GO_ON,
    DutyKind.DO_TASK,
    DutyKind.CLAIM,
    DutyKind.LOOK_AT_REPORT,
    DutyKind.LOOK_AT_APPROVALS,
}

# What a case waits for, when a clock of its own has run out.
_OF_CASE: Final = {
    DutyKind.JUDGE_DANGER: "judge the danger anew (tern case assess)",
    DutyKind.LOOK_AT_CASE: "look at it (tern case open), and set the next week (tern case mark)",
    DutyKind.LOOK_AT_PLAN: "look at the safety plan with the person (tern case plan)",
    DutyKind.DO_TASK: "the week is over in which something was to be done (tern case tasks, tern case done)",
    DutyKind.GO_ON: "it waited until then; let it go on, or wait anew (tern case move)",
}

_BY_THE_ROOT: Final = frozenset(
    {
        DutyKind.REPLACE_EPOCH,
        DutyKind.TURN_SHARED_KEY,
        DutyKind.RENEW_SHARED_KEY,
        DutyKind.RENEW_CERTIFICATE,
        DutyKind.COUNTERSIGN,
    }
)


def duties(
    do: Annotated[
        bool, typer.Option("--do", help="Do them; whoever would read more by it is named, and you say yes.")
    ] = False,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """What waits for your keys, since when; and do it."""
    person = staff(machine)
    hints = waiting.waiting(person)
    if do:
        act(person, hints)
        return
    names = Names(person)
    rows = [
        {"duty": hint.kind.value, "about": hint.object, "for": names.handle(hint.person), "since": str(hint.since)}
        for hint in hints
    ]
    show_list("Duties", ["duty", "about", "for", "since"], rows, as_json=as_json)


def act(person: Staff, hints: list[Hint], *, ask: Callable[[str], bool] = agrees) -> None:
    """Each by itself: one that cannot be done keeps none of the rest back. Of each newcomer it is asked once."""
    agreed = dict[str, bool]()
    if any(hint.kind is DutyKind.MAKE_PAIRS for hint in hints):
        agreed[DutyKind.MAKE_PAIRS] = _agrees_to_custodians(person, ask)
    for hint in hints:
        try:
            _do(person, hint, agreed, ask)
        except _faults() as error:
            say(f"Not done: {hint.kind}: {error}")


def _faults() -> tuple[type[Exception], ...]:
    """One duty that cannot be done keeps none of the rest back."""
    from app.client.casework.cases import Collision
    from app.client.casework.triage import RuleOfTriage

    return (ProtocolError, NotGranted, NobodyToGrant, WordsNotCompared, Refused, RuleOfTriage, Collision)


def _do(person: Staff, hint: Hint, agreed: dict[str, bool], ask: Callable[[str], bool]) -> None:
    from app.cli.custodians import try_pair
    from app.client.casework import cases

    match hint:
        case Hint(DutyKind.SIGN_EPOCHS):
            sign_ahead(person)
        case Hint(DutyKind.GRANT_EPOCH, epoch, str(newcomer)):
            if _agrees_to_colleague(person, newcomer, agreed, ask):
                epochs.grant(person, epoch, newcomer)
                say(f"Granted: {epoch} to {Names(person).handle(newcomer)}.")
        case Hint(DutyKind.GRANT_DESK_KEY, _, str(newcomer)):
            if _agrees_to_colleague(person, newcomer, agreed, ask) and shared_keys.share_desk(person, newcomer):
                say(f"Granted: the key of answer templates to {Names(person).handle(newcomer)}.")
        case Hint(DutyKind.MAKE_PAIRS, subject) if agreed[DutyKind.MAKE_PAIRS]:
            _MAKE_PAIRS[subject.partition("_")[0]](person, subject)
            say(f"Made for custodians: the pairs of {subject}.")
        case Hint(DutyKind.RENEW_CERTIFICATE, colleague):
            _renew(person, colleague, ask)
        case Hint(DutyKind.GRANT_CASE, case, str(member)):
            certified = person.certified(member)
            if person.is_compared(certified) or _compares(person, certified, ask):
                cases.grant_to(person, case, member)
        case Hint(DutyKind.DRILL):
            try_pair(person, Names(person))
        case Hint(DutyKind.NAME_MEMBER, case):
            say(f"What a reporter of {short(case)} took back or changed, no member has followed for a week: {_NAME}.")
        case Hint(DutyKind.SHOW_DANGER, case):
            say(f"The danger is grave: tern case ask {short(case)} assessment --approver WHO, who is a supervisor.")
        case Hint(kind, case) if kind in _OF_CASE:
            say(f"{short(case)} is overdue: {_OF_CASE[kind]}.")
        case Hint(DutyKind.CLAIM):
            _tell_unclaimed(hint.since)
        case Hint(DutyKind.LOOK_AT_REPORT, report):
            say(f"The time to answer {short(report)} and to decide about it is over on {hint.since}: tern triage list.")
        case Hint(DutyKind.LOOK_AT_APPROVALS, colleague, _, day):
            who = Names(person).handle(colleague)
            say(f"{who} approved as many codings on {day} as a day has: ask them, for each is a number in a release.")
        case _:
            _do_unasked(person, hint)


def _tell_unclaimed(since: date) -> None:
    say(f"Nobody has claimed what came on {since}: look at the queue (tern triage list).")


def _do_unasked(person: Staff, hint: Hint) -> None:
    from app.client.casework import cases, triage

    match hint:
        case Hint(DutyKind.REPLACE_EPOCH, epoch, str(gone)):
            if epochs.replace(person, gone, epoch=epoch):
                say(f"Intake: signed anew, without {Names(person).handle(gone)}.")
        case Hint(DutyKind.TURN_SHARED_KEY, key, str(gone)):
            for made in shared_keys.turn(person, gone, key=key):
                say(f"Made anew, without {Names(person).handle(gone)}: the {made.kind} key.")
                _seal_what_lies_under(person, made)
        case Hint(DutyKind.RENEW_SHARED_KEY, key):
            if renewed := shared_keys.renew(person, key):
                say(f"Made anew, for the one before ends soon: the {renewed.kind} key, until {renewed.valid_until}.")
                _seal_what_lies_under(person, renewed)
        case Hint(DutyKind.SEAL_TEMPLATES):
            _seal_templates(person)
        case Hint(DutyKind.COUNTERSIGN):
            audit.follow(person)
        case Hint(DutyKind.TURN_CASE, case):
            cases.turn_where_due(person, case)
        case Hint(DutyKind.END_WITHDRAWN, case):
            _end_withdrawn(person, case)
        case Hint(DutyKind.HAND_ON, report):
            triage.hand_on(person, report)
        case Hint(DutyKind.OPEN_HANDED_ON, report):
            triage.take_over(person, report)


def _seal_what_lies_under(person: Staff, made: SharedKey) -> None:
    if made.kind is KeyKind.DESK:
        _seal_templates(person)


def _seal_templates(person: Staff) -> None:
    from app.client.casework import templates  # what a case is made of takes long to import

    if templates.seal_anew(person):
        say("Sealed anew, to the newest key of the desk: the answer templates.")


def _end_withdrawn(person: Staff, case: str) -> None:
    from app.client.statistics import withdrawals

    if withdrawals.carry_out(person, case):
        say(f"Destroyed, for its reporter took it back: what {short(case)} had of it. They read so in their mailbox.")
    else:
        say(f"A reporter took back what {short(case)} has. Its cards leave first, each at an hour of three days")
        say("(tern cards send, until none waits); then sign in again, within the week.")


def tell(person: Staff) -> None:
    """Do what asks nobody, and say how much waits, in a line of its own."""
    with suppress(Refused):
        signs = person.person in person.log.trust.supervisors
        unasked = _UNASKED if signs else _UNASKED - _BY_THE_ROOT
        hints = [hint for hint in waiting.waiting(person) if hint.kind in unasked and _is_heard(person, hint)]
        act(person, hints, ask=lambda _: False)
        left = waiting.waiting(person)
        unclaimed = [hint.since for hint in left if hint.kind is DutyKind.CLAIM]
        if unclaimed:
            _tell_unclaimed(min(unclaimed))
        if number := len(left) - len(unclaimed):
            say(f"Waiting for your keys: {number}. See them with tern duties, do them with tern duties --do.")


def _is_heard(person: Staff, hint: Hint) -> bool:
    """Whether it gives nothing to new keys whose words are to be compared first."""
    if hint.kind is not DutyKind.GRANT_CASE or hint.person is None:
        return True
    try:
        return person.is_compared(person.certified(hint.person))
    except ProtocolError:
        return False


def sign_ahead(supervisor: Staff) -> None:
    """Add to the epochs that are signed. Whoever signs in does not wait for it to be possible."""
    try:
        added = epochs.go_on(supervisor)
    except NobodyToGrant as error:
        say(f"Intake: not signed on, for {error}.")
    except Refused as refusal:
        say(f"Intake: not signed on: {refusal}")
    else:
        if added:
            say(f"Intake: signed on until {added[-1].accepts_until}.")


def _renew(supervisor: Staff, colleague: str, ask: Callable[[str], bool]) -> None:
    """The keys and roles stay as they are. Of whom somebody has chosen the last day, that is asked first."""
    from app.client.casework import leaving

    if leaving.is_handing_over(supervisor, colleague):
        return
    handle, tenure = Names(supervisor).handle(colleague), supervisor.trust.tenure(colleague, supervisor.today)
    is_chosen = tenure is not None and directory.is_chosen(tenure)
    if tenure and is_chosen and not ask(f"{handle} was certified until {tenure.valid_until}. A year more from today?"):
        return
    if until := directory.renew(supervisor, colleague, also_chosen=is_chosen):
        say(f"Certified on, with the same keys and roles: {handle}, until {until}. Who is gone: tern people leave.")


def _compares(person: Staff, certified: Certified, ask: Callable[[str], bool]) -> bool:
    """Whether the words are those that the person reads out, who has new keys. One call does for all that waits."""
    handle, replaced = Names(person).handle(certified.person), person.trust.replaced(certified.person)
    since = f" since {replaced[-1].since}" if replaced else ""
    say(f"{handle} has new keys{since}. Call them, and let them read out their words (tern fingerprint).")
    objected = person.objected_to(certified)
    if objected and not ask(
        f"The machine of {handle}'s keys before says that these are not theirs. Are they, as they say?"
    ):
        return False
    if not ask(f"Are these the words? {certified.fingerprint}"):
        return False
    person.hear(objected)
    person.vouch_for(certified)
    return True


def _agrees(person: Staff, newcomer: str, ask: Callable[[str], bool]) -> bool:
    """Ask whether somebody shall read more, naming who vouches for them and since when, by their certificate."""
    certified = person.certified(newcomer)
    if not person.is_compared(certified) and not _compares(person, certified, ask):
        return False
    names = Names(person)
    what = "triages" if Role.TRIAGER in certified.roles else "works on cases"
    reads = "what waits" if Role.TRIAGER in certified.roles else "the answers that are ready"
    who = f"{names.handle(newcomer)} {what}, certified by {names.certifier(newcomer)}"
    return ask(f"{who}. Let them read {reads}?")


def _agrees_to_colleague(person: Staff, newcomer: str, agreed: dict[str, bool], ask: Callable[[str], bool]) -> bool:
    """Asked once, for all that they are to read by what this person holds."""
    if newcomer not in agreed:
        agreed[newcomer] = _agrees(person, newcomer, ask)
    return agreed[newcomer]


def _agrees_to_custodians(person: Staff, ask: Callable[[str], bool]) -> bool:
    """Ask whether each two of the custodians shall be able to open together what this person holds.

    Who has new keys whose words are not compared is left out, and asked about again another day. Who is agreed to is in
    the pairs of all that this machine seals from then on.
    """
    names = Names(person)
    custodians = [
        each for each in person.colleagues(Role.CUSTODIAN) if person.is_compared(each) or _compares(person, each, ask)
    ]
    if len(custodians) < _TWO:
        return True  # nobody opens more by it: pairs go
    who = [f"{names.handle(each.person)} (certified by {names.certifier(each.person)})" for each in custodians]
    agreed = ask(f"Custodians are {', '.join(who)}. Let each two of them open together what you hold?")
    if agreed:
        pairs.agree(person, custodians)
    return agreed
