"""The essentials of a methodology in three more languages, as folders had them up to composer 4."""

from importlib import resources
from typing import Final

from app.protocol.release.about import About
from app.protocol.release.budget import PrivacyLoss, in_words
from app.protocol.release.counts import NoisyCounts

BRIEFS: Final = ("zh-Hans", "fr", "es")


def brief(language: str, counts: NoisyCounts, about: About) -> str:
    """Markdown, in a language of `BRIEFS`."""
    text = resources.files("app.protocol.release").joinpath("briefs", f"{language}.md").read_text(encoding="utf-8")
    return text.format(
        organisation=about.organisation,
        period=counts.period,
        release=about.release,
        pin=about.pin,
        contact=about.contact,
        this_rho=_rho(about.this),
        this_epsilon=_epsilon(about.this),
        life_rho=_rho(about.life),
        life_epsilon=_epsilon(about.life),
    )


def _rho(loss: PrivacyLoss) -> str:
    return f"{loss.rho / 1_000_000:g}"


def _epsilon(loss: PrivacyLoss) -> str:
    return in_words(loss.epsilon["1e-6"])
