"""The command: the chapters in their order, a line for each, and a table of what happened at the end."""

import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer

from app.cli.causes import told
from app.cli.console import show_list, show_text, steps
from app.cli.demo import casework, chapters, month, stories
from app.cli.demo import outcome as outcomes
from app.cli.demo.chapters import PASSWORD, Company, DemoFailed
from app.cli.demo.stage import Stage
from app.cli.demo.stories import Story
from app.client.people import sign_in
from app.protocol.release.frame import PAGE
from app.protocol.release.page import answer
from app.protocol.release.verification import VerifiedRelease

# The last days of a year that has ended, so that its numbers can be released beside those of its last quarter.
BEGINS = datetime(2025, 12, 15, 9, tzinfo=UTC)
RELEASED = datetime(2026, 1, 1, 9, tzinfo=UTC)
MONTH_BEGINS = datetime(2026, 6, 15, 9, tzinfo=UTC)
RELEASES: Final = {
    "the total": ("reserve", "2025-Q4", "T"),
    "the quarter": ("quarter", "2025-Q4", "Q"),
    "the year": ("year", "2025", "S"),
}
PERSONS = 2000
# What becomes of cases, once their cards have left.
CASEWORK: Final = {
    "A case to its end": casework.work,
    "A relative reports too": casework.join,
    "A no to statistics": casework.no_more,
    "Taken back": casework.take_back,
}


@dataclass
class _Told:
    """What happened, and how long each part took, for the table at the end."""

    rows: list[tuple[str, str, float]] = field(default_factory=list)

    @contextmanager
    def part(self, name: str, total: int | None = None) -> Iterator[tuple[Callable[[], None], list[str]]]:
        """Tell a part: what to call at each step, and a list that takes the sentence on what happened."""
        outcome: list[str] = []
        start = time.perf_counter()
        with steps(name, total) as step:
            yield step, outcome
        self.rows.append((name, outcome[0] if outcome else "", time.perf_counter() - start))
        show_text(f"{name}: {outcome[0]}" if outcome else name)

    def show(self) -> None:
        rows = [*self.rows, ("in all", "", sum(seconds for _, _, seconds in self.rows))]
        columns = ("part", "what happened", "seconds")
        show_list(
            "The whole road",
            columns,
            (dict(zip(columns, (name, outcome, f"{seconds:.1f}"), strict=True)) for name, outcome, seconds in rows),
            as_json=False,
        )


def demo(
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 8470,
    data: Annotated[Path | None, typer.Option(help="A new directory for all files; else a temporary one.")] = None,
    samples: Annotated[Path, typer.Option(help="The stories to tell.", exists=True)] = stories.SAMPLES,
    end: Annotated[bool, typer.Option("--exit", help="End after the story instead of serving on.")] = False,
    persons: Annotated[int, typer.Option(hidden=True, help="How many people the population has.")] = PERSONS,
    days: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=month.DAYS,
            help="Instead, so many of thirty days in which people come, leave, sleep and lose machines.",
        ),
    ] = None,
) -> None:
    """Tell the whole story, with invented reports, through the real client against a real server process."""
    begins = BEGINS if days is None else MONTH_BEGINS
    all_stories = stories.told_on(stories.load(samples), begins.date())
    if data is not None and data.exists() and any(data.iterdir()):
        raise DemoFailed(f"{data} is not empty")
    directory = data or Path(tempfile.mkdtemp(prefix="tern-demo-"))
    directory.mkdir(parents=True, exist_ok=True)
    try:
        with told():
            tell = partial(_tell, all_stories, persons) if days is None else partial(_tell_days, all_stories, days)
            _play(Stage(directory.resolve(), port), tell, begins=begins, serve_on=not end)
    finally:
        if data is None:
            shutil.rmtree(directory, ignore_errors=True)


def _play(stage: Stage, tell: Callable[[Company, _Told, str], None], *, begins: datetime, serve_on: bool) -> None:
    stage.set_clock(begins)
    (stage.directory / "SYNTHETIC.txt").write_text("Everything in this directory is invented. Nobody reported it.\n")
    invitation = chapters.prepare(stage)
    company, parts = Company(stage), _Told()
    with stage.served() as server:
        tell(company, parts, invitation)
        parts.show()
        if serve_on:
            chapters.open_to_visitors(company)
            show_text(f"Tern serves on {stage.url} until you press Ctrl-C. Files: {stage.directory}")
            server.wait()


