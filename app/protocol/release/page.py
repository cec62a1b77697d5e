"""The page of a release: first the answer in a sentence, then each table as picture and as words, then how to use it.

Static, without script, and a function of the counts and of what the release says of itself: so it is signed with them.
"""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from html import escape
from typing import Final

from app.protocol.periods import in_words
from app.protocol.release.about import About
from app.protocol.release.budget import in_words as epsilon_in_words
from app.protocol.release.chart import chart
from app.protocol.release.counts import NoisyCounts
from app.protocol.release.family import estimates
from app.protocol.release.grades import Grade, Shown, shown
from app.protocol.release.markdown import to_html
from app.protocol.release.signatures import SIGNATURES, SIGNERS
from app.vocabulary import Table

PAGE: Final = "index.html"
STYLE: Final = "style.css"

# A longer list is shown by its clear cells alone; all others are in the files.
_WHOLE: Final = 21
_DRAWN: Final = 24

_TITLES: Final = {
    "total": "All persons",
    "origin": "State that is named as behind it",
    "host": "Country in which they were reached",
    "type": "Acts, by group",
    "type_code": "Acts, by kind",
    "severity": "Severity of the gravest act",
    "target_group": "Who was targeted",
    "actor": "Who acted, as suspected",
    "signs": "Signs of organised repression",
    "hoax": "Hoaxes in one's own name",
    "response": "What authorities of the host state did",
    "road": "The return road, by the furthest step known",
    "verification": "What was checked",
    "kinds": "How many groups of acts one person met",
    "incident_period": "When the acts were",
    "channel": "How they were reached",
    "relation": "Who reported",
    "origin_region_type": "Region of the state behind it, and acts",
    "host_region_type": "Region in which they were reached, and acts",
    "host_region_response": "Region in which they were reached, and what authorities did",
    "origin_host_region": "State behind it, and region in which they were reached",
    "harm": "What it did to them",
    "modality": "How the acts worked",
    "category": "Physical and legal acts, in the categories of Freedom House",
    "outcome": "How it stands at the end of a case",
    "station_part": "A service station named, by part of the world",
    "origin_type": "State behind it, and acts",
    "type_actor": "Acts, and who acted, as suspected",
    "hoax_part": "Hoaxes in one's own name, by part of the world and by what the police made of them",
}

_FIRST_STYLE_SHEET: Final = """:root { color-scheme: light; }
body { margin: 0 auto; max-width: 46rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; color: #1b1b1b;
  background: #fff; overflow-wrap: break-word; }
h1, h2 { line-height: 1.2; }
h2 { margin-top: 2.5rem; }
.answer { font-size: 1.3rem; line-height: 1.4; }
.note { border: 2px solid #8a1c1c; padding: .5rem 1rem; }
a { color: #174a7c; }
img { display: block; width: 100%; max-width: 30rem; height: auto; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; padding-bottom: .3rem; }
th, td { text-align: left; vertical-align: top; padding: .25rem .5rem .25rem 0; border-bottom: 1px solid #c8c8c8; }
th { font-weight: 600; }
tbody th { font-weight: 400; }
code, .hash { font-size: .9em; overflow-wrap: anywhere; }
nav ul { columns: 16rem; }
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; }
  nav { display: none; }
  section { break-inside: avoid-page; }
  a { color: inherit; }
}
"""
STYLE_SHEET: Final = f"""{_FIRST_STYLE_SHEET}.wide {{ overflow-x: auto; }}
"""


@dataclass(frozen=True, slots=True)
class Cell:
    """A row of a table, in words."""

    label: str
    own: Shown


@dataclass(frozen=True, slots=True)
class Told:
    """A table as the page tells it."""

    table: Table
    cells: tuple[Cell, ...]
    is_break: bool = False

    @property
    def title(self) -> str:
        return _TITLES[self.table.name]

    def clear(self) -> list[Cell]:
        """Those that are told of, the largest first."""
        return sorted((cell for cell in self.cells if cell.own.grade is not Grade.D), key=lambda cell: -cell.own.upper)

    def listed(self) -> list[Cell]:
        """Those that stand on the page."""
        return list(self.cells) if len(self.cells) <= _WHOLE else self.clear()


def page_files(
    counts: NoisyCounts, about: About, *, others: Iterable[str], broken: AbstractSet[str] = frozenset()
) -> dict[str, bytes]:
    """The page, its style and its pictures. `others` are the paths of the folder's other files."""
    tables = told_tables(counts, broken)
    charts = {
        f"charts/{told.table.name}.svg": chart(
            f"{told.title}: persons recorded {in_words(counts.period)}",
            [(cell.label, cell.own) for cell in told.listed()[:_DRAWN]],
        )
        for told in tables
        if told.listed()
    }
    paths = sorted({*others, *charts, "SHA256SUMS", SIGNATURES, SIGNERS})
    style = _FIRST_STYLE_SHEET if about.composer == 1 else STYLE_SHEET
    return {PAGE: _page(counts, about, tables, paths).encode(), STYLE: style.encode(), **charts}


