"""The pages that a browser is served: signed by a supervisor, and compared from outside with what was signed."""

import json
import secrets
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import httpx2

from app.client.intake.browser import Browser, Received
from app.client.machine import trust as trusting
from app.client.machine.directory import write_atomically
from app.client.machine.staff import Staff
from app.client.machine.transport import Answer, Refused, Service
from app.protocol import chain, manifest, roots
from app.protocol.chain import Mark
from app.protocol.documents import CLOCK_SKEW, Document, parse_document
from app.protocol.encoding import check_at, sha256_hex
from app.protocol.errors import NotAuthentic
from app.protocol.manifest import MANIFEST, ORGANISATION, Organisation
from app.protocol.roots import Pin
from app.site.site import Site
from app.vocabulary import codes

# The second is that of pages which a browser does not put aside for whoever goes back.
_SHOWN = frozenset({200, 203})
_ELSEWHERE, _ABSENT = 303, 404
# The pages of a language, whether or not the manifest names them.
_PLAIN = "plain/"
_PAGES = ("", "replies/", _PLAIN, f"{_PLAIN}replies/")

Progress = Callable[[int], None]  # bytes that have come


class NotBuilt(Exception):
    """There are no pages in the directory."""


@dataclass(frozen=True)
class Visited:
    """What is kept of a service's pages from one check to the next: the newest manifest, and every path ever seen."""

    manifest: Mark | None = None
    paths: frozenset[str] = frozenset()

    @classmethod
    def load(cls, file: Path, server: str, pin: str) -> Self:
        """What `save` wrote of this service under this pin, or nothing. Raises `ValueError` for another file."""
        kept = _kept(file).get(_place(server, pin))
        return cls() if kept is None else cls(Mark(**kept["manifest"]), frozenset(kept["paths"]))

    def save(self, file: Path, server: str, pin: str) -> None:
        """Beside what is kept there of other services."""
        kept = _kept(file)
        kept[_place(server, pin)] = {
            "manifest": asdict(self.manifest) if self.manifest else None,
            "paths": sorted(self.paths),
        }
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(file, json.dumps(kept, indent=1).encode() + b"\n")


@dataclass(frozen=True)
class Checked:
    """What a service serves beside what was signed; each tuple names paths.

    `beside` is served, or named by a page, and not in the manifest. `unlike_source` is in the manifest and not what was
    built, or the other way round. `visits` counts the pages that a browser opened. `visited` is to be kept for the next
    check.
    """

    version: int
    signed_on: str
    signer: str
    pin: str
    files: int
    differing: tuple[str, ...]
    missing: tuple[str, ...]
    beside: tuple[str, ...]
    unlike_source: tuple[str, ...]
    visits: int = 0
    visited: Visited = field(default_factory=Visited, repr=False)

    @property
    def is_as_signed(self) -> bool:
        """Whether browsers get what a supervisor signed, no more and no less, of the source where one was given."""
        return not (self.differing or self.missing or self.beside or self.unlike_source)


def sign(
    staff: Staff, built: Path, out: Path, *, name: str, leave_to: str | None, no_script_pages: bool = True
) -> Document:
    """Write the organisation's file and the next manifest into `out`, where the service reads them.

    Without the page without script, which an operator may close, its pages are not in the manifest.
    It follows the manifest that lies there. Raises `NotBuilt`, and `NotAuthentic` for somebody who is no supervisor of
    the root.
    """
    files = {path: file.sha256 for path, file in _site(built).files.items() if no_script_pages or not _is_plain(path)}
    organisation = Organisation(name, str(staff.pin), leave_to).content()
    trust = staff.log.trust
    previous = _previous(out / MANIFEST)
    if previous is not None:
        trust.check_public(previous, "client")
    files[ORGANISATION] = sha256_hex(organisation)
    document = manifest.make(files, org=staff.org, previous=previous, signer=staff.signer, on=staff.today)
    trust.check_public(document, "client")
    out.mkdir(parents=True, exist_ok=True)
    for path, content in ((ORGANISATION, organisation), (MANIFEST, document.text)):
        new = out / f"{path}.new"
        new.write_bytes(content)
        new.replace(out / path)
    return document


