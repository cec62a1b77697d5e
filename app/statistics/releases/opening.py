"""Cards are opened and checked, on every core, in memory alone: of what does not count nothing is told (RELEASES § 0).

The others who open beside the process that draws are programs of their own: each has the keys in its memory, reads
sealed cards from its input and writes cards to its output, and ends with its input, so that none outlives who began it.
"""

import logging
import pickle
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import chain, islice
from os import sched_getaffinity
from types import TracebackType
from typing import IO, Final, NamedTuple, TypeAlias, cast

from app import age
from app.protocol import card as cards_
from app.protocol.certificates import Trust
from app.protocol.encoding import sha256_hex
from app.protocol.errors import ProtocolError
from app.protocol.periods import first_day, last_day
from app.protocol.statements import LATE
from app.protocol.types import TYPES
from app.statistics.releases.packed import Cards, pack

_log = logging.getLogger("tern")

# Who may have written or approved a card.
SIGNERS: Final = TYPES["card"].roles
# As many pages are opened before it is worth the while of others to begin.
ALONE: Final = 3
# What a terminal and a system that stop the service send to all of its processes.
_STOPS: Final = (signal.SIGINT, signal.SIGTERM)


class SealedCard(NamedTuple):  # which goes to another process in a tenth of the time that a dataclass takes
    """A card as it lies there: its quarter, the hashes of the id and revision that it came under, its file."""

    quarter: str
    id_sha256: str
    revision_sha256: str | None
    file: bytes


Page: TypeAlias = Sequence[SealedCard]
# The ids and keys of a card's writer and approver.
Signers: TypeAlias = tuple[tuple[str, bytes], tuple[str, bytes]]


@dataclass(slots=True)
class OfSigners:
    """Of a page the cards of one quarter that the same two keys have signed: those that are counted, packed one behind
    the other, and what is said of tokens."""

    quarter: str
    signers: Signers = field(repr=False)
    packed: bytearray = field(default_factory=bytearray, repr=False)
    said: list[cards_.TokenCard] = field(default_factory=list, repr=False)


@dataclass(frozen=True, slots=True)
class Opened:
    """The cards that count. Nobody asks again who signed which."""

    cards: Cards = field(default_factory=Cards, repr=False)
    said: list[cards_.TokenCard] = field(default_factory=list, repr=False)

    def add(self, found: Iterable[OfSigners]) -> None:
        for each in found:
            self.cards.add(each.quarter, bytes(each.packed))
            self.said.extend(each.said)


def open_page(page: Page, identities: Sequence[age.Identity]) -> list[OfSigners]:
    """Those that are what they came as, under two signatures that hold."""
    found = dict[tuple[str, Signers], OfSigners]()
    for each in page:
        try:
            signed = cards_.read_signed(age.decrypt(each.file, identities))
            _check_row(each, signed.card)
        except (age.Error, ProtocolError):
            continue
        signers = (signed.writer.by, signed.writer.key), (signed.approver.by, signed.approver.key)
        theirs = found.setdefault((each.quarter, signers), OfSigners(each.quarter, signers))
        if isinstance(signed.card, cards_.StatCard):
            theirs.packed += pack(signed.card)
        else:
            theirs.said.append(signed.card)
    return list(found.values())


@dataclass(frozen=True)
class Opener:
    """The lent keys, and what says whose signatures count."""

    identities: Sequence[age.HybridIdentity] = field(repr=False)
    trust: Trust
    _certified: dict[tuple[str, str, bytes], bool] = field(default_factory=dict, repr=False)

    def open_(self, page: Page) -> list[OfSigners]:
        """The cards that count."""
        return self.counting(open_page(page, self.identities))

    def counting(self, found: Iterable[OfSigners]) -> list[OfSigners]:
        """Those under the signatures of two who might."""
        return [each for each in found if all(self.was_certified(each.quarter, *signer) for signer in each.signers)]

    def was_certified(self, quarter: str, person: str, key: bytes) -> bool:
        """Whether the key was the person's in the quarter, or in the days before in which a card may have waited."""
        known = self._certified.get((quarter, person, key))
        if known is None:
            first, last = first_day(quarter) - LATE, last_day(quarter)
            days = (first + timedelta(days=number) for number in range((last - first).days + 1))
            known = self.trust.was_certified(person, key, days, roles=SIGNERS)
            self._certified[quarter, person, key] = known
        return known


