"""The pages of releases, to everybody who reads them: on any screen, in the dark, with large letters, and on paper."""

from pathlib import Path

import pytest

from app.protocol.release.frame import METHOD, PAGE, STYLE, named, style_sheet
from app.protocol.release.listing import Listed, listing_files, notices
from app.protocol.release.words import SUFFIXES
from tests.browser_looks.conftest import NewPage
from tests.browser_looks.looking import ORDINARY, TWICE, Looking
from tests.statistics.releases import folders

RELEASE = Listed("rel_" + "1" * 32, "year", "2026", "a" * 64, languages=tuple(SUFFIXES))
NOTED = Listed("rel_" + "2" * 32, "quarter", "2026-Q2", "b" * 64, superseded_by=RELEASE.id, note="A tenth is invented.")
PAGES = ("index.html", f"{NOTED.id}/notice.html", f"{RELEASE.id}/{PAGE}", f"{RELEASE.id}/{METHOD}")
WIDTHS = (320, 768, 1280)
A4 = 680  # pixels between its margins
BLACK, WHITE = "rgb(0, 0, 0)", "rgb(255, 255, 255)"

# Of a link that does not show where it leads, what stands behind it on paper.
_BEHIND = """() => [...document.querySelectorAll("main a:not(.address)")]
    .filter((link) => link.checkVisibility())
    .filter((link) => !getComputedStyle(link, "::after").content.includes(link.getAttribute("href")))
    .map((link) => link.outerHTML)"""
_COLOURS = """() => [...document.querySelectorAll("body, main *")].filter((each) => each.checkVisibility())
    .filter((each) => !each.closest("svg"))
    .flatMap((each) => [getComputedStyle(each).color, getComputedStyle(each).filter])"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("site")
    files = {
        **listing_files([RELEASE, NOTED]),
        **{f"{RELEASE.id}/{path}": content for path, content in folders.unsigned(folders.noisy("S")).items()},
        **{f"{NOTED.id}/{path}": content for path, content in {**notices(NOTED), STYLE: style_sheet()}.items()},
    }
    for path, content in files.items():
        (made / path).parent.mkdir(exist_ok=True, parents=True)
        (made / path).write_bytes(content)
    return made


@pytest.mark.parametrize("path", PAGES, ids=["all", "a word before", "a release", "its methodology"])
def test_the_pages_of_releases_are_for_everybody_in_each_language(
    new_page: NewPage, site: Path, path: str, tmp_path: Path
) -> None:
    looking, found = new_page(width=WIDTHS[0]), dict[str, list[str]]()
    for language in SUFFIXES:
        looking.page.goto((site / named(path, language)).as_uri())
        see = looking.violations if language == "en" else looking.violations_of_a_new_shape
        found[language] = [
            *see(tmp_path),
            *_without_a_picture(looking),
            *_in_any_window(looking),
            *_on_paper(looking),
        ]
        if language == "en":  # nothing but words differs in the others
            found["dark"] = looking.pale_in_the_dark()

    assert {where: what for where, what in found.items() if what} == {}


def _without_a_picture(looking: Looking) -> list[str]:
    all_ = looking.page.locator("img")
    broken: list[str] = all_.evaluate_all("all => all.filter(each => !each.naturalWidth).map(each => each.outerHTML)")
    return broken


def _in_any_window(looking: Looking) -> list[str]:
    """What is cut off or too wide, in letters twice as large too. Ends at the window and letters of before."""
    found = []
    for size in (TWICE, ORDINARY):
        looking.text(size, root=1)
        for width in reversed(WIDTHS):
            looking.page.set_viewport_size({"width": width, "height": 800})
            found += [f"{width}, {size} px: {each}" for each in looking.see("tooWide", "cutOff")]
    return found


def _on_paper(looking: Looking) -> list[str]:
    """What of the page is lost or is not black, where a browser that is set to dark prints it."""
    words = looking.page.locator("main").inner_text().split()
    for way in looking.page.locator("main nav").all_inner_texts():
        words = _without(words, way.split())
    looking.page.set_viewport_size({"width": A4, "height": 800})
    looking.page.emulate_media(media="print", color_scheme="dark")
    printed = looking.page.locator("main").inner_text().split()
    colours = set(looking.page.evaluate(_COLOURS)) - {BLACK, "none"}
    ground = looking.page.evaluate("getComputedStyle(document.body).backgroundColor")
    found = [*looking.page.evaluate(_BEHIND), *looking.see("tooWide"), *colours]
    found += [f"lost: {word}" for word in words if word not in printed]
    looking.page.emulate_media(media="screen", color_scheme="light")
    return found if ground == WHITE else [*found, f"on {ground}"]


def _without(words: list[str], left_out: list[str]) -> list[str]:
    """Those that stand elsewhere."""
    kept = list(words)
    for word in left_out:
        kept.remove(word)
    return kept
