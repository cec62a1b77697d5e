"""A draw of many cards is a program of its own, so that nobody who reports or works meanwhile waits for it.

It has the lent keys in its memory, reads sealed cards from its input, and writes to its output only what is published
and what is sealed. It ends with its input.
"""

import pickle
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from os import nice
from select import POLLIN, poll
from typing import IO, Final, cast

from app.statistics.releases import drawing, opening
from app.statistics.releases.accounts import AccountsError
from app.statistics.releases.drawing import Draw, Task
from app.statistics.releases.opening import Page

# How often whoever waits for the program is asked whether they still do.
_LOOK_MILLISECONDS: Final = 1000
# Whoever reports, or works, goes first.
_NICE: Final = 10


class ProgramFailed(Exception):
    """The program that draws has ended without an answer, and has said where."""


def draw(task: Task, cards: Iterable[Page], earlier: Iterable[Page], *, beat: Callable[[], None]) -> Draw:
    """As `drawing.draw`: of few pages in this process, which takes less time than the program's start.

    `beat` is called now and then while the program is at work, and what it raises ends that. Raises `AccountsError` and
    `ProgramFailed`.
    """
    sources = [iter(cards), iter(earlier)]
    first = [list(islice(pages, opening.ALONE + 1)) for pages in sources]
    if all(len(pages) <= opening.ALONE for pages in first):
        return drawing.draw(task, *first)
    return _drawn_beside(task, list(map(chain, first, sources)), beat)


def _drawn_beside(task: Task, sources: Sequence[Iterable[Page]], beat: Callable[[], None]) -> Draw:
    with opening.program(__name__) as program:
        goes, comes = cast("IO[bytes]", program.stdin), cast("IO[bytes]", program.stdout)
        try:
            pickle.dump(task, goes)
            for pages in sources:
                for page in pages:
                    pickle.dump(page, goes)
                pickle.dump(None, goes)
            goes.flush()
            beat()
            answered = poll()  # `select` takes no file above 1,024, which many connections leave it with
            answered.register(comes, POLLIN)
            while not answered.poll(_LOOK_MILLISECONDS):
                beat()
            answer: Draw | AccountsError = pickle.load(comes)  # noqa: S301 - what this process began has written it
        except (BrokenPipeError, EOFError):
            program.wait()
            raise ProgramFailed from None
    if isinstance(answer, AccountsError):
        raise answer
    return answer


def serve() -> None:
    """Draw what comes on standard input, and say on standard output what came of it: the work of the program."""
    nice(_NICE)
    sys.excepthook = opening.tell_place_alone
    with open(0, "rb") as came, open(1, "wb") as goes:
        task: Task = pickle.load(came)  # noqa: S301 - by whoever began this
        try:
            answer: Draw | AccountsError = drawing.draw(task, _received(came), _received(came))
        except AccountsError as error:
            answer = error
        pickle.dump(answer, goes)


def _received(came: IO[bytes]) -> Iterator[Page]:
    while (page := pickle.load(came)) is not None:  # noqa: S301 - by whoever began this
        yield page
