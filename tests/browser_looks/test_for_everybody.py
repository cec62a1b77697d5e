"""Whoever comes, with whatever eyes, hands and device: what every page, every screen and every language promise."""

from collections.abc import Callable, Sequence

import pytest
from playwright.sync_api import Page

from app.site.languages import PSEUDO, WANTED, direction
from tests.browser_looks.conftest import NewPage
from tests.browser_looks.door import Door
from tests.browser_looks.looking import ORDINARY, TWICE, Looking
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
LAYOUT = ("tooWide", "cutOff", "tooSmall")


def findings(looking: Looking, here: Door, language: str, *looks: Callable[[], Sequence[str]]) -> dict[str, list[str]]:
    """Everything that a look finds on the way, by where."""
    found = {stop: [each for look in looks for each in look()] for stop in everything(looking.page, here, language)}
    return {stop: each for stop, each in found.items() if each}


@pytest.mark.parametrize("language", WANTED)
def test_no_page_breaks_a_rule_of_wcag_2_2_aa_in_light_or_dark(here: Door, new_page: NewPage, language: str) -> None:
    looking = new_page(bypass_csp=True).with_axe()
    # No language has colours or sizes of letters of its own (tests/site/test_style.py): the dark is one for all.
    looks = [looking.violations, *([looking.pale_in_the_dark] if language in SCRIPTS else [])]

    assert findings(looking, here, language, *looks) == {}


@pytest.mark.parametrize("language", [*WANTED, PSEUDO])
def test_a_narrow_page_with_letters_twice_as_large_shows_everything_and_can_be_pressed(
    here: Door, new_page: NewPage, language: str
) -> None:
    looking = new_page(320)
    layout = (*LAYOUT, "covered") if language in SCRIPTS else LAYOUT

    def at_both_sizes() -> list[str]:
        found = []
        for size in (TWICE, ORDINARY):
            looking.text(size)
            found += [f"{each} ({size})" for what in layout for each in looking.see(what)]
        return found

    assert findings(looking, here, language, at_both_sizes) == {}


@pytest.mark.parametrize("language", SCRIPTS)
def test_everything_that_can_be_used_has_a_name_and_nothing_moves(here: Door, new_page: NewPage, language: str) -> None:
    looking = new_page(reduced_motion="reduce")

    assert findings(looking, here, language, looking.nameless, lambda: looking.see("moving")) == {}


def test_buttons_and_choices_keep_their_edges_in_forced_colours(here: Door, new_page: NewPage) -> None:
    looking = new_page(forced_colors="active")

    assert findings(looking, here, "en", lambda: looking.see("faint")) == {}


@pytest.mark.parametrize("language", SCRIPTS)
def test_focus_is_seen_wherever_the_keyboard_leads_and_goes_to_the_heading_of_each_screen(
    here: Door, new_page: NewPage, language: str
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
def test_a_page_begins_at_the_right_where_its_language_does(here: Door, new_page: NewPage, language: str) -> None:
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


def test_on_paper_stand_the_twelve_words_alone(here: Door, new_page: NewPage) -> None:
    page = new_page().page
    printed = {}

    for stop in everything(page, here, "en"):
        if stop in {"receipt", "plain receipt"}:
            words = page.locator(".words:visible li").all_inner_texts()
            page.emulate_media(media="print")
            printed[stop] = page.locator("body").inner_text().split(), words
            page.emulate_media(media="screen")

    assert [len(words) for _, words in printed.values()] == [12, 12]
    assert all(shown == words for shown, words in printed.values())


def test_lists_and_numbers_are_written_as_the_language_writes_them_with_script_and_without(
    here: Door, new_page: NewPage
) -> None:
    page = new_page().page

    stops = everything(page, here, "fa")
    shown = {stop: page.locator("main").inner_text() for stop in stops if stop in {"review", "plain replies"}}

    assert "۱۲ از ۱۲" in shown["review"]
    assert "تهدید و فشار، " in shown["review"]
    assert "پاسخ ۱" in shown["plain replies"]


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
