"""New keys of the same person, who lost machine and sheet: brought with a token, and certified by a supervisor.

The machine of the old ones, if there still is one, is told of them, and may object.
"""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import httpx2

from app import age
from app.client.machine.directory import About, Machine
from app.client.machine.passphrases import check_strength
from app.client.machine.staff import Staff
from app.client.machine.transport import Refused, Service
from app.protocol import objections
from app.protocol.certified import Certified
from app.protocol.documents import parse_document
from app.protocol.encoding import b64
from app.protocol.errors import NotAuthentic
from app.protocol.objections import Objection
from app.protocol.opaque_string import opaque
from app.protocol.sign_in import check_handle, check_password
from app.vocabulary import Role


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
        person = str(service.post_unkept("/new-keys", request).json()["person"])
    machine.tell(About(server, handle, pin, person))
    return machine


@dataclass(frozen=True)
class Replacement:
    """The keys in the place of this machine's, and by whose word: of those that a root lists it is who proposed it, and
    as many have signed as it takes. `handle` is what the service calls them.
    """

    certified: Certified
    by: str
    handle: str
    is_by_root: bool


def replacement(staff: Staff) -> Replacement | None:
    """What took the place of this machine's keys, for whom nobody signs in any more; None where they are as they were.

    Raises `NotAuthentic` where the service shows what no supervisor has signed of this person.
    """
    request = {
        "person": staff.person,
        "key": staff.keys.public_key,
        "signature": b64(objections.ask(staff.signer, org=staff.org)),
    }
    try:
        answer = staff.service.post_unkept("/replaced-keys", request).json()
    except Refused as refusal:
        if refusal.type != "not-replaced":
            raise
        return None
    trust, document = staff.log.trust, parse_document(str(answer["document"]).encode())
    is_by_root = document.header.type == "root"
    if not is_by_root:
        trust = trust.with_certificates([document])
    certified = trust.last_vouched(staff.person)
    if certified.key == staff.signer.public_key:
        raise NotAuthentic("certificate-replaced")
    return Replacement(certified, str(document.header.author), answer["handle"], is_by_root)


def object_(staff: Staff) -> Replacement | None:
    """Say that the keys in the place of this machine's are none of its person's: everybody is told who would grant to
    them. What they are; None where nothing was replaced."""
    found = replacement(staff)
    if found is None:
        return None
    recipient, key = str(found.certified.recipient), found.certified.key
    objection = Objection.sign(staff.signer, org=staff.org, recipient=recipient, key=key)
    request = {
        "person": staff.person,
        "by_key": staff.keys.public_key,
        "recipient": recipient,
        "key": b64(key),
        "signature": b64(objection.sig),
    }
    staff.service.put("/objections", request)
    return found


def objected(staff: Staff) -> list[str]:
    """Whose present keys the machine of those before objects to, and nobody at this machine has asked them about it."""
    return [each.person for each in staff.colleagues(*Role) if staff.objected_to(each)]
