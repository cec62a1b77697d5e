"""The pages as a reporter goes through them, with either of the two intake channels."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.hands import Hand, Pointer
from tests.browser.told import Told

_SEND_MS = 30_000


class Form:
    """The questions. Their fields have the same names with both intake channels."""

    def __init__(self, page: Page, hand: Hand) -> None:
        self.page = page
        self._hand = hand

    def fill(self, key: str, answer: str | Sequence[str]) -> None:
        field = self.page.locator(f"#{key}")
        if not isinstance(answer, str):
            for code in answer:
                box = self.page.locator(f"#{key}-{code}")
                # One is ticked from the beginning, and stays so; of another the form asks by a question of its own.
                if (key, code) != ("consent", "service") and box.count():
                    self._hand.tick(box)
        elif field.count() == 0:
            self._hand.tick(self.page.locator(f"#{key}-{answer}"))
        elif field.evaluate("element => element.tagName") == "SELECT":
            self._hand.choose(field, answer)
        else:
            self._hand.write(field, answer)


class ReportPage(Form):
    """The page with script, from its first screen to the twelve words."""

    # Each screen of the form, and the questions on it.
    SCREENS: Mapping[str, tuple[str, ...]] = {
        "danger_now": ("danger_now", "answer_language"),
        "emergency": (),
        "contact": ("contact",),
        "text": ("text",),
        "about_whom": ("about_whom",),
        "where_now": ("where_now",),
        "state_behind": ("state_behind",),
        "when": ("when",),
        "what_kind": ("what_kind",),
        "how": ("how",),
        "who_behind": ("who_behind",),
        "identifiers": ("identifiers",),
        "told_authorities": ("told_authorities",),
        "needs": ("needs",),
        "consent": ("consent",),
    }

    def __init__(self, page: Page, hand: Hand | None = None) -> None:
        super().__init__(page, hand or Pointer())
        self._looks = {self._look()}

    def begin(self) -> None:
        self.press("#start")
        self.must_show("danger_now")

    def go(self, way: str) -> None:
        self.press(f'[data-screen="{self.screen}"] [data-go="{way}"]')

    def go_back(self) -> None:
        self.press('#path [data-go="back"]')

    def answer(self, told: Told, files: Sequence[Path] = ()) -> None:
        """All screens from the first question to the review."""
        for name, questions in self.SCREENS.items():
            self.must_show(name)
            asked = told.asked
            answered = [key for key in questions if key in asked]
            for key in answered:
                self.fill(key, asked[key])
            if name == "emergency":
                self._look_up_the_numbers()
            if name == "needs" and files:
                self.add(files)
            self.go("next" if answered or name == "emergency" else "skip")
        self.must_show("review")

    def tell_shortly(self, text: str, files: Sequence[Path] = ()) -> None:
        """As little as one may: no danger, a text, perhaps files. Ends at the review."""
        self.begin()
        self.fill("danger_now", "none")
        self.go("next")
        self.go("next")
        self.fill("text", text)
        self.go("next")
        while self.screen != "review":
            if self.screen == "needs" and files:
                self.add(files)
            self.go("next")

    def add(self, files: Sequence[Path]) -> None:
        before = self.page.locator("#file-list > li").count()
        self._hand.add(self.page.locator("#files"), files)
        expect(self.page.locator("#file-list > li")).to_have_count(before + len(files))

    def change(self, key: str) -> None:
        """From the review back to one question."""
        title = self.page.locator(f"#{key}-title").text_content() or ""
        row = self.page.locator("#review > div").filter(has=self.page.get_by_text(title.strip(), exact=True))
        self._hand.press(row.locator("button"))

    def press(self, selector: str) -> None:
        self._hand.press(self.page.locator(selector))
        self._looks.add(self._look())

    def send(self) -> None:
        self.press("#send")

    def words(self) -> str:
        """The receipt, once it is shown."""
        self.must_show("receipt")
        return " ".join(self.page.locator("#receipt li").all_text_contents())

    def practise(self, words: str) -> None:
        for place in ("a", "b"):
            label = self.page.locator(f"#practise-{place}-label").text_content() or ""
            # Numbers are in the digits of the language.
            [number] = re.findall(r"\d+", label)
            self._hand.write(self.page.locator(f"#practise-{place}"), words.split()[int(number) - 1])
        self.press("#practise-check")

    @property
    def screen(self) -> str:
        return self.page.locator("[data-screen]:visible").get_attribute("data-screen") or ""

    def must_show(self, screen: str) -> None:
        expect(self.page.locator(f'[data-screen="{screen}"]')).to_be_visible(timeout=_SEND_MS)
        self._looks.add(self._look())

    @property
    def looks(self) -> set[tuple[str, str, object]]:
        """Every address and title that the window has shown, and what its history holds of each step."""
        return self._looks

    def _look(self) -> tuple[str, str, object]:
        return self.page.url, self.page.title(), self.page.evaluate("history.state")

    def _look_up_the_numbers(self) -> None:
        self._hand.choose(self.page.locator("#emergency-country"), "NL")
        expect(self.page.locator('[data-number="police"]')).to_have_attribute("href", "tel:112")


class MailboxPage(Form):
    """The page with script on which a reporter comes back."""

    def __init__(self, page: Page, hand: Hand | None = None) -> None:
        super().__init__(page, hand or Pointer())

    def open(self, words: str) -> None:
        self.type(words)
        expect(self.page.locator("#box-title")).to_be_visible()

    def type(self, words: str) -> None:
        self._hand.write(self.page.locator("#typed"), words)
        self.press("#open-mailbox")

    @property
    def replies(self) -> list[str]:
        return self.page.locator("#replies .typed").all_text_contents()

    def write(self, text: str, files: Sequence[Path]) -> None:
        self._hand.write(self.page.locator("#text"), text)
        self._hand.add(self.page.locator("#files"), files)
        expect(self.page.locator("#file-list > li")).to_have_count(len(files))
        self.press("#send")
        self.must_say("answer-sent")

    def change(self, scope: str) -> None:
        self.fill("consent", [scope])
        self.press("#save-choices")
        self.must_say("choices-saved")

    def withdraw(self) -> None:
        self.press("#to-withdraw")
        self.press("#withdraw")
        expect(self.page.locator("#withdrawn-title")).to_be_visible()

    def must_say(self, key: str) -> None:
        expect(self.page.locator("#done")).to_have_text(word(self.page, key), timeout=_SEND_MS)

    def press(self, selector: str) -> None:
        self._hand.press(self.page.locator(selector))


class PlainForm(Form):
    """The page without script: everything at once."""

    def __init__(self, page: Page) -> None:
        super().__init__(page, Pointer())

    def answer(self, told: Told, files: Sequence[Path]) -> None:
        for key, answer in told.asked.items():
            self.fill(key, answer)
        self.page.locator("#files").set_input_files(files)

    def send(self) -> None:
        self.page.locator("form button").click()

    def words(self) -> str:
        shown = self.page.locator('[data-screen="receipt"] .words li')
        expect(shown).to_have_count(12, timeout=_SEND_MS)
        return " ".join(shown.all_text_contents())


class PlainMailbox(Form):
    def __init__(self, page: Page) -> None:
        super().__init__(page, Pointer())

    def open(self, words: str) -> None:
        self.page.locator("#words").fill(words)
        with self.page.expect_navigation():  # what is read next is on the page that answers
            self.page.locator("form button").click()

    @property
    def replies(self) -> list[str]:
        return self.page.locator(".replies .typed").all_text_contents()

    def write(self, text: str, files: Sequence[Path]) -> None:
        self.page.locator("#text").fill(text)
        self.page.locator("#files").set_input_files(files)
        self._act("write")

    def change(self, scope: str) -> None:
        self.fill("consent", [scope])
        self._act("consent")

    def withdraw(self) -> None:
        self._act("withdraw")

    def _act(self, act: str) -> None:
        with self.page.expect_navigation():  # what follows may ask the service what came of it
            self.page.locator(f'button[name="action"][value="{act}"]').click()


def word(page: Page, key: str) -> str:
    """What the page says under this key, in its language."""
    said: str = page.locator("#words").evaluate(
        "(words, key) => words.content.querySelector(`[data-word='${key}']`).textContent", key
    )
    return said


def mistakes(page: Page) -> Locator:
    """What stands at the top of the page, to be looked at first."""
    return page.locator("#mistakes li")
