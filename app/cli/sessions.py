"""Commands of a day's work: signed in, with what waited for that; unlocked, locked, signed out."""

from typing import Annotated, Final

import typer

from app.cli import custodians
from app.cli import losses as losses_of
from app.cli.console import (
    HOME,
    Home,
    clock,
    leave_memory,
    passphrase,
    password,
    say,
    say_failure,
    staff,
    tell_ends,
)
from app.cli.duties import sign_ahead, tell
from app.cli.leaving import end_handed_over
from app.cli.machines import WORDS, tells_of_new_keys
from app.cli.names import Names, short
from app.cli.roots import next_loss
from app.client import Staff
from app.client.casework.cases import Collision
from app.client.machine import unlocked
from app.client.machine.directory import Machine
from app.client.machine.staff import NotGranted
from app.client.machine.transport import Refused, Unreachable
from app.client.people import audit, losses
from app.client.people import new_keys as keys_anew
from app.client.people import sign_in as sessions
from app.client.statistics import cards
from app.protocol.errors import ProtocolError

_HEADS_WAIT: Final = 2  # days without a head that nobody has to hear of


def sign_in(machine: Home = HOME) -> None:
    """Open a session at the service."""
    with staff(machine, tells=False) as person:
        word = password()
        with tells_of_new_keys(person):
            copy = sessions.sign_in(person, word)
        tell_ends(person)
        if person.about.pin is None:
            return
        if told := WORDS[copy]:
            say(told)
        if not _is_certified(person):
            say(
                "You are signed in, and nobody has certified you. Read your words out to a supervisor: tern fingerprint"
            )
            return
        if person.person in person.log.trust.supervisors:
            say(f"The root: {next_loss(person.log.trust.root)}")
            _write_again(person)
            sign_ahead(person)
            end_handed_over(person)
            _tell_objections(person)
        _follow_audit(person)
        losses_of.tell(person)
        _follow_words(person)
        if number := cards.ready(person):
            say(f"Cards whose hour has come, or their withdrawals: {number}. Send them: tern cards send.")
        tell(person)
        custodians.tell(person)


def _is_certified(person: Staff) -> bool:
    """Whether they have a certificate that holds today. Who never had one is refused the staff log itself."""
    try:
        return person.roles is not None
    except Refused as refusal:
        if refusal.type != "forbidden":
            raise
        return False


def _tell_objections(supervisor: Staff) -> None:
    """Every supervisor hears of keys that their person may never have asked for."""
    try:
        objected = keys_anew.objected(supervisor)
    except (ProtocolError, Refused, Unreachable) as error:
        say_failure("Whether somebody objects to new keys was not heard", error)
        return
    for each in objected:
        say(
            f"The machine of the keys that {Names(supervisor).handle(each)} had before says that the new ones are not "
            "theirs. Call them: somebody may have made them up. If they are: tern people compare --although-objected"
        )


def _write_again(supervisor: Staff) -> None:
    """What a loss took of certificates, and this machine still has."""
    for each in losses.write_again(supervisor):
        say(f"Written again, for the service has lost it: a certificate of {Names(supervisor).handle(each)}.")


def _follow_words(person: Staff) -> None:
    """What reporters have said of being counted since, in all cases of this person at once."""
    try:
        for case in cards.follow_words(person):
            say(f"Somebody has changed what they agreed to: {short(case)} says so now, and its cards follow.")
    except (ProtocolError, NotGranted, Refused, Unreachable, Collision) as error:
        say_failure("What reporters have said since was not followed", error)


def _follow_audit(person: Staff) -> None:
    """Whatever is found, the session is open: who cannot work cannot help either."""
    try:
        newest = audit.follow(person)
    except (ProtocolError, Refused, Unreachable) as error:
        say_failure("The audit chain was not followed", error)
        return
    if newest is not None and (days := (person.today - newest.day).days) > _HEADS_WAIT:
        say(f"The service signed no head of the audit chain for {days} days: let the operator look at its worker.")


def sign_out(machine: Home = HOME) -> None:
    """End the session at the service."""
    person = staff(machine)
    leave_memory(person)
    sessions.sign_out(person)


def unlock(
    hours: Annotated[
        int, typer.Option(min=1, max=unlocked.LONGEST_HOURS, help="For how long, unless you lock before.")
    ] = 4,
    machine: Home = HOME,
) -> None:
    """Keep your keys unlocked for a stretch of work, so that no command asks for the passphrase."""
    lock_of = Machine(machine)
    keys = lock_of.unlock(passphrase())
    with Staff(machine, keys, clock=clock) as person:
        tell_ends(person)
    unlocked.keep(lock_of, keys, seconds=hours * 3600)
    say(f"Unlocked for {hours} h. `tern lock` ends it.")


def lock(machine: Home = HOME) -> None:
    """Forget the keys that were unlocked, and leave what this machine has seen for your next one."""
    if keys := unlocked.ask(Machine(machine)):
        with Staff(machine, keys, clock=clock) as person:
            if person.machine.session is not None:
                leave_memory(person)
    say("Locked." if unlocked.forget(Machine(machine)) else "Nothing was unlocked.")
