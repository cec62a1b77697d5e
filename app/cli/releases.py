"""Commands about releases. Whoever has a folder verifies it, without an account and without the service."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from app import vocabulary
from app.cli.console import HOME, Home, Json, Pin, say, show, show_list, show_text, staff
from app.cli.names import Names, short
from app.client.statistics import plans, releases
from app.protocol.periods import PeriodError, last_day
from app.protocol.release.budget import has_period
from app.protocol.release.folder import read_contents
from app.protocol.release.grades import Grade, Shown
from app.protocol.release.mechanism import oddities
from app.protocol.release.page import Cell, Told, answer, told_tables
from app.protocol.release.signatures import SignerPlace
from app.vocabulary import ReleaseKind

release = typer.Typer(help="Make releases of statistics, and verify them.", no_args_is_help=True)

ReleaseId = Annotated[str, typer.Argument(metavar="RELEASE", help="The release's id, or how it begins.")]


@release.command("list")
def list_(machine: Home = HOME, as_json: Json = False) -> None:
    """Releases that were asked for, and how far they are."""
    person = staff(machine)
    names = Names(person)

    def words(row: Mapping[str, object]) -> dict[str, object]:
        people = {"requester": names.handle(row["requested_by"]), "approver": names.handle(row["approved_by"])}
        return {"id": short(str(row["id"])), **people}

    columns = ["id", "kind", "period", "workload", "state", "public_on", "draw", "requester", "approver"]
    show_list("Releases", columns, map(asdict, releases.list_(person)), as_json=as_json, words=words)


@release.command()
def plan(
    period: Annotated[str, typer.Argument(help="The period, such as 2026-Q2 or 2026.")],
    workload: Annotated[str, typer.Argument(help="The workload: T, Q, XS, S, M or L.")],
    table: Annotated[
        str | None, typer.Option("--table", help="One table, such as origin, with the grade that each row would get.")
    ] = None,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """What a release would cost, what is left for it, and which grades its numbers would most likely get."""
    known = vocabulary.all_workloads()
    if workload not in known:
        raise typer.BadParameter(f"one of: {', '.join(known)}", param_hint="workload")
    try:
        last_day(period)
    except PeriodError as error:
        raise typer.BadParameter(str(error), param_hint="period") from None
    if not has_period(known[workload].kind, period):
        raise typer.BadParameter("Q is of a quarter, XS, S, M and L of a year, T of either", param_hint="workload")
    names = [each.name for each in known[workload].tables]
    if table not in (None, *names):
        raise typer.BadParameter(f"one of: {', '.join(names)}", param_hint="--table")
    planned = plans.plan(staff(machine), known[workload], period=period)
    if as_json:
        show(asdict(planned), as_json=True)
        return
    if table is not None:
        expected = planned.tables[names.index(table)].expected
        if not expected:
            say("No published release has this table.")
            return
        show_list(
            f"{table}, if it is as in {planned.like}", ["label", "expected"], map(asdict, expected), as_json=False
        )
        return
    facts = {"cost": _rho(planned.cost), "left": _rho(planned.left), "drawn already": planned.is_drawn}
    show({**facts, "can be borne": planned.is_borne}, as_json=False)
    columns = ["table", "cells", "m", "sd", "told_from", "rough_from", "sure_from", *Grade]
    show_list("Tables, in persons", columns, (each.numbers() for each in planned.tables), as_json=False)
    if planned.like is not None:
        say(f"A to D: how many rows would have which grade, if as many persons were in each as in {planned.like}.")


@release.command("show")
def show_(
    folder: Annotated[Path, typer.Argument(help="The folder of a release.", exists=True, file_okay=False)],
    table: Annotated[
        str | None, typer.Option("--table", help="One table, such as origin, with all of its rows.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Read a release: its answer, and its tables in words, with bars."""
    contents = read_contents(releases.load(folder))
    tables = told_tables(contents.counts)
    wanted = [told for told in tables if table in (None, told.table.name)]
    if not wanted:
        raise typer.BadParameter(f"one of: {', '.join(told.table.name for told in tables)}", param_hint="--table")
    if as_json:
        rows = [_row(told, cell) for told in wanted for cell in told.cells]
        show({"answer": answer(contents.counts, contents.about), "rows": rows}, as_json=True)
        return
    show_text(answer(contents.counts, contents.about))
    for told in wanted:
        cells = told.cells if table else told.listed()
        most = max((cell.own.upper for cell in cells), default=1)
        lines = [_row(told, cell) | {"bar": bar(cell.own, most)} for cell in cells]
        show_list(told.title, ["row", "persons", "grade", "bar"], lines, as_json=False)


