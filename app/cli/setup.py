"""`tern setup`: from nothing to open pages, in as many goes as it takes. Each begins with what is not done yet."""

from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Annotated, Final
from urllib.parse import urlsplit

import typer

from app.cli import console
from app.cli.console import HOME, Home, ask, say
from app.cli.installed import is_without_service
from app.cli.machines import make_copy
from app.cli.roots import RISK, make_first
from app.cli.stopped import Stopped
from app.client.intake import epochs, pages
from app.client.machine.directory import Machine
from app.client.machine.passphrases import WeakPassphrase, check_strength
from app.client.machine.staff import NotGranted, Staff
from app.client.machine.transport import Service, Unreachable
from app.client.people import colleagues, copies, roots, shared_keys, sign_in
from app.client.people.colleagues import Colleague, FingerprintDiffers
from app.protocol.chain import Mark
from app.protocol.encoding import sha256_hex
from app.protocol.manifest import MANIFEST
from app.protocol.statements import KeyKind
from app.site.site import BUILT
from app.version import WHEEL
from app.vocabulary import Role

_HERE: Final = "http://127.0.0.1:8470"
# In what this machine has seen: to which triagers the last epoch's key was granted.
_HOLDERS: Final = "epoch-holders"


def setup(
    server: Annotated[
        str | None,
        typer.Option(
            "--server",
            envvar="TERN_SERVER",
            help="The address of a service that runs, for the supervisor's part alone.",
        ),
    ] = None,
    machine: Home = HOME,
) -> None:
    """Set up the service, then its first supervisor's machine; where it was broken off, it goes on."""
    home = Machine(machine)
    invitation = None
    if server is None and home.exists:
        server = home.about.server
    if server is None:
        invitation = _begin_service()
        server = _address()
        _wait_for(server)
        if not _is_yes(ask("Does the first supervisor work at this machine? [y/N]")):
            _tell("The first supervisor types on their own machine:", _supervisors_lines(server), invitation)
            return
    supervisor, passphrase = _supervisor(home, server, invitation)
    _make_root(supervisor)
    if not copies.is_known(supervisor):
        say("If this machine is lost, you get your keys back with your passphrase and this sheet. Write it down too.")
        make_copy(supervisor, passphrase, None)
    _sign_pages(supervisor, _site_beside(home))
    for colleague in colleagues.list_(supervisor):
        if not colleague.certified:
            _certify(supervisor, colleague)
    _make_keys(supervisor)
    _invite(supervisor)
    say("`tern setup` goes on from here: run it again when colleagues have joined. `tern doctor` looks at the service.")


def _operator() -> ModuleType | None:
    """The operator's commands, where the service is installed."""
    try:
        from app.cli import operator
    except ModuleNotFoundError as error:
        if not is_without_service(error):
            raise
        return None
    return operator


def _site_beside(home: Machine) -> Path:
    """Where signed pages go: into the service's data where they lie on this machine, else beside the person's keys."""
    operator = _operator()
    data = operator.data_directory() if operator else None
    return data / "site" if data and (data / "keyring.json").exists() else home.directory / "site"


def _begin_service() -> str | None:
    """The first supervisor's invitation, None where there is a root."""
    operator = _operator()
    if operator is None:
        raise Stopped(f"no service is installed here: name one with --server, or pip install '{WHEEL}[server]'")
    data = operator.data_directory()
    try:
        invitation: str | None = operator.invitation()
    except Stopped:
        if not operator.has_root():
            raise
        invitation = None
    say(f"Tables and keyring are in {data}. Keep a copy of {data / 'keyring.json'} sealed, on another machine.")
    return invitation


def _address() -> str:
    while True:
        server = ask("The address under which people will reach the service", _HERE)
        parts = urlsplit(server)
        if parts.scheme in ("http", "https") and parts.hostname:
            return server.rstrip("/")
        say("An address begins with https:// (or http://, on this machine alone).")


def _wait_for(server: str) -> None:
    while True:
        service = Service(server)
        try:
            service.get("/health")
        except Unreachable:
            ask(f"Nothing answers at {server}. Start it in another terminal (tern serve), then press Enter")
        else:
            return
        finally:
            service.close()


def _supervisor(home: Machine, server: str, invitation: str | None) -> tuple[Staff, str]:
    """Signed in, and joined before, where they had not; with the passphrase of their keys."""
    is_new = not home.exists
    has_joined = not is_new and home.about.person is not None
    handle = ""
    if not has_joined:
        handle = ask("Your handle, by which colleagues will know you", "" if is_new else home.about.handle)
        invitation = invitation or console.invitation()
    passphrase = _new_passphrase(handle) if is_new else console.passphrase()
    password = console.password(confirm=not has_joined)
    if not has_joined:
        sign_in.join(
            home.directory,
            server,
            invitation=invitation or "",
            handle=handle,
            passphrase=passphrase,
            password=password,
            pin=None if is_new else home.about.pin,
        )
    supervisor = Staff(home.directory, passphrase, clock=console.clock)
    sign_in.sign_in(supervisor, password)
    return supervisor, passphrase


def _new_passphrase(handle: str) -> str:
    """Asked for until it is a good one, where somebody types it."""
    while True:
        passphrase = console.passphrase(confirm=True)
        try:
            check_strength(passphrase, known=(handle, "tern"))
        except WeakPassphrase as weak:
            if not console.is_typed("TERN_PASSPHRASE"):
                raise
            say(str(weak))
        else:
            return passphrase