def verify(
    server: str,
    *,
    pin: str | None,
    today: date,
    against: Path | None = None,
    visited: Visited | None = None,
    browser: Browser | None = None,
    rounds: int = 1,
    progress: Progress = lambda _: None,
    http: httpx2.Client | None = None,
) -> Checked:
    """Fetch the manifest, every file that it names, every page of every language, what those name, what was `visited`.

    All of it in random order, so that a service cannot tell what comes next. Where there is a `browser`, it opens the
    pages as a visitor does, as often as there are `rounds`, and what it gets is compared: without it, a service can
    tell this client from a browser, and serve others something else. Raises `Rollback` for a manifest older than one
    that was visited.

    Without a pin the one that the service itself tells is taken, which proves no more than that its files agree.
    Raises `NotAuthentic` where no supervisor of the root signed the manifest, `Refused` where there is none, and
    `Unreachable`.
    """
    with closing(Service(server, http=http)) as service:
        answers = _Answers(service, progress)
        organisation = Organisation.read(answers.content(ORGANISATION))
        document = parse_document(answers.content(MANIFEST))
        trust = trusting.fetch_log(service, pin or organisation.pin).trust
        told = Pin.read(organisation.pin)
        trust.check_public(document, "client")
        if check_at(document.header.at) > today + CLOCK_SKEW:
            raise NotAuthentic("at")
        if told.org != trust.org:
            raise NotAuthentic("pin")
        roots.check_contains(trust.roots, told.root)
        before = visited or Visited()
        chain.check_not_older(document.public_link, before.manifest)
        files = manifest.read(document)
        site = _site(against) if against is not None else None
        differing, missing = _compare(answers, files, site)
        beside, seen = _beside(answers, files, before.paths)
        checked = Checked(
            version=document.header.version,
            signed_on=document.header.at,
            signer=str(document.header.author),
            pin=str(Pin(trust.org, trust.root.mark)),
            files=len(files),
            differing=differing,
            missing=missing,
            beside=beside,
            unlike_source=_unlike(files, site) if site else (),
            visited=Visited(document.public_link.mark, seen),
        )
        if browser is not None:
            expected = {**files, MANIFEST: sha256_hex(document.text)}
            for _ in range(rounds):
                checked = _opened(checked, browser, service.server, expected)
        return checked


@dataclass
class _Answers:
    """Answers of the service; those without compression are kept, for their links are looked at."""

    service: Service
    progress: Progress
    size: int = 0
    _answers: dict[str, Answer] = field(default_factory=dict)

    def content(self, path: str) -> bytes:
        answer = self.identity(path)
        if answer.status not in _SHOWN:
            raise Refused("not-found", answer.status, f"the service has no {path}")
        return answer.content

    def identity(self, path: str) -> Answer:
        if path not in self._answers:
            self._answers[path] = self.in_coding(path, "identity")
        return self._answers[path]

    def in_coding(self, path: str, coding: str) -> Answer:
        answer = self.service.page(path, coding)
        self.size += len(answer.content)
        self.progress(self.size)
        return answer


def _site(built: Path) -> Site:
    site = Site.load(built)
    if not site.files:
        raise NotBuilt(f"there are no built pages in {built}")
    return site


def _is_plain(path: str) -> bool:
    """Whether it is a page of the page without script."""
    return path.partition("/")[2].startswith(_PLAIN)


def _previous(path: Path) -> Document | None:
    return parse_document(path.read_bytes()) if path.exists() else None


