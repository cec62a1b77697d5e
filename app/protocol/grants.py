"""Grants: a key sealed to somebody, in a file that stock age can use (SEALING, "A grant").

The plaintext is an identity file: two comment lines that say what the key is for and who granted it, the key, and a
comment of spaces up to 4 KiB. The signed line is the JSON of the first comment.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Final

from app import age, vocabulary
from app.protocol.certificates import Trust
from app.protocol.chain import Mark
from app.protocol.documents import (
    CLOCK_SKEW,
    Signature,
    Signer,
    bytes_signed,
    parse_signatures,
    recipient_sha256,
    verify_signature,
    write_signatures,
)
from app.protocol.encoding import (
    MOST,
    canonical,
    check_any_id,
    check_at,
    check_hash,
    check_id,
    check_number,
    parse_object,
)
from app.protocol.errors import Malformed, NotAuthentic, NotMine
from app.protocol.pairs import check_act
from app.protocol.sizes import padded_size
from app.protocol.types import TYPES
from app.vocabulary import GrantKind, Imminence, Role

GRANT: Final = TYPES["grant"]
# For how long a key opens that was lent for a decision. Whoever comes back later is asked anew.
LOAN: Final = timedelta(days=14)
_HEAD, _SIGS = b"# tern-grant ", b"# sigs "
_KEYS: Final = ("org", "subject", "generation", "recipient", "grantee", "sealed_to", "kind", "grantor", "at")
_ANSWERS: Final = ("language", "danger_now")
_OF_CASES: Final = ("head",)
_OF_RECOVERIES: Final = ("act",)
# Of a report to an epoch, with what its reporter answered. Whoever works on cases alone grants none on.
_OF_EPOCHS: Final = frozenset({GrantKind.INTAKE, GrantKind.HANDED_ON})
_HANDS_ON: Final = frozenset({Role.TRIAGER, Role.SUPERVISOR, Role.CUSTODIAN})


@dataclass(frozen=True)
class GrantHeader:
    """What a grant says of the key in it.

    `recipient` is the SHA-256 of the recipient that belongs to the key, `sealed_to` that of the grantee's. `grantor` is
    null where a reporter grants to an epoch; only such a grant, of kind `intake`, and those by which it is granted on,
    of kind `handed_on`, have `language` and `danger_now`. Any other of a case's key has `head`, the newest entry of its
    journal that the grantor had seen: who is shown less is shown too little. One of kind `recovery`, by the first
    custodian of a pair, has `act`, the text of the second's.
    """

    org: str
    subject: str
    generation: int
    recipient: str
    grantee: str
    sealed_to: str
    kind: GrantKind
    grantor: str | None
    at: str
    language: str | None = field(default=None, repr=False)
    danger_now: Imminence | None = field(default=None, repr=False)
    head: Mark | None = None
    act: str | None = field(default=None, repr=False)

    def line(self) -> bytes:
        """The JSON that is signed."""
        said = {key: getattr(self, key) for key in _keys(self.subject, self.kind)}
        if self.head:
            said["head"] = {"n": self.head.version, "sha256": self.head.sha256}
        return canonical({"v": 1, **said})


def _keys(subject: str, kind: GrantKind) -> tuple[str, ...]:
    """What stands in the line, besides `v` and in this order."""
    if kind in _OF_EPOCHS:
        return _KEYS + _ANSWERS
    if kind is GrantKind.RECOVERY:
        return _KEYS + _OF_RECOVERIES
    return _KEYS + (_OF_CASES if subject.startswith("case_") else ())


@dataclass(frozen=True)
class OpenedGrant:
    """An authentic grant, and the key that was in it. `roles` are its grantor's on its day; a reporter has none."""

    header: GrantHeader
    identity: age.HybridIdentity = field(repr=False)
    roles: frozenset[Role] = frozenset()

    def is_over(self, day: date) -> bool:
        """Whether this was lent, and longer ago than a loan lasts."""
        return self.header.kind is GrantKind.APPROVAL and check_at(self.header.at) + LOAN < day


