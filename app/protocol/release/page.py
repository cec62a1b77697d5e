"""The page of a release: first the answer in a sentence, then each table as picture and as words, then how to use it.

Static, without script, and a function of the counts and of what the release says of itself: so it is signed with them.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import Final

from app.protocol.release import maps
from app.protocol.release.about import ANY_READER, COMPOSER, MANY_LANGUAGES, About
from app.protocol.release.budget import in_words as epsilon_in_words
from app.protocol.release.chart import chart
from app.protocol.release.counts import NoisyCounts
from app.protocol.release.family import estimates
from app.protocol.release.frame import METHOD, PAGE, STYLE, head, languages, named, style_sheet
from app.protocol.release.grades import Grade, Shown, least_shown_change, shown
from app.protocol.release.signatures import SIGNATURES, SIGNERS
from app.protocol.release.words import SUFFIXES, Words, words
from app.vocabulary import Table

# A longer list is shown by its clear cells alone; all others are in the files.
_WHOLE: Final = 21
_HATCH: Final = "M0 8 8 0M0 16 16 0M8 16 24 0M16 16 24 8"
_DRAWN: Final = 24

_ADDRESS: Final = re.compile(r'<a href="([^"]+)">\1</a>')


@dataclass(frozen=True, slots=True)
class Cell:
    """A row of a table, in words."""

    label: str
    own: Shown


@dataclass(frozen=True, slots=True)
class Told:
    """A table as the page tells it, in its language.

    `least_change` is how many persons two releases have to differ by in a row.
    """

    table: Table
    cells: tuple[Cell, ...]
    words: Words
    least_change: int
    is_break: bool

    @property
    def title(self) -> str:
        return self.words.say("titles", self.table.name)

    def said(self, cell: Cell) -> str:
        """A cell with its label, as a sentence tells it."""
        return f"{cell.label}: {self.words.shown(cell.own)}"

    def clear(self) -> list[Cell]:
        """Those that are told of, the largest first."""
        return sorted((cell for cell in self.cells if cell.own.grade is not Grade.D), key=lambda cell: -cell.own.upper)

    def listed(self) -> list[Cell]:
        """Those that stand on the page."""
        return list(self.cells) if len(self.cells) <= _WHOLE else self.clear()


def languages_of(about: About) -> Sequence[str]:
    """In which languages the page of a release stands."""
    return ("en",) if about.composer < MANY_LANGUAGES else tuple(SUFFIXES)


def page_files(
    counts: NoisyCounts, about: About, *, others: Iterable[str], broken: AbstractSet[str] = frozenset()
) -> dict[str, bytes]:
    """The pages, their style and their pictures. `others` are the paths of the folder's other files."""
    files = dict[str, bytes]()
    told = {each: told_tables(counts, each, broken, composer=about.composer) for each in languages_of(about)}
    for tables in told.values():
        files |= _charts(counts, tables)
    if about.composer >= MANY_LANGUAGES:
        files |= _maps(told["en"])
    paths = sorted({*others, *files, "SHA256SUMS", SIGNATURES, SIGNERS})
    pages = {
        named(PAGE, language): _page(counts, about, tables, _of_language(paths, language)).encode()
        for language, tables in told.items()
    }
    return {**pages, STYLE: style_sheet(about.composer), **files}


def _of_language(paths: Iterable[str], language: str) -> list[str]:
    """Without the pictures of the others."""
    others = tuple(f"{suffix}.svg" for own, suffix in SUFFIXES.items() if suffix and own != language)
    shown = [path for path in paths if not path.endswith(others)]
    return shown if language == "en" else [path for path in shown if named(path, language) not in shown]


def _charts(counts: NoisyCounts, tables: Sequence[Told]) -> dict[str, bytes]:
    charts = {}
    for told in tables:
        if told.listed():
            words = told.words
            title = words.say("page", "picture", title=told.title, period=words.period(counts.period))
            rows = [(cell.label, cell.own) for cell in told.listed()[:_DRAWN]]
            charts[_chart_of(told)] = chart(title, rows, words=words)
    return charts


def _chart_of(told: Told) -> str:
    return named(f"charts/{told.table.name}.svg", told.words.language)


