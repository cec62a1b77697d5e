"""What somebody who connects can make the service wait for, listen to and say."""

import json
import logging
import os
import resource
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.types import Receive, Scope, Send

from app.server import (
    CONNECTIONS,
    FIELDS_LIMIT,
    HEADER_LIMIT,
    LEAST_CONNECTIONS,
    OTHER_FILES,
    PIPELINED,
    Patience,
    server,
)

HOST = b"Host: tern.test\r\n"
WAITING = 10  # seconds, after which a test says that nothing comes
PATIENCE = Patience(header=1, body=1, body_bytes=300, rest=1, answer=4, idle=1)
LARGE = 32 * 2**20  # more than all buffers between here and there


async def told(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that reads the whole body of a POST and says what it got, and does not wait for that of a PUT."""
    request = Request(scope, receive)
    if scope["path"] == "/large":
        answer: PlainTextResponse | StreamingResponse = StreamingResponse(iter([bytes(2**16)] * (LARGE // 2**16)))
    else:
        body = await request.body() if scope["method"] == "POST" else b""
        told_ = [scope["method"], scope["path"], len(body), sorted(request.headers), request.headers.get("x-said")]
        answer = PlainTextResponse(json.dumps(told_))
    await answer(scope, receive, send)


@contextmanager
def served(*, patience: Patience = PATIENCE, connections: int = CONNECTIONS) -> Iterator[int]:
    running = server(told, patience=patience, connections=connections)
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=running.run, args=([listening],))
    number = listening.getsockname()[1]
    thread.start()
    try:
        yield number
    finally:
        running.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with served() as number:
        yield number


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=WAITING) as connection:
        yield connection


def rest(connection: socket.socket) -> bytes:
    """All that still comes, until the service hangs up."""
    pieces = []
    try:
        while piece := connection.recv(2**16):
            pieces.append(piece)
    except ConnectionResetError:
        pass
    return b"".join(pieces)


def one(connection: socket.socket) -> bytes:
    """The next answer, of one piece."""
    return connection.recv(2**16)


def exchanged(port: int, *pieces: bytes) -> bytes:
    """What comes back, until the service hangs up."""
    with connected(port) as connection:
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(0.05)
        return rest(connection)


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def seconds(act: Callable[[], object]) -> float:
    started = time.monotonic()
    act()
    return time.monotonic() - started


def fields(number: int, size: int = 1) -> bytes:
    return b"".join(b"x-%d: %b\r\n" % (index, b"a" * size) for index in range(number))


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.1\r\n" + HOST + fields(FIELDS_LIMIT) + b"\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + fields(2, HEADER_LIMIT // 2) + b"\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"x: " + b"a" * 2 * HEADER_LIMIT,  # and no end of it
        b"GET / HTTP/1.1\r\n" + HOST + b"a" * 2 * HEADER_LIMIT,
        b"GET /" + b"a" * HEADER_LIMIT + b" HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET /" + b"a" * 2 * HEADER_LIMIT,
    ],
    ids=["many fields", "long fields", "a field without end", "a name without end", "a long address", "without end"],
)
def test_a_header_that_no_request_needs_is_refused_in_the_form_of_every_refusal(port: int, request_: bytes) -> None:
    answer = exchanged(port, request_)

    head, _, body = answer.partition(b"\r\n\r\n")
    assert status(answer) == 431
    assert json.loads(body)["type"] == "/problems/header-too-large"
    assert b"content-type: application/problem+json" in head
    assert {b"cache-control: no-store", b"connection: close"} <= set(head.lower().split(b"\r\n"))


def test_the_longest_header_and_the_most_fields_are_taken(port: int) -> None:
    long = HEADER_LIMIT - len(b"/") - len(b"hosttern.test") - len(b"x-0")
    with connected(port) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n" + HOST + fields(FIELDS_LIMIT - 1) + b"\r\n")
        many = one(connection)
        connection.sendall(b"GET / HTTP/1.1\r\n" + HOST + fields(1, long) + b"\r\n")

        assert (status(many), status(one(connection))) == (200, 200)


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + HOST + b"\r\n",
        b"GET / HTTP/1.0\r\n" + HOST + HOST + b"\r\n",
        b"GET /\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\na",
        b"GET / HTTP/1.1\r\n" + HOST + b"x: a\r\n b\r\n\r\n",
        b"GET / HTTP/1.1\n" + HOST.replace(b"\r", b"") + b"\n",
        b"CONNECT tern.test:443 HTTP/1.1\r\n" + HOST + b"\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_what_could_be_read_in_two_ways_is_read_in_none(port: int, request_: bytes) -> None:
    answer = exchanged(port, request_)

    assert (status(answer), answer.count(b"HTTP/1.1 ")) == (400, 1)
    assert b"/problems/malformed-request" in answer


@pytest.mark.parametrize(("said", "value"), [(b"\t a b \t", b'"a b"'), (b" \t ", b'""')])
def test_white_space_around_a_value_is_no_part_of_it(port: int, said: bytes, value: bytes) -> None:
    answer = exchanged(port, b"GET / HTTP/1.1\r\n" + HOST + b"X-Said:" + said + b"\r\nConnection: close\r\n\r\n")

    assert answer.endswith(b", " + value + b"]")


def test_what_stands_behind_a_body_is_no_header(port: int) -> None:
    request = b"POST / HTTP/1.1\r\n" + HOST + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"

    answer = exchanged(port, request, b"1\r\na\r\n0\r\nAuthorization: Bearer a\r\n\r\n")

    assert (status(answer), b"authorization" in answer) == (200, False)


def test_an_upgrade_is_answered_in_the_protocol_that_there_is_and_ends_the_connection(port: int) -> None:
    upgrade = b"GET / HTTP/1.1\r\n" + HOST + b"Connection: upgrade\r\nUpgrade: websocket\r\n\r\n"

    answer = exchanged(port, upgrade, b"\x81\x85 what would be a frame")

    assert (status(answer), answer.count(b"HTTP/1.1 ")) == (200, 1)


def test_a_chunk_that_is_none_is_refused_once(port: int) -> None:
    head = b" / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"

    read = exchanged(port, b"POST" + head, b"not hexadecimal\r\n")
    answered = exchanged(port, b"PUT" + head, b"not hexadecimal\r\n")

    assert (status(read), read.count(b"HTTP/1.1 ")) == (400, 1)
    assert (status(answered), answered.count(b"HTTP/1.1 ")) == (200, 1)


def test_no_request_gets_the_answer_to_what_follows_it(port: int) -> None:
    answer = exchanged(port, b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\n\r\na\x00nothing that is a request")

    assert b"HTTP/1.1 400" not in answer


def test_a_few_requests_may_wait_behind_another_and_no_more(port: int) -> None:
    request = b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"

    few = exchanged(port, request * (PIPELINED + 1))
    many = exchanged(port, request * 1000)

    assert few.count(b"HTTP/1.1 200") == PIPELINED + 1
    assert many.count(b"HTTP/1.1 ") <= PIPELINED + 1


@pytest.mark.parametrize(
    ("begun", "more"),
    [(b"", b""), (b"GET /", b"a"), (b"GET / HTTP/1.1\r\nx-a: ", b"a"), (b"\r\n", b"\r\n")],
    ids=["nothing", "address", "field", "empty lines"],
)
def test_a_header_that_does_not_become_whole_ends_the_connection(port: int, begun: bytes, more: bytes) -> None:
    def last() -> None:
        connection.settimeout(0.2)
        with suppress(ConnectionError):
            while True:
                connection.sendall(more)
                with suppress(TimeoutError):
                    assert connection.recv(1) == b""
                    return

    with connected(port) as connection:
        connection.sendall(begun)

        assert PATIENCE.header - 0.1 <= seconds(last) < PATIENCE.header + 3  # two clocks


def test_the_next_header_of_a_connection_has_its_time_too(port: int) -> None:
    with connected(port) as connection:
        for _ in range(4):
            connection.sendall(b"GET / HTTP/1.1\r\n" + HOST + b"\r\n")
            assert status(one(connection)) == 200
            time.sleep(0.5 * PATIENCE.idle)
        connection.sendall(b"GET / HT")

        assert rest(connection) == b""


def test_a_slow_body_is_waited_for_as_long_as_it_grows(port: int) -> None:
    size = 3000
    with connected(port) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % size)

        def send() -> None:
            for _ in range(size // 250):
                connection.sendall(b"a" * 250)
                time.sleep(0.2)

        took = seconds(send)
        answer = one(connection)

    assert took > 2 * PATIENCE.body
    assert (status(answer), b"3000" in answer) == (200, True)


def test_a_body_that_does_not_grow_is_given_up_without_a_word(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 5000\r\n\r\n")
        for _ in range(4):
            connection.sendall(b"a")
            time.sleep(0.2)

        assert rest(connection) == b""


def test_what_nobody_reads_any_more_is_listened_to_for_a_moment(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(b"PUT / HTTP/1.1\r\n" + HOST + b"Content-Length: 5000000\r\n\r\n")
        answer = one(connection)

        def send() -> None:
            with suppress(ConnectionError):
                for _ in range(10 * WAITING):
                    connection.sendall(b"a" * 2000)
                    time.sleep(0.1)

        assert status(answer) == 200
        assert PATIENCE.rest <= seconds(send) < PATIENCE.rest + 3


def test_an_answer_that_nobody_takes_is_given_up(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(b"GET /large HTTP/1.1\r\n" + HOST + b"\r\n")
        time.sleep(PATIENCE.answer + 3)

        assert len(rest(connection)) < LARGE


def test_an_answer_that_is_taken_slowly_arrives(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(b"GET /large HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
        size = 0
        while piece := connection.recv(2**20):
            size += len(piece)
            time.sleep(0.02)

    assert size > LARGE


def test_a_thousand_halves_of_a_header_are_gone_after_a_moment_and_leave_no_line(
    port: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        halves = [socket.create_connection(("127.0.0.1", port), timeout=WAITING) for _ in range(1000)]
        for half in halves:
            half.sendall(b"GET / HTTP/1.1\r\nx-a: ")
        ends = [rest(half) for half in halves]
        for half in halves:
            half.close()

    assert set(ends) == {b""}
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


GET = b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"
SILENT = Patience(header=30, body=30, idle=30)
PLACES = 8


def is_open(connection: socket.socket) -> bool:
    connection.settimeout(0.05)
    try:
        return connection.recv(1) != b""
    except TimeoutError:
        return True
    except ConnectionError:
        return False


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nx-a: ", GET], ids=["nothing", "half a header", "answered"])
def test_over_the_bound_the_oldest_without_a_header_gives_its_place(said: bytes) -> None:
    with served(patience=SILENT, connections=PLACES) as port, ExitStack() as kept:
        silent = [kept.enter_context(connected(port)) for _ in range(PLACES)]
        for each in silent:
            each.sendall(said)
            assert said != GET or status(one(each)) == 200
        for each in (kept.enter_context(connected(port)) for _ in range(3)):
            each.sendall(GET)
            assert status(one(each)) == 200

        assert [is_open(each) for each in silent] == [False] * 3 + [True] * (PLACES - 3)


def test_bodies_that_come_are_not_given_up_for_who_says_nothing() -> None:
    head = b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 2\r\n\r\na"
    with served(patience=SILENT, connections=PLACES) as port, ExitStack() as kept:
        sending = [kept.enter_context(connected(port)) for _ in range(PLACES)]
        for each in sending:
            each.sendall(head)
        time.sleep(0.2)
        with connected(port) as silent:
            assert rest(silent) == b""
        for each in sending:
            each.sendall(b"a")

        assert [status(one(each)) for each in sending] == [200] * PLACES


def test_bodies_that_stand_still_give_their_place_after_the_time_of_a_header() -> None:
    with served(patience=Patience(header=1, body=30), connections=PLACES) as port, ExitStack() as kept:
        for _ in range(PLACES):
            kept.enter_context(connected(port)).sendall(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 2\r\n\r\na")
        time.sleep(3.2)
        with connected(port) as late:
            late.sendall(GET)

            assert status(one(late)) == 200


def test_a_connection_that_cannot_be_accepted_is_told_once_and_the_next_are_taken(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """All descriptors of the process are in use for a while."""
    with served(patience=SILENT) as port, caplog.at_level(logging.WARNING):
        waiting = socket.socket()
        waiting.settimeout(WAITING)
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        with waiting:
            highest = max(int(each.name) for each in Path("/proc/self/fd").iterdir())
            resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1, limits[1]))
            try:
                taken = []
                with suppress(OSError):
                    while True:
                        taken.append(os.open("/dev/null", os.O_RDONLY))
                waiting.connect(("127.0.0.1", port))
                waiting.sendall(GET)
                time.sleep(2.5)
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, limits)
                for each in taken:
                    os.close(each)

            assert status(one(waiting)) == 200
        assert len(caplog.records) == 1, [each.getMessage() for each in caplog.records]


@pytest.mark.parametrize(("soft", "hard", "found"), [(64, 8192, CONNECTIONS), (1024, 1024, 1024 - OTHER_FILES)])
def test_there_are_as_many_places_as_the_machine_allows(soft: int, hard: int, found: int) -> None:
    asked = "from app.server import room; print(room())"
    limited = f"ulimit -Sn {soft}; ulimit -Hn {hard}; exec {sys.executable} -c '{asked}'"

    said = subprocess.run(["bash", "-c", limited], capture_output=True, text=True, check=True)

    assert int(said.stdout) == found


def test_a_machine_that_allows_too_few_files_is_told_so() -> None:
    asked = "from app.server import room; room()"
    limited = f"ulimit -n {OTHER_FILES + LEAST_CONNECTIONS - 1}; exec {sys.executable} -c '{asked}'"

    said = subprocess.run(["bash", "-c", limited], capture_output=True, text=True, check=False)

    assert "LimitNOFILE" in said.stderr
