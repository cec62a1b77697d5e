"""`tern`: thin commands on the client, and on what an operator needs. Exit codes are those of docs/cli.md."""

import os
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Final

import typer
from typer.exceptions import Abort, TyperException

from app.age import Error as AgeError
from app.cli import (
    audit,
    cards,
    cases,
    console,
    files,
    intake,
    pages,
    people,
    refusals,
    releases,
    reporters,
    setup,
    triage,
)
from app.cli.console import DestructionWaits, Stopped
from app.cli.installed import is_without_service
from app.cli.reporters import FilesMissing
from app.client.casework.triage import RuleOfTriage
from app.client.intake.attachments import Unsendable
from app.client.intake.browser import BrowserFailed
from app.client.intake.pages import NotBuilt
from app.client.machine.directory import NoMachine
from app.client.machine.passphrases import WeakPassphrase, WrongPassphrase
from app.client.machine.staff import NobodyToGrant, NotGranted, NotJoined, NotPinned
from app.client.machine.transport import Refused, Unreachable
from app.client.machine.unlocked import CannotStayUnlocked
from app.client.people.colleagues import FingerprintDiffers, KeysOfAnother, RootOfAnother
from app.protocol.conversation import NoSuchMailbox, NotTaken
from app.protocol.errors import NotAuthentic, NotMine, ProtocolError
from app.protocol.receipt import ReceiptError
from app.protocol.sign_in import Unfit
from app.protocol.sizes import TooLong
from app.version import VERSION, WHEEL

_ANY: Final = {"allow_extra_args": True, "ignore_unknown_options": True}
_TERN: Final = Path(__file__).parents[1]
REFUSED, USAGE, NOT_AUTHENTIC, UNREACHABLE, WRONG_SECRET, FILES_MISSING, WRONG_DAY = 1, 2, 3, 4, 5, 6, 7

# The first row whose errors include the one raised names the exit code.
_CODES: Final = (
    ((WrongPassphrase, ReceiptError, NoSuchMailbox), WRONG_SECRET),
    ((TooLong,), USAGE),  # what is to be sent, for the person to shorten
    ((NotAuthentic, NotMine, FingerprintDiffers, KeysOfAnother, RootOfAnother, AgeError), NOT_AUTHENTIC),
    ((NoMachine, NotJoined, NotPinned, NotBuilt, CannotStayUnlocked, Unsendable, WeakPassphrase, Unfit), USAGE),
    ((Unreachable,), UNREACHABLE),
    ((Refused, NotTaken, NotGranted, NobodyToGrant, RuleOfTriage), REFUSED),
    ((FilesMissing,), FILES_MISSING),
    ((DestructionWaits,), WRONG_DAY),
    ((ProtocolError,), REFUSED),
    ((Stopped, OSError, ValueError, BrowserFailed), REFUSED),
)


def _version(wanted: bool) -> None:
    if wanted:
        console.show_text(f"tern {VERSION}")
        raise typer.Exit


def _options(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which Tern this is, and end.")
    ] = False,
) -> None:
    """Tern: sealed reports, casework under encryption, safe publishing."""


def _absent() -> None:
    """Needs the service, which is not installed here."""
    raise Stopped(f"the service is not installed here: pip install '{WHEEL}[server]'")


def _of_the_service() -> tuple[tuple[str, Callable[..., None]], ...]:
    """The commands that run on the service's machine. The extra `server` brings what they import."""
    try:
        from app.cli import backups, doctor, operator
        from app.cli.demo.command import demo
    except ModuleNotFoundError as error:
        if not is_without_service(error):
            raise
        return tuple(
            (name, _absent) for name in ("init", "serve", "sweep", "backup", "restore", "check", "doctor", "demo")
        )
    return (
        ("init", operator.init),
        ("serve", operator.serve),
        ("sweep", operator.sweep),
        ("backup", backups.backup),
        ("restore", backups.restore),
        ("check", backups.check),
        ("doctor", doctor.doctor),
        ("demo", demo),
    )


app = typer.Typer(
    callback=_options,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
_COMMANDS: Final[tuple[tuple[str, Callable[..., None]], ...]] = (
    ("setup", setup.setup),
    *_of_the_service(),
    ("join", people.join),
    ("root", people.root),
    ("invite", people.invite),
    ("certify", people.certify),
    ("fingerprint", people.fingerprint),
    ("sign-in", people.sign_in),
    ("sign-out", people.sign_out),
    ("unlock", people.unlock),
    ("lock", people.lock),
    ("open", files.open_),
    ("identity", files.make_identity),
)
for name, command in _COMMANDS:
    # Without the service there is no knowing which options it would take.
    app.command(name, context_settings=_ANY if command is _absent else None)(command)
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
    with suppress(ImportError):  # Windows has no such limit, and keeps no such copies unless told to
        import resource

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
        console.fail(_fault(error) if code is None else refusals.sentence(error))
        code = code or REFUSED
    sys.exit(code)


def _fault(error: Exception) -> str:
    """Of a fault of Tern only where it is: its message may quote what nobody is to see."""
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(_TERN)]
    place = f"{Path(own[-1].filename).relative_to(_TERN)}, line {own[-1].lineno}"
    return f"a fault of Tern, {type(error).__name__} in {place}; please tell those who make it"


if __name__ == "__main__":
    main()
