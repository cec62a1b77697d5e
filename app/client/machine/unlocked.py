"""Keys that stay unlocked for a stretch of work, in a process of the person's own that ends with it.

The process listens on a socket in a directory that only its owner may enter, asks the kernel who calls, and answers
nobody else; nothing is written to a disk. It gives the keys of the very file that was unlocked, until it is told to
forget them or its time is over. Whoever can act as this person on this machine while it runs could also read the
keyboard.
"""

import os
import signal
import socket
import struct
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from app import private
from app.client.machine.directory import Machine, PersonKeys

# The longest that keys may stay unlocked: one working day.
LONGEST_HOURS: Final = 12
_SOCKET: Final = "unlocked"
_LOCK: Final = b"lock\n"
# Of a request, which is the SHA-256 of the file of keys in hexadecimal or `lock`, and of an answer, in bytes.
_REQUEST_SIZE, _ANSWER_SIZE = 65, 16_384
_PATIENCE_SECONDS: Final = 5
# On Linux the kernel's word on who is at the other end: process, user, group.
_PEER: Final = struct.Struct("3i")


class CannotStayUnlocked(Exception):
    """This system has no sockets or processes of the kind that it takes; the passphrase is asked for each time."""


def keep(machine: Machine, keys: PersonKeys, *, seconds: int) -> None:
    """Hold the keys for so long in a process of their own. Raises `CannotStayUnlocked` where this system cannot."""
    if not (hasattr(os, "fork") and hasattr(socket, "SO_PEERCRED")):
        raise CannotStayUnlocked("keys cannot stay unlocked on this system")
    forget(machine)
    path = _path(machine)
    private.make_directory(path.parent)
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(_short(path))
    listening.listen()
    if os.fork():
        listening.close()
        return
    code = 1
    try:
        _detach(listening)
        _answer(listening, path, machine.keys_sha256, keys.text.encode(), until=_now() + seconds)
        code = 0
    finally:
        os._exit(code)  # nothing of the command that began it is done twice


def ask(machine: Machine) -> PersonKeys | None:
    """The keys, where they are unlocked."""
    answer = _say(machine, machine.keys_sha256.encode() + b"\n") if machine.exists else b""
    return PersonKeys.read(answer.decode()) if answer else None


def forget(machine: Machine) -> bool:
    """End what holds the keys; whether there was anything."""
    return _say(machine, _LOCK) == _LOCK


def _path(machine: Machine) -> Path:
    return machine.directory.absolute() / _SOCKET / "socket"


def _now() -> float:
    """Seconds that go on while the machine sleeps: a lid that was closed overnight has ended the stretch of work."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _short(path: Path) -> str:
    """An address of a socket has about a hundred bytes, a path may have more."""
    return os.path.relpath(path) if len(os.fsencode(path)) > 100 else str(path)


def _say(machine: Machine, request: bytes) -> bytes:
    """The answer; nothing where nobody answers, or somebody else than this person listens."""
    if not hasattr(socket, "SO_PEERCRED"):
        return b""
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as calling:
        calling.settimeout(_PATIENCE_SECONDS)
        calling.connect(_short(_path(machine)))
        if _is_own(calling):
            calling.sendall(request)
            return _read(calling, _ANSWER_SIZE)
    return b""


def _answer(listening: socket.socket, path: Path, keys_sha256: str, keys: bytes, *, until: float) -> None:
    while (rest := until - _now()) > 0:
        listening.settimeout(rest)
        with suppress(OSError):
            calling, _ = listening.accept()
            with calling:
                calling.settimeout(_PATIENCE_SECONDS)
                request = _read(calling, _REQUEST_SIZE) if _is_own(calling) else b""
                if request == _LOCK:
                    path.unlink(missing_ok=True)  # before it is said: the next one may listen there at once
                    calling.sendall(_LOCK)
                    return
                if request == keys_sha256.encode() + b"\n":
                    calling.sendall(keys)
    path.unlink(missing_ok=True)


def _read(connection: socket.socket, size: int) -> bytes:
    """Up to the end of a line, or of what is sent."""
    content = b""
    while len(content) < size and (block := connection.recv(size - len(content))):
        content += block
        if size == _REQUEST_SIZE and content.endswith(b"\n"):
            break
    return content


def _is_own(connection: socket.socket) -> bool:
    _, user, _ = _PEER.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    return bool(user == os.getuid())


def _detach(listening: socket.socket) -> None:
    """A session of its own that holds no terminal, no pipe and no file of the command that began it."""
    os.setsid()
    for each in (signal.SIGINT, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    own = listening.fileno()
    os.closerange(3, own)
    os.closerange(own + 1, os.sysconf("SC_OPEN_MAX"))
