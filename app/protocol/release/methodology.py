"""The methodology page of a release: what is counted, what the noise promises, and how to read, add and cite it."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from app.protocol.release.about import About
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
from app.vocabulary import Bound, Dimension, Level, ReleaseKind, Table

OPENING = """## How to open the files

`NA` in `ref_area` and `origin` is Namibia. Many programs take it for *not available* and lose the country without a
word. So each country stands a second time, as `NAM`, in `ref_area_alpha3` and `origin_alpha3`; and these lines keep it:

- Python, pandas: `pandas.read_csv("data/persons.csv", keep_default_na=False, na_values=[""])`
- R: `read.csv("data/persons.csv", na.strings = "")`, and with `fileEncoding = "UTF-8-BOM"` for `dictionary.csv`
- Excel: *Data*, *From Text/CSV*, file origin *65001: Unicode (UTF-8)*, delimiter *Comma*. Where a comma separates
  decimals, set the type of `sd` under *Transform Data* with *Using Locale*, *English (United States)*, or it becomes
  dates. `dictionary.csv` opens by itself.
- LibreOffice asks when it opens a file: character set *Unicode (UTF-8)*, language *English (USA)*, separated by *Comma*
  alone. In another language 10.802 can become 10802.

The same holds for `raw/noisy.csv`, which has no second code. `data/persons.hxl.csv` is `data/persons.csv` with the
tags of the Humanitarian Exchange Language (HXL) in its second row, for its tools."""

# How much more often than by chance the best possible adversary is right, by the rho it has read (RELEASES § 3).
_SHARES = (
    (12_500, "6.9"),
    (110_000, "12"),
    (160_000, "14.1"),
    (500_000, "26"),
)


def methodology(counts: NoisyCounts, about: About, broken: AbstractSet[str] = frozenset()) -> str:
    """Markdown, under the headings of a statistical office's quality report (the European Statistical System's).

    A function of its arguments: it names no day and no exact count. In the tables that are `broken` a series breaks.
    """
    title = f"# How the figures of release {about.release} were made"
    if about.composer == 1:
        return _text(title, about.note, *_first_composers(counts, about))
    chapters = {
        "Contact": (_origin(about),),
        "Statistical presentation": (_unit(counts, about),),
        "Statistical processing": (_bounds(counts), _noise(counts)),
        "Quality management": (_QUALITY,),
        "Relevance": (_RELEVANCE,),
        "Accuracy and reliability": (_limits(),),
        "Timeliness and punctuality": (_TIMELINESS, _corrected(about)),
        "Coherence and comparability": (_COHERENCE, _breaks(broken)),
        "Accessibility and clarity": (_reading(counts, about), OPENING),
        "Cost and burden": (_BURDEN,),
        "Confidentiality": (_promise(counts, about),),
    }
    sections = [
        _text(f"## {number}. {heading}", *(_lowered(section) for section in chapter if section)).strip()
        for number, (heading, chapter) in enumerate(chapters.items(), start=1)
    ]
    return _text(title, about.note, *sections)


_QUALITY = """\
Two people sign a release: who asked for it, and a supervisor who approved it. Their machines have made every file
of it again from the noisy counts before, and everybody can do the same afterwards: `tern release verify` refuses a
folder in which a number or a word does not follow, in which the noise is too little for what is promised, or which the
ledger of all draws does not know. The noise is drawn once; who does not like a release cannot have it drawn again."""

_RELEVANCE = """\
The figures are for those who have to know how many people tell of such acts, of which kinds, and by which states and in
which countries: parliaments, mandates of the United Nations, researchers, partners. They cannot say how common the acts
are, what happened in one place or month, or what one host state did in single cases."""

_TIMELINESS = """\
A period is released once, after its end. What is recorded later counts in the period in which it is recorded, so no
release is revised for late reports."""

_COHERENCE = """\
Within a release, tables that count the same persons agree in `value_adjusted`. Releases do not add up to one another:
who is recorded in two quarters counts in both, and in their year once, and each release has noise of its own. Compared
are only tables of the same name, cells and *m*; another *m* is a break in the series. Countries are those of ISO 3166-1
alpha-2 with `XK` and `ZZ` (unknown), regions those of the UN's M49."""

