"""`tern`: thin commands on the client, and on what an operator needs. Exit codes are those of docs/cli.md."""

import sys
from collections.abc import Callable
from typing import Final

import typer

from app.age import Error as AgeError
from app.cli import audit, cards, cases, console, files, intake, operator, pages, people, releases, reporters, triage
from app.cli.demo.chapters import DemoFailed
from app.cli.demo.command import demo
from app.client.casework.triage import RuleOfTriage
from app.client.intake.attachments import Unsendable
from app.client.intake.pages import NotBuilt
from app.client.machine.directory import NoMachine, WrongPassphrase
from app.client.machine.staff import NobodyToGrant, NotGranted, NotJoined, NotPinned
from app.client.machine.transport import Refused, Unreachable
from app.client.people.colleagues import FingerprintDiffers, KeysOfAnother
from app.people.staff.service import AlreadyInitialised
from app.problems import Problem
from app.protocol.conversation import NoSuchMailbox, NotTaken
from app.protocol.errors import NotAuthentic, NotMine, ProtocolError
from app.protocol.receipt import ReceiptError

REFUSED, USAGE, NOT_AUTHENTIC, UNREACHABLE, WRONG_SECRET = 1, 2, 3, 4, 5

# The first row whose errors include the one raised names the exit code.
_CODES: Final = (
    ((WrongPassphrase, ReceiptError, NoSuchMailbox), WRONG_SECRET),
    ((NotAuthentic, NotMine, FingerprintDiffers, KeysOfAnother, AgeError), NOT_AUTHENTIC),
    ((NoMachine, NotJoined, NotPinned, NotBuilt, Unsendable), USAGE),
    ((Unreachable,), UNREACHABLE),
    ((Refused, Problem, NotTaken, NotGranted, NobodyToGrant, RuleOfTriage, AlreadyInitialised), REFUSED),
    ((ProtocolError,), REFUSED),
    ((OSError, ValueError, DemoFailed), REFUSED),
)

app = typer.Typer(
    help="Tern: sealed reports, casework under encryption, safe publishing.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
_COMMANDS: Final[tuple[tuple[str, Callable[..., None]], ...]] = (
    ("init", operator.init),
    ("serve", operator.serve),
    ("sweep", operator.sweep),
    ("join", people.join),
    ("root", people.root),
    ("invite", people.invite),
    ("certify", people.certify),
    ("fingerprint", people.fingerprint),
    ("sign-in", people.sign_in),
    ("sign-out", people.sign_out),
    ("open", files.open_),
    ("demo", demo),
)
for name, command in _COMMANDS:
    app.command(name)(command)
_GROUPS: Final = (
    ("report", reporters.report),
    ("mailbox", reporters.mailbox),
    ("people", people.colleagues),
    ("intake", intake.intake),
    ("triage", triage.queue),
    ("case", cases.case),
    ("cards", cards.cards),
    ("release", releases.release),
    ("audit", audit.audit),
    ("client", pages.client),
)
for name, group in _GROUPS:
    app.add_typer(group, name=name)


def main() -> None:
    """Run one command. What fails is one line on standard error and an exit code, never a traceback of a secret."""
    try:
        app()  # ends with USAGE by itself where a command is not given as it should be
    except Exception as error:
        code = next((code for kinds, code in _CODES if isinstance(error, kinds)), None)
        if code is None:
            raise
        console.fail(_sentence(error))
        sys.exit(code)


def _sentence(error: Exception) -> str:
    if isinstance(error, NotAuthentic):
        return f"not authentic: {error.reason}; nothing was written"
    return str(error) or type(error).__name__


if __name__ == "__main__":
    main()