def seal_grant(
    secret: age.HybridIdentity,
    recipient: age.HybridRecipient,
    *,
    org: str,
    subject: str,
    generation: int,
    grantee: str,
    kind: GrantKind,
    at: str,
    signer: Signer | None,
    language: str | None = None,
    danger_now: Imminence | None = None,
    head: Mark | None = None,
    act: str | None = None,
) -> bytes:
    """Seal the key `secret` of `subject` to `grantee`, whose recipient comes from a secret or a certificate.

    `head` is of a case: the newest entry of its journal that the signer has seen; `act` of a recovery, as
    `GrantHeader` has it.
    """
    header = GrantHeader(
        org=org,
        subject=subject,
        generation=generation,
        recipient=recipient_sha256(secret.recipient),
        grantee=grantee,
        sealed_to=recipient_sha256(recipient),
        kind=kind,
        grantor=signer.person if signer else None,
        at=at,
        language=language,
        danger_now=danger_now,
        head=head,
        act=act,
    )
    line = header.line()
    signatures = (signer.sign(GRANT.name, line),) if signer else ()
    text = b"\n".join([_HEAD + line, _SIGS + write_signatures(signatures), str(secret).encode(), b"# "])
    size = padded_size(GRANT.size, len(text) + 1)
    return age.encrypt(text.ljust(size - 1, b" ") + b"\n", [recipient])


def open_grant(
    file: bytes,
    identity: age.HybridIdentity,
    *,
    org: str,
    subject: str,
    grantee: str,
    trust: Trust | None = None,
    day: date | None = None,
) -> OpenedGrant:
    """Open a grant and check all that it says against what was asked for.

    `trust` and `day`, which is today, are needed for every kind but `intake`, which a reporter made. Raises `NotMine`
    where it is sealed to another key, or `NotAuthentic`.
    """
    header, signatures, secret = _asked_for(file, identity, org=org, subject=subject, grantee=grantee)
    key = _parse_secret(secret)
    if header.recipient != recipient_sha256(key.recipient):
        raise NotAuthentic("recipient")
    return OpenedGrant(header, key, _roles(header, signatures, trust, day))


def read_grant(
    file: bytes,
    identity: age.HybridIdentity,
    *,
    org: str,
    subject: str,
    grantee: str,
    trust: Trust | None = None,
    day: date | None = None,
) -> GrantHeader:
    """What a grant says, for a list of many: whether its key is the one that it names is left to `open_grant`.

    That check takes as long as all others, and says nothing of language and urgency. Raises as `open_grant`.
    """
    header, signatures, _ = _asked_for(file, identity, org=org, subject=subject, grantee=grantee)
    _roles(header, signatures, trust, day)
    return header


def _asked_for(
    file: bytes, identity: age.HybridIdentity, *, org: str, subject: str, grantee: str
) -> tuple[GrantHeader, tuple[Signature, ...], bytes]:
    header, signatures, secret = _parse(_plaintext(file, identity))
    for reason, value, expectation in (
        ("org", header.org, org),
        ("subject", header.subject, subject),
        ("grantee", header.grantee, grantee),
        ("sealed_to", header.sealed_to, recipient_sha256(identity.recipient)),
    ):
        if value != expectation:
            raise NotAuthentic(reason)
    return header, signatures, secret


def _roles(
    header: GrantHeader, signatures: Sequence[Signature], trust: Trust | None, day: date | None
) -> frozenset[Role]:
    """Those of whoever vouches for the grant; none of a reporter. Raises `NotAuthentic`."""
    if header.kind is GrantKind.INTAKE:
        # Nobody vouches for such a grant, so it is good for a report in its epoch and for nothing else: a key that the
        # service made up would otherwise pass for that of a case.
        if signatures or header.grantor or not _is_of_epoch(header):
            raise NotAuthentic("grantor")
        return frozenset()
    if trust is None or day is None or len(signatures) != 1 or signatures[0].by != header.grantor:
        raise NotAuthentic("grantor")
    verify_signature(signatures[0], bytes_signed(GRANT.name, header.line()))
    if check_at(header.at) > day + CLOCK_SKEW:
        raise NotAuthentic("at")
    # What somebody hands over on the day on which they leave or lose a role opens, or it would be lost with them.
    by = signatures[0]
    roles = trust.roles_on(by.by, check_at(header.at), key=by.key)
    is_handed_on = header.kind is GrantKind.HANDED_ON
    if is_handed_on and not _is_of_epoch(header):
        raise NotAuthentic("grant-kind")
    if not roles & (_HANDS_ON if is_handed_on else GRANT.roles):
        raise NotAuthentic("role")
    if header.act is not None:
        _check_recovered(header, header.act, trust)
    return roles


