"""A password is set anew under a signature of the person's own key, over a challenge that is good once.

Nothing is stored for it, so nobody fills a table with questions: what only the service can make of the person, of the
minute in which it ends and of the password's present hash is gone when there is another password.
"""

import hmac
import secrets
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from app.audit import service as audit
from app.audit.actions import Action
from app.keyring import Keyring
from app.people.sign_in import service
from app.people.sign_in.service import Candidate
from app.people.staff.models import Person
from app.problems import Problem
from app.protocol.documents import Signature, bytes_signed, verify_signature
from app.protocol.encoding import b64, unb64
from app.protocol.errors import NotAuthentic

LIFE: Final = timedelta(minutes=10)
_NONCE_SIZE: Final = 16
_TIME_SIZE: Final = 8
_MAC_SIZE: Final = 32


class PasswordNotSet(Problem):
    """There is no such person, the challenge is over or used, or another key has signed it: which, is not said.

    Ask for another challenge, and sign it on a machine that holds the keys.
    """

    type, status, title = "password-not-set", 403, "The person's key has not signed a challenge that is open"


def challenge(keyring: Keyring, person: Candidate, *, now: datetime) -> str:
    """One for this person; of the same form where there is nobody."""
    head = secrets.token_bytes(_NONCE_SIZE) + _seconds(now + LIFE).to_bytes(_TIME_SIZE, "big")
    return b64(head + _mac(keyring, person, head))


def check(keyring: Keyring, person: Person, challenged: str, sig: str, *, now: datetime) -> None:
    """Raises `PasswordNotSet` unless the challenge is this person's, open and unused, and their key has signed it."""
    try:
        whole = unb64(challenged, _NONCE_SIZE + _TIME_SIZE + _MAC_SIZE)
        head, mac = whole[:-_MAC_SIZE], whole[-_MAC_SIZE:]
        of = Candidate(person.id, person.password_hash)
        if not hmac.compare_digest(mac, _mac(keyring, of, head)) or _seconds(now) > _ends(head):
            raise PasswordNotSet
        signature = Signature(person.id, unb64(person.key, 32), unb64(sig, 64))
        verify_signature(signature, bytes_signed("password", challenged.encode()))
    except NotAuthentic:
        raise PasswordNotSet from None


def set_password(session: Session, person: Person, password_hash: str, *, now: datetime) -> None:
    """From now on. Every session ends: whoever else had one knew the password before, or had stolen the token."""
    person.password_hash = password_hash
    audit.record(session, person.id, Action.PASSWORD_SET, person.id, now=now)
    service.end_all(session, person.id, person.id, now=now)


def _mac(keyring: Keyring, person: Candidate, head: bytes) -> bytes:
    of = f"{person.person_id}\n{person.password_hash}\n".encode()
    return hmac.digest(keyring.key("password-challenge"), of + head, "sha256")


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _ends(head: bytes) -> int:
    return int.from_bytes(head[_NONCE_SIZE:], "big")