def _maps(tables: Sequence[Told]) -> dict[str, bytes]:
    """One for all languages, of each table that has places."""
    drawn = {}
    for told in tables:
        place = maps.place_of(told.table)
        if place is not None:
            cells = {code: cell.own for (code,), cell in zip(told.table.cells(), told.cells, strict=True)}
            drawn[f"maps/{told.table.name}.svg"] = maps.world(place, cells)
    return drawn


def answer(counts: NoisyCounts, about: About, language: str = "en") -> str:
    """The sentence that one could quote."""
    (total, *_) = told_tables(counts, language, composer=about.composer)
    return _answer(counts, about, total)


def told_tables(
    counts: NoisyCounts,
    language: str = "en",
    broken: AbstractSet[str] = frozenset(),
    *,
    composer: int = COMPOSER,
) -> list[Told]:
    """Every table of the release, in the workload's order. In those that are `broken` a series breaks."""
    own = words(language, composer=composer)
    return [
        Told(
            table,
            tuple(
                Cell(
                    table.label(cell, language) or own.say("page", "all_persons"),
                    shown(estimate, tables=len(counts.tables), cells=len(of_table)),
                )
                for cell, estimate in zip(table.cells(), of_table, strict=True)
            ),
            own,
            least_shown_change(max(estimate.sd for estimate in of_table), cells=len(of_table)),
            is_break=table.name in broken,
        )
        for table, of_table in zip(counts.workload.tables, estimates(counts), strict=True)
    ]


def _answer(counts: NoisyCounts, about: About, told: Told) -> str:
    total, own = told.cells[0].own, told.words
    name = {Grade.A: "about", Grade.B: "rough", Grade.C: "between", Grade.D: "not_clear"}[total.grade]
    return own.say(
        "answer",
        name,
        value=total.value,
        lower=total.lower,
        upper=total.upper,
        words=own.shown(total),
        organisation=about.organisation,
        period=own.period(counts.period),
    )


def _page(counts: NoisyCounts, about: About, tables: Sequence[Told], paths: Sequence[str]) -> str:
    own = tables[0].words
    say = partial(own.say, "page")
    said = _answer(counts, about, tables[0])
    title = own.say("page", "title", period=own.period(counts.period))
    note = "".join(f'<p class="note">{escape(each)}</p>\n' for each in _notes(about, own))
    links = "\n".join(f'<li><a href="#{told.table.name}">{escape(told.title)}</a></li>' for told in tables[1:])
    last = "" if about.composer >= ANY_READER else f'<li><a href="#use">{say("use")}</a></li>\n'
    sections = "\n".join(_section(told, about) for told in tables[1:])
    files = "\n".join(f'<li><a href="{path}">{path}</a></li>' for path in paths)
    page = f"""{head(own.language, f"{title} – {about.organisation}")}
<body>
<header>
{languages(own, PAGE, languages_of(about))}<p>{escape(about.organisation)}</p>
<h1>{title}</h1>
</header>
<main>
{note}<p class="answer">{escape(said)}</p>
{_quotation(about, own, said)}{_ways(about, own)}<p>{say("intro")}</p>
<nav aria-label="{say("tables")}"><ul>
{links}
{last}<li><a href="#files">{say("files")}</a></li>
</ul></nav>
{sections}
{_use(counts, about, tables[0])}
<section id="files">
<h2>{say("files")}</h2>
{_all_numbers(about, own)} {say("made")}
{_methods(about, own)}. {say("drawn")} <a href="raw/noisy.csv">raw/noisy.csv</a>.</p>
<ul{' class="files"' if about.composer >= ANY_READER else ""}>
{files}
</ul>
</section>
</main>
<footer><p>{_whose(about, own)}</p></footer>
</body>
</html>
"""
    # On paper an address stands behind each link that does not show it.
    return _ADDRESS.sub(r'<a class="address" href="\1">\1</a>', page) if about.composer >= ANY_READER else page


def _whose(about: About, own: Words) -> str:
    organisation, contact = escape(about.organisation), escape(about.contact)
    if about.composer < ANY_READER:
        return f"{organisation}. {own.say('page', 'contact')}: {contact}"
    return own.say("later", "whose", organisation=organisation, contact=contact)


def _notes(about: About, own: Words) -> list[str]:
    """What stands above the answer."""
    corrected = own.say("page", "corrected", why=about.correction) if about.correction else None
    return [each for each in (about.note and about.note.replace("*", ""), corrected) if each]


