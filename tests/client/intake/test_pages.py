"""Pages that are signed, served, and compared from outside with what was signed."""

import gzip
import json
import os
import shutil
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2
import pytest

from app.client.intake import browser, pages
from app.client.intake.browser import BrowserFailed
from app.client.intake.pages import Checked, NotBuilt, Visited
from app.client.machine.transport import Refused
from app.protocol.documents import parse_document
from app.protocol.encoding import sha256_hex
from app.protocol.errors import Malformed, NotAuthentic, Rollback
from app.protocol.manifest import Organisation
from tests.client.installation import PASSPHRASE, Installation, installation
from tests.flows.evil import attacks
from tests.site.built import LANGUAGES, PAGES, SCRIPT, build, write

NAME, LEAVE_TO = "Help without borders", "https://www.example.org/weather"

# What a lying service makes of the answer at one path, in one coding.
Lie = Callable[[httpx2.Response, str], httpx2.Response]


class Liar(httpx2.BaseTransport):
    """Between whoever verifies and the service; `lies` are told at their paths."""

    def __init__(self, honest: httpx2.BaseTransport, lies: dict[str, Lie]) -> None:
        self._honest, self._lies = honest, lies

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = self._honest.handle_request(request)
        lie = self._lies.get(request.url.path)
        return lie(answer, request.headers["Accept-Encoding"]) if lie else answer


def instead(
    content: bytes, *, coding: str | None = None, status: int = 200, headers: dict[str, str] | None = None
) -> Lie:
    """A lie that is told always, or to those alone who take one coding."""

    def lie(answer: httpx2.Response, taken: str) -> httpx2.Response:
        if coding not in (None, taken):
            return answer
        return httpx2.Response(status, stream=httpx2.ByteStream(content), headers=headers)

    return lie


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    directory = tmp_path_factory.mktemp("pages")
    build(directory / "built")
    with installation(directory) as made:
        yield made


@pytest.fixture
def signed(here: Installation) -> Iterator[Path]:
    """The directory with the signed manifest of what is served."""
    pages.sign(here.staff("sara"), here.directory / "built", here.site, name=NAME, leave_to=LEAVE_TO)
    yield here.site
    shutil.rmtree(here.site)


def verified(
    here: Installation,
    lies: dict[str, Lie] | None = None,
    *,
    against: Path | None = None,
    visited: Visited | None = None,
) -> Checked:
    with (
        httpx2.HTTPTransport() as honest,
        httpx2.Client(base_url=here.server, transport=Liar(honest, lies or {})) as http,
    ):
        return pages.verify(
            here.server, pin=here.pin, today=here.now().date(), against=against, visited=visited, http=http
        )


def test_what_is_served_is_what_was_signed(here: Installation, signed: Path) -> None:
    checked = verified(here, against=here.directory / "built")

    assert checked.is_as_signed
    assert checked.files == len(LANGUAGES) * len(PAGES) + 3
    assert (checked.version, checked.pin, checked.signer) == (1, here.pin, here.staff("sara").person)


def test_the_organisations_file_says_what_it_was_given(here: Installation, signed: Path) -> None:
    found = Organisation.read((signed / "organisation.json").read_bytes())

    assert found == Organisation(NAME, here.pin, LEAVE_TO)


def test_a_manifest_follows_the_one_before(here: Installation, signed: Path) -> None:
    first = (signed / "manifest.txt").read_bytes()

    pages.sign(here.staff("sara"), here.directory / "built", signed, name=NAME, leave_to=None)

    second = parse_document((signed / "manifest.txt").read_bytes())
    assert (second.header.version, second.header.previous) == (2, sha256_hex(first))
    assert verified(here).version == 2


def test_nobody_signs_but_a_supervisor_of_the_root(here: Installation) -> None:
    with pytest.raises(NotAuthentic, match="signer"):
        pages.sign(here.staff("anna"), here.directory / "built", here.site, name=NAME, leave_to=None)

    assert not here.site.exists()


def test_a_manifest_of_another_organisation_is_not_followed(here: Installation, signed: Path) -> None:
    manifest = signed / "manifest.txt"
    manifest.write_bytes(manifest.read_bytes().replace(here.pin.encode(), b"0" * 64))

    with pytest.raises(NotAuthentic, match="type"):
        pages.sign(here.staff("sara"), here.directory / "built", signed, name=NAME, leave_to=None)


@pytest.mark.parametrize("leave_to", ["http://example.org/", "https://", "javascript:alert(1)", "https://a@b.org/", ""])
def test_leaving_leads_to_a_plain_https_address(here: Installation, leave_to: str) -> None:
    with pytest.raises(Malformed):
        pages.sign(here.staff("sara"), here.directory / "built", here.site, name=NAME, leave_to=leave_to)


