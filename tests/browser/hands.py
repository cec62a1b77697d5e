"""How somebody works with a page: with a mouse or a finger, or with the keyboard alone."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from playwright.sync_api import Locator

_FURTHEST = 400  # elements that Tab may go past


class Hand(Protocol):
    def press(self, control: Locator) -> None: ...

    def write(self, field: Locator, text: str) -> None: ...

    def tick(self, box: Locator) -> None: ...

    def choose(self, field: Locator, code: str) -> None: ...

    def add(self, field: Locator, files: Sequence[Path]) -> None: ...


class Pointer:
    def press(self, control: Locator) -> None:
        control.click()

    def write(self, field: Locator, text: str) -> None:
        field.fill(text)

    def tick(self, box: Locator) -> None:
        _unfold(self, box)
        box.click()

    def choose(self, field: Locator, code: str) -> None:
        field.select_option(code)

    def add(self, field: Locator, files: Sequence[Path]) -> None:
        field.set_input_files(files)


class Keyboard:
    """Tab, the arrows, Enter and the space bar; nothing is focused or clicked by other means."""

    def press(self, control: Locator) -> None:
        self._reach(control)
        control.page.keyboard.press("Enter")

    def write(self, field: Locator, text: str) -> None:
        self._reach(field)
        field.page.keyboard.press("Control+a")
        # A keyboard's own way of entering text, whatever its script.
        field.page.keyboard.insert_text(text)

    def tick(self, box: Locator) -> None:
        _unfold(self, box)
        keyboard = box.page.keyboard
        if box.get_attribute("type") == "checkbox":
            self._reach(box)
            keyboard.press("Space")
            return
        # Of a group of which nothing is chosen, Tab reaches the first; from there the arrows go on.
        first = box.page.locator(f'input[name="{box.get_attribute("name")}"]').first
        self._reach(first)
        keyboard.press("Space")
        for _ in range(_FURTHEST):
            if box.is_checked():
                return
            keyboard.press("ArrowDown")
        raise AssertionError("the arrows lead to no such choice")

    def choose(self, field: Locator, code: str) -> None:
        self._reach(field)
        name = field.locator(f'option[value="{code}"]').text_content()
        assert name
        field.page.keyboard.type(name)
        assert field.input_value() == code

    def add(self, field: Locator, files: Sequence[Path]) -> None:
        # Said before the way to the field begins: the driver needs a moment until it catches the dialogue.
        with field.page.expect_file_chooser() as opened:
            self._reach(field)
            field.page.keyboard.press("Enter")
        opened.value.set_files(files)

    def _reach(self, control: Locator) -> None:
        for _ in range(_FURTHEST):
            if control.evaluate("element => element === document.activeElement"):
                return
            control.page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not lead to {control}")


def _unfold(hand: Hand, box: Locator) -> None:
    folded = box.locator("xpath=ancestor::details[not(@open)]/summary")
    if folded.count():
        hand.press(folded)