def text_page(text: str, *, language: str) -> bytes:
    """A text in Markdown that begins with its heading, as a page beside that of the release."""
    title = text.partition("\n")[0].removeprefix("# ")
    return f"""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<link rel="stylesheet" href="{STYLE}">
</head>
<body>
<p><a href="{PAGE}">{PAGE}</a></p>
<main>
{to_html(text)}
</main>
</body>
</html>
""".encode()


def answer(counts: NoisyCounts, about: About) -> str:
    """The sentence that one could quote."""
    return _answer(counts, about, told_tables(counts)[0].cells[0].own)


def told_tables(counts: NoisyCounts, broken: AbstractSet[str] = frozenset()) -> list[Told]:
    """Every table of the release, in the workload's order. In those that are `broken` a series breaks."""
    return [
        Told(
            table,
            tuple(
                Cell(_label(table, cell), shown(estimate, tables=len(counts.tables), cells=len(of_table)))
                for cell, estimate in zip(table.cells(), of_table, strict=True)
            ),
            is_break=table.name in broken,
        )
        for table, of_table in zip(counts.workload.tables, estimates(counts), strict=True)
    ]


def _label(table: Table, cell: Sequence[str]) -> str:
    return table.label(cell) or "All persons"


def _answer(counts: NoisyCounts, about: About, total: Shown) -> str:
    where = f"reported to {about.organisation} as targeted by a state beyond its borders, and recorded"
    if total.grade is Grade.D:
        return f"How many persons were {where} {in_words(counts.period)} is {total.words()}."
    said = f"between {total.lower:,} and {total.upper:,}"
    if total.value is None:
        return f"{said.capitalize()} persons were {where} {in_words(counts.period)}."
    rough = " (a rough number)" if total.grade is Grade.B else ""
    return f"About {total.value:,} persons{rough}, {said}, were {where} {in_words(counts.period)}."


def _page(counts: NoisyCounts, about: About, tables: Sequence[Told], paths: Sequence[str]) -> str:
    said = _answer(counts, about, tables[0].cells[0].own)
    title = f"Persons recorded {in_words(counts.period)}"
    note = "".join(f'<p class="note">{escape(each)}</p>\n' for each in _notes(about))
    links = "\n".join(f'<li><a href="#{told.table.name}">{escape(told.title)}</a></li>' for told in tables[1:])
    sections = "\n".join(map(_section, tables[1:]))
    files = "\n".join(f'<li><a href="{path}">{path}</a></li>' for path in paths)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} – {escape(about.organisation)}</title>
<link rel="stylesheet" href="{STYLE}">
</head>
<body>
<header>
<p>{escape(about.organisation)}</p>
<h1>{title}</h1>
</header>
<main>
{note}<p class="answer">{escape(said)}</p>
<p>These are persons, not incidents, as reported: not how common such repression is. Every number has noise on purpose,
so that nobody can find out whether one given person is among them; the interval holds the true number in 95 of 100
cells. <em>Not clear</em> never means zero.</p>
<nav aria-label="Tables"><ul>
{links}
<li><a href="#use">How to cite, check and add</a></li>
<li><a href="#files">Files</a></li>
</ul></nav>
{sections}
{_use(counts, about)}
<section id="files">
<h2>Files</h2>
{_all_numbers(about)} How they were made:
{_methods(about)}. What was drawn: <a href="raw/noisy.csv">raw/noisy.csv</a>.</p>
<ul>
{files}
</ul>
</section>
</main>
<footer><p>{escape(about.organisation)}. Contact: {escape(about.contact)}</p></footer>
</body>
</html>
"""


def _notes(about: About) -> list[str]:
    """What stands above the answer."""
    corrected = f"Corrected: {about.correction}" if about.correction else None
    return [each for each in (about.note and about.note.replace("*", ""), corrected) if each]


def _methods(about: About) -> str:
    """Where it is told how the numbers were made."""
    if about.composer == 1:
        return '<a href="methodology.md">methodology.md</a>'
    others = {"zh": ("zh-Hans", "中文"), "fr": ("fr", "français"), "es": ("es", "español")}
    briefs = ", ".join(
        f'<a href="methodology.{name}.html" lang="{language}" hreflang="{language}">{own}</a>'
        for name, (language, own) in others.items()
    )
    return f'<a href="methodology.html">the methodology</a>, and in brief in {briefs}'


def _all_numbers(about: About) -> str:
    """Which file is for whom."""
    if about.composer == 1:
        return """<p>\
All numbers stand in <a href="data/persons_labelled.csv">data/persons_labelled.csv</a> for spreadsheets, and in
<a href="data/persons.csv">data/persons.csv</a> for programs."""
    return """<p>All numbers stand in <a href="data/persons.xlsx">data/persons.xlsx</a> for Excel and its like, with
