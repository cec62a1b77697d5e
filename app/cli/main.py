"""`tern`: thin commands on the client, and on what an operator needs. Exit codes are those of docs/cli.md."""

import os
import resource
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Final

import typer
from typer.exceptions import Abort, TyperException

from app.age import Error as AgeError
from app.cli import audit, cards, cases, console, files, intake, operator, pages, people, releases, reporters, triage
from app.cli.demo.chapters import DemoFailed
from app.cli.demo.command import demo
from app.client.casework.triage import RuleOfTriage
from app.client.intake.attachments import Unsendable
from app.client.intake.browser import BrowserFailed
from app.client.intake.pages import NotBuilt
from app.client.machine.directory import NoMachine
from app.client.machine.passphrases import WeakPassphrase, WrongPassphrase
from app.client.machine.staff import NobodyToGrant, NotGranted, NotJoined, NotPinned
from app.client.machine.transport import Refused, Unreachable
from app.client.people.colleagues import FingerprintDiffers, KeysOfAnother
from app.people.staff.service import AlreadyInitialised
from app.problems import Problem
from app.protocol.conversation import NoSuchMailbox, NotTaken
from app.protocol.errors import NotAuthentic, NotMine, ProtocolError
from app.protocol.receipt import ReceiptError

_TERN: Final = Path(__file__).parents[1]
REFUSED, USAGE, NOT_AUTHENTIC, UNREACHABLE, WRONG_SECRET = 1, 2, 3, 4, 5

# The first row whose errors include the one raised names the exit code.
_CODES: Final = (
    ((WrongPassphrase, ReceiptError, NoSuchMailbox), WRONG_SECRET),
    ((NotAuthentic, NotMine, FingerprintDiffers, KeysOfAnother, AgeError), NOT_AUTHENTIC),
    ((NoMachine, NotJoined, NotPinned, NotBuilt, Unsendable, WeakPassphrase), USAGE),
    ((Unreachable,), UNREACHABLE),
    ((Refused, Problem, NotTaken, NotGranted, NobodyToGrant, RuleOfTriage, AlreadyInitialised), REFUSED),
    ((ProtocolError,), REFUSED),
    ((OSError, ValueError, DemoFailed, BrowserFailed), REFUSED),
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
    """Run one command. What fails is one line on standard error and an exit code, never a traceback of a secret.

    What it writes, its owner alone may read; and where it crashes, no copy of its memory is left on the disk.
    """
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        code = app(standalone_mode=False) or 0
    except Abort:
        console.fail("stopped")
        code = REFUSED
    except TyperException as misuse:
        code = misuse.exit_code
        if str(misuse):  # it has none where it was printed as the help of a group
            console.fail(f"{misuse.format_message()} (--help explains the command)")
    except Exception as error:
        code = next((code for kinds, code in _CODES if isinstance(error, kinds)), None)
        console.fail(_fault(error) if code is None else _sentence(error))
        code = code or REFUSED
    sys.exit(code)


def _sentence(error: Exception) -> str:
    if isinstance(error, NotAuthentic):
        return f"not authentic: {error.reason}; nothing was written"
    return str(error) or type(error).__name__


def _fault(error: Exception) -> str:
    """Of a fault of Tern only where it is: its message may quote what nobody is to see."""
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(_TERN)]
    place = f"{Path(own[-1].filename).relative_to(_TERN)}, line {own[-1].lineno}"
    return f"a fault of Tern, {type(error).__name__} in {place}; please tell those who make it"


if __name__ == "__main__":
    main()
