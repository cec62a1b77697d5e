"""An installed Chromium, told what to do over a pipe (Chrome DevTools Protocol): it asks for pages as a browser does.

No port is open for others of the machine, each page is a visitor of its own who keeps nothing, and what came is told by
the browser itself. Of its protocol only a few calls are used, which have been stable for years.
"""

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

# In the order in which they are looked for: Debian's name first.
NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# How long a page may take, and for how long nothing may happen before it is taken for whole, both in seconds.
PATIENCE: Final = 30
QUIET: Final = 0.5
# What it does by itself would be requests to others, and a profile on the disk.
_ARGUMENTS: Final = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-gpu",
    "--disable-sync",
    "about:blank",
)
# The browser expects its pipes at the descriptors 3 and 4, where those of this process may be others.
_START: Final = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3); os.dup2(int(sys.argv[2]), 4); os.execv(sys.argv[3], sys.argv[3:])"
)
_FIRST_FREE: Final = 5


class BrowserFailed(Exception):
    """The browser did not start, ended, or did not answer in time."""


@dataclass(frozen=True)
class Received:
    """What came for one request of a page. `content` is None where the browser has none to show."""

    address: str
    status: int
    content: bytes | None = field(repr=False)


def installed() -> Path | None:
    """Where a Chromium is, if there is one that can be told over a pipe."""
    found = next(filter(None, map(shutil.which, NAMES)), None) if os.name == "posix" else None
    return Path(found) if found else None


