"""The reporter's client of the web pages, run by Node: the TypeScript that a browser runs, without the browser."""

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from app.site import codes

WEB = codes.PATH.parents[1]
HERE = Path(__file__).parent


class PageFailure(Exception):
    """What a page would tell of: `kind` and `reason` as in `reporter/api.ts`."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(f"{kind} {reason}")
        self.kind = kind
        self.reason = reason


class Page:
    """One page with one client, from the time that it is opened to the time that it is closed."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def submit(self, form: Mapping[str, Any], files: Sequence[Path] = ()) -> Any:
        return self._ask("submit", form, files=files)

    def perhaps_stored(self) -> Any:
        return self._ask("perhapsStored")

    def send_files(self) -> Any:
        return self._ask("sendFiles")

    def intake(self) -> Any:
        return self._ask("intake")

    def open_(self, words: str) -> Any:
        return self._ask("open", words)

    def answer(self, text: str, files: Sequence[Path] = ()) -> Any:
        return self._ask("answer", text, files=files)

    def consent(self, scope: str, *, given: bool) -> Any:
        return self._ask("consent", scope, given)

    def withdraw(self) -> Any:
        return self._ask("withdraw")

    def forget(self) -> None:
        self._ask("forget")

    def twice(self, method: str, *args: object) -> list[Any]:
        """The answers to two calls of which the second does not wait for the first."""
        for _ in range(2):
            self._say(method, args, ())
        return [self._hear() for _ in range(2)]

    def _ask(self, method: str, *args: object, files: Sequence[Path] = ()) -> Any:
        """Raises `PageFailure`."""
        self._say(method, args, files)
        return self._hear()

    def _say(self, method: str, args: Sequence[object], files: Sequence[Path]) -> None:
        assert self._process.stdin
        call = {"method": method, "args": args, "files": [str(path) for path in files]}
        self._process.stdin.write(json.dumps(call) + "\n")
        self._process.stdin.flush()

    def _hear(self) -> Any:
        assert self._process.stdout
        answer = json.loads(self._process.stdout.readline())
        if "failure" in answer:
            raise PageFailure(answer["failure"], answer["reason"])
        return answer["result"]


def bundle(entry: str, directory: Path) -> Path:
    """What the build would make of a module of `app/web`, in a directory of its own."""
    esbuild = WEB / "node_modules" / ".bin" / "esbuild"
    options = ["--bundle", "--splitting", "--format=esm", "--target=es2022", "--log-level=warning"]
    subprocess.run([esbuild, WEB / entry, *options, "--out-extension:.js=.mjs", f"--outdir={directory}"], check=True)
    return directory / f"{Path(entry).stem}.mjs"


@contextmanager
def page(client: Path, server: str, pin: str, now: datetime) -> Iterator[Page]:
    """A page at this time; `client` is the bundle of the client."""
    settings = {"server": server, "pin": pin, "now": round(now.timestamp() * 1000), "pausesMs": [50, 200]}
    command: list[str | Path] = ["node", HERE / "reporter.mjs", client, json.dumps(settings)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        yield Page(process)
        assert process.stdin
        process.stdin.close()
        assert process.wait(timeout=30) == 0
