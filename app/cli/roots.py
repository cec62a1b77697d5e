"""Commands about the root: made once, then followed by others as keys come, go and are lost."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from app.cli import losses
from app.cli.console import HOME, Home, Json, paper_words, show, show_list, show_surely, show_text, staff, text_of
from app.cli.names import Names
from app.cli.sheets import Sheets, numbered, write
from app.cli.stopped import Stopped
from app.client.machine.staff import Staff
from app.client.people import roots
from app.client.people.roots import Proposal
from app.protocol.roots import Paper, Root
from app.vocabulary import Role

root = typer.Typer(help="The root: whose keys the organisation is.", no_args_is_help=True)
root.command("accept-loss")(losses.accept_loss)
root.command("lost")(losses.lost)

RISK: Final = (
    "With one key, whoever loses that machine loses the organisation: nobody can be certified any more, no epoch "
    "opened, and every colleague, reporter and page begins anew under another pin. Who steals it is the organisation."
)
Instead = Annotated[
    bool, typer.Option("--instead", help="Sign although you signed another of this version: everybody has given it up.")
]
Alone = Annotated[int, typer.Option("--alone", count=True, help="Have a root of one key all the same; say it twice.")]


@root.command("make")
def make(sheets: Sheets = None, alone: Alone = 0, machine: Home = HOME, as_json: Json = False) -> None:
    """Make the organisation's root, once, as its first supervisor: your key and two papers, of which two must sign."""
    supervisor = staff(machine)
    if not roots.has_begun(supervisor):
        make_first(supervisor, sheets, alone=alone)
    show({"pin": roots.go_on(supervisor), "words": supervisor.log.trust.root.words}, as_json=as_json)


def make_first(supervisor: Staff, sheets: Path | None, *, alone: int) -> None:
    """Draw the papers, show them before anything counts on them, and publish the root."""
    _check_alone(alone)
    papers = [] if alone else [roots.new_paper(), roots.new_paper()]
    drafted = roots.draft(supervisor, papers=papers, alone=bool(alone))
    for paper in papers:
        hand_out(paper, Root.read(drafted), sheets)
    roots.publish(supervisor, drafted)


@root.command("show")
def show_(machine: Home = HOME, as_json: Json = False) -> None:
    """The newest root, its twelve words, what the next loss would cost, and what is proposed to follow it."""
    person = losses.or_as_shown(staff(machine))
    newest, names = person.log.trust.root, Names(person)
    facts: dict[str, object] = {
        "version": newest.mark.version,
        "words": newest.words,
        "pin": str(person.pin),
        "signatures_needed": newest.k,
        "supervisors": _named(names, newest.supervisors),
        "papers": sorted(newest.papers),
        "next_loss": next_loss(newest),
    }
    waiting = [_facts(names, each) for each in roots.proposals(person)]
    accepted = losses.waiting(person, names)
    if as_json:
        show({**facts, "proposals": waiting, "losses": accepted}, as_json=True)
        return
    show(facts, as_json=False)
    if accepted:
        show_list("Proposed as lost", list(accepted[0]), accepted, as_json=False)
    if waiting:
        show_list("Proposed", list(waiting[0]), waiting, as_json=False)