def _quotation(about: About, own: Words, said: str) -> str:
    """The sentence with its source, ready to be copied."""
    if about.composer < MANY_LANGUAGES:
        return ""
    quoted = own.say("later", "quotation", answer=said, organisation=about.organisation, release=about.release)
    return f'<p>{own.say("later", "quote")}</p>\n<blockquote class="quote"><p>{escape(quoted)}</p></blockquote>\n'


def _ways(about: About, own: Words) -> str:
    """To what one asks before one quotes."""
    if about.composer < ANY_READER:
        return ""
    asked = {
        "use": own.say("page", "use"),
        "not-said": own.say("use", "not_said"),
        "why": own.say("use", "why"),
        "compare": own.say("later", "compare"),
    }
    links = "".join(f'<li><a href="#{place}">{question}</a></li>' for place, question in asked.items())
    return f'<nav class="ways" aria-label="{own.say("page", "use")}"><ul>{links}</ul></nav>\n'


def _methods(about: About, own: Words) -> str:
    """Where it is told how the numbers were made."""
    if about.composer == 1:
        return '<a href="methodology.md">methodology.md</a>'
    if about.composer >= MANY_LANGUAGES:
        path = named(METHOD, own.language)
        return f'<a href="{path}">{own.say("later", "method")}</a>'
    others = {"zh": ("zh-Hans", "中文"), "fr": ("fr", "français"), "es": ("es", "español")}
    briefs = ", ".join(
        f'<a href="methodology.{name}.html" lang="{language}" hreflang="{language}">{own}</a>'
        for name, (language, own) in others.items()
    )
    return f'<a href="methodology.html">the methodology</a>, and in brief in {briefs}'


def _all_numbers(about: About, own: Words) -> str:
    """Which file is for whom."""
    if about.composer == 1:
        return """<p>\
All numbers stand in <a href="data/persons_labelled.csv">data/persons_labelled.csv</a> for spreadsheets, and in
<a href="data/persons.csv">data/persons.csv</a> for programs."""
    return f"<p>{own.say('later', 'all_numbers')}"


def _section(told: Told, about: About) -> str:
    table, listed, own = told.table, told.listed(), told.words
    bound = own.say("page", "in_full") if table.counts_in_full else own.say("page", "at_most", m=table.m)
    several = own.say("page", "overlap") if table.of_acts() else ""
    broken = own.say("page", "break", m=table.m) if told.is_break else _least_change(told, about)
    image = _image(told) if listed else ""
    drawn = _map(told) if about.composer >= MANY_LANGUAGES and maps.place_of(table) else ""
    return f"""<section id="{table.name}">
<h2>{escape(told.title)}</h2>
<p>{escape(_lead(told))}</p>
{drawn}{image}{_table(told, bound + several + broken) if listed else f"<p>{bound}{broken}</p>"}
</section>"""


def _least_change(told: Told, about: About) -> str:
    if about.composer < ANY_READER:
        return ""
    return told.words.say("later", "least_change", least=told.least_change)


def _lead(told: Told) -> str:
    clear, all_, say = told.clear(), len(told.cells), partial(told.words.say, "page")
    unclear = [cell.own.below for cell in told.cells if cell.own.grade is Grade.D]
    if not clear:
        if all_ > 1:
            return say("none_clear", rows=all_, below=max(unclear))
        return say("one", label=told.cells[0].label, words=told.words.shown(told.cells[0].own))
    first = {"label": clear[0].label, "words": told.words.shown(clear[0].own)}
    if all_ <= _WHOLE:
        return say("largest", **first) if all_ > 1 else say("one", **first)
    rest = say("rest", rows=len(unclear), below=max(unclear)) if unclear else ""
    return say("at_least", largest=say("largest", **first), clear=len(clear), rows=all_, rest=rest)


def _image(told: Told) -> str:
    say, listed = partial(told.words.say, "page"), told.listed()
    more = "" if len(listed) <= _DRAWN else say("the_largest", rows=_DRAWN)
    said = "; ".join(map(told.said, listed[:3]))
    rest = say("and_so_on") if len(listed) > len(listed[:3]) else ""
    alt = escape(say("intervals", more=more, words=said, rest=rest))
    return f'<img src="{_chart_of(told)}" alt="{alt}">\n'