def test_without_built_pages_there_is_nothing_to_sign(here: Installation, tmp_path: Path) -> None:
    with pytest.raises(NotBuilt):
        pages.sign(here.staff("sara"), tmp_path, here.site, name=NAME, leave_to=None)


@pytest.mark.parametrize("path", ["en/", "zh-Hant/replies/", SCRIPT])
@pytest.mark.parametrize("coding", ["identity", "gzip", "br"])
def test_a_file_that_differs_is_named_in_whatever_form_it_travels(
    here: Installation, signed: Path, path: str, coding: str
) -> None:
    checked = verified(here, {f"/{path}": instead(b"other", coding=coding)}, against=here.directory / "built")

    assert checked.differing == (path,)
    assert not checked.is_as_signed


@pytest.mark.parametrize(
    "content", [gzip.compress(b"other", mtime=0), b"no gzip", b""], ids=["other", "no gzip", "empty"]
)
def test_what_is_packed_is_compared_as_it_unpacks(here: Installation, signed: Path, content: bytes) -> None:
    packed = instead(content, coding="gzip", headers={"Content-Encoding": "gzip"})

    assert verified(here, {"/en/": packed}).differing == ("en/",)


def test_a_file_that_is_missing_is_named(here: Installation, signed: Path) -> None:
    assert verified(here, {f"/{SCRIPT}": instead(b"", status=404)}).missing == (SCRIPT,)


@pytest.mark.parametrize("path", ["fa/", "fa/plain/replies/", "en/plain/replies/"])
def test_a_page_beside_the_manifest_is_named(here: Installation, signed: Path, path: str) -> None:
    assert verified(here, {f"/{path}": instead(b"<p>")}).beside == (path,)


def test_a_door_without_script_that_was_signed_as_closed_and_stands_open_is_named(here: Installation) -> None:
    built = here.directory / "built"
    pages.sign(here.staff("sara"), built, here.site, name=NAME, leave_to=None, no_script_pages=False)

    checked = verified(here, against=built)
    shutil.rmtree(here.site)

    assert checked.beside == tuple(f"{language}/plain/" for language in sorted(LANGUAGES))
    assert checked.unlike_source == ()


def test_what_a_page_names_beside_the_manifest_is_named(here: Installation, signed: Path) -> None:
    page = b"<script src=/assets/more-aa.js></script><img src=../more.svg><a href=https://elsewhere.test/x.js>x</a>"
    lies = {"/en/": instead(page), "/assets/more-aa.js": instead(b"1"), "/more.svg": instead(b"2")}

    assert verified(here, lies).beside == ("assets/more-aa.js", "more.svg")


@pytest.mark.parametrize(
    "lie",
    [
        instead(b"<p>a page of its own"),
        instead(b"", status=303, headers={"Location": "/fa/"}),
        instead(b"", status=303, headers={"Location": "https://elsewhere.test/en/"}),
    ],
)
def test_an_address_that_leads_elsewhere_is_named(here: Installation, signed: Path, lie: Lie) -> None:
    assert verified(here, {"/": lie}).beside == ("/",)


def test_pages_of_another_source_are_named(here: Installation, signed: Path, tmp_path: Path) -> None:
    own = shutil.copytree(here.directory / "built", tmp_path / "own")
    write(own / "en/index.html", b"another text")
    write(own / "assets/more-aa.js", b"1")

    checked = verified(here, against=own)

    assert checked.unlike_source == ("assets/more-aa.js", "en/")


@attacks("client")
def test_a_manifest_that_was_changed_is_not_believed(here: Installation, signed: Path) -> None:
    text = (signed / "manifest.txt").read_bytes()
    script = sha256_hex((here.directory / "built" / SCRIPT).read_bytes()).encode()

    with pytest.raises(NotAuthentic, match="signature"):
        verified(here, {"/manifest.txt": instead(text.replace(script, b"0" * 64))})


def test_another_pin_is_not_that_of_these_pages(here: Installation, signed: Path) -> None:
    with pytest.raises(NotAuthentic, match="pin"):
        pages.verify(here.server, pin="0" * 64, today=here.now().date())


def test_an_organisations_file_of_another_pin_is_not_believed(here: Installation, signed: Path) -> None:
    other = Organisation(NAME, "0" * 64, None).content()

    with pytest.raises(NotAuthentic, match="pin"):
        verified(here, {"/organisation.json": instead(other)})


def test_where_nothing_was_signed_there_is_nothing_to_compare(here: Installation) -> None:
    with pytest.raises(Refused, match=r"organisation\.json"):
        verified(here)


