"""Sending a sealed file in parts, so that a connection that breaks costs what was under way and no more (tus 1.0)."""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from app.client.machine.transport import Answer, Refused, Service, Unreachable, blocks_of

# Failures in a row with nothing arriving in between, after which the file counts as not arrived.
TRIES: Final = 8  # which takes a minute

_TUS: Final = {"Tus-Resumable": "1.0.0"}
_PART: Final = "application/offset+octet-stream"
_ADDRESS: Final = re.compile(r"/v1(/uploads/[0-9a-f]{32})")
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,9}")
_FIRST_PAUSE: Final = 0.5  # seconds, doubled with each failure

_GONE: Final = 404
# The service, or the proxy before it, says that it may be asked again.
_BUSY: Final = frozenset({408, 429, 502, 503, 504})


class Upload:
    """One sealed file on its way to `attachment_id`, under the mailbox token `bearer`."""

    def __init__(self, service: Service, bearer: str, attachment_id: str, file: Path) -> None:
        self._service = service
        self._headers = {"Authorization": f"Bearer {bearer}"} | _TUS
        self._attachment_id = attachment_id
        self._file = file
        self._size = file.stat().st_size
        self._address: str | None = None
        self._size_there = 0
        self._furthest = 0

    def send(self, progress: Callable[[int], None], waits: Callable[[float], None] = lambda _: None) -> None:
        """Send it whole, however often the connection breaks; `progress` hears how many bytes have gone.

        `waits` hears of each pause, in seconds, before it goes on.
        Raises `Refused` or `Unreachable` after `TRIES` attempts that brought nothing forward.
        """
        failures = 0
        while True:
            before = self._size_there
            try:
                self._go_on(progress)
            except (Refused, Unreachable) as failure:
                failures = 1 if self._size_there > before else failures + 1
                if not self._is_passing(failure) or failures == TRIES:
                    raise
                pause = _FIRST_PAUSE * 2 ** (failures - 1)
                waits(pause)
                time.sleep(pause)
            else:
                return

    def _is_passing(self, failure: Refused | Unreachable) -> bool:
        """Whether asking again can help: at another offset, or for an upload that the service has forgotten."""
        if isinstance(failure, Unreachable) or failure.status in _BUSY:
            return True
        return failure.type == "wrong-offset" or (failure.status == _GONE and self._address is not None)

    def _go_on(self, progress: Callable[[int], None]) -> None:
        """From where the service says that the file is; from its beginning where it knows of none."""
        if self._address is not None:
            try:
                self._size_there = self._offset(self._ask("HEAD", self._address))
            except Refused as refusal:
                if refusal.status != _GONE:
                    raise
                self._address = None
        if self._address is None:
            self._address, self._size_there = self._begin(), 0
        if self._size_there < self._size:
            self._add(progress)

    def _begin(self) -> str:
        headers = {"Tern-Attachment": self._attachment_id, "Upload-Length": str(self._size)}
        match = _ADDRESS.fullmatch(self._ask("POST", "/uploads", headers).headers.get("Location", ""))
        if match is None:  # elsewhere is nowhere that a reporter's token may go
            raise _misunderstanding()
        return match[1]

    def _add(self, progress: Callable[[int], None]) -> None:
        part = {
            "Content-Type": _PART,
            "Content-Length": str(self._size - self._size_there),
            "Upload-Offset": str(self._size_there),
        }
        answer = self._ask("PATCH", self._address or "", part, self._blocks(progress))
        if self._offset(answer) != self._size:
            raise _misunderstanding()
        self._size_there = self._size

    def _blocks(self, progress: Callable[[int], None]) -> Iterator[bytes]:
        place = self._size_there
        with self._file.open("rb") as file:
            file.seek(place)
            for block in blocks_of(file):
                yield block
                place += len(block)
                # What was under way when a connection broke goes again; a bar that went back would say that it is lost.
                self._furthest = max(self._furthest, place)
                progress(self._furthest)

    def _ask(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, content: Iterator[bytes] | None = None
    ) -> Answer:
        return self._service.send(
            method, path, b"" if content is None else content, self._headers | dict(headers or {})
        )

    def _offset(self, answer: Answer) -> int:
        offset = answer.headers.get("Upload-Offset", "")
        if not _NUMBER.fullmatch(offset) or int(offset) > self._size:
            raise _misunderstanding()
        return int(offset)


def _misunderstanding() -> Refused:
    return Refused("not-understood", 200, "The answer is not what the service would say")
