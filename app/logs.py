"""What the service writes for whoever runs it: its own faults, by their place, and only so many of them.

What libraries write of a request is made of what a stranger sent, or tells when somebody came: it reaches no output.
"""

import logging
import time
from typing import Final

LINES: Final = 100  # records an hour, whoever makes them come: a disk that is full takes no reports
_HOUR: Final = 3600.0


def install() -> None:
    """For the process, which from now on writes what `tern` logs to standard error, and of nobody else anything."""
    logging.getLogger().handlers[:] = [logging.NullHandler()]
    logging.lastResort = None
    logging.captureWarnings(capture=True)
    ours = logging.StreamHandler()
    ours.addFilter(_Few())
    logger = logging.getLogger("tern")
    logger.handlers[:] = [ours]
    logger.propagate = False


class _Few(logging.Filter):
    """Lets `LINES` records pass in an hour, and says with the last that others are left out."""

    def __init__(self) -> None:
        super().__init__()
        self._since, self._passed = time.monotonic(), 0

    def filter(self, record: logging.LogRecord) -> bool:
        now = time.monotonic()
        if now - self._since >= _HOUR:
            self._since, self._passed = now, 0
        self._passed += 1
        if self._passed == LINES:
            record.msg = f"{record.msg}\nmore of this hour is left out"
        return self._passed <= LINES