@root.command("propose")
def propose(
    add: Annotated[
        list[str] | None, typer.Option("--add", help="Who becomes a supervisor; their words are asked for.")
    ] = None,
    role: Annotated[
        list[Role] | None, typer.Option("--role", help="What they are besides, if their certificate does not say it.")
    ] = None,
    drop: Annotated[
        list[str] | None, typer.Option("--drop", help="Whose key goes: a person, or the id of a paper.")
    ] = None,
    new_keys: Annotated[
        list[str] | None,
        typer.Option("--new-keys", help="Whose keys on the root are lost, and replaced by those that they brought."),
    ] = None,
    papers: Annotated[int, typer.Option("--papers", min=0, max=5, help="How many papers to make.")] = 0,
    signatures: Annotated[
        int | None, typer.Option("--signatures", min=1, help="How many must sign, if not as now.")
    ] = None,
    for_cause: Annotated[
        bool,
        typer.Option(
            "--for-cause",
            help="A key is not trusted: of those whom it certified keep only whose words you compare again.",
        ),
    ] = False,
    by_paper: Annotated[bool, typer.Option("--by-paper", help="Propose it with a paper, not with your key.")] = False,
    sheets: Sheets = None,
    alone: Alone = 0,
    instead: Instead = False,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Propose the next root. It counts when as many have signed as the root before and this one demand."""
    _check_alone(alone)
    person = losses.or_as_shown(staff(machine))
    names = Names(person)
    going = [each if each.startswith("paper_") else names.person(each) for each in drop or ()]
    lost = {names.person(each): each for each in new_keys or ()}
    new = [roots.new_paper() for _ in range(papers)]
    drafted = roots.draft_next(
        person,
        signer=_paper(person.log.trust.root).signer if by_paper else None,
        add={names.person(each): _words_of(each) for each in add or ()},
        renew={id_: _words_of(each) for id_, each in lost.items()},
        roles=role or (),
        drop=going,
        papers=new,
        k=signatures,
        without=_compared_again(person, names, [*going, *lost]) if for_cause else None,
        alone=bool(alone),
    )
    for paper in new:
        hand_out(paper, drafted.root, sheets)  # before anything counts on them
    show(_facts(names, roots.propose(person, drafted, instead=instead)), as_json=as_json)


@root.command("sign")
def sign(
    proposal: Annotated[str | None, typer.Argument(help="How its hash begins, where several are proposed.")] = None,
    by_paper: Annotated[bool, typer.Option("--paper", help="Sign with a paper, not with your key.")] = False,
    instead: Instead = False,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Sign a proposed root, after comparing its words and those of each new key by voice."""
    person = losses.or_as_shown(staff(machine))
    names = Names(person)
    proposed = roots.proposal(person, proposal)
    if not as_json:
        show(_facts(names, proposed, words=False), as_json=False)
    words = text_of(None, "The words of the root, as who proposes it reads them out")
    newcomers = {each.person: _words_of(str(names.handle(each.person))) for each in proposed.newcomers}
    paper = _paper(proposed.before, proposed.root) if by_paper else None
    signed = roots.sign(person, proposed, words=words, newcomers=newcomers, paper=paper, instead=instead)
    show(_facts(names, signed), as_json=as_json)


@root.command("trust")
def trust(
    words: Annotated[str | None, typer.Option(help="The twelve words; without it they are asked for.")] = None,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Take the root that the service shows, after comparing its words by voice with as many as must sign it."""
    newest = staff(machine).trust_root(words or text_of(None, "The words that its holders read out"))
    show({"version": newest.mark.version, "words": newest.words}, as_json=as_json)


def hand_out(paper: Paper, of: Root, sheets: Path | None) -> None:
    """Show a paper once, or write it where it is printed from."""
    if sheets is None:
        show_surely({"paper": paper.id, "words_of_paper": paper.words}, as_json=False)
        return
    file = write_sheet(paper, of, sheets)
    show_text(f"Print {file}, give it to somebody who is no supervisor, and delete the file.")


def write_sheet(paper: Paper, of: Root, sheets: Path) -> Path:
    """A page to print, in this directory."""
    return write(sheets, paper.id, _sheet(paper, of))


def next_loss(newest: Root) -> str:
    """What losing one more key would mean."""
    left = len(newest.holders) - 1
    if left < newest.k:
        return RISK
    if left == newest.k:
        return (
            f"{newest.k} of {left + 1} keys must sign. After the next loss all that are left are needed: name another "
            "at once with `tern root propose`, for one loss more is the end."
        )
    return f"{newest.k} of {left + 1} keys must sign; {left - newest.k} more can be lost after the next."


def _sheet(paper: Paper, of: Root) -> list[str]:
    return [
        "Tern: a paper key of the root",
        "",
        *numbered(paper.words),
        "",
        f"Its id: {paper.id}",
        f"The root that lists it: {of.words}",
        "",
        "Keep it where no other key of the root is. It signs the next root and nothing else:",
        "tern root sign --paper, on the machine of anybody who has signed in.",
    ]


def _check_alone(alone: int) -> None:
    if alone == 1:
        raise Stopped(f"{RISK} To have it so all the same, say --alone twice")


def _words_of(handle: str) -> str:
    return text_of(None, f"The words that {handle} reads out")


def _paper(*listed_by: Root) -> Paper:
    return roots.paper_of(paper_words(), *listed_by)


def _compared_again(person: Staff, names: Names, going: Sequence[str]) -> dict[str, str]:
    """The words of everybody whom those certified who go; who gives none has to be certified anew."""
    found = {}
    for each in roots.certified_by(person, going):
        heard = text_of(None, f"The words that {names.handle(each)} reads out (a dot: not compared)")
        if heard.strip() != ".":
            found[each] = heard
    return found


def _named(names: Names, ids: Iterable[str]) -> list[str]:
    return [str(names.handle(each)) for each in ids]


def _facts(names: Names, proposed: Proposal, *, words: bool = True) -> dict[str, object]:
    """Whoever signs hears the words, and does not read them here."""
    facts: dict[str, object] = {
        "proposal": proposed.id[:16],
        "version": proposed.root.mark.version,
        "by": names.handle(proposed.root.document.header.author),
        "adds": _named(names, proposed.added),
        "removes": _named(names, proposed.removed),
        "new_keys": _named(names, proposed.renewed),
        "signatures_needed": proposed.root.k,
        "signed_by": _named(names, proposed.signers),
        "signatures_missing": proposed.lacks,
        "next_loss": next_loss(proposed.root),
    }
    return facts | ({"words": proposed.root.words} if words else {})