labels in four languages, what each column means, and the method; in <a href="data/persons.csv">data/persons.csv</a> and
<a href="data/persons.parquet">data/persons.parquet</a> for programs; and in
<a href="data/persons.sdmx.csv">data/persons.sdmx.csv</a> with <a href="structure.xml">structure.xml</a> for statistical
offices."""


def _section(told: Told) -> str:
    table, listed = told.table, told.listed()
    bound = (
        "Every person is counted in full." if table.counts_in_full else f"A person counts in at most {table.m} rows."
    )
    broken = f" Break: it was another bound than {table.m} before, so compare with no earlier period." * told.is_break
    several = " Rows overlap, so they have no sum." if table.of_acts() else ""
    image = _image(told) if listed else ""
    return f"""<section id="{table.name}">
<h2>{escape(told.title)}</h2>
<p>{escape(_lead(told))}</p>
{image}{_table(told, bound + several + broken) if listed else f"<p>{bound}{broken}</p>"}
</section>"""


def _lead(told: Told) -> str:
    clear, all_ = told.clear(), len(told.cells)
    unclear = [cell.own.below for cell in told.cells if cell.own.grade is Grade.D]
    if not clear:
        return (
            f"No row of {all_} is clear: each is fewer than {max(unclear):,} persons."
            if all_ > 1
            else (f"{told.cells[0].label}: {told.cells[0].own.words()}.")
        )
    first = f"Largest: {clear[0].label}, {clear[0].own.words()}."
    if all_ <= _WHOLE:
        return first if all_ > 1 else f"{clear[0].label}: {clear[0].own.words()}."
    rest = f" The other {len(unclear):,} are not clear, each fewer than {max(unclear):,}." if unclear else ""
    return f"{first} At least {len(clear)} of {all_:,} rows have anybody, with 95 % certainty.{rest}"


def _image(told: Told) -> str:
    more = "" if len(told.listed()) <= _DRAWN else f", the {_DRAWN} largest"
    words = "; ".join(f"{cell.label}: {cell.own.words()}" for cell in told.listed()[:3])
    rest = "; and so on, as in the table below" if len(told.listed()) > len(told.listed()[:3]) else ""
    return f'<img src="charts/{told.table.name}.svg" alt="{escape(f"Intervals{more}. {words}{rest}.", quote=True)}">\n'


def _table(told: Told, about: str) -> str:
    rows = "\n".join(
        f'<tr><th scope="row">{escape(cell.label)}</th><td>{cell.own.words()}</td><td>{cell.own.grade}</td></tr>'
        for cell in told.listed()
    )
    return f"""<table>
<caption>{about}</caption>
<thead><tr><th scope="col">Row</th><th scope="col">Persons</th><th scope="col">Grade</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>"""


def _use(counts: NoisyCounts, about: About) -> str:
    name = f"{about.organisation}, release {about.release}, persons recorded {in_words(counts.period)}"
    return f"""<section id="use">
<h2>How to cite, check and add</h2>
<p>Cite as: {escape(name)}; with the SHA-256 of the file <code>SHA256SUMS</code>, by which anybody finds these very
numbers. Quote a number in the words of its row, with its interval. Grade A may be quoted as it stands and B as
<em>rough</em>; of C quote the interval alone; D is not clear.</p>
<p>Check it: <code>sha256sum -c SHA256SUMS</code> tells whether a file was changed. <code>tern release verify FOLDER
--pin {escape(about.pin)}</code> makes every number again from the noisy counts and checks who signed. Compare the pin
with what the organisation says of itself elsewhere.</p>
<h3>What it does not say</h3>
<ul>
<li>How many persons were targeted: who did not trust the service, could not reach it, was not asked or said no, is not
in it. More reports may mean more acts, or more trust.</li>
<li>When the acts were: a person counts in the period in which their case was recorded.</li>
<li>Who did it: a state or an actor is named as suspected.</li>
<li>What single places and months saw, and what one host state did in one case: too few for any number.</li>
</ul>
<h3>Why do quarters not add up to the year?</h3>
<p>Who was recorded in two quarters counts in both, and in the year once; and each release has noise of its own. Use the
year's number for the year. Kinds of acts do not add up to their group, nor rows to the total, where a person can be in
several rows.</p>
<h3>What it promises to those who are counted</h3>
<p>{_promise(about)}</p>
</section>"""


def _promise(about: About) -> str:
    this, life = (
        f"rho {loss.rho / 1_000_000:g} (epsilon {epsilon_in_words(loss.epsilon['1e-6'])} at delta 1e-6)"
        for loss in (about.this, about.life)
    )
    return (
        f"Differential privacy for the person, with all of their cards: {this} for this release, and at most {life} "
        'in a life. The <a href="ledger.json">ledger</a> has every draw.'
    )