_BURDEN = """\
Nobody is asked anything for statistics but whether they agree. What is counted is coded from cases that people of staff
work on in any case."""


def _corrected(about: About) -> str | None:
    """Of a folder that stands in the place of another."""
    if about.supersedes is None:
        return None
    return f"""This folder corrects that whose `SHA256SUMS` has the SHA-256 `{about.supersedes}`: {about.correction}
Its noisy counts are the very same, drawn once under {about.charged_as}; nobody's privacy was spent for it."""


def _breaks(broken: AbstractSet[str]) -> str | None:
    """Of tables that are compared with nothing before."""
    if not broken:
        return None
    names = ", ".join(f"`{name}`" for name in sorted(broken))
    return f"""In these tables the series breaks, for their *m* is another than in the last period before: {names}.
All of their rows have `status` `B`, and none is compared with an earlier period."""


def _first_composers(counts: NoisyCounts, about: About) -> list[str]:
    """The sections as the first composer had them."""
    return [
        _unit(counts, about),
        _bounds(counts),
        _promise(counts, about),
        _noise(counts),
        _reading(counts, about),
        OPENING,
        _limits(),
        _origin(about),
    ]


def _text(*paragraphs: str | None) -> str:
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph) + "\n"


def _lowered(section: str) -> str:
    """A section below a heading of its own."""
    return f"#{section}" if section.startswith("#") else section


def _unit(counts: NoisyCounts, about: About) -> str:
    return f"""## Who is counted

The figures are estimates of **persons** targeted by a state beyond its borders, as reported to {about.organisation} and
recorded in the period {counts.period}. They are not incidents and not reports.

- *Recorded* means that the coding of an incident was approved by a second person and its statistics card sent. The day
  of the event does not matter: an event of an earlier year that is recorded now counts now, once.
- A person is counted with their own consent to statistics. For a partner, a child, a parent, a sibling or another
  relative who cannot safely be asked, the reporter may consent; the person's own answer, where there is one, stands
  first. Nobody can consent for a friend, a client, an organisation or a stranger. Cases without a card exist.
- Who did not trust this service, could not reach it, was not asked or said no is not in these figures. They do not say
  how common this repression is. A rise may mean more acts, or more trust.
- The suspected actor, where one is told, is told as suspected. An act whose author is disputed stays, its actor
  unknown. An act that was found not to have happened is withdrawn."""


def _bounds(counts: NoisyCounts) -> str:
    dims = "\n".join(f"- {_bound_of(dim)}" for dim in counts.workload.dims())
    return f"""## One person, few cells

A person is one random token, which stands on all of their cards. In every table a person is in at most *m* cells (the
table below gives *m*), however many cards they have. Their cards are taken in the order of random card ids.

{dims}""".rstrip()


def _bound_of(dim: Dimension) -> str:
    how = {
        Bound.MOST_FREQUENT: "the value that most of the person's cards have",
        Bound.HIGHEST: "the first value in the order of the list that any of the person's cards has",
        Bound.DISTINCT: "up to *m* different values of the person's cards, chosen by a hash that favours none",
    }
    absent = f"counts as `{dim.of_code(dim.unknown)}`" if dim.unknown else "is in no cell"
    if dim.level is Level.KINDS:
        return f"`{dim.column}`: in how many groups of acts the person's cards are; whose cards tell of none {absent}."
    kept = "".join(f", `{cell}` always among them" for cell in sorted(dim.kept))
    place = ", which is that of the country" if dim.level in (Level.REGION, Level.PART) else ""
    return f"`{dim.column}`: {how[dim.bound]}{kept}{place}; a card that does not say {absent}."


