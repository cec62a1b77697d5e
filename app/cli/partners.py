"""`tern partner`: organisations that may read releases before they are public, and the tokens of their programs."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Final

import typer

from app.cli.console import HOME, Home, Json, agrees, say, show, show_list, staff
from app.cli.names import Names
from app.client.machine.staff import Staff
from app.client.people import partners
from app.client.people.partners import Partner

partner = typer.Typer(help="Organisations that read releases, and their tokens.", no_args_is_help=True)

Who = Annotated[str, typer.Argument(metavar="PARTNER", help="The partner's handle.")]
Yes = Annotated[bool, typer.Option("--yes", help="Agree without being asked.")]
Embargoed = Annotated[
    bool, typer.Option("--embargoed", help="Also what is under embargo, and not only what everybody reads.")
]
_COLUMNS: Final = ["handle", "scope", "until", "state", "proposed_by", "agreed_by", "ended_on"]


@partner.command("list")
def list_(machine: Home = HOME, as_json: Json = False) -> None:
    """Organisations that were proposed, agreed to, or ended in the last ninety days."""
    person = staff(machine)
    names = Names(person)
    show_list("Partners", _COLUMNS, (_row(each, names) for each in partners.list_(person)), as_json=as_json)


@partner.command()
def propose(
    handle: Annotated[str, typer.Argument(help="A handle, by which the organisation is known here: not its name.")],
    until: Annotated[
        datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="The last day of the agreement, as 2027-12-31.")
    ],
    embargoed: Embargoed = False,
    machine: Home = HOME,
    as_json: Json = False,
) -> None:
    """Propose an organisation, for another supervisor to agree to."""
    person = staff(machine)
    made = partners.propose(person, handle, scope=_scope(embargoed), until=until.date())
    show(_row(made, Names(person)), as_json=as_json)
    if not as_json:
        say(f"Another supervisor agrees: tern partner agree {handle}. Until then it has no token.")


@partner.command()
def agree(who: Who, yes: Yes = False, machine: Home = HOME, as_json: Json = False) -> None:
    """Agree to an organisation that another supervisor proposed, once you have seen what it may read and how long."""
    person = staff(machine)
    names, proposed = Names(person), _one(person, who)
    if not yes:
        by = names.handle(proposed.proposed_by)
        say(f"{proposed.handle}, proposed by {by}, is to read what is {proposed.scope} until {proposed.until}.")
        if not agrees("Do you agree?"):
            raise typer.Abort
    show(_row(partners.agree(person, proposed), names), as_json=as_json)


@partner.command()
def end(who: Who, machine: Home = HOME, as_json: Json = False) -> None:
    """End an agreement: from now on none of its tokens opens anything."""
    person = staff(machine)
    show(_row(partners.end(person, _one(person, who)), Names(person)), as_json=as_json)


@partner.command()
def tokens(who: Who, machine: Home = HOME, as_json: Json = False) -> None:
    """The tokens of an organisation that count, by their ids: none is shown again."""
    person = staff(machine)
    show_list(
        "Tokens", ["id", "scope", "until"], map(asdict, partners.tokens(person, _one(person, who))), as_json=as_json
    )


@partner.command()
def token(who: Who, embargoed: Embargoed = False, machine: Home = HOME, as_json: Json = False) -> None:
    """Issue a token for one program of an organisation. It is shown this once: hand it over outside Tern."""
    person = staff(machine)
    show({"token": partners.issue_token(person, _one(person, who), scope=_scope(embargoed))}, as_json=as_json)


@partner.command()
def revoke(
    who: Who,
    token_id: Annotated[str, typer.Argument(metavar="TOKEN", help="The token's id: tern partner tokens.")],
    machine: Home = HOME,
) -> None:
    """End one token at once: it was lost, or nobody uses it."""
    person = staff(machine)
    partners.revoke(person, _one(person, who), token_id)


def _one(person: Staff, handle: str) -> Partner:
    """Raises `typer.BadParameter` where there is none."""
    found = next((each for each in partners.list_(person) if handle in (each.handle, each.id)), None)
    if found is None:
        raise typer.BadParameter("no partner has this handle: tern partner list", param_hint="PARTNER")
    return found


def _scope(embargoed: bool) -> str:
    return "embargoed" if embargoed else "published"


def _row(each: Partner, names: Names) -> dict[str, object]:
    people = {"proposed_by": names.handle(each.proposed_by), "agreed_by": names.handle(each.agreed_by)}
    return asdict(each) | people
