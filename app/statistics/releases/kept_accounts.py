"""The accounts as they lie in the database: sealed to the newest statistics key, of the hash that the ledger names."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from app import age
from app.actor import Actor
from app.audit import service as audit
from app.audit.actions import Action
from app.people.shared_keys import service as shared_keys
from app.problems import Problem, StaleVersion
from app.protocol.encoding import sha256_hex
from app.protocol.release.ledger import LedgerLine
from app.protocol.statements import KeyKind
from app.statistics.releases import ledger, requests
from app.statistics.releases.accounts import Accounts, AccountsError, growth
from app.statistics.releases.models import AccountsPart, Release, ReleaseState
from app.transitions import NoSuchStep

PIECE: Final = 1024 * 1024


class AccountsLost(Problem):
    """What each person has spent cannot be opened, or is not what the last draw has left.

    Put back the whole database from a backup of after the last draw: older accounts open no more. Where there is none,
    two supervisors say so (`tern release accounts-lost`): then everybody who has a card in a drawn quarter is charged
    all that was drawn of it.
    """

    type, status, title = "release-accounts-lost", 409, "The accounts of what was spent cannot be opened"


@dataclass(frozen=True)
class KeptAccounts:
    """`sealed` is None where they begin anew, from the ledger. `slots` follow from what was published; `opened_by` is
    the recipient of the key that opens them, and `recipient`, of the key with the id `key`, that of the next."""

    sealed: bytes | None
    slots: int
    opened_by: AbstractSet[str]
    key: str
    recipient: age.HybridRecipient

    def open_(self, identities: Sequence[age.HybridIdentity]) -> Accounts | None:
        """None where they begin anew. Raises `AccountsLost`."""
        if self.sealed is None:
            return None
        try:
            accounts = Accounts.read(age.decrypt(self.sealed, identities))
        except (age.Error, AccountsError):
            raise AccountsLost from None
        if len(accounts) != self.slots:
            raise AccountsLost
        return accounts

    def seal(self, accounts: Accounts) -> bytes:
        return age.encrypt(accounts.write(), [self.recipient])


def kept(session: Session, release: Release, lines: Sequence[LedgerLine]) -> KeptAccounts | None:
    """What the draw of this release starts from, after those of the ledger; None where no statistics key was stated.

    Raises `AccountsLost` where the file is not the one of the ledger's last line, and `StaleVersion` where that is not
    the last any more.
    """
    newest = shared_keys.newest(session, KeyKind.STATISTICS)
    if newest is None:
        return None
    last = lines[-1] if lines else None
    sealed, opened_by = None, set[str]()
    if last and last.accounts_key and release.accounts_lost_too is None:
        sealed = b"".join(session.scalars(select(AccountsPart.content).order_by(AccountsPart.number)))
        if sha256_hex(sealed) != last.accounts_sha256:
            raise AccountsLost if ledger.lines(session) == lines else StaleVersion
        opened_by = {shared_keys.get(session, last.accounts_key).recipient}
    return KeptAccounts(
        sealed=sealed,
        slots=sum(growth(session.get_one(Release, line.release).counts().tables[0]) for line in lines),
        opened_by=opened_by,
        key=newest.id,
        recipient=age.HybridRecipient.read(newest.recipient),
    )


def keep(session: Session, sealed: bytes) -> None:
    """In the place of those before."""
    session.execute(delete(AccountsPart))
    pieces = [sealed[at : at + PIECE] for at in range(0, len(sealed), PIECE)]
    rows = [{"number": number, "content": piece} for number, piece in enumerate(pieces, start=1)]
    session.execute(insert(AccountsPart), rows)


def lose(session: Session, actor: Actor, release_id: str, *, now: datetime) -> Release:
    """A supervisor says, for this one draw, that nobody opens the accounts any more. Said again, it stays said.

    Raises `NoSuchStep` where the release does not wait for its draw.
    """
    release = requests.locked(session, actor, release_id)
    if release.state is not ReleaseState.APPROVED:
        raise NoSuchStep
    if release.accounts_lost_by is None:
        release.accounts_lost_by = actor.id
    elif actor.id != release.accounts_lost_by and release.accounts_lost_too is None:
        release.accounts_lost_too = actor.id
    if session.is_modified(release):
        audit.record(session, actor.id, Action.ACCOUNTS_LOST, release.id, now=now)
    session.flush()
    return release
