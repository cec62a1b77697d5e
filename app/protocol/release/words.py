"""The words of a release's page, in the four languages in which it is read: data, under `words/`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from app.protocol.periods import is_year, year_of
from app.protocol.release.about import COMPOSER
from app.protocol.release.grades import Grade, Shown

# By the language of the text, by what its files are called: English by none.
SUFFIXES: Final[Mapping[str, str]] = {"en": "", "zh-Hans": ".zh", "fr": ".fr", "es": ".es"}

# Up to this composer Chinese was written with the signs of Latin script, and French broke lines before its own.
_PLAIN: Final = 4
_PLAINLY: Final = str.maketrans("，：；（）？\N{NO-BREAK SPACE}", ",:;()? ")


@dataclass(frozen=True)
class Words:
    """Every sentence of a page in one language, by its group and its name."""

    language: str
    texts: Mapping[str, Any]

    def say(self, group: str, name: str, /, **filled: object) -> str:
        """A sentence, with what stands in braces filled in; whole numbers as the language writes them."""
        own = {each: self.number(value) if isinstance(value, int) else value for each, value in filled.items()}
        return str(self.texts[group][name]).removeprefix("\n").format(**own)

    def number(self, number: int) -> str:
        """With what the language puts between thousands, from as many digits on as it does (CLDR)."""
        form = self.texts["number"]
        return f"{number:,}".replace(",", form["group"]) if len(str(number)) >= form["from_digits"] else str(number)

    def period(self, period: str) -> str:
        """`in the second quarter of 2026`, or `in 2026`."""
        forms, year = self.texts["period"], year_of(period)
        form = forms["year"] if is_year(period) else forms["quarter"][int(period[-1]) - 1]
        return str(form).format(year=year)

    def shown(self, own: Shown) -> str:
        """A cell as it may be quoted."""
        name = {Grade.A: "about", Grade.B: "rough", Grade.C: "between", Grade.D: "not_clear"}[own.grade]
        return self.say("shown", name, value=own.value, lower=own.lower, upper=own.upper, below=own.below)


@cache
def words(language: str, *, composer: int = COMPOSER) -> Words:
    """Those of a language of `SUFFIXES`, as a composer writes them."""
    text = resources.files("app.protocol.release").joinpath("words", f"{language}.toml").read_text(encoding="utf-8")
    return Words(language, tomllib.loads(text if composer > _PLAIN else text.translate(_PLAINLY)))
