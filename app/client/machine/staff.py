"""`Staff`: a person's machine, open. Their keys, their session, whom they trust, what they have seen."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Self, TypeVar

import httpx2

from app import age
from app.client.machine import objections
from app.client.machine import trust as trusting
from app.client.machine.directory import About, Machine, PersonKeys
from app.client.machine.kept import Kept
from app.client.machine.seen import SeenMarks
from app.client.machine.transport import Service
from app.client.machine.watch import Watch
from app.protocol import grants
from app.protocol.certificates import Trust
from app.protocol.certified import Certified, are_words
from app.protocol.chain import Mark
from app.protocol.documents import Signer
from app.protocol.encoding import b64, sha256_hex, unb64
from app.protocol.errors import NotAuthentic, ProtocolError, Rollback
from app.protocol.grants import GrantHeader, OpenedGrant
from app.protocol.key_log import Log
from app.protocol.objections import Objection
from app.protocol.opening import Asked, Opened, open_document
from app.protocol.roots import Pin, Root
from app.vocabulary import GrantKind, Role

_T = TypeVar("_T")

# In what this machine has seen: the last line of the organisation's key log.
_LOG: Final = "key-log"
# How one holds a key that has no journal: granted by who held it, or by two custodians.
_HELD: Final = frozenset({GrantKind.ASSIGNED, GrantKind.RECOVERY})
# And the newest root, and the one that somebody compared by voice.
_ROOT: Final = "root"
TRUSTED: Final = "root-trusted"
# The words of each person whose keys this machine vouched for, or compared.
_VOUCHER: Final = "fingerprint"
# And what was objected to such keys, about which somebody asked their person.
_HEARD: Final = "objection"


class NotJoined(Exception):
    """There are keys on this machine, but they are nobody's at the service yet."""


class NotPinned(Exception):
    """This machine knows no root, so it can trust nobody."""


class WordsDiffer(Exception):
    """The words that were compared by voice are not those of what the service shows."""


class NotGranted(Exception):
    """The key of this subject was not granted to the person, or was destroyed."""


class WordsNotCompared(Exception):
    """This person has new keys, and nobody has compared their words on this machine yet: one call does it."""


class KeysObjectedTo(WordsNotCompared):
    """The machine of the keys before says that the new ones are none of theirs, and nobody here has asked them."""


class NobodyToGrant(Exception):
    """Nobody is certified who may hold this key: what is sealed to it could never be opened."""


