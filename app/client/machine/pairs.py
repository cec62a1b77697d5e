"""A key is made for each two custodians too: sealed to the second, in what is sealed to the first.

A certificate makes a custodian, and one supervisor signs it. So who came after this machine made its first pairs is in
none before its person has agreed: else a supervisor alone could certify two of their own making, and open by them every
case that begins or turns from that day on.
"""

from collections.abc import Iterable
from typing import Any, Final

from app import age
from app.client.machine.staff import Staff
from app.protocol.certified import Certified
from app.protocol.chain import Mark
from app.protocol.documents import Header, recipient_sha256, seal, signed
from app.protocol.encoding import b64, sha256_hex, unb64
from app.protocol.pairs import Pair, each_two
from app.vocabulary import GrantKind, Role

# In what this machine has seen: that it took those who were custodians when it made its first pairs, and each of whom
# it knows that its person wants them.
_TAKEN: Final = "custodians"
_AGREED: Final = "custodian"


def custodians(staff: Staff) -> dict[str, Certified]:
    """Those for whom pairs are made here, by their ids: certified today, and agreed to by this machine's person, who
    has compared their words or said yes; or found when this machine made its first pairs.

    Who has new keys whose words were not compared here is left out.
    """
    everybody = staff.trust.everybody(staff.today)
    found = [each for each in everybody if Role.CUSTODIAN in each.roles and staff.is_compared(each)]
    if staff.seen.highest(_TAKEN, staff.org) is None:
        agree(staff, found)
        staff.seen.record(_TAKEN, staff.org, Mark(1, sha256_hex(staff.org.encode())))
    return {each.person: each for each in found if _is_agreed(staff, each)}


def agree(staff: Staff, people: Iterable[Certified]) -> None:
    """Remember that this machine's person wants these custodians."""
    for each in people:
        staff.seen.record(_AGREED, each.person, Mark(1, sha256_hex(each.person.encode())))


def _is_agreed(staff: Staff, custodian: Certified) -> bool:
    words = sha256_hex(custodian.fingerprint.encode())
    return staff.vouched_for(custodian.person) == words or staff.seen.highest(_AGREED, custodian.person) is not None


def make(
    staff: Staff,
    secret: age.HybridIdentity,
    subject: str,
    *,
    generation: int = 1,
    head: Mark | None = None,
    case: str | None = None,
) -> list[dict[str, Any]]:
    """The pairs of a key for the `custodians` of today; none where there is one.

    `head` is of a case: the newest entry of its journal that this person has seen; `case` of the key of a part.
    """
    people = custodians(staff)
    return [
        _pair(staff, secret, subject, people[first], people[second], generation, head=head, case=case)
        for first, second in each_two(people)
    ]


def keep(
    staff: Staff,
    secret: age.HybridIdentity,
    subject: str,
    *,
    generation: int = 1,
    head: Mark | None = None,
    case: str | None = None,
) -> None:
    """Make them anew, in the place of those that there are: custodians came, went, or have other keys."""
    staff.forget()
    new = make(staff, secret, subject, generation=generation, head=head, case=case)
    request = {"subject": subject, "generation": generation, "pairs": new, **({"case": case} if case else {})}
    staff.service.post("/pairs", request)


def _pair(
    staff: Staff,
    secret: age.HybridIdentity,
    subject: str,
    first: Certified,
    second: Certified,
    generation: int,
    *,
    head: Mark | None,
    case: str | None,
) -> dict[str, Any]:
    inner = staff.seal_grant(
        secret, subject, first.recipient, first.person, GrantKind.CUSTODIAN, generation=generation, head=head
    )
    pair = Pair(generation, recipient_sha256(secret.recipient), (first.person, second.person), unb64(inner), case)
    header = Header.new(
        "pair", subject, pair.body(), org=staff.org, author=staff.person, at=staff.hour, to=second.recipient
    )
    file = seal(signed(header, staff.signer), second.recipient)
    return {"first": first.person, "second": second.person, "file": b64(file)}
