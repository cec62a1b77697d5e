"""`python -m tests.browser_looks.pictures DIRECTORY [LANGUAGE …]`: pictures of everything that a reporter can see.

One file for each stop of the walk and each view: `ar/08-needs-390-dark.png`. They are for eyes, and kept nowhere. With
`--main` before the directory, the few that are kept in docs/pictures/ for review: `ar-needs.jpg`.
"""

import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.sync_api import sync_playwright

from app.site.build import build
from tests.browser.device import chromium
from tests.browser_looks.looking import ORDINARY, TWICE, Looking
from tests.browser_looks.served import served_pages
from tests.browser_looks.walk import everything

HEIGHT = 800
LANGUAGES = ("en", "ar", "zh-Hans", "bo")


# What is kept for review, in the languages whose pages differ most.
MAIN = ("start", "text", "needs, with a cleaned photo", "review", "receipt", "mailbox", "plain form", "plain receipt")
MAIN_LANGUAGES = ("en", "ar", "zh-Hans")


@dataclass(frozen=True)
class View:
    name: str
    width: int
    scheme: Literal["light", "dark"] = "light"
    text: int = ORDINARY
    media: Literal["screen", "print"] = "screen"


VIEWS = (
    View("320", 320),
    View("390-dark", 390, scheme="dark"),
    View("390-twice", 390, text=TWICE),
    View("1440", 1440),
    View("print", 794, media="print"),
)


def take(directory: Path, languages: Sequence[str] = LANGUAGES) -> None:
    for language, number, stop, looking in stops(languages):
        for view in VIEWS:
            look(looking, view)
            name = f"{number:02}-{named(stop)}-{view.name}.png"
            looking.page.screenshot(path=directory / language / name)
        look(looking, View("", 390))


def take_main(directory: Path) -> None:
    for language, _, stop, looking in stops(MAIN_LANGUAGES):
        if stop in MAIN:
            look(looking, View("", 390))
            path = directory / f"{language}-{named(stop)}.jpg"
            looking.page.screenshot(path=path, type="jpeg", quality=30)


def stops(languages: Sequence[str]) -> Iterator[tuple[str, int, str, Looking]]:
    """Language, number and name of each stop, while a page shows it."""
    with tempfile.TemporaryDirectory() as directory, ExitStack() as opened:
        place = Path(directory)
        build(place / "built", pseudo=True)
        here = opened.enter_context(served_pages(place, place / "built"))
        browser = opened.enter_context(chromium(opened.enter_context(sync_playwright())))
        for language in languages:
            with browser.new_context() as context:
                looking = Looking(context.new_page())
                for number, stop in enumerate(everything(looking.page, here, language), 1):
                    yield language, number, stop, looking


def named(stop: str) -> str:
    return re.sub(r"[^a-z_]+", "-", stop)


def look(looking: Looking, view: View) -> None:
    """Through a window as high as the page, so that what stays at its top is there once."""
    looking.page.set_viewport_size({"width": view.width, "height": HEIGHT})
    looking.page.emulate_media(color_scheme=view.scheme, media=view.media)
    looking.text(view.text)
    height: int = looking.page.evaluate("document.documentElement.scrollHeight")
    looking.page.set_viewport_size({"width": view.width, "height": height})


if __name__ == "__main__":
    if sys.argv[1] == "--main":
        take_main(Path(sys.argv[2]))
    else:
        take(Path(sys.argv[1]), sys.argv[2:] or LANGUAGES)