def _make_root(supervisor: Staff) -> None:
    if supervisor.about.pin is None and not roots.has_begun(supervisor):
        _make_first_root(supervisor)
    roots.go_on(supervisor)
    say("The pin, which every colleague and partner needs from a human being:")
    console.show_text(str(supervisor.pin))


def _make_first_root(supervisor: Staff) -> None:
    """Two keys of three, one of them this person's, two on paper; one key for somebody who says it twice."""
    say("The root is whose keys the organisation is. Tern proposes three: yours, and two on paper. Two must sign what")
    say("changes it, so one can be lost, and nobody alone is the organisation. A second supervisor is added later.")
    alone = 0
    if _is_no(ask("Make two papers, for two people who are no supervisors? [Y/n]")):
        say(RISK)
        alone = 2 if ask("To have it so all the same, type: one key") == "one key" else 0
    make_first(supervisor, None, alone=alone)
    if not alone:
        say("Write each paper down by hand, keep the two in two places, and clear this screen.")


def _sign_pages(supervisor: Staff, site: Path) -> None:
    """Asked for once; `tern client sign` does it again after an upgrade."""
    if (site / MANIFEST).exists():
        return
    name = ask("The name of your organisation, as reporters read it (empty: later)")
    if not name:
        return
    try:
        pages.sign(supervisor, BUILT, site, name=name, leave_to=None)
    except pages.NotBuilt:
        say("There are no pages to sign here: sign them where the service is, with `tern client sign`.")
        return
    say(f"The pages are signed, in {site}.")
    if site.parent == supervisor.machine.directory:
        say("Copy that directory to `site` in the data directory of the service (docs/handbook/operator.md).")


def _certify(supervisor: Staff, newcomer: Colleague) -> None:
    say(f"{newcomer.handle} ({newcomer.id}) has joined, and counts once they have read their words to you by voice.")
    while words := ask(f"The twelve words that {newcomer.handle} reads out (empty: later)"):
        roles = _roles(f"The roles of {newcomer.handle}, such as triager,caseworker")
        try:
            colleagues.certify(supervisor, newcomer.id, words, roles)
        except FingerprintDiffers as error:
            say(f"{error}. Ask them to read again; if it stays so, certify nobody and look for who sits between.")
            continue
        _hand_over(supervisor, newcomer.id, roles)
        return


def _hand_over(supervisor: Staff, person: str, roles: Iterable[Role]) -> None:
    """The shared keys that are there already. The epoch's key comes with a new epoch, below."""
    for kind, holders in shared_keys.HOLDERS.items():
        if set(holders) & set(roles):
            try:
                shared_keys.share(supervisor, kind, person)
            except NotGranted:
                continue


def _make_keys(supervisor: Staff) -> None:
    """What is missing for work to begin: shared keys, and an epoch whose key everybody who triages has."""
    for kind in KeyKind:
        try:
            shared_keys.newest_key(supervisor, kind)
        except NotGranted:
            shared_keys.make_shared(supervisor, kind)
    triagers = sorted(each.person for each in supervisor.colleagues(Role.TRIAGER))
    if not triagers:
        say("Intake opens when a triager is certified: reports are sealed to their keys.")
        return
    before = supervisor.seen.highest(_HOLDERS, supervisor.org)
    digest = sha256_hex(" ".join(triagers).encode())
    if not _is_open(supervisor) or before is None or before.sha256 != digest:
        signed = epochs.rotate(supervisor, number=epochs.AHEAD)
        supervisor.seen.record(_HOLDERS, supervisor.org, Mark(before.version + 1 if before else 1, digest))
        say(f"Intake is open until {signed[-1].accepts_until}. A supervisor who signs in before then adds to that.")


def _is_open(supervisor: Staff) -> bool:
    supervisor.forget()
    return supervisor.log.intake_on(supervisor.today) is not None


def _invite(supervisor: Staff) -> None:
    question = "Invite a colleague: their roles, such as triager,caseworker (empty: nobody more)"
    while roles := _roles(question, may_be_empty=True):
        token = colleagues.invite(supervisor, roles)
        server, pin = supervisor.about.server, supervisor.pin
        lines = (
            f"pip install {WHEEL}  # the file that comes with this",
            f"tern join --server {server} --pin {pin} --handle NAME",
            "tern fingerprint  # twelve words: read them to the supervisor by voice",
            "tern sign-in  # once that supervisor has certified you",
        )
        _tell(f"Who becomes {', '.join(sorted(roles))} types, on their own machine:", lines, token)


def _supervisors_lines(server: str) -> tuple[str, ...]:
    return (f"pip install {WHEEL}  # the file that comes with this", f"tern setup --server {server}")


def _tell(who: str, lines: Iterable[str], invitation: str | None) -> None:
    console.show_text(who)
    for line in lines:
        console.show_text(f"    {line}")
    if invitation:
        console.show_text(f"and, when asked, this invitation, which is good once and for 14 days:\n    {invitation}")


def _roles(question: str, *, may_be_empty: bool = False) -> list[Role]:
    """Asked for until all of them are roles."""
    while True:
        names = ask(question).replace(",", " ").split()
        if (names or may_be_empty) and set(names) <= set(Role):
            return [Role(name) for name in names]
        say(f"The roles are {', '.join(Role)}.")


def _is_no(answer: str) -> bool:
    return answer.lower() in ("n", "no")


def _is_yes(answer: str) -> bool:
    return answer.lower() in ("y", "yes")