class Staff:
    """Raises `WrongPassphrase` where the keys in `directory` do not unlock; keys that are unlocked may stand for it.

    `with` ends the connections, and closes what was seen.

    `clock_off` hears, before anything is sealed, by how much the device's clock is ahead of the service's.
    """

    def __init__(
        self,
        directory: Path,
        passphrase: str | PersonKeys,
        *,
        http: httpx2.Client | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock_off: Callable[[timedelta], None] = lambda _: None,
    ) -> None:
        self.machine = Machine(directory)
        self._about: About | None = None
        self.keys: PersonKeys = self.machine.unlock(passphrase) if isinstance(passphrase, str) else passphrase
        self.seen = SeenMarks(self.machine.seen, self.keys.identity, lambda: self.today)
        self.http = http
        self.service = Service(
            self.about.server, http=http, token=self.machine.session, hear=Watch(clock, clock_off).hear
        )
        self._clock = clock
        self._trust: Trust | None = None
        self._log: Log | None = None
        self._grants: dict[str, OpenedGrant] = {}
        self._objections: list[Objection] | None = None
        self._is_shown = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.service.close()
        self.seen.close()

    @property
    def about(self) -> About:
        """Read until it says who one is and whom one trusts, which then stays so."""
        if self._about is None or None in (self._about.person, self._about.pin):
            self._about = self.machine.about
        return self._about

    @property
    def person(self) -> str:
        """Raises `NotJoined`."""
        if self.about.person is None:
            raise NotJoined("this machine's keys have not joined")
        return self.about.person

    @property
    def org(self) -> str:
        """The organisation's name for itself: its first root's hash. Raises `NotPinned`."""
        return Pin.read(self._handed_on).org

    @property
    def pin(self) -> Pin:
        """What to hand on: the organisation, with the newest root that the log shows."""
        return Pin(self.org, self.log.trust.root.mark)

    @property
    def _handed_on(self) -> str:
        """The pin with which this machine began."""
        if self.about.pin is None:
            raise NotPinned("this machine has no pin")
        return self.about.pin

    @property
    def signer(self) -> Signer:
        return Signer(self.person, self.keys.signing)

    @property
    def today(self) -> date:
        """The UTC day."""
        return self._clock().astimezone(UTC).date()

    @property
    def hour(self) -> str:
        """The present hour, as documents of staff bear it."""
        return self.now.strftime("%Y-%m-%dT%H:00Z")

    @property
    def now(self) -> datetime:
        return self._clock().astimezone(UTC)

    @property
    def log(self) -> Log:
        """The key log, checked once and remembered.

        Raises `Rollback` for one older than this machine has seen, unless the holders of the root accept in it that it
        is: for what has been seen before that, this counts from then on (`SeenMarks.hold`).
        """
        if self._log is None and self._is_shown:
            self._log = self.shown_log
        if self._log is None:
            log = self.shown_log
            self.seen.hold(_LOG, self.org, log.check_follows, accepted=log.losses)
            self.seen.record(_ROOT, self.org, log.trust.root.mark)
            self.seen.hold_chain(_LOG, self.org, log.marks, reason="key-log")
            self.seen.record(_LOG, self.org, log.marks[-1])
            self._log = log
        return self._log

    def take_as_shown(self) -> None:
        """Hold log and certificates from now on to no more than the roots that this machine has seen, and remember
        nothing of them: so roots and losses are proposed and signed at a service that was put back to a backup. What a
        person signs there they compare by voice, and other machines hold it to what those have seen.
        """
        self._is_shown = True
        self.forget()

    def losses_behind(self, type_: str, subject: str) -> bool:
        """Whether a loss was accepted since this machine last held anything of it to what it had seen."""
        return bool(self.log.losses) and self.seen.losses_behind(type_, subject)

    @property
    def shown_log(self) -> Log:
        """The key log as the service shows it, though this machine may have seen more; of roots it has all."""
        return trusting.fetch_log(self.service, self._handed_on, root=self.seen.highest(_ROOT, self.org))

    def begin_with(self, root: Mark, log: Mark) -> None:
        """Know of roots and key log what was known when the copy was made of which this machine is."""
        self.seen.record(_ROOT, self.org, root)
        self.seen.record(_LOG, self.org, log)

    def trust_root(self, words: str) -> Root:
        """Take the roots that the service shows, although this machine knows others, where these are the words of the
        newest: somebody compared them by voice with as many holders of the right root as it demands.

        Raises `WordsDiffer`, and `NotAuthentic` for roots that do not lead from the pin, or end before the one that
        somebody handed on with it: words can be read off an old sheet.
        """
        log = trusting.fetch_log(self.service, self.org)
        if not are_words(words, log.trust.root.words):
            raise WordsDiffer("these are not the words of the newest root that the service shows")
        if log.trust.root.mark.version < Pin.read(self._handed_on).root.version:
            raise Rollback("root")
        self.machine.pin_to(str(Pin(self.org, log.trust.root.mark)))
        self._about = None
        for type_ in (_ROOT, TRUSTED):
            self.seen.replace(type_, self.org, log.trust.root.mark)
        self.seen.replace(_LOG, self.org, log.marks[-1])
        self.forget()
        return log.trust.root

    @property
    def trust(self) -> Trust:
        """The roots and everybody's certificates, fetched once. See `with_trust`."""
        if self._trust is None:
            fetch = trusting.show_staff if self._is_shown else trusting.fetch_staff
            self._trust = fetch(self.service, self.log, self.seen, self.kept_staff)
        return self._trust

    @property
    def kept_staff(self) -> Kept:
        """What this machine keeps of roots and certificates."""
        return Kept(self.machine.staff_log, self.keys.identity, use="staff-log")

    def with_trust(self, act: Callable[[Trust], _T]) -> _T:
        """What `act` finds, with everybody's certificates fetched anew where somebody is not among the known."""
        try:
            return act(self.trust)
        except NotAuthentic as error:
            if error.reason != "uncertified":
                raise
        self.forget()
        return act(self.trust)

    def forget(self) -> None:
        """Fetch log and certificates anew when they are next needed."""
        self._trust = self._log = self._objections = None

    @property
    def roles(self) -> frozenset[Role] | None:
        """Those for which this person is certified today; None where nobody vouches for them. Raises `NotAuthentic`."""
        try:
            return self.certified(self.person).roles
        except NotAuthentic as error:
            if error.reason != "uncertified":
                raise
            return None

    def certified(self, person: str) -> Certified:
        """The person as a supervisor of the root vouches for them today. Raises `NotAuthentic`."""
        return self.with_trust(lambda trust: trust.certified(person, self.today))

    def colleagues(self, *roles: Role) -> list[Certified]:
        """Everybody certified today who has one of the roles. Who has no certificate is left out."""
        self.forget()
        return [each for each in self.trust.everybody(self.today) if each.roles & set(roles)]

    def open_grants(self, path: str, subject: str, kinds: Collection[GrantKind]) -> OpenedGrant:
        """The newest key of `subject` among the grants to this person that the service gives at `path`.

        `kinds` are those that may open this subject. Raises `NotGranted`, also where a loan is over that the service
        still gives, `NotMine` and `NotAuthentic`.
        """
        return self.newest_grant(self.service.items(path), subject, kinds)

    def newest_grant(
        self, items: Iterable[Mapping[str, Any]], subject: str, kinds: Collection[GrantKind]
    ) -> OpenedGrant:
        """The same among grants that came with something else."""
        return self.current_grants(items, subject, kinds)[0]

    def current_grants(
        self, items: Iterable[Mapping[str, Any]], subject: str, kinds: Collection[GrantKind]
    ) -> list[OpenedGrant]:
        """All that open and are in force, the newest first: at least one.

        One that does not open keeps back none beside it. Raises as `open_grants`, what is wrong with the first where
        none opens.
        """
        mine = [item for item in items if item["grantee"] == self.person]
        if not mine:
            raise NotGranted(f"no key of {subject} was granted to this person")
        candidates, faults = list[OpenedGrant](), list[ProtocolError]()
        for item in mine:
            try:
                candidates.append(self.open_grant(unb64(str(item["file"])), subject, list(GrantKind)))
            except ProtocolError as error:
                faults.append(error)
        fitting = [each for each in candidates if each.header.kind in kinds]
        if not fitting:
            raise faults[0] if faults else NotAuthentic("grant-kind")
        current = [each for each in fitting if not each.is_over(self.today)]
        if not current:
            raise NotGranted(f"what was lent of {subject} is over")
        return sorted(current, key=lambda each: each.header.generation, reverse=True)

    def open_grant(
        self,
        file: bytes,
        subject: str,
        kinds: Collection[GrantKind],
        *,
        grantee: str | None = None,
        identity: age.HybridIdentity | None = None,
    ) -> OpenedGrant:
        """The key in a grant to this person, or to another grantee whose identity this person holds.

        `kinds` are those that may open this subject: a grant of kind `intake` has no signature, so it counts for a
        report alone. Raises `NotMine` and `NotAuthentic`.
        """
        key = self.with_trust(
            lambda trust: grants.open_grant(
                file,
                identity or self.keys.identity,
                org=self.org,
                subject=subject,
                grantee=grantee or self.person,
                trust=trust,
                day=self.today,
            )
        )
        if key.header.kind not in kinds:
            raise NotAuthentic("grant-kind")
        return key

    def read_grant(
        self, file: bytes, subject: str, kinds: Collection[GrantKind], *, grantee: str, identity: age.HybridIdentity
    ) -> GrantHeader:
        """What a grant says that is listed and not used, as `grants.read_grant` has it. Raises as `open_grant`."""
        header = self.with_trust(
            lambda trust: grants.read_grant(
                file, identity, org=self.org, subject=subject, grantee=grantee, trust=trust, day=self.today
            )
        )
        if header.kind not in kinds:
            raise NotAuthentic("grant-kind")
        return header

    def grant(
        self,
        secret: age.HybridIdentity,
        subject: str,
        to: Certified,
        kind: GrantKind,
        *,
        generation: int = 1,
        head: Mark | None = None,
        act: str | None = None,
    ) -> dict[str, Any]:
        """A signed grant to a certified person, as the service takes it; `head` and `act` as `grants.seal_grant` has
        them.

        Raises `WordsNotCompared`, and `KeysObjectedTo`.
        """
        if not self.is_compared(to):
            raise self._not_compared(to)
        sealed_to = to.recipient, to.person
        file = self.seal_grant(secret, subject, *sealed_to, kind, generation=generation, head=head, act=act)
        return {"grantee": to.person, "file": file}

    def is_compared(self, person: Certified) -> bool:
        """Whether this machine may grant to these keys: they are the person's first, or one's own, or their words were
        compared here. A certificate alone, by whomever, lets nobody read again."""
        if person.person == self.person or not self.trust.had_other_keys(person):
            return True
        are_the_words = self.vouched_for(person.person) == sha256_hex(person.fingerprint.encode())
        return are_the_words and not self.objected_to(person)

    def check_compared(self, person: Certified) -> None:
        """Raises `WordsNotCompared` or `KeysObjectedTo` unless this machine may grant to these keys."""
        if not self.is_compared(person):
            raise self._not_compared(person)

    def _not_compared(self, person: Certified) -> WordsNotCompared:
        if self.objected_to(person):
            return KeysObjectedTo(
                "the machine of their keys before says that the new ones are none of theirs: call them, ask, and say "
                "so with tern people compare --although-objected"
            )
        return WordsNotCompared("they have new keys: call them, and compare the words with tern people compare")

    def objected_to(self, person: Certified) -> list[Objection]:
        """What keys that the person had before say against these, and nobody at this machine has asked them about."""
        if self._objections is None:
            self._objections = objections.fetch(self.service, self.trust)
        keys = person.person, str(person.recipient), person.key
        against = [each for each in self._objections if (each.person, each.recipient, each.key) == keys]
        return [each for each in against if self.seen.highest(_HEARD, each.id) is None]

    def hear(self, objected: Iterable[Objection]) -> None:
        """Remember that somebody asked the person about these, who says that the new keys are theirs all the same."""
        for each in objected:
            self.seen.record(_HEARD, each.id, Mark(1, each.id))

    def vouched_for(self, person: str) -> str | None:
        """The hash of the words of this person that were last compared on this machine."""
        mark = self.seen.highest(_VOUCHER, person)
        return mark.sha256 if mark else None

    def vouch_for(self, certified: Certified) -> None:
        """Remember that somebody compared the words of these keys with their person."""
        before, words = self.seen.highest(_VOUCHER, certified.person), sha256_hex(certified.fingerprint.encode())
        if before is None or before.sha256 != words:
            self.seen.record(_VOUCHER, certified.person, Mark(before.version + 1 if before else 1, words))

    def seal_grant(
        self,
        secret: age.HybridIdentity,
        subject: str,
        recipient: age.HybridRecipient,
        grantee: str,
        kind: GrantKind,
        *,
        generation: int = 1,
        head: Mark | None = None,
        act: str | None = None,
    ) -> str:
        """The grant in base64url; `recipient` comes from a certificate or a secret that this machine holds."""
        return b64(
            grants.seal_grant(
                secret,
                recipient,
                org=self.org,
                subject=subject,
                generation=generation,
                grantee=grantee,
                kind=kind,
                at=self.hour,
                signer=self.signer,
                head=head,
                act=act,
            )
        )

    def open_document(
        self,
        file: bytes,
        identity: age.HybridIdentity,
        asked: Asked,
        *,
        thread_key: bytes | None = None,
        remember: bool = True,
    ) -> Opened:
        """Open what the service gave for `asked`. Without `remember` what was seen is left alone."""
        return self.with_trust(
            lambda trust: open_document(
                file,
                identity,
                asked,
                trust=trust,
                day=self.today,
                thread_key=thread_key,
                seen=self.seen if remember else None,
            )
        )

    def epoch_key(self, epoch: str) -> age.HybridIdentity:
        """The key of an intake epoch, kept as long as this machine is open: each fetch is recorded."""
        return self._key(f"/epochs/{epoch}/grants", epoch, _HELD).identity

    def shared_key(self, key: str) -> age.HybridIdentity:
        """A key that work shares, kept likewise."""
        return self._key(f"/keys/{key}/grants", key, _HELD).identity

    def _key(self, path: str, subject: str, kinds: Collection[GrantKind]) -> OpenedGrant:
        if subject not in self._grants:
            self._grants[subject] = self.open_grants(path, subject, kinds)
        return self._grants[subject]