def _check_recovered(header: GrantHeader, text: str, trust: Trust) -> None:
    """Raises `NotAuthentic` unless another custodian has signed that this key is for this person."""
    act = check_act(
        text,
        org=header.org,
        trust=trust,
        subject=header.subject,
        generation=header.generation,
        recipient=header.recipient,
        by=header.grantor or "",
        on=check_at(header.at),
    )
    if header.grantee not in act.people:
        raise NotAuthentic("recovery")


def _is_of_epoch(header: GrantHeader) -> bool:
    return header.subject.startswith("rep_") and header.grantee.startswith("epoch_")


def _plaintext(file: bytes, identity: age.HybridIdentity) -> bytes:
    try:
        age.check_envelope(file, sizes=GRANT.lengths)
        return age.decrypt(file, [identity])
    except age.NoMatchError:
        raise NotMine("a grant to another key") from None
    except age.EnvelopeError:
        raise NotAuthentic("envelope") from None
    except age.Error:
        raise NotAuthentic("ciphertext") from None


def _parse(plaintext: bytes) -> tuple[GrantHeader, tuple[Signature, ...], bytes]:
    match plaintext.split(b"\n"):
        case [head, sigs, secret, padding, b""] if not padding.removeprefix(b"# ").strip(b" "):
            if head.startswith(_HEAD) and sigs.startswith(_SIGS) and padding.startswith(b"# "):
                header = _parse_header(head.removeprefix(_HEAD))
                return header, parse_signatures(sigs.removeprefix(_SIGS)), secret
    raise Malformed("not a grant")


def _parse_header(line: bytes) -> GrantHeader:
    members = parse_object(line)
    try:
        kind = GrantKind(members.get("kind", ""))
        values = {key: members[key] for key in members if key not in ("v", "kind", "head")}
        if kind in _OF_EPOCHS:
            values["danger_now"] = Imminence(members.get("danger_now", ""))
        header = GrantHeader(**values, kind=kind)
    except (ValueError, TypeError):
        raise Malformed("a grant of another form") from None
    _check_values(members)
    if kind is GrantKind.RECOVERY:
        if not isinstance(members.get("act"), str):
            raise Malformed("a grant of another form")
    elif kind not in _OF_EPOCHS and header.subject.startswith("case_"):
        header = replace(header, head=_parse_head(members.get("head")))
    if header.line() != line:
        raise Malformed("a grant that is written otherwise")
    return header


def _parse_head(head: object) -> Mark:
    match head:
        case {"n": number, "sha256": sha256, **rest} if not rest:
            return Mark(check_number(number, range(1, MOST + 1)), check_hash(sha256))
    raise Malformed("a grant of another form")


def _check_values(members: dict[str, Any]) -> None:
    for key in ("org", "recipient", "sealed_to"):
        check_hash(members[key])
    GRANT.check_subject(members["subject"])
    check_any_id(members["grantee"])
    if members["grantor"] is not None:
        check_id("per", members["grantor"])
    check_at(members["at"])
    check_number(members["generation"], range(1, MOST + 1))
    if members.get("language") not in (None, *vocabulary.codes("language")):
        raise Malformed("a grant of another form")


def _parse_secret(text: bytes) -> age.HybridIdentity:
    try:
        identity = age.parse_identity(text.decode())
    except (age.Error, UnicodeDecodeError):
        raise Malformed("a grant without a key") from None
    if not isinstance(identity, age.HybridIdentity):
        raise Malformed("a grant of another kind of key")
    return identity
