"""How the service speaks HTTP with whoever connects: for how long it waits for them, and how much it listens to.

uvicorn's protocol over httptools bounds neither the header of a request nor the time in which one comes, nor how many
connections there are. What a stranger sends wrong, too slowly or not at all ends here, with an answer or without, and
is told to no log.
"""

import asyncio
import errno
import logging
import math
import resource
import socket
import time
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, NoReturn

import httptools
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from app.http import whole_answer
from app.problems import Busy, HeaderTooLarge, MalformedRequest, Problem

HEADER_LIMIT: Final = 16 * 1024  # bytes of the address and of all header fields, names and values
FIELDS_LIMIT: Final = 64  # header fields: browsers send some twenty, a proxy adds a few
PIPELINED: Final = 4  # requests that wait behind the one that is answered: no browser sends any
GRACE: Final = 10  # seconds for what is under way when the service stops
CONNECTIONS: Final = 4096  # at once
LEAST_CONNECTIONS: Final = 64
OTHER_FILES: Final = 320  # open at once beside connections: 50 of a database with three files each, uploads, pages

_log = logging.getLogger("tern")
_RETRY_SECONDS: Final = 2
STACK: Final = 2 * 2**20  # bytes of each thread's: what a machine reserves of itself is four times as much
_TOLD_SECONDS: Final = 60.0  # between two lines about connections that cannot be accepted
_PAUSE_SECONDS: Final = 1.0  # before the next try
_AT_ONCE: Final = 64  # connections accepted before those that are there have their turn
_NO_MORE: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
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


class TooFewFiles(OSError):
    """The machine allows the process fewer open files than it needs."""

    def __init__(self, allowed: int) -> None:
        super().__init__(
            f"this machine allows {allowed} open files, and the service needs {OTHER_FILES + LEAST_CONNECTIONS}:"
            " raise LimitNOFILE of its unit (or ulimit -n)"
        )


def room() -> int:
    """For how many connections this process may open files, once it has raised its limit as far as it may itself.

    Raises `TooFewFiles`.
    """
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OTHER_FILES + CONNECTIONS
    if allowed != resource.RLIM_INFINITY and allowed < wanted:
        allowed = wanted if most == resource.RLIM_INFINITY else min(most, wanted)
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, most))
    if allowed == resource.RLIM_INFINITY:
        return CONNECTIONS
    if allowed < OTHER_FILES + LEAST_CONNECTIONS:
        raise TooFewFiles(allowed)
    return min(CONNECTIONS, allowed - OTHER_FILES)


def server(application: ASGIApp, *, patience: Patience = PATIENCE, connections: int = CONNECTIONS) -> "_Server":
    """What serves the application to at most so many at once.

    `run(sockets=[…])` does until it is told to stop, and writes no log of requests.
    """
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
    return _Server(config, patience, connections)


class _Server(uvicorn.Server):
    """uvicorn's, which looks once a second at how each connection gets on, and makes room for who comes."""

    def __init__(self, config: uvicorn.Config, patience: Patience, most: int) -> None:
        super().__init__(config)
        self._patience = patience
        self._most = most
        self.turned_at = time.monotonic()  # when its loop last had its turn
        self._headless: dict[_Connection, None] = {}  # in the order in which they came, or were answered

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, but it listens with sockets of ours."""
        await super().startup(sockets=[])
        self.servers = [_Listener(each, self) for each in sockets or ()]  # type: ignore[misc]  # they close alike

    async def on_tick(self, counter: int) -> bool:
        """As uvicorn's, ten times a second."""
        self.turned_at = time.monotonic()
        if counter % _TICKS == 0:
            now = asyncio.get_running_loop().time()
            for connection in list(self.server_state.connections):
                if isinstance(connection, _Connection):
                    connection.look(now, self._patience)
        return await super().on_tick(counter)

    def connection(self) -> "_Connection":
        """For who is there next."""
        return _Connection(self.config, self.server_state, self.lifespan.state, self)

    def waits_for_header(self, connection: "_Connection", *, waits: bool) -> None:
        """Keep who has sent none yet in the order in which they came, or were answered."""
        self._headless.pop(connection, None)
        if waits:
            self._headless[connection] = None

    def make_room(self, new: "_Connection") -> None:
        """Give up one connection for a new one that is too many: the oldest without a header.

        Where all others have one, it is the body that has stood still for the longest, and for as long as a header may
        take, or else the new one.
        """
        if len(self.server_state.connections) > self._most:
            oldest = next(iter(self._headless))
            (oldest if oldest is not new else self._slowest() or new).give_up()

    def give_up_oldest(self) -> None:
        """Of those without a header, if there are any."""
        for oldest in list(self._headless)[:1]:
            oldest.give_up()

    def _slowest(self) -> "_Connection | None":
        before = asyncio.get_running_loop().time() - self._patience.header
        still = [
            each
            for each in self.server_state.connections
            if isinstance(each, _Connection) and each.stands_since() < before
        ]
        return min(still, key=_Connection.stands_since, default=None)


