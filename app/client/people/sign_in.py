"""A machine joins with the public halves of its keys, and opens a session under a password."""

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx2

from app import age
from app.client.machine import ends
from app.client.machine.directory import About, Machine
from app.client.machine.passphrases import check_strength
from app.client.machine.staff import Staff
from app.client.machine.transport import Refused, Service, Told, Unreachable, try_again
from app.client.people import copies, shared_keys
from app.client.people.copies import Standing
from app.protocol.documents import bytes_signed
from app.protocol.encoding import b64
from app.protocol.errors import Rollback
from app.protocol.opaque_string import opaque
from app.protocol.sign_in import check_handle, check_password

# What a second attempt is answered where the first one joined.
_MAY_HAVE_JOINED: Final = frozenset({"invitation-invalid", "handle-taken"})
_PAUSES: Final = (0.5, 1.0)  # somebody waits for this


def join(
    directory: Path,
    server: str,
    *,
    invitation: str,
    handle: str,
    password: str,
    passphrase: str,
    pin: str | None,
    work_factor: int = age.Passphrase.work_factor,
    http: httpx2.Client | None = None,
) -> Machine:
    """Make this machine's keys and join with their public halves. Keys that wait from a broken attempt are used, also
    where it had joined and the answer was lost.

    `pin` comes from a colleague's mouth, never from the service; the first supervisor alone has none yet.
    Raises `Unfit` and `WeakPassphrase` before anything is made or sent.
    """
    check_handle(handle)
    check_password(password)
    machine = Machine(directory)
    has_tried = machine.exists
    if not has_tried:
        check_strength(passphrase, known=(handle, "tern"))
        machine = Machine.create(directory, About(server, handle, pin), passphrase, work_factor=work_factor)
    keys = machine.unlock(passphrase)
    request = {
        "invitation": invitation,
        "handle": handle,
        "recipient": keys.recipient,
        "key": keys.public_key,
        "password": opaque(password),
    }
    with closing(Service(server, http=http)) as service:
        try:
            person = str(service.post_unkept("/people", request).json()["id"])
        except Refused as refusal:
            if refusal.type not in _MAY_HAVE_JOINED or not has_tried:
                raise
            person = _joined_before(service, handle, password, refusal)
    machine.tell(About(server, handle, pin, person))
    return machine


def _joined_before(service: Service, handle: str, password: str, refusal: Refused) -> str:
    """Who has this handle and this password. Raises the refusal where nobody has."""
    try:
        return str(service.post_unkept("/sessions", {"person": handle, "password": opaque(password)}).json()["person"])
    except Refused:
        raise refusal from None


def sign_in(staff: Staff, password: str) -> Standing:
    """Open a session, and keep its token on this machine with the card token of these days and what comes to an end.

    How it stands with the copy of the keys is the service's word.
    """
    return take_up(staff, _open(staff, password))


def take_up(staff: Staff, opened: Told) -> Standing:
    """The same of a session that is open. What was known of colleagues and epochs before it is asked for anew."""
    staff.forget()
    staff.service.token = opened["token"]
    staff.machine.remember_session(opened["token"])
    # Who is to accept a loss needs a session. What is asked for by it says why it is refused.
    with suppress(Rollback):
        shared_keys.keep_card_token(staff)
    ends.hear(staff)
    return copies.stands(staff, opened)


@contextmanager
def passing(staff: Staff, password: str) -> Iterator[None]:
    """A session for this block alone, of which the machine keeps nothing."""
    _open(staff, password)
    try:
        yield
    finally:
        with suppress(Refused, Unreachable):
            staff.service.delete("/sessions/current")
        staff.service.token = staff.machine.session


def _open(staff: Staff, password: str) -> Told:
    request: dict[str, object] = {"person": staff.person, "password": opaque(password)}
    answer = try_again(lambda: staff.service.post_unkept("/sessions", request), pauses=_PAUSES).json()
    staff.service.token = answer["token"]
    return answer


def sign_out(staff: Staff) -> None:
    """End the session at the service, then forget its token here. Raises `Refused` where it had ended."""
    staff.service.delete("/sessions/current")
    staff.machine.forget_session()
    staff.service.token = None


def set_password(staff: Staff, password: str) -> None:
    """Set a new password with the keys on this machine; the old one is not asked for. Every session ends.

    Raises `Unfit`, and `Refused` where these keys are not those with which the person joined.
    """
    check_password(password)
    challenge = str(staff.service.post_unkept("/password/challenges", {"person": staff.person}).json()["challenge"])
    signature = staff.signer.sign_bytes(bytes_signed("password", challenge.encode())).sig
    request = {
        "person": staff.person,
        "challenge": challenge,
        "signature": b64(signature),
        "password": opaque(password),
    }
    staff.service.put("/password", request)
    staff.machine.forget_session()
    staff.service.token = None


@dataclass(frozen=True)
class Session:
    """A sign-in of this person, as the service tells of it."""

    id: str
    begun_on: str
    expires: str
    is_current: bool


def sessions(staff: Staff) -> list[Session]:
    """This person's sign-ins that have not ended, on whichever machines."""
    items = staff.service.get("/sessions").json()["items"]
    return [Session(each["id"], each["begun_on"], each["expires"], each["is_current"]) for each in items]


def end_session(staff: Staff, session: str) -> None:
    """Sign out elsewhere."""
    staff.service.delete(f"/sessions/{session}")


def end_sessions_of(staff: Staff, person: str) -> None:
    """As a supervisor: somebody's machine may be in other hands."""
    staff.service.delete(f"/people/{person}/sessions")