def _map(told: Told) -> str:
    """The map with its key, and what of the table is not on it."""
    say, clear = partial(told.words.say, "later"), told.clear()
    rest = say("map_rest") if len(clear) > len(clear[:3]) else ""
    alt = say("map_says", words="; ".join(map(told.said, clear[:3])), rest=rest) if clear else say("map_none")
    place = str(maps.place_of(told.table))
    codes = dict(zip((cell.label for cell in told.cells), (code for (code,) in told.table.cells()), strict=True))
    off = [told.said(cell) for cell in clear if not maps.is_drawn(place, codes[cell.label])]
    beside = f"<p>{escape(say('map_off', labels='; '.join(off)))}</p>\n" if off else ""
    return f"""<figure>
<img class="map" src="maps/{told.table.name}.svg" alt="{escape(alt)}">
<figcaption class="key"><ul>{"".join(_key(told))}</ul>
<p class="source">{say("map_source")}</p></figcaption>
</figure>
{beside}"""


def _key(told: Told) -> Iterator[str]:
    """What each colour of the map means."""
    say, cells = partial(told.words.say, "later"), [cell.own for cell in told.cells]
    for shade in maps.shades(cells):
        if shade.upper is None:
            yield _meaning(shade.colour, say("map_from", lower=shade.lower))
        elif shade.lower:
            yield _meaning(shade.colour, say("map_between", lower=shade.lower, upper=shade.upper))
        else:
            yield _meaning(shade.colour, say("map_under", upper=shade.upper))
    if any(own.grade is Grade.C for own in cells):
        yield _meaning(maps.INTERVAL, say("map_interval"))
    yield _meaning("", say("map_unclear"))


def _meaning(colour: str, text: str) -> str:
    filled = f'<rect width="24" height="16" fill="{colour}"/>'
    drawn = filled if colour else f'<path d="{_HATCH}" stroke="#767676"/>'
    return f'<li><svg viewBox="0 0 24 16" aria-hidden="true">{drawn}</svg> {escape(text)}</li>'


def _table(told: Told, about: str) -> str:
    own = told.words
    rows = "\n".join(
        f'<tr><th scope="row">{escape(cell.label)}</th><td>{own.shown(cell.own)}</td><td>{cell.own.grade}</td></tr>'
        for cell in told.listed()
    )
    heads = "".join(f'<th scope="col">{own.say("page", name)}</th>' for name in ("row", "persons", "grade"))
    return f"""<table>
<caption>{about}</caption>
<thead><tr>{heads}</tr></thead>
<tbody>
{rows}
</tbody>
</table>"""


def _use(counts: NoisyCounts, about: About, total: Told) -> str:
    own = total.words
    say = partial(own.say, "use")
    name = say("name", organisation=about.organisation, release=about.release, period=own.period(counts.period))
    items = "\n".join(f"<li>{text.removeprefix(chr(10))}</li>" for text in own.texts["use"]["not_said_items"])
    this, life = (
        say("loss", rho=f"{loss.rho / 1_000_000:g}", epsilon=epsilon_in_words(loss.epsilon["1e-6"]))
        for loss in (about.this, about.life)
    )
    return f"""<section id="use">
<h2>{own.say("page", "use")}</h2>
<p>{say("cite", name=escape(name))}</p>
<p>{say("check", pin=escape(about.pin))}</p>
<h3{_place("not-said", about)}>{say("not_said")}</h3>
<ul>
{items}
</ul>
<h3{_place("why", about)}>{say("why")}</h3>
<p>{say("because")}</p>
{_compare(counts, about, total)}<h3>{say("promise")}</h3>
<p>{say("promised", this=this, life=life)}</p>
</section>"""


def _place(name: str, about: About) -> str:
    """Where one of the `_ways` leads to."""
    return f' id="{name}"' if about.composer >= ANY_READER else ""


def _compare(counts: NoisyCounts, about: About, total: Told) -> str:
    """By which rule a change is told (RELEASES § 4): the other release stands in no file of this one."""
    if about.composer < ANY_READER:
        return ""
    say = partial(total.words.say, "later")
    rule = say("compared", workload=counts.workload.id, least=total.least_change)
    return f"""<h3{_place("compare", about)}>{say("compare")}</h3>
<p>{rule}</p>
"""
