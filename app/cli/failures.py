"""How a command that fails ends: a code by the kind of its error (docs/cli.md), and one sentence.

It imports whatever can fail, so `main` imports it only when something has.
"""

import traceback
from pathlib import Path
from typing import Final

from app.age import Error as AgeError
from app.cli import refusals
from app.cli.stopped import DestructionWaits, FilesMissing, Stopped
from app.client.casework.cases import Collision
from app.client.casework.cases.fields import NoSuchCode, NoSuchField
from app.client.casework.reports.threads import NotToBeWrittenTo
from app.client.casework.triage import RuleOfTriage
from app.client.casework.views import NoSuchView, TooManyViews
from app.client.intake.attachments import Unsendable
from app.client.intake.browser import BrowserFailed
from app.client.intake.pages import NotBuilt
from app.client.machine.directory import NoMachine
from app.client.machine.passphrases import WeakPassphrase, WrongPassphrase
from app.client.machine.staff import NobodyToGrant, NotGranted, NotJoined, NotPinned, WordsDiffer, WordsNotCompared
from app.client.machine.transport import Refused, Unreachable
from app.client.machine.unlocked import CannotStayUnlocked
from app.client.people.colleagues import FingerprintDiffers, KeysOfAnother, OfTheRoot
from app.client.people.losses import AnotherDay, NotOfTheRoot, TooFewSupervisors
from app.client.people.roots import NoProposal, NoSuchPaper, RootOfAnother, SignedAnother, TooFewKeys
from app.client.statistics.releases import BrokenOff, NotOnTheRoot, NotSigned
from app.protocol.conversation import NoSuchMailbox, NotTaken
from app.protocol.errors import NotAuthentic, NotMine, ProtocolError
from app.protocol.receipt import ReceiptError
from app.protocol.sign_in import Unfit
from app.protocol.sizes import TooLong

_TERN: Final = Path(__file__).parents[1]
REFUSED, USAGE, NOT_AUTHENTIC, UNREACHABLE, WRONG_SECRET, FILES_MISSING, WRONG_DAY = 1, 2, 3, 4, 5, 6, 7

# The first row whose errors include the one raised names the exit code.
_CODES: Final = (
    ((WrongPassphrase, ReceiptError, NoSuchMailbox, NoSuchPaper), WRONG_SECRET),
    ((TooLong, NoSuchCode, NoSuchField, NoSuchView, TooManyViews), USAGE),  # what is to be sent, for the person to mend
    ((NotAuthentic, NotMine, FingerprintDiffers, KeysOfAnother, RootOfAnother, WordsDiffer, AgeError), NOT_AUTHENTIC),
    ((NoMachine, NotJoined, NotPinned, NotBuilt, CannotStayUnlocked, Unsendable, WeakPassphrase, Unfit), USAGE),
    ((Unreachable,), UNREACHABLE),
    (
        (
            *(Refused, NotTaken, NotGranted, NobodyToGrant, WordsNotCompared, RuleOfTriage, Collision, NoProposal),
            *(NotToBeWrittenTo, SignedAnother, TooFewKeys, OfTheRoot, AnotherDay, NotOfTheRoot, TooFewSupervisors),
            *(BrokenOff, NotOnTheRoot, NotSigned),
        ),
        REFUSED,
    ),
    ((FilesMissing,), FILES_MISSING),
    ((DestructionWaits,), WRONG_DAY),
    ((ProtocolError,), REFUSED),
    ((Stopped, OSError, ValueError, BrowserFailed), REFUSED),
)


def code(error: Exception) -> int:
    """The exit code; that of a refusal where the error is a fault of Tern."""
    found = _code(error)
    return REFUSED if found is None else found


def sentence(error: Exception) -> str:
    """What is said of it. Of a fault of Tern only where it is: its message may quote what nobody is to see."""
    if _code(error) is not None:
        return refusals.sentence(error)
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(_TERN)]
    place = f"{Path(own[-1].filename).relative_to(_TERN)}, line {own[-1].lineno}"
    return f"a fault of Tern, {type(error).__name__} in {place}; please tell those who make it"


def _code(error: Exception) -> int | None:
    return next((code for kinds, code in _CODES if isinstance(error, kinds)), None)
