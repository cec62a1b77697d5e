"""Colleagues: invited, and certified after comparing fingerprints by voice."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from app import age
from app.client.machine.staff import KeysObjectedTo, Staff
from app.protocol import certificates
from app.protocol.certificates import RENEWED_BEFORE, Tenure
from app.protocol.certified import Certified, are_words
from app.protocol.certified import fingerprint as of_keys
from app.protocol.encoding import sha256_hex, unb64
from app.protocol.errors import Malformed
from app.vocabulary import Role

CERTIFIED_FOR = timedelta(days=365)


class FingerprintDiffers(Exception):
    """The words that were heard are not those of the keys that the service shows: somebody swapped one."""


class KeysOfAnother(Exception):
    """The service says that these keys are of a person who is certified with others."""


class OfTheRoot(Exception):
    """Whom the root lists, holders of its keys put out, by the next root."""


@dataclass(frozen=True)
class Colleague:
    """A person as the service tells of them. `fingerprint` is to be compared by voice, not to be believed.

    `last_use` is the day of their last sign-in, of which the service tells supervisors alone.
    """

    id: str
    handle: str
    roles: tuple[str, ...]
    certified: bool
    fingerprint: str
    last_use: date | None
    recipient: str = field(repr=False)
    key: str = field(repr=False)


def invite(staff: Staff, roles: Collection[Role], *, team: str | None = None) -> str:
    """A token for one person, to be handed to them outside Tern."""
    request = {"roles": sorted(roles)} | ({"team": team} if team else {})
    return str(staff.service.post("/invitations", request).json()["invitation"])


def list_(staff: Staff) -> list[Colleague]:
    """Everybody who joined. Who is certified, the certificates say and not the service."""
    with_certificate = {each.person for each in staff.colleagues(*Role)}
    return [_colleague(person, with_certificate) for person in staff.service.items("/people")]


def certify(
    staff: Staff,
    person: str,
    words: str,
    roles: Collection[Role],
    *,
    valid_until: date | None = None,
    new_keys: bool = False,
) -> Colleague:
    """Vouch for a person's keys. `words` are the twelve that the person read out, from their own machine.

    The roles are the supervisor's to say: those that the service shows could be anybody's. So could the id, which no
    words cover: it is the one that was asked for, and has no other keys yet. With `new_keys` it may have others, which
    these replace from now on. Raises `FingerprintDiffers` or `KeysOfAnother`.
    """
    colleague, certified = compared(staff, person, words, roles, new_keys=new_keys)
    _send(staff, certified, valid_until or staff.today + CERTIFIED_FOR, new_keys=new_keys)
    staff.vouch_for(certified)
    return replace(colleague, certified=True, roles=tuple(sorted(roles)))


def end(staff: Staff, person: str) -> None:
    """End what vouches for somebody, for good, by a certificate without roles; where that is done, nothing is.

    It names the keys of the last: no words are compared. Raises `OfTheRoot`, and `NotAuthentic` of whom nobody ever
    vouched for.
    """
    staff.forget()
    if person in staff.trust.supervisors:
        raise OfTheRoot("the root lists this person, whom no certificate puts out")
    if not staff.trust.is_ended(person):
        _send(staff, replace(staff.trust.last_vouched(person), roles=frozenset()), staff.today + CERTIFIED_FOR)


def renew(staff: Staff, person: str, *, also_chosen: bool = False) -> date | None:
    """Vouch on for somebody whose certificate ends soon, with its keys and roles: its new last day.

    None where it does not, or has ended; and where somebody has chosen its last day, unless `also_chosen`.
    """
    staff.forget()
    tenure = staff.trust.tenure(person, staff.today)
    if tenure is None or tenure.valid_until > staff.today + RENEWED_BEFORE or (is_chosen(tenure) and not also_chosen):
        return None
    until = staff.today + CERTIFIED_FOR
    _send(staff, tenure.certified, until)
    return until


def is_chosen(tenure: Tenure) -> bool:
    """Whether the last day is another than that which nobody has to say."""
    return tenure.valid_until - tenure.valid_from != CERTIFIED_FOR


def _send(staff: Staff, certified: Certified, valid_until: date, *, new_keys: bool = False) -> None:
    staff.forget()  # so that the certificate follows the last one
    certificate = certificates.certificate(
        certified,
        org=staff.org,
        signer=staff.signer,
        valid_from=staff.today,
        valid_until=valid_until,
        previous=staff.trust.last_certificate(certified.person),
    )
    document = {"document": certificate.text.decode()}
    if new_keys:
        staff.service.put(f"/people/{certified.person}/new-keys", document)
    else:
        staff.service.post("/certificates", document)
    staff.seen.record("certificate", certified.person, certificate.public_link.mark)
    staff.seen.add_to_list("certificate", staff.org, certified.person)
    staff.forget()


def compared(
    staff: Staff, person: str, words: str, roles: Collection[Role], *, new_keys: bool = False
) -> tuple[Colleague, Certified]:
    """The person with the keys whose words were heard. Raises `FingerprintDiffers` or `KeysOfAnother`.

    With `new_keys` they are those that wait to take the place of the person's.
    """
    told = staff.service.get(f"/people/{person}").json()
    if new_keys:
        told.update(staff.service.get(f"/people/{person}/new-keys").json())
    colleague = _colleague(told, set())
    if colleague.id != person or not are_words(words, colleague.fingerprint):
        raise FingerprintDiffers("these are not the words of the keys that the service shows")
    staff.forget()
    # What this machine vouched for stands beside what the service shows: that can leave a certificate out.
    known = {sha256_hex(each.encode()) for each in staff.trust.fingerprints_of(person)}
    replaced = {sha256_hex(each.encode()) for each in staff.trust.replaced_fingerprints_of(person)}
    if (vouched := staff.vouched_for(person)) is not None:
        known |= {vouched} - replaced
    if not new_keys and known - {sha256_hex(colleague.fingerprint.encode())}:
        raise KeysOfAnother("this person is certified with other keys")
    recipient = age.parse_recipient(colleague.recipient)
    if not isinstance(recipient, age.HybridRecipient):
        raise Malformed("a person's recipient is post-quantum")
    return colleague, Certified(person, frozenset(roles), recipient, unb64(colleague.key, 32))


def compare(staff: Staff, person: str, words: str, *, although_objected: bool = False) -> Certified:
    """Say that these are the words that a certified person read out, so that this machine may grant to their new keys;
    and, where the machine of the old ones objects, that somebody asked the person about it.

    Raises `FingerprintDiffers`, `KeysObjectedTo` unless told, and `NotAuthentic` where nobody vouches for them.
    """
    staff.forget()
    certified = staff.certified(person)
    if not are_words(words, certified.fingerprint):
        raise FingerprintDiffers("these are not the words of the keys that a supervisor certified")
    objected = staff.objected_to(certified)
    if objected and not although_objected:
        raise KeysObjectedTo("the machine of their keys before says that these are none of theirs: ask them about it")
    staff.hear(objected)
    staff.vouch_for(certified)
    return certified


def fingerprint(staff: Staff) -> str:
    """The twelve words of this machine's own keys, to read out to a supervisor."""
    return of_keys(staff.keys.recipient, staff.keys.public_key)


def _colleague(person: dict[str, Any], with_certificate: Collection[str]) -> Colleague:
    return Colleague(
        id=str(person["id"]),
        handle=str(person["handle"]),
        roles=tuple(map(str, person["roles"])),
        certified=person["id"] in with_certificate,
        fingerprint=of_keys(str(person["recipient"]), str(person["key"])),
        last_use=date.fromisoformat(str(person["last_use"])) if person["last_use"] else None,
        recipient=str(person["recipient"]),
        key=str(person["key"]),
    )