class Browser:
    """A running one. `with` ends it, and what it wrote goes with it. Raises `BrowserFailed`."""

    def __init__(self, program: Path) -> None:
        if os.name != "posix":
            raise BrowserFailed("a browser can be told what to open on Linux and macOS alone")
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        its_input, own_output = (_moved(each) for each in os.pipe())
        self._to = os.fdopen(own_output, "wb", buffering=0)
        self._from, its_output = (_moved(each) for each in os.pipe())
        # As root Chromium refuses to start within its sandbox.
        rights = ("--no-sandbox",) if os.geteuid() == 0 else ()
        arguments = [program, f"--user-data-dir={self._profile.name}", *rights, *_ARGUMENTS]
        self._process = subprocess.Popen(  # noqa: S603  the browser that its person named or installed
            [sys.executable, "-Ic", _START, str(its_input), str(its_output), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(its_input, its_output),
        )
        os.close(its_input)
        os.close(its_output)
        self._received = b""
        self._number = 0
        self._events: list[dict[str, Any]] = []
        try:
            self._agent = str(self._call("Browser.getVersion")["userAgent"]).replace("Headless", "")
        except BrowserFailed:
            self._close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._close()

    def _close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._to.close()
        os.close(self._from)
        self._profile.cleanup()

    def visit(self, address: str, language: str) -> list[Received]:
        """Everything that came while the page at `address` was opened by somebody who reads this language."""
        visitor = self._call("Target.createBrowserContext")["browserContextId"]
        try:
            target = self._call("Target.createTarget", url="about:blank", browserContextId=visitor)["targetId"]
            session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            self._events.clear()
            self._listen(session, language)
            self._call("Page.enable", session)
            self._call("Page.navigate", session, url=address)
            return self._what_came(session, language)
        finally:
            self._call("Target.disposeBrowserContext", browserContextId=visitor)

    def _listen(self, session: str, language: str) -> None:
        """To a page or a worker, and to the workers that it starts, each before its first request."""
        self._call("Network.enable", session)
        self._call(
            "Network.setUserAgentOverride",
            session,
            userAgent=self._agent,
            acceptLanguage=f"{language},en",
            userAgentMetadata=self._brand(),
        )
        self._call("Target.setAutoAttach", session, autoAttach=True, waitForDebuggerOnStart=True, flatten=True)

    def _what_came(self, page: str, language: str) -> list[Received]:
        # By the number of the request: what a page begins, its worker may end.
        answers: dict[str, tuple[str, int]] = {}
        received, under_way, is_loaded = list[Received](), set[str](), False
        deadline = time.monotonic() + PATIENCE
        while not is_loaded or under_way or self._wait(QUIET):
            if time.monotonic() > deadline:
                break
            if not self._events and not self._wait(deadline - time.monotonic()):
                break
            event = self._events.pop(0)
            session, params = str(event.get("sessionId", "")), event.get("params", {})
            request = str(params.get("requestId", ""))
            match event["method"]:
                case "Target.attachedToTarget":
                    self._listen(params["sessionId"], language)
                    self._call("Runtime.runIfWaitingForDebugger", params["sessionId"])
                case "Network.requestWillBeSent":
                    under_way.add(request)
                    if "redirectResponse" in params:
                        elsewhere = params["redirectResponse"]
                        received.append(Received(str(elsewhere["url"]), int(elsewhere["status"]), None))
                case "Network.responseReceived":
                    answers[request] = str(params["response"]["url"]), int(params["response"]["status"])
                case "Network.loadingFinished" | "Network.loadingFailed":
                    under_way.discard(request)
                    if request in answers:
                        received.append(Received(*answers.pop(request), self._content(session, request)))
                case "Page.loadEventFired":
                    is_loaded = is_loaded or session == page
        return received + [Received(address, status, None) for address, status in answers.values()]

    def _content(self, session: str, request: str) -> bytes | None:
        try:
            body = self._call("Network.getResponseBody", session, requestId=request)
        except BrowserFailed:
            return None
        content = str(body["body"])
        return base64.b64decode(content) if body["base64Encoded"] else content.encode()

    def _brand(self) -> dict[str, Any]:
        """What a browser that is no headless one says of itself beside its name."""
        version = self._agent.partition("Chrome/")[2].partition(" ")[0]
        brands = [
            {"brand": "Chromium", "version": version.partition(".")[0]},
            {"brand": "Not=A?Brand", "version": "24"},
        ]
        return {
            "brands": brands,
            "fullVersion": version,
            "platform": "Linux",
            "platformVersion": "",
            "architecture": "x86",
            "model": "",
            "mobile": False,
        }

    def _call(self, method: str, session: str | None = None, **params: object) -> dict[str, Any]:
        """What the browser answers; the events that come before it are kept. Raises `BrowserFailed`."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        text = json.dumps(message | ({"sessionId": session} if session else {})).encode() + b"\0"
        try:
            while text:
                text = text[self._to.write(text) :]
        except BrokenPipeError:
            raise BrowserFailed("the browser has ended") from None
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            answer = self._next(deadline - time.monotonic())
            if answer is not None and answer.get("id") == self._number:
                if "error" in answer:
                    raise BrowserFailed(f"the browser refused {method}")
                found: dict[str, Any] = answer["result"]
                return found
            if answer is not None and "method" in answer:
                self._events.append(answer)
        raise BrowserFailed(f"the browser did not answer {method}")

    def _wait(self, seconds: float) -> bool:
        """Whether there is an event, be it one that comes within this time."""
        deadline = time.monotonic() + seconds
        while not self._events and time.monotonic() < deadline:
            event = self._next(deadline - time.monotonic())
            if event is not None and "method" in event:
                self._events.append(event)
        return bool(self._events)

    def _next(self, seconds: float) -> dict[str, Any] | None:
        """The next message, None where none comes within this time. Raises `BrowserFailed` where none will."""
        deadline = time.monotonic() + seconds
        while b"\0" not in self._received:
            if not select.select([self._from], [], [], max(0, deadline - time.monotonic()))[0]:
                return None
            block = os.read(self._from, 1024 * 1024)
            if not block:
                raise BrowserFailed("the browser has ended")
            self._received += block
        text, _, self._received = self._received.partition(b"\0")
        found: dict[str, Any] = json.loads(text)
        return found


def _moved(descriptor: int) -> int:
    """The same pipe at a number that is none of those."""
    import fcntl  # which Windows lacks; there is no browser for us there (`installed`)

    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _FIRST_FREE)
    os.close(descriptor)
    return moved
