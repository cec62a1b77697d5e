"""Several processes that serve beside one another, and the one that began them, which waits for them."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

_TOLD_TO_STOP: Final = (signal.SIGTERM, signal.SIGINT)


class OneEnded(Exception):
    """One of the processes ended though nobody asked it to; the others were told to stop."""


def beside(number: int, work: Callable[[int], None], *, begun: Callable[[], None] = lambda: None) -> None:
    """Do `work` in so many processes, each of which is given its place, from 0 on. Returns when all were told to end.

    When they have `begun`, this process gives up what it made for them and has no use for.

    Call it before anything is opened that two processes cannot share, and before there is a second thread. What ends
    this process ends them: each watches a pipe, of which nobody else holds the other end. Raises `OneEnded`, and in
    each of them `SystemExit`.
    """
    watched, held = os.pipe()
    children = set[int]()
    signal.pthread_sigmask(signal.SIG_BLOCK, _TOLD_TO_STOP)  # until there is who passes it on
    for place in range(number):
        child = os.fork()
        if not child:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _TOLD_TO_STOP)
            os.close(held)
            threading.Thread(target=_end_with_others, args=(watched,), daemon=True).start()
            work(place)
            sys.exit()  # what the first began, it ends
        children.add(child)
    os.close(watched)
    begun()
    is_stopping = False

    def stop(*_: object) -> None:
        nonlocal is_stopping
        is_stopping = True
        for each in children:
            with suppress(ProcessLookupError):  # it ended just now
                os.kill(each, signal.SIGTERM)

    for asked in _TOLD_TO_STOP:
        signal.signal(asked, stop)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _TOLD_TO_STOP)
    was_asked = True
    while children:
        child, _ = os.wait()
        children.discard(child)
        if not is_stopping:
            was_asked = False
            stop()
    os.close(held)
    if not was_asked:
        raise OneEnded("one of the service's processes ended by itself, and the others were stopped")


def _end_with_others(watched: int) -> None:
    os.read(watched, 1)  # nothing is ever written: it ends when the other end is gone
    os.kill(os.getpid(), signal.SIGTERM)
