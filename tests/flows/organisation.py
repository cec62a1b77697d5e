"""An organisation that its people set up with their own clients, as they do in life."""

import atexit
import shutil
import tempfile
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from app import keyring
from app.client import Reporter, Staff
from app.client.intake import epochs
from app.client.people import colleagues, roots, sign_in
from app.clock import Clock
from app.database import Database
from app.installation import shredding
from app.people.staff import invitations
from app.settings import Settings
from app.vocabulary import Role
from tests.client.installation import PAPERS
from tests.founded import Rows, put, rows_of
from tests.strength import WORK_FACTOR

PASSPHRASE, PASSWORD = "a passphrase of one machine", "a password of one person"
# The lowest that still is scrypt: the tests are not about waiting.

CAST: Mapping[str, AbstractSet[Role]] = {
    "sofia": {Role.SUPERVISOR},
    "tenzin": {Role.TRIAGER, Role.CASEWORKER},
    "leyla": {Role.TRIAGER},
}
FIRST_SUPERVISOR = "sofia"


@dataclass
class Organisation:
    """Its people at their machines, under `directory`, and the way to its service."""

    directory: Path
    http: httpx2.Client
    clock: Clock
    pin: str = ""
    staff: dict[str, Staff] = field(default_factory=dict)

    def found(self, settings: Settings, cast: Mapping[str, AbstractSet[Role]] = CAST) -> "Organisation":
        """A first supervisor with a root, colleagues who are certified, and an epoch that takes reports.

        They do it once in a process; what they have made is copied for whoever asks for the same at the same time of a
        service with the same keyring.
        """
        asked = (str(cast), self.clock.now().isoformat(), keyring.load(settings.data_dir).digest)
        database = Database(settings.url)
        database.keys = shredding.open_keys(database, settings)
        if asked in _FOUNDED:
            self._copy(_FOUNDED[asked], database)
        else:
            self._found(database, cast)
            _FOUNDED[asked] = self._kept(database)
        database.close()
        return self

    def _found(self, database: Database, cast: Mapping[str, AbstractSet[Role]]) -> None:
        with database.write() as session:
            invitation = invitations.initialise(session, self.clock.today())
        first = self._join(FIRST_SUPERVISOR, invitation, pin=None)
        self.pin = roots.publish(first, roots.draft(first, papers=PAPERS))
        for name, roles in cast.items():
            if name != FIRST_SUPERVISOR:
                other = self._join(name, colleagues.invite(first, roles), pin=self.pin)
                colleagues.certify(first, other.person, colleagues.fingerprint(other), roles)
        epochs.rotate(first)

    def _kept(self, database: Database) -> "_Founded":
        machines = Path(tempfile.mkdtemp(prefix="tern-organisation-"))
        atexit.register(shutil.rmtree, machines)
        shutil.copytree(self.directory, machines, dirs_exist_ok=True)
        return _Founded(machines, rows_of(database), self.pin)

    def _copy(self, founded: "_Founded", database: Database) -> None:
        shutil.copytree(founded.machines, self.directory)
        put(database, founded.rows)
        self.pin = founded.pin
        for machine in self.directory.iterdir():
            self.staff[machine.name] = Staff(machine, PASSPHRASE, http=self.http, clock=self.clock.now)

    def reporter(self, http: httpx2.Client | None = None) -> Reporter:
        return Reporter(_SERVER, self.pin, http=http or self.http, clock=self.clock.now)

    def copy_of(self, name: str, directory: Path, http: httpx2.Client) -> Staff:
        """The person's machine as it is now, on another way to the service: what it sees later, this one forgets."""
        shutil.copytree(self.staff[name].machine.directory, directory)
        return Staff(directory, PASSPHRASE, http=http, clock=self.clock.now)

    def _join(self, name: str, invitation: str, *, pin: str | None) -> Staff:
        directory = self.directory / name
        sign_in.join(
            directory,
            _SERVER,
            invitation=invitation,
            handle=name,
            password=PASSWORD,
            passphrase=PASSPHRASE,
            pin=pin,
            work_factor=WORK_FACTOR,
            http=self.http,
        )
        person = Staff(directory, PASSPHRASE, http=self.http, clock=self.clock.now)
        sign_in.sign_in(person, PASSWORD)
        self.staff[name] = person
        return person


_SERVER = "https://tern.test"


@dataclass(frozen=True)
class _Founded:
    """What an organisation is in the hour in which it was founded."""

    machines: Path
    rows: Rows
    pin: str


_FOUNDED: dict[tuple[str, str, str], _Founded] = {}
