"""Whoever comes, with whatever eyes, hands and device: what every page, every screen and every language promise."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

from app.site.languages import PSEUDO, SOURCE, WANTED, direction
from tests.browser_looks.conftest import NewPage
from tests.browser_looks.looking import ORDINARY, TWICE, Looking
from tests.browser_looks.served import ServedPages
from tests.browser_looks.walk import everything

# Two that run one way, one that runs the other: what is of the style and not of the words.
SCRIPTS = ("en", "zh-Hans", "ar")
QUESTIONS = (
    "danger_now",
    "contact",
    "text",
    "about_whom",
    "where_now",
    "state_behind",
    "when",
    "what_kind",
    "how",
    "who_behind",
    "identifiers",
    "told_authorities",
    "needs",
    "consent",
)
# What begins where a line begins.
BEGINNINGS = ("#organisation bdi", ".facts .icon", "#start", ".unreviewed")
MARGIN = 16
ON_PAPER = ("receipt", "plain receipt")
WRITTEN = ("review", "plain replies")

LAYOUT = ("tooWide", "cutOff", "tooSmall")
NARROW_WINDOW: ViewportSize = {"width": 320, "height": 800}

Findings = dict[str, list[str]]


@dataclass(frozen=True)
class Walk:
    """What there was to see on one walk through everything in a language.

    `found` is what was wrong, by look and then by stop, of every look that was made; `printed` what paper shows and the
    words that it should; `written` what stands on the page.
    """

    language: str
    found: dict[str, Findings]
    printed: dict[str, tuple[list[str], list[str]]] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="package")
def narrow(browser: Browser) -> Iterator[BrowserContext]:
    """One for all walks: scripts and styles are the same in each language, and read once."""
    with browser.new_context(viewport=NARROW_WINDOW, reduced_motion="reduce") as context:
        yield context


@pytest.fixture(scope="package", params=[*WANTED, PSEUDO])
def walk(request: pytest.FixtureRequest, here: ServedPages, narrow: BrowserContext, shapes: Path) -> Walk:
    """One for all tests of a language: each only looks, and the way there is long."""
    return walked(here, narrow, request.param, shapes)


@pytest.fixture(scope="package")
def shapes(built: Path) -> Path:
    """A directory of those of the pages that axe has seen in some language, in whichever process."""
    directory = built.with_name("shapes")
    directory.mkdir(exist_ok=True)
    return directory


def walked(here: ServedPages, context: BrowserContext, language: str, shapes: Path) -> Walk:
    with context.new_page() as page:
        looking = Looking(page)
        looks = looks_in(looking, language, shapes)
        walk = Walk(language, {name: {} for name in ("layout", *looks)})
        sizes = [TWICE, ORDINARY]
        for stop in everything(looking.page, here, language):
            for size in sizes:
                looking.text(size)
                if found := layout(looking, language, size):
                    walk.found["layout"].setdefault(stop, []).extend(found)
                if size == ORDINARY:
                    _look(walk, looking, looks, stop)
            sizes.reverse()  # to set other letters costs as much as to look, so the next stop begins with these
        return walk


def _look(walk: Walk, looking: Looking, looks: Mapping[str, Callable[[], Sequence[str]]], stop: str) -> None:
    for name, look in looks.items():
        if found := look():
            walk.found[name][stop] = list(found)
    if stop in ON_PAPER:
        walk.printed[stop] = looking.on_paper(), looking.page.locator(".words:visible li").all_inner_texts()
    if stop in WRITTEN:
        walk.written[stop] = looking.page.locator("main").inner_text()


def looks_in(looking: Looking, language: str, shapes: Path) -> dict[str, Callable[[], Sequence[str]]]:
    """But for its layout. No language has colours of its own (tests/site/test_style.py): one stands for all. What axe
    says of a page is of its shape then, and what words do to it is in its layout."""
    looks: dict[str, Callable[[], Sequence[str]]] = {}
    if language == SOURCE:
        looks |= {"wcag": lambda: looking.violations(shapes), "dark": looking.pale_in_the_dark}
    elif language != PSEUDO:
        looks["wcag"] = lambda: looking.violations_of_a_new_shape(shapes)
    if language in SCRIPTS:
        looks |= {
            "names": looking.nameless,
            "motion": lambda: looking.see("moving"),
            "edges": looking.faint_in_forced_colours,
        }
    return looks


def layout(looking: Looking, language: str, size: int) -> list[str]:
    looks = (*LAYOUT, "covered") if language in SCRIPTS else LAYOUT
    return [f"{each} ({size})" for each in looking.see(*looks)]


of_languages = partial(pytest.mark.parametrize, "walk", indirect=True, scope="package")


@of_languages(WANTED)
def test_no_page_breaks_a_rule_of_wcag_2_2_aa(walk: Walk) -> None:
    assert walk.found["wcag"] == {}


@of_languages([SOURCE])
def test_nothing_is_pale_in_the_dark(walk: Walk) -> None:
    assert walk.found["dark"] == {}


@of_languages([*WANTED, PSEUDO])
def test_a_narrow_page_with_letters_twice_as_large_shows_everything_and_can_be_pressed(walk: Walk) -> None:
    assert walk.found["layout"] == {}


@of_languages(SCRIPTS)
def test_everything_that_can_be_used_has_a_name_and_nothing_moves(walk: Walk) -> None:
    assert (walk.found["names"], walk.found["motion"]) == ({}, {})


@of_languages(SCRIPTS)
def test_buttons_and_choices_keep_their_edges_in_forced_colours(walk: Walk) -> None:
    assert walk.found["edges"] == {}


@of_languages(["en"])
def test_on_paper_stand_the_twelve_words_alone(walk: Walk) -> None:
    assert [len(words) for _, words in walk.printed.values()] == [12, 12]
    assert all(shown == words for shown, words in walk.printed.values())


@of_languages(["fa"])
def test_lists_and_numbers_are_written_as_the_language_writes_them_with_script_and_without(walk: Walk) -> None:
    assert "۱۲ از ۱۲" in walk.written["review"]
    assert "تهدید و فشار، " in walk.written["review"]
    assert "پاسخ ۱" in walk.written["plain replies"]


@pytest.mark.parametrize("language", SCRIPTS)
def test_focus_is_seen_wherever_the_keyboard_leads_and_goes_to_the_heading_of_each_screen(
    here: ServedPages, new_page: NewPage, language: str
) -> None:
    looking = new_page()
    page = looking.page
    page.goto(f"{here.server}/{language}/")
    page.locator("#start:enabled").press("Enter")
    visited, unseen = [], []

    while (heading := focused(page)) != "review-title":
        visited.append(heading)
        unseen += [*through(looking, "Tab"), *through(looking, "Shift+Tab")]
        if heading == "danger_now-title":
            page.locator("#danger_now-none").press("Space")
        page.locator("[data-go=next]:visible").press("Enter")

    assert visited == [f"{screen}-title" for screen in QUESTIONS]
    assert unseen == []


@pytest.mark.parametrize("language", [code for code in WANTED if direction(code) == "rtl"])
def test_a_page_begins_at_the_right_where_its_language_does(
    here: ServedPages, new_page: NewPage, language: str
) -> None:
    page = new_page().page
    page.goto(f"{here.server}/{language}/")
    page.locator("#organisation bdi").wait_for()

    edges = (
        "selectors => selectors.map((each) => Math.round(document.querySelector(each).getBoundingClientRect().right))"
    )
    heading, *begin = page.evaluate(edges, ["#start-title", *BEGINNINGS])
    leave = page.locator("#leave").bounding_box()

    assert begin == [heading] * len(BEGINNINGS)
    assert leave is not None
    assert leave["x"] < MARGIN


def focused(page: Page) -> str:
    name: str = page.evaluate("document.activeElement.id")
    return name


def through(looking: Looking, key: str) -> list[str]:
    """What is not seen to have the focus, on the way with this key to the end of the page."""
    found: list[str] = []
    while True:
        looking.page.keyboard.press(key)
        if looking.page.evaluate("document.activeElement === document.body"):
            return found
        found += looking.see("unseenFocus")
