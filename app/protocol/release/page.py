"""The page of a release: first the answer in a sentence, then each table as picture and as words, then how to use it.

Static, without script, and a function of the counts and of what the release says of itself: so it is signed with them.
"""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import Final

from app.protocol.release import maps
from app.protocol.release.about import MANY_LANGUAGES, About
from app.protocol.release.budget import in_words as epsilon_in_words
from app.protocol.release.chart import chart
from app.protocol.release.counts import NoisyCounts
from app.protocol.release.family import estimates
from app.protocol.release.grades import Grade, Shown, shown
from app.protocol.release.markdown import to_html
from app.protocol.release.signatures import SIGNATURES, SIGNERS
from app.protocol.release.words import SUFFIXES, Words, words
from app.vocabulary import Table

PAGE: Final = "index.html"
STYLE: Final = "style.css"

# A longer list is shown by its clear cells alone; all others are in the files.
_WHOLE: Final = 21
_HATCH: Final = "M0 8 8 0M0 16 16 0M8 16 24 0M16 16 24 8"
_DRAWN: Final = 24

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
_SECOND_STYLE_SHEET: Final = f"""{_FIRST_STYLE_SHEET}.wide {{ overflow-x: auto; }}
"""
STYLE_SHEET: Final = f"""{_SECOND_STYLE_SHEET}.quote {{ border-left: .25rem solid #1f4e79; margin: 0 0 1rem;
  padding: .25rem 0 .25rem 1rem; }}
.quote p {{ margin: .25rem 0; }}
nav.languages ul, .key ul {{ columns: auto; display: flex; flex-wrap: wrap; gap: .25rem 1rem; list-style: none;
  margin: 0; padding: 0; }}
.key svg {{ border: 1px solid #767676; height: 1rem; vertical-align: middle; width: 1.5rem; }}
figure {{ margin: 1rem 0; }}
img.map {{ max-width: 100%; }}
.source {{ font-size: .9em; }}
:lang(zh) {{ line-height: 1.7; }}
@media print {{
  img, .quote, figure {{ break-inside: avoid; }}
}}
"""


@dataclass(frozen=True, slots=True)
class Cell:
    """A row of a table, in words."""

    label: str
    own: Shown


@dataclass(frozen=True, slots=True)
class Told:
    """A table as the page tells it, in its language."""

    table: Table
    cells: tuple[Cell, ...]
    words: Words
    is_break: bool = False

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
    told = {language: told_tables(counts, language, broken) for language in languages_of(about)}
    for tables in told.values():
        files |= _charts(counts, tables)
    if about.composer >= MANY_LANGUAGES:
        files |= _maps(told["en"])
    paths = sorted({*others, *files, "SHA256SUMS", SIGNATURES, SIGNERS})
    pages = {
        _named(PAGE, language): _page(counts, about, tables, _of_language(paths, language)).encode()
        for language, tables in told.items()
    }
    style = _style_of(about)
    return {**pages, STYLE: style.encode(), **files}


def _style_of(about: About) -> str:
    if about.composer >= MANY_LANGUAGES:
        return STYLE_SHEET
    return _FIRST_STYLE_SHEET if about.composer == 1 else _SECOND_STYLE_SHEET


def _named(path: str, language: str) -> str:
    """The same file in another language: `index.zh.html`."""
    stem, dot, ending = path.rpartition(".")
    return f"{stem}{SUFFIXES[language]}{dot}{ending}"


def _of_language(paths: Iterable[str], language: str) -> list[str]:
    """Without the pictures of the others."""
    others = tuple(f"{suffix}.svg" for own, suffix in SUFFIXES.items() if suffix and own != language)
    shown = [path for path in paths if not path.endswith(others)]
    return shown if language == "en" else [path for path in shown if _named(path, language) not in shown]


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
    return _named(f"charts/{told.table.name}.svg", told.words.language)


def _maps(tables: Sequence[Told]) -> dict[str, bytes]:
    """One for all languages, of each table that has places."""
    drawn = {}
    for told in tables:
        place = maps.place_of(told.table)
        if place is not None:
            cells = {code: cell.own for (code,), cell in zip(told.table.cells(), told.cells, strict=True)}
            drawn[f"maps/{told.table.name}.svg"] = maps.world(place, cells)
    return drawn


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


def answer(counts: NoisyCounts, about: About, language: str = "en") -> str:
    """The sentence that one could quote."""
    (total, *_) = told_tables(counts, language)
    return _answer(counts, about, total)


