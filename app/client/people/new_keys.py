"""New keys of the same person, who lost machine and sheet: brought with a token, and certified by a supervisor."""

from contextlib import closing
from pathlib import Path

import httpx2

from app import age
from app.client.machine.directory import About, Machine
from app.client.machine.passphrases import check_strength
from app.client.machine.staff import Staff
from app.client.machine.transport import Service
from app.protocol.opaque_string import opaque
from app.protocol.sign_in import check_handle, check_password


def issue_token(staff: Staff, person: str) -> str:
    """As a supervisor, for somebody who lost machine and sheet; handed to them outside Tern."""
    return str(staff.service.post(f"/people/{person}/new-keys/tokens", {}).json()["token"])


def bring(
    directory: Path,
    server: str,
    *,
    token: str,
    handle: str,
    password: str,
    passphrase: str,
    pin: str,
    work_factor: int = age.Passphrase.work_factor,
    http: httpx2.Client | None = None,
) -> Machine:
    """Make this machine's keys, and bring their public halves. Keys that wait from a broken attempt are used.

    They are the person's once a supervisor has certified them. `pin` comes from a colleague's mouth, as at the first
    time. Raises `Unfit` and `WeakPassphrase` before anything is made or sent.
    """
    check_handle(handle)
    check_password(password)
    machine = Machine(directory)
    if not machine.exists:
        check_strength(passphrase, known=(handle, "tern"))
        machine = Machine.create(directory, About(server, handle, pin), passphrase, work_factor=work_factor)
    keys = machine.unlock(passphrase)
    request = {"token": token, "recipient": keys.recipient, "key": keys.public_key, "password": opaque(password)}
    with closing(Service(server, http=http)) as service:
        person = str(service.post("/new-keys", request).json()["person"])
    machine.tell(About(server, handle, pin, person))
    return machine
