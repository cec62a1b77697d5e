"""What can be asked of a page as it stands, in a real browser."""

from hashlib import sha256
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from app.site.rendering import WEB

ORDINARY, TWICE = 16, 32  # pixels of text, as somebody sets them in the browser
_ROOT = 1.125  # of that, in `reporter.css`

_AXE = WEB / "node_modules" / "axe-core" / "axe.min.js"
_LOOKING = Path(__file__).parent / "looking.js"
_WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


class Looking:
    """A page that is looked at, and not changed by it. A finding says what is wrong, then where."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._devtools = page.context.new_cdp_session(page)
        self._size = ORDINARY
        page.add_init_script(path=_LOOKING)

    def text(self, size: int, *, root: float = _ROOT) -> None:
        """As a person does who needs larger letters everywhere. `root` is how large the page makes them of that."""
        if size != self._size:
            self._devtools.send("Page.setFontSizes", {"fontSizes": {"standard": size, "fixed": size}})
            self._size = size
        shown = self.page.evaluate("getComputedStyle(document.documentElement).fontSize")
        assert shown == f"{size * root:g}px"

    def see(self, *looks: str) -> list[str]:
        """The findings of functions of `looking.js`."""
        found: list[list[str]] = self.page.evaluate("looks => looks.map((what) => looking[what]())", looks)
        return [f"{what}: {each}" for what, seen in zip(looks, found, strict=True) for each in seen]

    def violations(self, seen: Path) -> list[str]:
        """Of WCAG 2.2, A and AA, as axe-core finds them. The page's shape is `seen` then."""
        self._is_new(seen)
        return self._axe({"type": "tag", "values": _WCAG})

    def violations_of_a_new_shape(self, seen: Path) -> list[str]:
        """The same but for colours, where no page like it in all but its words is among those that were `seen`."""
        if not self._is_new(seen):
            return []
        return self._axe({"type": "tag", "values": _WCAG}, without="color-contrast")

    def _is_new(self, seen: Path) -> bool:
        """Whether a shape of the page was not among the `seen`, each of which is a file. All are now."""
        shapes: list[str] = self.page.evaluate("looking.shapes()")
        files = [seen / sha256(shape.encode()).hexdigest() for shape in shapes]
        return sum(map(_makes, files)) > 0

    def pale_in_the_dark(self) -> list[str]:
        """What has too little contrast there. Nothing but colours differs from the page in light."""
        self.page.emulate_media(color_scheme="dark")
        found = self._axe({"type": "rule", "values": ["color-contrast"]})
        self.page.emulate_media(color_scheme="light")
        return found

    def faint_in_forced_colours(self) -> list[str]:
        self.page.emulate_media(forced_colors="active")
        found = self.see("faint")
        self.page.emulate_media(forced_colors="none")
        return found

    def on_paper(self) -> list[str]:
        """The words that are printed."""
        self.page.emulate_media(media="print")
        words = self.page.locator("body").inner_text().split()
        self.page.emulate_media(media="screen")
        return words

    def _axe(self, rules: dict[str, Any], *, without: str | None = None) -> list[str]:
        options = {"runOnly": rules, "resultTypes": ["violations"], "preload": False}
        if without:
            options["rules"] = {without: {"enabled": False}}
        if not self.page.evaluate("'axe' in window"):  # half a megabyte, which few of the pages need
            self.page.evaluate(_AXE.read_text())
        found = self.page.evaluate("options => axe.run(options)", options)
        return [f"{rule['id']}: {node['html'][:150]}" for rule in found["violations"] for node in rule["nodes"]]

    def nameless(self) -> list[str]:
        """What takes the focus and has no name, in the tree that assistive technology is given."""
        tree = self._devtools.send("Accessibility.getFullAXTree")
        return [
            f"nameless: {node['role']['value']} {node['nodeId']}"
            for node in tree["nodes"]
            if not node["ignored"] and _takes_focus(node) and not node.get("name", {}).get("value", "").strip()
        ]


def _makes(file: Path) -> bool:
    """Whether it was not there."""
    try:
        file.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def _takes_focus(node: dict[str, Any]) -> bool:
    return node["role"]["value"] != "RootWebArea" and any(
        each["name"] == "focusable" and each["value"].get("value") for each in node.get("properties", ())
    )