def _promise(counts: NoisyCounts, about: About) -> str:
    rows = "\n".join(
        f"| {what} | {_rho(loss.rho)} | " + " | ".join(_epsilon(loss, delta) for delta in DELTAS) + " |"
        for what, loss in (
            ("this release", about.this),
            (f"all releases of {counts.period[:4]} so far, this one included", about.year),
            ("one person, all releases in a life, at most", about.life),
        )
    )
    deltas = " | ".join(f"epsilon at delta {delta_name(delta)}" for delta in DELTAS)
    budget = (
        f"{_rho(KIND_CAP[ReleaseKind.QUARTER])} a quarter, {_rho(KIND_CAP[ReleaseKind.YEAR])} a yearly release, "
        f"{_rho(KIND_CAP[ReleaseKind.RESERVE])} a year in reserve, together {_rho(YEAR_CAP)} a year"
    )
    shares = "; ".join(f"rho {_rho(rho)}: {share} %" for rho, share in _SHARES)
    return f"""## What it promises to one person

The noise makes the figures nearly as likely with any one person as without: zero-concentrated differential privacy
whose unit is a person with all of their cards, added or removed.

| | rho | {deltas} |
|---|---|---|---|---|
{rows}

In words: an adversary who knows everything but whether one given person is counted, and who reads the releases with the
best possible method while wrongly accusing 5 in 100 of the others, finds that person with at most this chance
({shares}; 5 % is guessing). The budget is public: {budget}; {_rho(LIFE_CAP)} for one person in a life.
A draw is charged whether or not it is published. Withdrawal gives nothing back, and no release is withdrawn.

The promise assumes that one person has one token. Who has two in one release risks four times the rho (c tokens: c
squared), and so do families as one, by the square of their number. Planted reports can shift a figure by as much as
their own number; they do not help to read anybody else's."""


def _noise(counts: NoisyCounts) -> str:
    rows = "\n".join(
        f"| {table.name} | {len(noisy.counts)} | {table.m} | {_cut(table)} | {noisy.sigma / 1000:.3f} | "
        f"{noisy.rho!r} | {_largest(of_table):.3f} | {half_width(_largest(of_table)):.1f} | "
        f"{grid(_largest(of_table))} | {threshold(len(counts.tables), len(of_table)):.2f} |"
        for table, noisy, of_table in zip(counts.workload.tables, counts.tables, estimates(counts), strict=True)
    )
    return f"""## The noise

Every cell of the fixed code lists got discrete Gaussian noise, drawn once by OpenDP; cells that nobody is in, too. No
cell is withheld, merged or chosen by looking at the data. Workload `{counts.workload.id}`, SHA-256
`{counts.workload.sha256}`.

| table | cells | m | of a person | sigma | rho | sd | 95 % interval: ± before rounding | rounded to | clear from |
|---|---|---|---|---|---|---|---|---|---|
{rows}

*sigma* is the noise as it was drawn, *sd* what is left of it (in the least certain cell) once the tables agree. *Clear
from* is how many sd a number must have before its cell is told of at all: so in 19 releases of 20 no cell is named in
which nobody is.{_margins(counts)}

Nothing is exact but the code lists, the period and the parameters on this page. The true counts were not kept."""


def _largest(of_table: Sequence[Estimate]) -> float:
    return max(estimate.sd for estimate in of_table)


def _margins(counts: NoisyCounts) -> str:
    if not counts.workload.margins:
        return ""
    pairs = "; ".join(
        f"{margin.tables[0].name} and {margin.tables[1].name} "
        f"{'by ' + ' and '.join(dim.column for dim in margin.to) if margin.to else 'in all'}"
        for margin in counts.workload.margins
    )
    return f""" Tables that agree in `value_adjusted`: {pairs}. They were made
to by weighted least squares over their sums, whose deviations are exact; no number is held above zero."""


def _cut(table: Table) -> str:
    """What of a person a table may lose to its bound."""
    return "counted in full" if table.counts_in_full else f"at most {table.m} kinds"