@release.command()
def request(
    kind: Annotated[ReleaseKind, typer.Argument(help="Which kind of release.")],
    period: Annotated[str, typer.Argument(help="The period, such as 2026-Q2 or 2026.")],
    workload: Annotated[str, typer.Argument(help="The workload: T, Q, XS, S, M or L.")],
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Ask for a release of a period that has ended."""
    id_ = releases.request(staff(machine), kind=kind.value, period=period, workload=workload)
    show({"release": id_}, as_json=as_json)


@release.command()
def approve(
    id_: ReleaseId,
    reject: Annotated[bool, typer.Option("--reject", help="Say no instead.")] = False,
    machine: Home = HOME,
) -> None:
    """Say yes to another person's request, or take over from who did, and draw: it is charged, published or not."""
    person = staff(machine)
    view = releases.view(person, Names(person).release(id_))
    if reject:
        releases.reject(person, view)
        return
    releases.approve(person, view)
    releases.go_on(person, releases.view(person, view.id))


@release.command()
def correct(
    id_: ReleaseId,
    words: Annotated[str, typer.Argument(metavar="WORDS", help="What was wrong, as everybody will read it.")],
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Ask for a folder in the place of a published one, made anew of the same noise. The one before stays."""
    person = staff(machine)
    new = releases.correct(person, releases.view(person, Names(person).release(id_)), words)
    show({"release": new}, as_json=as_json)


@release.command()
def warn(
    id_: ReleaseId,
    words: Annotated[str, typer.Argument(metavar="WORDS", help="Why, as everybody will read it.")],
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Say why nobody should rely on a release: it is told, and an embargo held, once two supervisors say the same."""
    person = staff(machine)
    view = releases.view(person, Names(person).release(id_))
    told = releases.warn(person, view, words)
    if as_json:
        show({"told": told}, as_json=True)
    else:
        who = "Everybody is told." if view.listed else "Partners are told, and the release stays under embargo."
        say(who if told else "A second supervisor says the same before it is told.")


@release.command()
def draw(id_: ReleaseId, machine: Home = HOME) -> None:
    """Go on where a draw was broken off: draw what you approved, or make the folder of what was drawn."""
    person = staff(machine)
    releases.go_on(person, releases.view(person, Names(person).release(id_)))


@release.command("accounts-lost")
def accounts_lost(id_: ReleaseId, machine: Home = HOME) -> None:
    """Say that nobody opens the accounts any more: with a second supervisor's word, they begin anew at their worst."""
    person = staff(machine)
    releases.lose_accounts(person, releases.view(person, Names(person).release(id_)))


@release.command("stand-in")
def stand_in(
    id_: ReleaseId,
    place: Annotated[SignerPlace, typer.Option("--for", help="Whose place you take.")],
    machine: Home = HOME,
) -> None:
    """Become a signer in the place of somebody who cannot sign. The folder says so, and both sign it anew."""
    person = staff(machine)
    view = releases.view(person, Names(person).release(id_))
    releases.stand_in(person, view, place.value)
    say(f"You sign {view.kind} {view.period}, workload {view.workload}, for its {place.value}: tern release sign.")


@release.command()
def cancel(id_: ReleaseId, machine: Home = HOME) -> None:
    """Take back a request before anything is drawn for it: your own, or as a supervisor one that bars its period."""
    person = staff(machine)
    releases.cancel(person, releases.view(person, Names(person).release(id_)))


@release.command()
def sign(id_: ReleaseId, machine: Home = HOME) -> None:
    """Check the drawn folder and sign it, as its requester or its approver."""
    person = staff(machine)
    folder = releases.sign(person, Names(person).release(id_))
    say(f"Signed. Its readers are told: {releases.publisher(folder)}")
    say("Where that is wrong, do not publish it: TERN_ORGANISATION and TERN_CONTACT are set before a new draw.")


@release.command()
def publish(
    id_: ReleaseId,
    public_on: Annotated[
        datetime | None,
        typer.Option(
            "--embargo", formats=["%Y-%m-%d"], help="Partners read it at once, and everybody from this day on."
        ),
    ] = None,
    machine: Home = HOME,
) -> None:
    """Publish what two have signed, or let partners read it first, as a supervisor of the root."""
    person = staff(machine)
    view = releases.view(person, Names(person).release(id_))
    releases.publish(person, view, public_on=public_on and public_on.date())


@release.command()
def download(
    id_: ReleaseId,
    folder: Annotated[Path, typer.Argument(help="A new directory for the files.")],
    machine: Home = HOME,
) -> None:
    """Save the folder of a release, after verifying it."""
    person = staff(machine)
    releases.save(releases.download(person, Names(person).release(id_)), folder)


@release.command()
def export(
    site: Annotated[Path, typer.Option("--site", help="A new directory for the pages and files.")],
    machine: Home = HOME,
) -> None:
    """Save all published releases, verified, as pages that any host of files can hand out."""
    ids = releases.export_site(staff(machine), site)
    say(f"{len(ids)} {'release' if len(ids) == 1 else 'releases'} in {site}. Begin at index.html.")


@release.command()
def verify(
    folder: Annotated[Path, typer.Argument(help="The folder of a release.", exists=True, file_okay=False)],
    pin: Pin,
    as_json: Json = False,
) -> None:
    """Check the folder of a release offline, against nothing but the pin."""
    files = releases.load(folder)
    content = releases.verify(files, pin=pin)
    beside = releases.beside(folder, files)
    for path in beside:
        say(f"No part of the release, and not checked: {path}")
    for table in oddities(content.counts):
        say(f"The noise of {table} is unlikely for its sigma, though it may have been drawn so.")
    facts = {
        "publisher": releases.publisher(files),
        "period": content.counts.period,
        "workload": content.counts.workload.id,
        "signers": list(content.signers),
        "sums_sha256": content.sums_sha256,
    }
    if as_json:
        show({**facts, "beside": beside}, as_json=True)
        return
    show_text("Authentic: every file is as two people of the organisation with this pin have signed it.")
    show_text("Every number and text follows from the noisy counts, under the noise and the rho of its workload.")
    show({**facts, "signers": ", ".join(content.signers)}, as_json=False)


def bar(own: Shown, most: int, *, width: int = 24) -> str:
    """An interval on a line of this width: `=` from bound to bound, `o` the value, `/` what is not clear."""
    last = width - 1
    start, end = (round(last * bound / most) for bound in (own.lower, own.upper))
    signs = [" "] * width
    signs[start : end + 1] = ("/" if own.grade is Grade.D else "=") * (end + 1 - start)
    if own.value is not None:
        signs[round(last * own.value / most)] = "o"
    return "".join(signs).rstrip()


def _row(told: Told, cell: Cell) -> dict[str, object]:
    return {
        "table": told.table.name,
        "row": cell.label,
        "persons": cell.own.words(),
        "value": cell.own.value,
        "lower": cell.own.lower,
        "upper": cell.own.upper,
        "grade": cell.own.grade.value,
    }


def _rho(millionths: int) -> str:
    return f"rho {millionths / 1_000_000:g}"
