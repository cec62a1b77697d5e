"""What is built: alike each time, small, and with nothing in it that a strict policy would refuse."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from app.site.build import build
from app.site.languages import PSEUDO
from app.site.site import BUILT, Site


class Page(HTMLParser):
    """The elements of a page, and what is wrong with how they nest."""

    VOID = frozenset({"meta", "link", "input", "br"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def ids(self) -> list[str]:
        return [attributes["id"] for _, attributes in self.elements if "id" in attributes]


@pytest.fixture(scope="session")
def pages(site: Site) -> dict[str, Page]:
    return {path: Page(file.content.decode()) for path, file in site.files.items() if path.endswith("/")}


def test_two_builds_are_alike_byte_for_byte(built: Path, tmp_path: Path) -> None:
    build(tmp_path / "again", pseudo=True)

    first, second = (_contents(directory) for directory in (built, tmp_path / "again"))
    assert first == second


def test_every_language_has_every_page(site: Site) -> None:
    expected = {f"{code}/{page}" for code in site.languages for page in ("", "replies/", "plain/", "plain/replies/")}

    assert {path for path in site.files if path.endswith("/")} == expected


def test_no_page_is_to_be_translated(pages: dict[str, Page]) -> None:
    """A browser that translates sends the page to somebody who does, with the words and the replies on it."""
    for page in pages.values():
        elements = dict(page.elements[::-1])  # the first of each
        assert (elements["html"]["translate"], elements["html"]["class"]) == ("no", "notranslate")
        assert {"name": "google", "content": "notranslate"} in [each for tag, each in page.elements if tag == "meta"]
        assert all(each["translate"] == "no" for _, each in page.elements if "words" in each.get("class", "").split())


def test_nothing_that_is_typed_goes_to_a_spell_checker_or_an_extension(pages: dict[str, Page]) -> None:
    fields = [
        attributes
        for page in pages.values()
        for tag, attributes in page.elements
        if tag == "textarea" or (tag == "input" and attributes.get("type", "text") == "text")
    ]

    assert fields
    for field in fields:
        assert (field["autocomplete"], field["spellcheck"], field["writingsuggestions"]) == ("off", "false", "false")
        assert (field["translate"], field["data-gramm"], field["data-lt-active"]) == ("no", "false", "false")
        assert (field["data-1p-ignore"], field["data-lpignore"], field["data-bwignore"]) == ("true", "true", "true")


def test_the_service_reads_what_was_built(site: Site) -> None:
    for file in site.files.values():
        assert file.sha256 == hashlib.sha256(file.content).hexdigest()
    assert site.files["en/"].media_type == "text/html; charset=utf-8"
    assert site.files["en/"].brotli is not None


def test_nothing_built_is_no_error(tmp_path: Path) -> None:
    site = Site.load(tmp_path / "absent")

    assert (dict(site.files), site.languages) == ({}, ())


def test_a_page_runs_and_wears_only_what_its_integrity_names(pages: dict[str, Page], site: Site) -> None:
    for page in pages.values():
        for tag, attributes in page.elements:
            if tag == "script" or attributes.get("rel") == "stylesheet":
                address = attributes.get("src", attributes.get("href", ""))
                content = site.files[address.removeprefix("/")].content
                digest = base64.b64encode(hashlib.sha384(content).digest()).decode()
                assert attributes["integrity"] == f"sha384-{digest}"
                assert ("type" in attributes) == (tag == "script")


def test_no_page_has_inline_code_or_style_or_asks_anybody_else(pages: dict[str, Page]) -> None:
    for page in pages.values():
        for tag, attributes in page.elements:
            assert tag not in {"style", "img", "iframe", "base"}
            assert not [name for name in attributes if name == "style" or name.startswith("on")]
            for name in ("src", "href", "action"):
                address = attributes.get(name, "")
                assert "//" not in address, address
                assert not address.startswith("data:")


def test_every_page_has_the_same_title_in_its_language(pages: dict[str, Page], site: Site) -> None:
    titles: dict[str, set[str]] = {}
    for path in pages:
        found = re.search(r"<title>(.*?)</title>", site.files[path].content.decode())
        titles.setdefault(path.split("/")[0], set()).add(found[1] if found else "")

    assert titles["en"] == {"Notes"}
    assert all(len(each) == 1 and "" not in each for each in titles.values())


def test_a_browser_of_text_alone_is_told_first_of_the_page_without_script_and_of_no_mistake(site: Site) -> None:
    for path in ("en/", "en/replies/"):
        html = site.files[path].content.decode()
        shown = html[html.index("<main") : html.index('<template id="words"')]

        assert "Please look at this first" not in shown
        assert shown.index("Use the page without script") < shown.index("<nav")


def test_the_way_out_is_on_every_page(pages: dict[str, Page]) -> None:
    for page in pages.values():
        assert ("a", {"id": "leave", "class": "leave", "href": "about:blank", "rel": "noreferrer"}) in page.elements


def test_every_element_closes_and_every_id_is_there_once(pages: dict[str, Page]) -> None:
    for page in pages.values():
        assert page.open == []
        assert len(set(page.ids())) == len(page.ids())


def test_every_label_and_description_belongs_to_something(pages: dict[str, Page]) -> None:
    for page in pages.values():
        ids = set(page.ids())
        for _, attributes in page.elements:
            named = " ".join(attributes.get(name, "") for name in ("for", "aria-describedby", "aria-labelledby"))
            assert set(named.split()) <= ids


def test_script_and_style_of_the_report_page_fit_a_slow_line(site: Site) -> None:
    def size(name: str) -> int:
        return sum(len(file.brotli or file.content) for path, file in site.files.items() if re.match(name, path))

    pages = size(r"assets/report-\w+\.js") + size(r"assets/reporter-\w+\.css")
    # The words of a receipt come in one list, of which the largest of our languages is the French one.
    worker = size(r"assets/worker-\w+\.js$") + size(r"assets/french-\w+\.js")

    assert pages <= 25_000
    assert pages + worker <= 90_000


def test_the_pseudo_language_is_never_offered() -> None:
    assert PSEUDO not in Site.load(BUILT).languages


def test_every_string_of_a_page_goes_through_a_catalogue(site: Site) -> None:
    html = site.files[f"{PSEUDO}/"].content.decode()
    bare = re.sub(r"<(script|bdi|option|kbd)\b.*?</\1>|<nav.*?</nav>|<[^>]*>|\{\w+\}", "\n", html, flags=re.DOTALL)
    for line in filter(None, (line.strip() for line in bare.splitlines())):
        assert not re.fullmatch(r"[A-Za-z' ]{3,}", line), line


def _contents(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.glob("**/*") if path.is_file()}