class _Listener:
    """Accepts connections of one socket that listens. A try that fails is told once a minute, and never at once again.

    uvloop's own does neither, and knows no bound.
    """

    def __init__(self, listening: socket.socket, server: _Server) -> None:
        self._listening = listening
        self._server = server
        self._loop = asyncio.get_running_loop()
        self._coming: set[asyncio.Task[object]] = set()
        self._told = -_TOLD_SECONDS
        self._is_open = True
        listening.listen(server.config.backlog)
        listening.settimeout(0)
        self._resume()

    def close(self) -> None:
        """Accept no more."""
        self._is_open = False
        self._loop.remove_reader(self._listening)

    async def wait_closed(self) -> None:
        """As of asyncio's servers: the connections end by themselves."""

    def _resume(self) -> None:
        if self._is_open:
            self._loop.add_reader(self._listening, self._accept)

    def _accept(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                accepted, _ = self._listening.accept()
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                if error.errno in _NO_MORE:
                    self._pause(error)
                    return
                continue  # whoever came has gone
            task: asyncio.Task[object] = self._loop.create_task(
                self._loop.connect_accepted_socket(self._server.connection, accepted)
            )
            self._coming.add(task)
            task.add_done_callback(self._come)

    def _come(self, task: "asyncio.Task[object]") -> None:
        self._coming.discard(task)
        if not task.cancelled():
            task.exception()  # whoever came has gone: that is nobody's line

    def _pause(self, error: OSError) -> None:
        self._server.give_up_oldest()
        self._loop.remove_reader(self._listening)
        self._loop.call_later(_PAUSE_SECONDS, self._resume)
        if self._loop.time() - self._told >= _TOLD_SECONDS:
            self._told = self._loop.time()
            _log.error("no connection can be accepted just now: %s", error.strerror)


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
        server: _Server,
    ) -> None:
        super().__init__(config, server_state, app_state)
        self._server = server
        self._in_header, self._in_body = False, False
        self._is_over = False  # nothing that still comes is a request
        self._problem: Problem = MalformedRequest()
        self._begun_size = 0  # bytes of a header that is not whole, as they came
        self._header_size, self._body_size, self._requests = 0, 0, 0
        # What the last look saw, and since when it has not changed.
        self._turn, self._turn_since, self._had = (_Part.HEADER, 0), self.loop.time(), 0
        self._unsent, self._unsent_since = 0, self.loop.time()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """It has sent no header yet."""
        super().connection_made(transport)
        self._server.waits_for_header(self, waits=True)
        self._server.make_room(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._server.waits_for_header(self, waits=False)
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """It may send another header."""
        super().on_response_complete()
        if self._is_free() and not self.transport.is_closing():
            self._server.waits_for_header(self, waits=True)

    def give_up(self) -> None:
        """End it at once, without a word."""
        self._server.waits_for_header(self, waits=False)
        self.connections.discard(self)
        self.transport.abort()

    def stands_since(self) -> float:
        """Since when a body has not grown by as much as it has to; never, where no body is waited for."""
        return self._turn_since if self._turn[0] in {_Part.BODY, _Part.REST} else math.inf

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
        except (httptools.HttpParserError, _Broken) as error:
            if isinstance(error.__context__, MemoryError):
                self._problem = Busy(retry_after_seconds=_RETRY_SECONDS)
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
        """What stands behind a body is passed over: the application has seen the header by then.

        White space behind a value is none of it (RFC 9110, section 5.5), and the parser leaves it there.
        """
        self._count(len(name) + len(value))
        if self._in_header:
            super().on_header(name, value.rstrip(b" \t"))
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
        self._server.waits_for_header(self, waits=False)
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