def _reading(counts: NoisyCounts, about: About) -> str:
    return f"""## How to read, add, compare and cite

- Quote a number with its interval, in the words of `data/persons_labelled.csv`: "about 140, between 125 and 155". Grade
  A (from 10 sd) may be quoted so; B (from 5 sd) as rough; of C the interval alone; D is *not clear*, which never means
  zero, and has an upper bound alone. `value` stands for A and B, `status` is `E` for them and `U` for the others.
- `lower` and `upper` bound the true number of persons in 95 of 100 cells: of 100 cells, about 5 miss. They cover the
  noise alone, not who reported, how persons were linked, or *m*. They are rounded outward.
- `value_raw` is the noisy count as it was drawn, which can be negative. `value_adjusted` is the estimate that agrees
  between tables, unbiased, which can be negative too; `sd` is its standard deviation.
- To add cells of one table in which a person can be once (m = 1), add `value_adjusted` and take the root of the summed
  squares of `sd`, which is no smaller than the truth; do not add bounds or rounded values. Never add a table in which
  a person can be several times. Where a table of the sum is published, use that.
- Why do quarters not add up to the year? Who has cards in two quarters is counted in both, and in the year once; and
  each release has noise of its own. Codes do not add up to their group for the same reasons.
- To compare two periods of the same table with the same *m*, the difference has the sd sqrt(sd1² + sd2²). It is clear
  only beyond z of it, where z is the normal quantile of 1 - 0.025 / cells of the table; otherwise say "no clear
  change". More reports may mean more acts, or more trust.
- A share of persons may be told where both numbers are of grade A or B and the whole is the total, or *reported*.
  Never tell shares of the sum of a table in which a person can be several times.
- Cite as: {about.organisation}, release {about.release}, persons recorded {counts.period}, with the SHA-256 of
  `SHA256SUMS`.
- Everything in `data/` can be made again from `raw/noisy.csv`; `tern release verify` does it without a network."""


def _limits() -> str:
    return """## Known limits

- A person whose account of rho is full is left out without a trace. Estimated undercount: among people targeted for
  more than three years; about 3 to 8 in 100 person-years in a simulation.
- One person under two tokens is counted twice. Types of acts beyond a person's first *m* are not counted.
- Cards with a retired code, or that cannot be read, are counted for nobody.
- A correction after a period was drawn does not change its release."""


def _origin(about: About) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in about.versions.items())
    return f"""## Who made it

{about.organisation}. Contact: {about.contact}

{_signed(about)} Made with {versions}.
`ledger.json` lists every draw so far. `tern release verify FOLDER --pin {about.pin}` checks all of it; compare the pin
with what the organisation says of itself elsewhere, for a forged folder would name a pin of its own."""


def _signed(about: About) -> str:
    """Who asked, approved and signs, which a reader compares with `SHA256SUMS.sig`."""
    if not about.names_people:
        return _signed_by_roles(about)
    asked = f"Requested by {about.requested_by}, approved by {about.approved_by};"
    places = ((about.requested_by, about.signs_for_requester), (about.approved_by, about.signs_for_approver))
    if not any(stand_in for _, stand_in in places):
        return f"{asked} both signed `SHA256SUMS`."
    signers = [
        f"{stand_in} in the place of {first}, who could not" if stand_in else first for first, stand_in in places
    ]
    return f"{asked} `SHA256SUMS` is signed by {' and by '.join(signers)}."


def _signed_by_roles(about: About) -> str:
    places = ((about.requested_by, about.signs_for_requester), (about.approved_by, about.signs_for_approver))
    first, second = (
        f"another person (role {stand_in}) in their place" if stand_in else "they themselves" for _, stand_in in places
    )
    return f"""One person asked for it (role {about.requested_by}), and another approved it (role {about.approved_by}).
`SHA256SUMS` is signed for the first by {first}, for the second by {second}, each with a key for this release alone;
`signers.jsonl` vouches for both keys by role and year."""


def _rho(millionths: int) -> str:
    return f"{millionths / 1_000_000:g}"


def _epsilon(loss: PrivacyLoss, delta: float) -> str:
    return in_words(loss.epsilon[delta_name(delta)])
