"""`tern`: thin commands on the client, and on what an operator needs. Exit codes are those of docs/cli.md.

A command's module is imported when the command is asked for, and the table of errors when one is raised: what all of
them need together takes longer to import than most commands take.
"""

import os
import sys
from contextlib import suppress
from typing import Annotated, Any, Final

import typer
from typer.exceptions import Abort, TyperException
from typer.main import get_group

from app.cli import console, variables
from app.cli.commands import group_of, member_of
from app.cli.installed import is_without_service
from app.cli.stopped import Stopped
from app.version import VERSION, WHEEL

_ANY: Final = {"allow_extra_args": True, "ignore_unknown_options": True}
# Where each command and each group of commands is made.
_MADE_IN: Final = {
    "setup": "app.cli.setup:setup",
    "init": "app.cli.operator:init",
    "copy-token": "app.cli.operator:copy_token",
    "serve": "app.cli.serving:serve",
    "worker": "app.cli.serving:worker",
    "sweep": "app.cli.operator:sweep",
    "backup": "app.cli.backups:backup",
    "restore": "app.cli.backups:restore",
    "restore-keys": "app.cli.backups:restore_keys",
    "check": "app.cli.backups:check",
    "doctor": "app.cli.doctor:doctor",
    "retention": "app.cli.retention:retention",
    "demo": "app.cli.demo.command:demo",
    "join": "app.cli.people:join",
    "root": "app.cli.roots:root",
    "invite": "app.cli.people:invite",
    "certify": "app.cli.people:certify",
    "fingerprint": "app.cli.people:fingerprint",
    "sign-in": "app.cli.sessions:sign_in",
    "sign-out": "app.cli.sessions:sign_out",
    "duties": "app.cli.duties:duties",
    "me": "app.cli.desk:me",
    "custodian": "app.cli.custodians:custodian",
    "unlock": "app.cli.sessions:unlock",
    "lock": "app.cli.sessions:lock",
    "machine": "app.cli.machines:machine",
    "open": "app.cli.files:open_",
    "identity": "app.cli.files:make_identity",
    "report": "app.cli.reporters:report",
    "mailbox": "app.cli.reporters:mailbox",
    "people": "app.cli.colleagues:colleagues",
    "intake": "app.cli.intake:intake",
    "triage": "app.cli.triage:queue",
    "template": "app.cli.templates:template",
    "case": "app.cli.case_group:case",
    "clocks": "app.cli.clocks:clocks",
    "cards": "app.cli.cards:cards",
    "release": "app.cli.releases:release",
    "partner": "app.cli.partners:partner",
    "audit": "app.cli.audit:audit",
    "client": "app.cli.pages:client",
}
# They run on the service's machine: the extra `server` brings what they import.
_OF_THE_SERVICE: Final = frozenset(
    {
        "init",
        "copy-token",
        "serve",
        "worker",
        "sweep",
        "backup",
        "restore",
        "restore-keys",
        "check",
        "doctor",
        "retention",
        "demo",
    }
)


def _absent() -> None:
    """Needs the service, which is not installed here."""
    raise Stopped(f"the service is not installed here: pip install '{WHEEL}[server]'")


def _version(wanted: bool) -> None:
    if wanted:
        console.show_text(f"tern {VERSION}")
        raise typer.Exit


def _options(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which Tern this is, and end.")
    ] = False,
) -> None:
    """Tern: sealed reports, casework under encryption, safe publishing."""
    if (wrong := variables.unknown(os.environ)) is not None:
        raise Stopped(wrong)


def _make(name: str, place: str) -> Any:
    around = typer.Typer(callback=_options)
    try:
        made = member_of(place)
    except ModuleNotFoundError as error:
        if name not in _OF_THE_SERVICE or not is_without_service(error):
            raise
        # Without the service there is no knowing which options it would take.
        around.command(name, context_settings=_ANY)(_absent)
    else:
        if isinstance(made, typer.Typer):
            around.add_typer(made, name=name)
        else:
            around.command(name)(made)
    return get_group(around).commands[name]


app: Final = typer.Typer(
    cls=group_of(_MADE_IN, _make),
    callback=_options,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def main() -> None:
    """Run one command. What fails is one line on standard error and an exit code, never a traceback of a secret.

    What it writes, its owner alone may read; and where it crashes, no copy of its memory is left on the disk.
    """
    os.umask(0o077)
    with suppress(ImportError):  # Windows has no such limit, and keeps no such copies unless told to
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        code = app(standalone_mode=False) or 0
    except Abort:
        console.fail("stopped")
        code = 1
    except TyperException as misuse:
        code = misuse.exit_code
        if str(misuse):  # it has none where it was printed as the help of a group
            console.fail(f"{' '.join(misuse.format_message().split())} (--help explains the command)")
    except Exception as error:
        from app.cli import failures

        console.fail(failures.sentence(error))
        code = failures.code(error)
    finally:
        console.OPENED.close()
    sys.exit(code)
