"""How the service speaks HTTP with whoever connects: for how long it waits for them, and how much it listens to.

uvicorn's protocol over httptools bounds neither the header of a request nor the time in which one comes. What a
stranger sends wrong, too slowly or not at all ends here, with an answer or without, and is told to no log.
"""

import asyncio
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, NoReturn

import httptools
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from app.http import whole_answer
from app.problems import HeaderTooLarge, MalformedRequest, Problem

HEADER_LIMIT: Final = 16 * 1024  # bytes of the address and of all header fields, names and values
FIELDS_LIMIT: Final = 64  # header fields: browsers send some twenty, a proxy adds a few
PIPELINED: Final = 4  # requests that wait behind the one that is answered: no browser sends any
GRACE: Final = 10  # seconds for what is under way when the service stops

_TICKS: Final = 10  # of uvicorn's ticks, a second together, between two looks at all connections


@dataclass(frozen=True)
class Patience:
    """Seconds for which a connection is kept where its other end does not do its part.

    A line over Tor may bring a few hundred bytes a second, and nothing for a while: it is in time by far.
    """

    header: int = 20  # from the connection or the first byte of a request, until its header is whole
    body: int = 120  # for the next `body_bytes` of a body that the service waits for
    body_bytes: int = 6 * 1024
    rest: int = 30  # for a body that was answered before it was whole: its sender may still come to read the answer
    answer: int = 300  # in which nothing of an answer is taken. Tor takes it in pieces of 25 kB
    idle: int = 5  # between an answer and the next request


PATIENCE: Final = Patience()


def server(application: ASGIApp, *, patience: Patience = PATIENCE) -> uvicorn.Server:
    """What serves the application: `run(sockets=[…])` does until it is told to stop, and writes no log."""
    config = uvicorn.Config(
        application,
        loop="uvloop",
        http=_Connection,
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=False,
        timeout_keep_alive=patience.idle,
        timeout_graceful_shutdown=GRACE,
    )
    return _Server(config, patience)


class _Server(uvicorn.Server):
    """uvicorn's, which looks once a second at how each connection gets on."""

    def __init__(self, config: uvicorn.Config, patience: Patience) -> None:
        super().__init__(config)
        self._patience = patience

    async def on_tick(self, counter: int) -> bool:
        """As uvicorn's, ten times a second."""
        if counter % _TICKS == 0:
            now = asyncio.get_running_loop().time()
            for connection in list(self.server_state.connections):
                if isinstance(connection, _Connection):
                    connection.look(now, self._patience)
        return await super().on_tick(counter)


class _Part(Enum):
    """Whose turn it is."""

    HEADER = "they send a header, or have yet to begin"
    BODY = "they send a body, for which the application waits"
    REST = "they send what nobody waits for"
    NOTHING = "we have to answer, or they may begin anew"


class _Broken(Exception):
    """Raised to the parser, which has no other way to stop."""


class _Connection(HttpToolsProtocol):
    """uvicorn's, with bounds."""

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._in_header, self._in_body = False, False
        self._is_over = False  # nothing that still comes is a request
        self._problem: Problem = MalformedRequest()
        self._begun_size = 0  # bytes of a header that is not whole, as they came
        self._header_size, self._body_size, self._requests = 0, 0, 0
        # What the last look saw, and since when it has not changed.
        self._turn, self._turn_since, self._had = (_Part.HEADER, 0), self.loop.time(), 0
        self._unsent, self._unsent_since = 0, self.loop.time()

    def data_received(self, data: bytes) -> None:
        """Raises nothing and logs nothing, whatever comes."""
        if self._is_over:
            return
        self._unset_keepalive_if_required()
        was_in_body, requests = self._in_body, self._requests
        try:
            self.parser.feed_data(data)
            if self._in_header and not was_in_body and requests == self._requests:
                # The parser tells of a field once it is whole: of an endless one, never.
                self._begun_size += len(data)
                if self._begun_size > 2 * HEADER_LIMIT:  # so that where a header is split never decides about it
                    self._break(HeaderTooLarge())
        except httptools.HttpParserUpgrade:
            self._is_over = True  # answered as it is, in HTTP/1.1; what follows would be in another protocol
            self.cycle.keep_alive = False
        except (httptools.HttpParserError, _Broken):
            self._refuse()

    def on_message_begin(self) -> None:
        """Called by the parser, as all that follow."""
        self._in_header, self._begun_size, self._header_size, self._problem = True, 0, 0, MalformedRequest()
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """A piece of the address."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """What stands behind a body is passed over: the application has seen the header by then."""
        self._count(len(name) + len(value))
        if self._in_header:
            super().on_header(name, value)
            if len(self.headers) > FIELDS_LIMIT:
                self._break(HeaderTooLarge())

    def on_headers_complete(self) -> None:
        """Refuse what two readers of one request might understand differently."""
        self._in_header = False
        names = [name for name, _ in self.headers]
        version = self.parser.get_http_version()
        codings = {value.lower() for name, value in self.headers if name == b"transfer-encoding"}
        has_host = names.count(b"host") == 1 or (version == "1.0" and b"host" not in names)
        if version not in {"1.0", "1.1"} or not has_host or codings - {b"chunked"} or len(self.pipeline) >= PIPELINED:
            self._break(MalformedRequest())
        super().on_headers_complete()
        self._in_body = True
        self._requests += 1

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._body_size += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._in_body = False
        super().on_message_complete()

    def look(self, now: float, patience: Patience) -> None:
        """Close the connection where its other end has not done its part in time."""
        turn = (self._part(), self._requests)
        is_slow = not self.flow.read_paused and self._body_size - self._had < patience.body_bytes
        if turn != self._turn or (turn[0] is _Part.BODY and not is_slow):
            self._turn, self._turn_since, self._had = turn, now, self._body_size
        seconds = {_Part.HEADER: patience.header, _Part.BODY: patience.body, _Part.REST: patience.rest}.get(turn[0])
        if seconds is not None and now - self._turn_since > seconds:
            self.transport.close()
        unsent = self.transport.get_write_buffer_size()
        if unsent < self._unsent or not unsent or not self._only_sends():
            self._unsent_since = now
        self._unsent = unsent
        if now - self._unsent_since > patience.answer:
            self.transport.abort()

    def _part(self) -> _Part:
        if self.transport.is_closing():
            return _Part.NOTHING
        if self._in_body:
            return _Part.REST if self.cycle.response_complete else _Part.BODY
        has_begun = self.timeout_keep_alive_task is None  # uvicorn counts the seconds before
        return _Part.HEADER if self._is_free() and has_begun else _Part.NOTHING

    def _is_free(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _only_sends(self) -> bool:
        """Whether what waits to be sent can become less and not more."""
        return self.flow.write_paused or self.transport.is_closing() or self._is_free()

    def _count(self, size: int) -> None:
        self._header_size += size
        if self._header_size > HEADER_LIMIT:
            self._break(HeaderTooLarge())

    def _break(self, problem: Problem) -> NoReturn:
        self._problem = problem
        raise _Broken

    def _refuse(self) -> None:
        """Say why, unless that would be taken for the answer to another request, and hang up."""
        self._is_over = True
        if self._in_body and not self.pipeline:
            is_free = not self.cycle.response_started
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        else:
            is_free = self._is_free()
        if is_free:
            self.transport.write(whole_answer(self._problem))
        self.transport.close()