def _tell_days(all_stories: Sequence[Story], days: int, company: Company, parts: _Told, invitation: str) -> None:
    with closing(month.begin(company, MONTH_BEGINS, all_stories, invitation)) as told:
        for number in range(1, days + 1):
            with parts.part(f"Day {number}") as (_, outcome):
                outcome.append(told.day(number))
        if days == month.DAYS:
            for name, check in outcomes.OUTCOME.items():
                with parts.part(name) as (_, outcome):
                    outcome.append(check(told))


def _tell(all_stories: Sequence[Story], persons: int, company: Company, parts: _Told, invitation: str) -> None:
    with parts.part("An organisation") as (_, outcome):
        chapters.organisation(company, invitation)
        chapters.keys(company)
        outcome.append(f"{len(company.staff)} people certified, an intake epoch open, pin {company.pin[:16]}…")
    with parts.part("Reports", len(all_stories)) as (step, outcome):
        chapters.reports(company, all_stories, step)
        files = sum(len(story.files) for story in all_stories)
        outcome.append(f"{len(company.submitted)} sealed and acknowledged, with {files} attachments")
    with parts.part("Triage", len(all_stories)) as (step, outcome):
        chapters.triage_and_answer(company, all_stories, step)
        counts = Counter(company.decided.values())
        outcome.append(", ".join(f"{number} {state}" for state, number in sorted(counts.items())))
    with parts.part("As expected") as (_, outcome):
        outcome.append(chapters.compare(company, all_stories))
    with parts.part("Cases, coding, approval", len(all_stories)) as (step, outcome):
        chapters.coding(company, all_stories, step)
        cases = [story for story in all_stories if story.id in company.cases]
        incidents = sum(len(story.incidents) for story in cases)
        selectors = sum(len(story.selectors) for story in cases)
        outcome.append(
            f"{len(cases)} cases, {incidents} incidents and {selectors} selectors coded, approved by another person"
        )
    with parts.part("Assessment", len(all_stories)) as (step, outcome):
        risks = chapters.assess(company, all_stories, step)
        outcome.append(f"{risks} cases in assessment, after their reporter's answer about service")
    with parts.part("Cards") as (_, outcome):
        sent, expected = chapters.send_cards(company), chapters.expected_cards(all_stories)
        if sent != len(expected):
            raise DemoFailed(f"{sent} cards were sent where the story has {len(expected)}")
        outcome.append(f"{sent} cards of {len(set(expected))} persons sent")
    for name, chapter in CASEWORK.items():
        with parts.part(name) as (_, outcome):
            outcome.append(chapter(company, all_stories))
    with parts.part("An invented population") as (step, outcome):
        sent = chapters.send_population(company, persons, step)
        outcome.append(f"{sent} synthetic cards of {persons} persons through the same route")
    company.stage.set_clock(RELEASED)
    for person in company.staff.values():
        sign_in.sign_in(person, PASSWORD)
    for name, (kind, period, workload) in RELEASES.items():
        with parts.part(f"Release: {name}") as (_, outcome):
            folder = company.stage.directory / "releases" / workload
            folder.parent.mkdir(exist_ok=True)
            release = chapters.release(company, kind=kind, period=period, workload=workload, folder=folder)
            outcome.append(_about(release))
    with parts.part("What one could quote") as (_, outcome):
        page = f"{company.stage.url}/releases/{release.about.release}/{PAGE}"
        outcome.append(f"{answer(release.counts, release.about)} {page}")
    with parts.part("The reporters' pages") as (_, outcome):
        check = chapters.sign_pages(company)
        if check is not None and not check.is_as_signed:
            raise DemoFailed("the service serves other pages than were signed")
        outcome.append(f"{check.files} files signed, and served as signed" if check else "none were built")
    with parts.part("Audit") as (_, outcome):
        outcome.append(f"{chapters.check_audit(company)} audit events, the chain verified offline")


def _about(release: VerifiedRelease) -> str:
    cells = sum(len(table.counts) for table in release.counts.tables)
    total = f", {release.counts.tables[0].counts[0]} persons (sd 10)" if release.counts.workload.id == "T" else ""
    return f"{cells} {'cell' if cells == 1 else 'cells'}{total}, signed by two, verified offline"
