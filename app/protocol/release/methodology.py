"""The methodology page of a release: what is counted, what the noise promises, and how to read, add and cite it.

Its sentences are data (`methods/`), in the languages of the page.
"""

import tomllib
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from importlib import resources
from typing import Any, Final

from app.protocol.periods import year_of
from app.protocol.release.about import ANY_READER, About
from app.protocol.release.budget import (
    DELTAS,
    KIND_CAP,
    LIFE_CAP,
    YEAR_CAP,
    PrivacyLoss,
    delta_name,
    in_words,
)
from app.protocol.release.counts import NoisyCounts
from app.protocol.release.family import Estimate, estimates
from app.protocol.release.grades import grid, half_width, threshold
from app.vocabulary import Dimension, Level, Table

# How much more often than by chance the best possible adversary is right, by the rho it has read (RELEASES § 3).
_SHARES: Final = (
    (12_500, "6.9"),
    (110_000, "12"),
    (160_000, "14.1"),
    (500_000, "26"),
)


def methodology(
    counts: NoisyCounts, about: About, broken: AbstractSet[str] = frozenset(), *, language: str = "en"
) -> str:
    """Markdown, under the headings of a statistical office's quality report (the European Statistical System's).

    A function of its arguments: it names no day and no exact count. In the tables that are `broken` a series breaks.
    Every language but English is written from composer 5 on.
    """
    own = _Sentences(language)
    title = f"# {own.say('title', release=about.release)}"
    unit, bounds, noise = _unit(counts, about, own), _bounds(counts, own), _noise(counts, own)
    promise, reading, origin = _promise(counts, about, own), _reading(counts, about, own), _origin(about, own)
    opening, limits = own.say("sections", "opening"), own.say("sections", "limits")
    if about.composer == 1:
        return _text(title, about.note, unit, bounds, promise, noise, reading, opening, limits, origin)
    chapters = (
        (origin,),
        (unit,),
        (bounds, noise),
        (own.say("sections", "quality"),),
        (own.say("sections", "relevance"),),
        (limits,),
        (own.say("sections", "timeliness"), _corrected(about, own)),
        (own.say("sections", "coherence"), _shown_change(about, own), _breaks(broken, own)),
        (reading, opening),
        (own.say("sections", "burden"),),
        (promise,),
    )
    sections = [
        _text(f"## {number}. {heading}", *(_lowered(section) for section in chapter if section)).strip()
        for number, (heading, chapter) in enumerate(zip(own.texts["chapters"], chapters, strict=True), start=1)
    ]
    return _text(title, own.say("later", "translated"), about.note, *sections)


class _Sentences:
    """All of the page in one language."""

    def __init__(self, language: str) -> None:
        self.texts = texts_of(language)

    def say(self, *place: str, **filled: str) -> str:
        """A sentence by its place, with what stands in braces filled in."""
        found: Any = self.texts
        for name in place:
            found = found[name]
        return str(found).format(**filled)


@cache
def texts_of(language: str) -> dict[str, Any]:
    """Every sentence of the page in a language of `SUFFIXES`."""
    path = resources.files("app.protocol.release").joinpath("methods", f"{language}.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _corrected(about: About, own: _Sentences) -> str | None:
    """Of a folder that stands in the place of another."""
    if about.supersedes is None or about.correction is None:
        return None
    told = {"supersedes": about.supersedes, "correction": about.correction, "draw": about.charged_as}
    return own.say("sections", "corrected", **told)


def _breaks(broken: AbstractSet[str], own: _Sentences) -> str | None:
    """Of tables that are compared with nothing before."""
    return own.say("sections", "breaks", names=", ".join(f"`{name}`" for name in sorted(broken))) if broken else None


def _shown_change(about: About, own: _Sentences) -> str | None:
    return own.say("later", "shown_change") if about.composer >= ANY_READER else None


def _text(*paragraphs: str | None) -> str:
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph) + "\n"


def _lowered(section: str) -> str:
    """A section below a heading of its own."""
    return f"#{section}" if section.startswith("#") else section


def _unit(counts: NoisyCounts, about: About, own: _Sentences) -> str:
    return own.say("sections", "unit", organisation=about.organisation, period=counts.period)


def _bounds(counts: NoisyCounts, own: _Sentences) -> str:
    dims = "\n".join(f"- {_bound_of(dim, own)}" for dim in counts.workload.dims())
    return own.say("sections", "bounds", dims=dims).rstrip()


def _bound_of(dim: Dimension, own: _Sentences) -> str:
    is_kinds = dim.level is Level.KINDS
    silent = ("none_" if is_kinds else "") + ("counts_as" if dim.unknown else "in_no_cell")
    absent = own.say("bounds", silent, code=dim.of_code(dim.unknown) if dim.unknown else "")
    if is_kinds:
        return own.say("bounds", "kinds", column=dim.column, absent=absent)
    kept = "".join(own.say("bounds", "kept", cell=cell) for cell in sorted(dim.kept))
    place = own.say("bounds", "place") if dim.level in (Level.REGION, Level.PART) else ""
    return own.say("bounds", dim.bound.value, column=dim.column, kept=kept, place=place, absent=absent)


