"""A key is made for each two custodians too: sealed to the second, in what is sealed to the first."""

from typing import Any

from app import age
from app.client.machine.staff import Staff
from app.protocol.certified import Certified
from app.protocol.chain import Mark
from app.protocol.documents import Header, recipient_sha256, seal, signed
from app.protocol.encoding import b64, unb64
from app.protocol.pairs import Pair, each_two
from app.vocabulary import GrantKind, Role


def make(
    staff: Staff,
    secret: age.HybridIdentity,
    subject: str,
    *,
    generation: int = 1,
    head: Mark | None = None,
    case: str | None = None,
) -> list[dict[str, Any]]:
    """The pairs of a key for all custodians certified today, as far as this machine has heard; none where there is one.

    Who has new keys whose words were not compared here is left out.

    `head` is of a case: the newest entry of its journal that this person has seen; `case` of the key of a part.
    """
    everybody = staff.trust.everybody(staff.today)
    custodians = {each.person: each for each in everybody if Role.CUSTODIAN in each.roles and staff.is_compared(each)}
    return [
        _pair(staff, secret, subject, custodians[first], custodians[second], generation, head=head, case=case)
        for first, second in each_two(custodians)
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