@attacks("client", older=True)
def test_a_manifest_older_than_one_that_was_visited(here: Installation, signed: Path, tmp_path: Path) -> None:
    older = (signed / "manifest.txt").read_bytes()
    pages.sign(here.staff("sara"), here.directory / "built", here.site, name=NAME, leave_to=LEAVE_TO)
    verified(here).visited.save(tmp_path / "list", here.server, here.pin)

    with pytest.raises(Rollback, match="version"):
        verified(
            here, {"/manifest.txt": instead(older)}, visited=Visited.load(tmp_path / "list", here.server, here.pin)
        )


def test_what_was_seen_once_is_looked_at_again(here: Installation, signed: Path, tmp_path: Path) -> None:
    once = b'<!doctype html><a href="/elsewhere.html">Or here</a>'
    verified(here, {"/en/": instead(once)}).visited.save(tmp_path / "list", here.server, here.pin)

    checked = verified(
        here, {"/elsewhere.html": instead(b"Here.")}, visited=Visited.load(tmp_path / "list", here.server, here.pin)
    )

    assert (checked.beside, checked.differing) == (("elsewhere.html",), ())


def test_a_page_that_only_browsers_are_served_is_found_with_one(here: Installation, signed: Path) -> None:
    """Whoever asks as `tern` gets what was signed, whoever asks as a browser a script more, and another one of ours."""
    program = browser.installed()
    if program is None:
        pytest.skip("no chromium is installed; `make system-deps` does it")
    evil = b"<!doctype html><script src=/assets/evil.js></script><script src=/" + SCRIPT.encode() + b"></script>"
    with between(here.server, {"/en/": evil, "/assets/evil.js": b"1", f"/{SCRIPT}": b"2"}) as address:
        plain = pages.verify(address, pin=here.pin, today=here.now().date())
        with browser.Browser(program) as chromium:
            checked = pages.verify(address, pin=here.pin, today=here.now().date(), browser=chromium)

    assert plain.is_as_signed
    assert checked.differing == (SCRIPT, "en/")
    assert checked.beside == ("assets/evil.js",)
    assert checked.visits == len(LANGUAGES) * len(PAGES)


@contextmanager
def between(server: str, for_browsers: dict[str, bytes]) -> Iterator[str]:
    """The address of a service that tells browsers from others and serves them something else at these paths."""
    # By plain HTTP: to read all authorities of this machine takes longer than a page, for each request.
    onwards = httpx2.Client(base_url=server, trust_env=False, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))

    class Tells(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_browser = self.headers["User-Agent"].startswith("Mozilla/")
            answer = onwards.get(self.path, headers={"Accept-Encoding": "identity"})
            content = for_browsers.get(self.path, answer.content) if is_browser else answer.content
            self.send_response(200 if is_browser and self.path in for_browsers else answer.status_code)
            for name in ("Content-Type", "Location"):
                if name in answer.headers:
                    self.send_header(name, answer.headers[name])
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with onwards, ThreadingHTTPServer(("127.0.0.1", 0), Tells) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()
        thread.join()


def test_a_browser_that_is_none_ends_in_one_sentence() -> None:
    with pytest.raises(BrowserFailed, match="ended"):
        browser.Browser(Path("/bin/false"))


def test_the_commands_sign_and_verify_and_end_with_what_they_found(here: Installation) -> None:
    here.staff("sara")
    out = str(here.site)
    made = tern(here, "sign", str(here.directory / "built"), "--name", NAME, "--out", out, "--machine", machine(here))
    good = tern(here, "verify", here.server, "--pin", here.pin, "--against", str(here.directory / "built"))
    by_its_own_word = tern(here, "verify", here.server)
    write(here.site / "organisation.json", Organisation("Another", here.pin, None).content())
    bad = tern(here, "verify", here.server, "--pin", here.pin)
    shutil.rmtree(here.site)

    assert [each.returncode for each in (made, good, by_its_own_word, bad)] == [0, 0, 0, 3]
    assert json.loads(good.stdout)["pin"] == here.pin
    assert "own word" in by_its_own_word.stderr
    assert "looked like no browser" in good.stderr
    assert json.loads(good.stdout)["browser"] is None
    assert set(json.loads((here.directory / ".tern-pages.json").read_bytes())) == {f"{here.server} {here.pin}"}
    assert json.loads(bad.stdout)["differing"] == ["organisation.json"]
    assert "not authentic: client" in bad.stderr


def machine(here: Installation) -> str:
    return str(here.machine("sara"))


def tern(here: Installation, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TERN_")}
    told = {"TERN_DEMO": "1", "TERN_DEMO_CLOCK": str(here.clock), "TERN_PASSPHRASE": PASSPHRASE}
    told |= {"HOME": str(here.directory), "PATH": ""}  # where no browser is found
    command = [sys.executable, "-m", "app.cli", "client", *arguments, "--json"]
    return subprocess.run(command, env=environment | told, capture_output=True, text=True, check=False)