def told_tables(counts: NoisyCounts, language: str = "en", broken: AbstractSet[str] = frozenset()) -> list[Told]:
    """Every table of the release, in the workload's order. In those that are `broken` a series breaks."""
    own = words(language)
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
        value=total.value or 0,
        lower=total.lower,
        upper=total.upper,
        words=own.shown(total),
        organisation=about.organisation,
        period=own.period(counts.period),
    )


def _page(counts: NoisyCounts, about: About, tables: Sequence[Told], paths: Sequence[str]) -> str:
    own = tables[0].words
    said = _answer(counts, about, tables[0])
    title = own.say("page", "title", period=own.period(counts.period))
    note = "".join(f'<p class="note">{escape(each)}</p>\n' for each in _notes(about, own))
    links = "\n".join(f'<li><a href="#{told.table.name}">{escape(told.title)}</a></li>' for told in tables[1:])
    sections = "\n".join(_section(told, about) for told in tables[1:])
    files = "\n".join(f'<li><a href="{path}">{path}</a></li>' for path in paths)
    say = partial(own.say, "page")
    return f"""<!doctype html>
<html lang="{own.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} – {escape(about.organisation)}</title>
<link rel="stylesheet" href="{STYLE}">
</head>
<body>
<header>
{_languages(about, own)}<p>{escape(about.organisation)}</p>
<h1>{title}</h1>
</header>
<main>
{note}<p class="answer">{escape(said)}</p>
{_quotation(about, own, said)}<p>{say("intro")}</p>
<nav aria-label="{say("tables")}"><ul>
{links}
<li><a href="#use">{say("use")}</a></li>
<li><a href="#files">{say("files")}</a></li>
</ul></nav>
{sections}
{_use(counts, about, own)}
<section id="files">
<h2>{say("files")}</h2>
{_all_numbers(about, own)} {say("made")}
{_methods(about, own)}. {say("drawn")} <a href="raw/noisy.csv">raw/noisy.csv</a>.</p>
<ul>
{files}
</ul>
</section>
</main>
<footer><p>{escape(about.organisation)}. {say("contact")}: {escape(about.contact)}</p></footer>
</body>
</html>
"""


def _notes(about: About, own: Words) -> list[str]:
    """What stands above the answer."""
    corrected = own.say("page", "corrected", why=about.correction) if about.correction else None
    return [each for each in (about.note and about.note.replace("*", ""), corrected) if each]


def _languages(about: About, own: Words) -> str:
    """The way to the same page in the other languages."""
    others = [each for each in languages_of(about) if each != own.language]
    if not others:
        return ""
    links = "".join(
        f'<li><a href="{_named(PAGE, each)}" lang="{each}" hreflang="{each}">{words(each).say("later", "own")}</a></li>'
        for each in others
    )
    return f'<nav class="languages" aria-label="{own.say("later", "languages")}"><ul>{links}</ul></nav>\n'


def _quotation(about: About, own: Words, said: str) -> str:
    """The sentence with its source, ready to be copied."""
    if about.composer < MANY_LANGUAGES:
        return ""
    quoted = own.say("later", "quotation", answer=said, organisation=about.organisation, release=about.release)
    return f'<p>{own.say("later", "quote")}</p>\n<blockquote class="quote"><p>{escape(quoted)}</p></blockquote>\n'


def _methods(about: About, own: Words) -> str:
    """Where it is told how the numbers were made."""
    if about.composer == 1:
        return '<a href="methodology.md">methodology.md</a>'
    if about.composer >= MANY_LANGUAGES:
        path = _named("methodology.html", own.language)
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
    broken = own.say("page", "break", m=table.m) if told.is_break else ""
    image = _image(told) if listed else ""
    drawn = _map(told) if about.composer >= MANY_LANGUAGES and maps.place_of(table) else ""
    return f"""<section id="{table.name}">
<h2>{escape(told.title)}</h2>
<p>{escape(_lead(told))}</p>
{drawn}{image}{_table(told, bound + several + broken) if listed else f"<p>{bound}{broken}</p>"}
</section>"""


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
    alt = escape(say("intervals", more=more, words=said, rest=rest), quote=True)
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
<img class="map" src="maps/{told.table.name}.svg" alt="{escape(alt, quote=True)}">
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


def _use(counts: NoisyCounts, about: About, own: Words) -> str:
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
<h3>{say("not_said")}</h3>
<ul>
{items}
</ul>
<h3>{say("why")}</h3>
<p>{say("because")}</p>
<h3>{say("promise")}</h3>
<p>{say("promised", this=this, life=life)}</p>
</section>"""
