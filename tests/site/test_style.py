"""The style sheets: readable in light and dark, and the same in both directions."""

import re
from itertools import pairwise

import pytest

from app.site.rendering import HERE

TOKENS = (HERE / "style" / "tokens.css").read_text()
REPORTER = (HERE / "style" / "reporter.css").read_text()

TEXT = [
    *(("ink", ground) for ground in ("paper", "raised", "accent-soft", "caution-soft")),
    *(("soft-ink", ground) for ground in ("paper", "raised", "accent-soft")),
    *(("accent", ground) for ground in ("paper", "raised")),
    ("paper", "ink"),
    ("on-accent", "accent"),
    ("danger", "paper"),
    ("on-danger", "danger"),
]
OTHER = [("line-colour", "paper"), ("line-colour", "raised"), ("caution", "caution-soft"), ("caution", "paper")]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_seven_times_the_light_of_its_ground_and_the_rest_four_and_a_half(scheme: str) -> None:
    light, dark = TOKENS.split("@media (prefers-color-scheme: dark)")
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", light if scheme == "light" else dark))

    for one, other in TEXT:
        assert _contrast(colours[one], colours[other]) >= 7, (one, other)
    for one, other in OTHER:
        assert _contrast(colours[one], colours[other]) >= 4.5, (one, other)


def test_a_language_has_lines_and_digits_of_its_own_and_no_colours() -> None:
    of_languages = re.findall(r":lang\([^{]*\{([^}]*)\}", TOKENS + REPORTER)
    properties = {name for body in of_languages for name in re.findall(r"^\s*([\w-]+):", body, re.MULTILINE)}

    assert properties == {"--leading", "--tight", "--measure", "content"}


def test_no_rule_knows_left_from_right() -> None:
    sides, sizes = r"left|right|top|bottom", r"(?:(?:min|max)-)?(?:width|height)"
    properties = rf"(?:margin|padding|border)-(?:{sides})|{sides}|{sizes}|float"
    physical = rf"^\s*(?:{properties})\s*:|text-align:\s*(?:left|right)"

    assert re.findall(physical, TOKENS + REPORTER, re.MULTILINE) == []


def test_every_token_that_is_used_is_there_and_every_one_that_is_there_is_used() -> None:
    defined = set(re.findall(r"^\s*(--[\w-]+):", TOKENS, re.MULTILINE))
    used = set(re.findall(r"var\((--[\w-]+)\)", TOKENS + REPORTER))

    assert used == defined


def test_a_thumb_can_hit_what_can_be_pressed() -> None:
    for rule in (".button", ".leave", "textarea", ".languages a", ".numbers li"):
        body = REPORTER[REPORTER.index(f"\n{rule}") :].split("}")[0]
        assert "min-block-size: var(--touch)" in body, rule
    assert "--touch: 48px" in TOKENS


def _contrast(one: str, other: str) -> float:
    """WCAG 2.2, "contrast ratio"."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[start:end], 16) / 255 for start, end in pairwise((1, 3, 5, 7))]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