def _compare(answers: _Answers, files: Mapping[str, str], site: Site | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The files that are others than in the manifest, in some form in which browsers take them; and the missing."""
    differing, missing = [], []
    for path, sha256 in _shuffled(files.items()):
        answer = answers.identity(path)
        if answer.status not in _SHOWN:
            missing.append(path)
        elif sha256_hex(answer.content) != sha256 or not _is_alike(answers, path, sha256, site):
            differing.append(path)
    return tuple(sorted(differing)), tuple(sorted(missing))


def _is_alike(answers: _Answers, path: str, sha256: str, site: Site | None) -> bool:
    """Whether the compressed forms are of the same bytes. Brotli is compared with what was built, not unpacked."""
    packed_answer = answers.in_coding(path, "gzip")
    content = (
        _unzip(packed_answer.content)
        if packed_answer.headers.get("Content-Encoding") == "gzip"
        else packed_answer.content
    )
    if packed_answer.status not in _SHOWN or sha256_hex(content) != sha256:
        return False
    if site is None or path not in site.files:
        return True
    brotli = answers.in_coding(path, "br")
    is_brotli = brotli.headers.get("Content-Encoding") == "br"
    return brotli.status in _SHOWN and brotli.content == (
        site.files[path].brotli if is_brotli else site.files[path].content
    )


def _unzip(content: bytes) -> bytes:
    """At most 64 MiB. What is no gzip is empty, and so differs."""
    unpacking = zlib.decompressobj(wbits=31)
    try:
        return unpacking.decompress(content, 64 * 1024 * 1024)
    except zlib.error:
        return b""


def _beside(
    answers: _Answers, files: Mapping[str, str], visited: frozenset[str]
) -> tuple[tuple[str, ...], frozenset[str]]:
    """What is served beside the manifest, and every path that is known by now."""
    in_manifest = {*files, MANIFEST}
    pages = {f"{language}/{page}" for language in codes("language") for page in _PAGES}
    links = {link for path in files if path.endswith("/") for link in _links(path, answers.identity(path).content)}
    candidates = (pages | links | visited) - in_manifest
    beside = sorted(path for path in _shuffled(candidates) if answers.identity(path).status in _SHOWN)
    known = frozenset(links | visited | in_manifest | {*beside})
    return tuple(beside if _leads_to(answers.identity(""), files) else ["/", *beside]), known


def _opened(checked: Checked, browser: Browser, server: str, files: Mapping[str, str]) -> Checked:
    """The same after a browser opened every page once, and compared what came with what is in the manifest."""
    differing, missing, beside = {*checked.differing}, {*checked.missing}, {*checked.beside}
    pages = [path for path in checked.visited.paths if path.endswith("/")]
    for page in _shuffled(pages):
        came = browser.visit(f"{server}/{page}", page.partition("/")[0])
        first = next((each for each in came if _path_of(each, server) == page), None)
        if page in files and (first is None or first.status not in _SHOWN):
            missing.add(page)
        for each in came:
            path = _path_of(each, server)
            if path is None:
                beside.add(each.address)
            elif path in files:
                if each.status in _SHOWN and (each.content is None or sha256_hex(each.content) != files[path]):
                    differing.add(path)
            elif each.status in _SHOWN and not path.startswith("v1/"):
                beside.add(path)
    paths = checked.visited.paths | {path for path in beside if "://" not in path and path != "/"}
    return replace(
        checked,
        differing=tuple(sorted(differing)),
        missing=tuple(sorted(missing)),
        beside=tuple(sorted(beside)),
        visits=checked.visits + len(pages),
        visited=replace(checked.visited, paths=paths),
    )


def _path_of(received: Received, server: str) -> str | None:
    """Without its first slash and its query. None where it was asked of somebody else."""
    parts, here = urlsplit(received.address), urlsplit(server)
    return parts.path.removeprefix("/") if (parts.scheme, parts.netloc) == (here.scheme, here.netloc) else None


def _shuffled(items: Iterable[Any]) -> list[Any]:
    whole = list(items)
    secrets.SystemRandom().shuffle(whole)
    return whole


def _place(server: str, pin: str) -> str:
    """The same for every root that a pin of this organisation names."""
    return f"{server} {Pin.read(pin).org}"


def _kept(file: Path) -> dict[str, Any]:
    kept = json.loads(file.read_bytes()) if file.exists() else {}
    if not isinstance(kept, dict):
        raise ValueError("not a list of visited pages")
    return kept


def _leads_to(first: Answer, files: Mapping[str, str]) -> bool:
    """Whether the bare address leads to a page of the manifest, or nowhere."""
    target = urlsplit(first.headers.get("Location", ""))
    if first.status == _ELSEWHERE:
        return not target.netloc and target.path.removeprefix("/") in files
    return first.status == _ABSENT


def _links(page: str, content: bytes) -> Iterator[str]:
    """The paths at the same address that a page names, without those of the API."""
    parser = _Links()
    parser.feed(content.decode(errors="replace"))
    for link in parser.links:
        parts = urlsplit(urljoin(f"https://here.invalid/{page}", link))
        path = parts.path.lstrip("/")
        if parts.netloc == "here.invalid" and path and not path.startswith("v1/"):
            yield path


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  of any element
        self.links += [value for name, value in attrs if name in {"src", "href", "action", "data"} and value]


def _unlike(files: Mapping[str, str], site: Site) -> tuple[str, ...]:
    """The organisation's own file is of no source, and the page without script may be closed."""
    hashes = {path: file.sha256 for path, file in site.files.items()}
    left_out = {path for path in hashes.keys() - files.keys() if _is_plain(path)}
    both = (hashes.keys() | files.keys()) - left_out - {ORGANISATION}
    return tuple(sorted(path for path in both if hashes.get(path) != files.get(path)))
