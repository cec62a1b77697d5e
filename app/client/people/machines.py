"""Another machine of the same person, of the copy of their keys: a second one, or the one after the first is gone."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import httpx2

from app import age
from app.client.machine import trust
from app.client.machine.directory import About, Machine, PersonKeys
from app.client.machine.passphrases import WrongPassphrase
from app.client.machine.staff import Staff
from app.client.machine.transport import Service
from app.client.people import copies, sign_in
from app.protocol.chain import Mark
from app.protocol.encoding import sha256_hex, unb64
from app.protocol.errors import NotAuthentic, NotMine
from app.protocol.key_copy import COPY, AccountKey, KeyCopy, check_file, open_copy
from app.protocol.opaque_string import opaque
from app.protocol.sign_in import check_handle, check_password


def add(
    directory: Path,
    server: str,
    *,
    handle: str,
    password: str,
    passphrase: str,
    account_key: AccountKey,
    token: str | None = None,
    work_factor: int = age.Passphrase.work_factor,
    http: httpx2.Client | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Staff:
    """Fetch the copy, make a machine of it, and sign in there. The service gives the file and is asked for nothing else
    that this machine will believe: whom it trusts stands in the copy, which both secrets together open.

    With a `token` of a supervisor the password may be forgotten: `password` is a new one, set with the copy's keys.
    Raises `FileExistsError` where keys lie already, `WrongPassphrase` where one of the two is not that of the copy, and
    `NotAuthentic`, before anything is written.
    """
    check_handle(handle)
    if token is not None:
        check_password(password)
    if Machine(directory).exists:
        raise FileExistsError(f"{directory} has keys already")
    with closing(Service(server, http=http)) as service:
        if token is None:
            opened = service.post_unkept("/sessions", {"person": handle, "password": opaque(password)}).json()
            service.token = opened["token"]
            answer = service.get("/copy").json()
        else:
            answer = opened = service.post_unkept("/copy/fetches", {"token": token}).json()
        file = unb64(answer["file"])
        copy, keys = _open(file, unb64(answer["signature"], 64), passphrase, account_key)
        if opened["person"] != copy.person:
            raise NotAuthentic("subject")
        trust.fetch_log(service, str(copy.pin), root=copy.pin.root).check_follows(copy.log)
    about = About(server, handle, str(copy.pin), copy.person)
    machine = Machine.begin(directory, about)
    staff = Staff(directory, keys, http=http, clock=clock)
    staff.begin_with(copy.pin.root, copy.log)
    copies.remember(staff, Mark(answer["number"], sha256_hex(file)))
    # Last: broken off before, this is done again, and a machine that has keys knows what the copy's knew.
    machine.lock_with(passphrase, keys, work_factor=work_factor)
    if token is None:
        sign_in.take_up(staff, opened)
    else:
        sign_in.set_password(staff, password)
        sign_in.sign_in(staff, password)
    return staff


def issue_token(staff: Staff, person: str) -> str:
    """As a supervisor, for somebody who forgot their password and has no machine; handed to them outside Tern."""
    return str(staff.service.post(f"/people/{person}/copy-tokens", {}).json()["token"])


def _open(file: bytes, signature: bytes, passphrase: str, account_key: AccountKey) -> tuple[KeyCopy, PersonKeys]:
    """What the copy holds, which its own keys have signed."""
    try:
        copy = open_copy(file, passphrase, account_key)
    except NotMine:
        raise WrongPassphrase("this passphrase and this account key do not open the copy together") from None
    keys = PersonKeys.read(copy.keys)
    check_file(COPY.name, file, by=copy.person, key=unb64(keys.public_key, 32), sig=signature)
    return copy, keys