def _promise(counts: NoisyCounts, about: About, own: _Sentences) -> str:
    rows = "\n".join(
        f"| {what} | {_rho(loss.rho)} | " + " | ".join(_epsilon(loss, delta) for delta in DELTAS) + " |"
        for what, loss in (
            (own.say("words", "this"), about.this),
            (own.say("words", "year", year=year_of(counts.period)), about.year),
            (own.say("words", "life"), about.life),
        )
    )
    caps = {kind.value: _rho(cap) for kind, cap in KIND_CAP.items()}
    return own.say(
        "sections",
        "promise",
        deltas=" | ".join(own.say("words", "delta", delta=delta_name(delta)) for delta in DELTAS),
        rows=rows,
        shares="; ".join(own.say("words", "share", rho=_rho(rho), share=share) for rho, share in _SHARES),
        budget=own.say("words", "budget", **caps, together=_rho(YEAR_CAP)),
        life=_rho(LIFE_CAP),
    )


def _noise(counts: NoisyCounts, own: _Sentences) -> str:
    rows = "\n".join(
        f"| {table.name} | {len(noisy.counts)} | {table.m} | {_cut(table, own)} | {noisy.sigma / 1000:.3f} | "
        f"{noisy.rho!r} | {_largest(of_table):.3f} | {half_width(_largest(of_table)):.1f} | "
        f"{grid(_largest(of_table))} | {threshold(len(counts.tables), len(of_table)):.2f} |"
        for table, noisy, of_table in zip(counts.workload.tables, counts.tables, estimates(counts), strict=True)
    )
    workload = {"workload": counts.workload.id, "workload_sha256": counts.workload.sha256}
    return own.say("sections", "noise", **workload, rows=rows, margins=_margins(counts, own))


def _largest(of_table: Sequence[Estimate]) -> float:
    return max(estimate.sd for estimate in of_table)


def _margins(counts: NoisyCounts, own: _Sentences) -> str:
    if not counts.workload.margins:
        return ""
    pairs = []
    for margin in counts.workload.margins:
        tables = own.say("words", "and").join(table.name for table in margin.tables)
        columns = own.say("words", "and").join(dim.column for dim in margin.to)
        pairs.append(own.say("words", "by" if columns else "in_all", tables=tables, columns=columns))
    return own.say("sections", "margins", pairs="; ".join(pairs))


def _cut(table: Table, own: _Sentences) -> str:
    """What of a person a table may lose to its bound."""
    return own.say("words", "in_full") if table.counts_in_full else own.say("words", "at_most", m=str(table.m))


def _reading(counts: NoisyCounts, about: About, own: _Sentences) -> str:
    cited = {"organisation": about.organisation, "release": about.release, "period": counts.period}
    return own.say("sections", "reading", **cited)


def _origin(about: About, own: _Sentences) -> str:
    return own.say(
        "sections",
        "origin",
        organisation=about.organisation,
        contact=about.contact,
        signed=_signed_by_people(about) if about.names_people else _signed(about, own),
        versions=", ".join(f"{name} {version}" for name, version in about.versions.items()),
        pin=about.pin,
    )


def _signed_by_people(about: About) -> str:
    """Who asked, approved and signs, which a reader compares with `SHA256SUMS.sig`."""
    asked = f"Requested by {about.requested_by}, approved by {about.approved_by};"
    places = ((about.requested_by, about.signs_for_requester), (about.approved_by, about.signs_for_approver))
    if not any(stand_in for _, stand_in in places):
        return f"{asked} both signed `SHA256SUMS`."
    signers = [
        f"{stand_in} in the place of {first}, who could not" if stand_in else first for first, stand_in in places
    ]
    return f"{asked} `SHA256SUMS` is signed by {' and by '.join(signers)}."


def _signed(about: About, own: _Sentences) -> str:
    """The same by their roles."""

    def role(name: str) -> str:
        return str(own.texts["roles"].get(name, name))  # a forged folder may name any

    places = (about.signs_for_requester, about.signs_for_approver)
    first, second = (
        own.say("words", "stand_in", role=role(each)) if each else own.say("words", "themselves") for each in places
    )
    asked = {"requester": role(about.requested_by), "approver": role(about.approved_by)}
    return own.say("sections", "by_roles", **asked, first=first, second=second)


def _rho(millionths: int) -> str:
    return f"{millionths / 1_000_000:g}"


def _epsilon(loss: PrivacyLoss, delta: float) -> str:
    return in_words(loss.epsilon[delta_name(delta)])
