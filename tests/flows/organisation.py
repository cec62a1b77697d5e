"""An organisation that its people set up with their own clients, as they do in life."""

import shutil
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from app.client import Reporter, Staff
from app.client.intake import epochs
from app.client.people import colleagues, sign_in
from app.clock import Clock
from app.database import Database
from app.people.staff import service as staff_service
from app.settings import Settings
from app.vocabulary import Role
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
        """A first supervisor with a root, colleagues who are certified, and an epoch that takes reports."""
        database = Database(settings.url)
        with database.write() as session:
            invitation = staff_service.initialise(session, self.clock.today())
        database.close()
        first = self._join(FIRST_SUPERVISOR, invitation, pin=None)
        self.pin = colleagues.make_root(first)
        for name, roles in cast.items():
            if name != FIRST_SUPERVISOR:
                other = self._join(name, colleagues.invite(first, roles), pin=self.pin)
                colleagues.certify(first, other.person, colleagues.fingerprint(other), roles)
        epochs.rotate(first)
        return self

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
