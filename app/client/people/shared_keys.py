"""Keys that work shares: statistics, card-writing, the desk. Made on a machine, stated, granted to the certified."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from app import age
from app.client.machine import pairs
from app.client.machine.directory import write_atomically
from app.client.machine.staff import NobodyToGrant, NotGranted, Staff
from app.protocol import chain, statements
from app.protocol.chain import Link
from app.protocol.derivation import derive
from app.protocol.documents import parse_document
from app.protocol.encoding import b64, new_id, sha256_hex
from app.protocol.errors import NotAuthentic
from app.protocol.opening import hold_chain_to_seen
from app.protocol.periods import first_day, quarter_of
from app.protocol.release.ledger import read_lines
from app.protocol.statements import IN_PAIRS, RENEWED_BEFORE, TURNED, KeyKind, SharedKey
from app.vocabulary import GrantKind, Role

# Who needs which key for their work, and for how long it is made.
HOLDERS: Final = {
    KeyKind.STATISTICS: (Role.SUPERVISOR,),
    KeyKind.CARD_WRITING: (Role.CASEWORKER, Role.SUPERVISOR),
    KeyKind.DRILL: (Role.SUPERVISOR,),
    KeyKind.DESK: (Role.TRIAGER, Role.CASEWORKER, Role.SUPERVISOR),
}
TERMS: Final = {
    KeyKind.STATISTICS: timedelta(days=365),
    KeyKind.CARD_WRITING: timedelta(days=31),
    KeyKind.DRILL: timedelta(days=3650),  # nothing is ever sealed to it
    KeyKind.DESK: timedelta(days=365),
}


# In what this machine has seen: the newest statement of a kind.
_KIND: Final = "shared-key"


@dataclass(frozen=True)
class HeldKey:
    """A shared key, and what its statement says of it."""

    key: SharedKey
    identity: age.HybridIdentity


def make_shared(staff: Staff, kind: KeyKind) -> SharedKey:
    """Make a shared key from today on, state it, and grant it to those who need it.

    The service gets the hash of the card token, and neither the token nor the key. Raises `NobodyToGrant`.
    """
    secret = age.generate()
    staff.forget()
    every = _statements(staff, kind)
    version, previous = chain.after(every[-1].link.mark if every else None)
    key = SharedKey(
        new_id("key"),
        kind,
        secret.recipient,
        staff.today,
        staff.today + TERMS[kind],
        version=version,
        previous=previous,
    )
    holders = [each for each in staff.colleagues(*HOLDERS[kind]) if staff.is_compared(each)]
    if not holders:
        raise NobodyToGrant("nobody is certified who may hold this key")
    document = statements.state_key(key, org=staff.org, signer=staff.signer)
    request: dict[str, object] = {
        "document": document.text.decode(),
        "grants": [staff.grant(secret, key.id, each, GrantKind.ASSIGNED) for each in holders],
    }
    if kind is KeyKind.CARD_WRITING:
        request["token_sha256"] = sha256_hex(card_token(secret).encode())
    if kind in IN_PAIRS:
        request["pairs"] = pairs.make(staff, secret, key.id)
    staff.service.post("/keys", request)
    return key


def share(staff: Staff, kind: KeyKind, person: str) -> None:
    """Grant a shared key that one holds to somebody certified since it was made.

    Of statistics these are all keys that the next release needs. Raises `NotGranted` and `NotAuthentic`.
    """
    keys = hold_for_draws(staff) if kind is KeyKind.STATISTICS else [hold(staff, kind)]
    grantee = staff.certified(person)
    for each in keys:
        grant = staff.grant(each.identity, each.key.id, grantee, GrantKind.ASSIGNED)
        staff.service.post(f"/keys/{each.key.id}/grants", grant)


def share_desk(staff: Staff, person: str) -> bool:
    """Whether somebody certified who answers reporters is granted the key of answer templates now.

    Raises `NotGranted`, `WordsNotCompared` and `NotAuthentic`.
    """
    is_for_them = bool(staff.certified(person).roles & {*HOLDERS[KeyKind.DESK]})
    if is_for_them:
        share(staff, KeyKind.DESK, person)
    return is_for_them


def turn(staff: Staff, person: str, *, key: str | None = None) -> list[SharedKey]:
    """Make anew each key that somebody may have who is to hold it no longer.

    The certificates show that they have no role for it, or other keys since, and its statement that it was made before;
    or on that day, where the service says that they had this `key`. Or they were a custodian, as was another who left,
    and the two may have kept its pair. Else none is made. Raises `NobodyToGrant`.
    """
    staff.forget()
    made = list[SharedKey]()
    for kind in TURNED:
        gone, newest = staff.trust.gone(person, frozenset(HOLDERS[kind]), staff.today), _newest(staff, kind)
        if newest and gone.may_have(newest.valid_from, is_told=newest.id == key, in_pairs=kind in IN_PAIRS):
            made.append(make_shared(staff, kind))
    return made


def newest_key(staff: Staff, kind: KeyKind) -> SharedKey:
    """The newest key of this kind that is valid today, from an authentic statement. Raises `NotGranted`."""
    newest = _newest(staff, kind)
    if newest is None:
        raise NotGranted(f"no {kind} key is valid today")
    return newest


def renew(staff: Staff, key: str) -> SharedKey | None:
    """Make the key anew whose end is near, by its statement. None where it is another, or is good for longer."""
    staff.forget()
    for kind, lead in RENEWED_BEFORE.items():
        newest = _newest(staff, kind)
        if newest is not None and newest.id == key and newest.valid_until <= staff.today + lead:
            return make_shared(staff, kind)
    return None


def hold(staff: Staff, kind: KeyKind) -> HeldKey:
    """The same key with its secret, which was granted to this person. Raises `NotGranted` and `NotAuthentic`."""
    return _hold(staff, newest_key(staff, kind))


def hold_for(staff: Staff, period: str) -> list[HeldKey]:
    """Every statistics key to which cards of the period may be sealed.

    Raises `NotGranted` where this person lacks one: without it some cards would be counted for nobody.
    """
    return [_hold(staff, key) for key in _of_period(staff, period)]


def held_for(staff: Staff, period: str) -> list[HeldKey]:
    """Those of the same that this person has. Raises `NotAuthentic`."""
    held = []
    for key in _of_period(staff, period):
        with suppress(NotGranted):
            held.append(_hold(staff, key))
    return held


def hold_one(staff: Staff, kind: KeyKind, key_id: str) -> HeldKey:
    """The key of this id, however old. Raises `NotGranted`, also where nobody stands behind it any more, and
    `NotAuthentic`."""
    for key in _counting(staff, kind):
        if key.id == key_id:
            return _hold(staff, key)
    raise NotGranted(f"nobody on the root stands behind this {kind} key")


def hold_for_draws(staff: Staff) -> list[HeldKey]:
    """Every statistics key that the next release needs: those of the last quarter, and that of the accounts."""
    last_quarter = quarter_of(first_day(quarter_of(staff.today)) - timedelta(days=1))
    keys = {held.key.id: held for held in hold_for(staff, last_quarter)}
    ledger = read_lines(staff.service.get("/ledger").content)
    if ledger and ledger[-1].accounts_key:
        keys[ledger[-1].accounts_key] = hold_one(staff, KeyKind.STATISTICS, ledger[-1].accounts_key)
    return list(keys.values())


def recipients_in_pairs(staff: Staff) -> dict[str, age.HybridRecipient]:
    """Those of every key that counts and is in pairs, by its id. Raises `NotAuthentic`."""
    return {key.id: key.recipient for kind in sorted(IN_PAIRS) for key in _counting(staff, kind)}


def drill_keys(staff: Staff) -> set[str]:
    """The ids of the keys that open nothing, whose pairs custodians try. Raises `NotAuthentic`."""
    return {key.id for key in _counting(staff, KeyKind.DRILL)}


def make_pairs(staff: Staff, key: str) -> None:
    """Make the pairs of a shared key that one holds anew, for the custodians of today.

    Raises `NotGranted`, and `NotAuthentic` where it is not the key that a statement names.
    """
    recipient = recipients_in_pairs(staff).get(key)
    identity = staff.shared_key(key)
    if recipient is None or str(recipient) != str(identity.recipient):
        raise NotAuthentic("recipient")
    pairs.keep(staff, identity, key)


def _of_period(staff: Staff, period: str) -> list[SharedKey]:
    return [
        key
        for key in _counting(staff, KeyKind.STATISTICS)
        if statements.may_open(valid_from=key.valid_from, valid_until=key.valid_until, period=period, today=staff.today)
    ]


def _newest(staff: Staff, kind: KeyKind) -> SharedKey | None:
    return statements.newest_of(_counting(staff, kind), kind, staff.today)


def _counting(staff: Staff, kind: KeyKind) -> list[SharedKey]:
    """Those behind which the newest root stands. Raises `NotAuthentic`."""
    return [each.key for each in _statements(staff, kind) if each.counts]


@dataclass(frozen=True)
class _Statement:
    """`counts` where the newest root stands behind it."""

    key: SharedKey
    link: Link
    counts: bool


def _statements(staff: Staff, kind: KeyKind) -> list[_Statement]:
    """All statements of the kind, the newest last. Raises `NotAuthentic` where one is missing or by nobody who might.

    Raises `Rollback` where the newest is older than this machine has seen, or another.
    """
    trust = staff.trust
    documents = [parse_document(str(item["document"]).encode()) for item in staff.service.items("/keys")]
    every = [
        _Statement(
            statements.read_key(trust.check_signed(document, "key")), document.public_link, trust.counts(document)
        )
        for document in documents
    ]
    of_kind = sorted((each for each in every if each.key.kind is kind), key=lambda each: each.key.place)
    hold_chain_to_seen(_KIND, kind, [each.link for each in of_kind], staff.seen, reason="key-chain")
    return of_kind


def _hold(staff: Staff, key: SharedKey) -> HeldKey:
    identity = staff.shared_key(key.id)
    if str(identity.recipient) != str(key.recipient):
        raise NotAuthentic("recipient")
    return HeldKey(key, identity)


def keep_card_token(staff: Staff) -> None:
    """Fetch the newest card token and keep it sealed on this machine, for whoever may hold the card-writing key.

    It happens at every sign-in, whether a card waits or not: the service records who fetches a key in which hour, and
    a fetch when cards leave would tell whose they are (DESIGN § 6). Raises `NotAuthentic`.
    """
    if staff.about.pin is None:  # the first supervisor, before there is a root
        return
    if not {*staff.service.get(f"/people/{staff.person}").json()["roles"]} & {*HOLDERS[KeyKind.CARD_WRITING]}:
        return
    try:
        token = card_token(hold(staff, KeyKind.CARD_WRITING).identity)
    except NotGranted:
        return
    write_atomically(staff.machine.card_token, age.encrypt(token.encode(), [staff.keys.identity.recipient]))


def local_card_token(staff: Staff) -> str:
    """The token that the last sign-in brought, without a word to the service. Raises `NotGranted`."""
    try:
        sealed = staff.machine.card_token.read_bytes()
    except FileNotFoundError:
        raise NotGranted("no card token was brought by a sign-in yet") from None
    return age.decrypt(sealed, [staff.keys.identity]).decode()


def card_token(secret: age.HybridIdentity) -> str:
    """The bearer token of the card route, common to all who hold the card-writing key: 32 bytes in base64url."""
    return b64(derive(secret.secret, "card-token"))