def opened(pages: Iterable[Page], opener: Opener, *, cores: int | None = None) -> Opened:
    """The cards that count, in no order. What `pages` raises is raised, and ends the others who open too."""
    rest, found = iter(pages), Opened()
    for page in islice(rest, ALONE):
        found.add(opener.open_(page))
    following = next(rest, None)
    if following is None:
        return found
    shared = _Shared(chain([following], rest))
    with ExitStack() as stack:
        number = cores or len(sched_getaffinity(0))
        others = [_Other(opener, stack.enter_context(program(__name__))) for _ in range(number)]
        threads = stack.enter_context(ThreadPoolExecutor(len(others)))
        for _ in threads.map(lambda other: other.open_all(shared, found), others):
            pass
    return found


class _Shared:
    """Pages of which each is taken once."""

    def __init__(self, pages: Iterator[Page]) -> None:
        self._pages, self._lock = pages, threading.Lock()

    def __iter__(self) -> Iterator[Page]:
        while True:
            with self._lock:
                page = next(self._pages, None)
            if page is None:
                return
            yield page


class _Other:
    """A process that opens cards for this one."""

    def __init__(self, opener: Opener, process: "subprocess.Popen[bytes]") -> None:
        self._opener, self._process = opener, process

    def open_all(self, pages: Iterable[Page], found: Opened) -> None:
        """Add the cards of these pages that count to what was found."""
        goes, comes = cast("IO[bytes]", self._process.stdin), cast("IO[bytes]", self._process.stdout)
        pickle.dump([str(each) for each in self._opener.identities], goes)
        for page in pages:
            pickle.dump(page, goes)
            goes.flush()
            found.add(self._opener.counting(pickle.load(comes)))  # noqa: S301 - what this process began has written it


def _check_row(recorded: SealedCard, card: cards_.StatCard | cards_.TokenCard) -> None:
    """It is the card, and its revision, that it came as. Raises `CardError`."""
    came_as = (recorded.id_sha256, recorded.revision_sha256)
    if came_as != (sha256_hex(card.id.encode()), cards_.revision_sha256(card.id, card.revision)):
        raise cards_.CardError("it came as another card or revision")


@contextmanager
def program(module: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A module's `serve` as a program, which whoever began it feeds and reads. It runs until the block ends.

    Its code is that of this process: what lies in the directory where the service was started is not looked at. Whether
    a stop ends it is for the service to say, which would else take a draw that was stopped for one that failed.
    """
    command = [sys.executable, "-P", "-c", f"from {module} import serve; serve()"]
    held = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)  # which the program inherits, from its first moment
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603  our own
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def tell_place_alone(kind: type[BaseException], _: BaseException, trace: TracebackType | None) -> None:
    """What is said of a draw that fails: not the words of what it failed with, which may be of what was opened."""
    place = "".join(traceback.format_tb(trace))
    _log.error("a draw failed with %s\n%s", kind.__qualname__, place)


def serve() -> None:
    """Open what comes on standard input, until nothing does: the work of a process beside the one that draws."""
    sys.excepthook = tell_place_alone
    with suppress(EOFError, BrokenPipeError), open(0, "rb") as came, open(1, "wb") as goes:
        identities = [age.parse_identity(text) for text in pickle.load(came)]  # noqa: S301 - by whoever began this
        while True:
            pickle.dump(open_page(pickle.load(came), identities), goes)  # noqa: S301  likewise
            goes.flush()
