"""What a loss says: of which backup, behind which line of the key log and which event of the audit chain."""

from datetime import date
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.protocol.documents import Document, Header, Signer, signed
from app.protocol.encoding import MOST
from app.protocol.errors import Malformed
from app.protocol.losses import Loss, unknown

DAY, HASH = date(2026, 6, 15), "b" * 64
WHO = Signer("per_" + "1" * 32, Ed25519PrivateKey.from_private_bytes(b"s" * 32))


def document(type_: str = "loss", **of_it: Any) -> Document:
    body = {"day": DAY.isoformat(), "key_log": {"n": 1, "hash": HASH}, "audit": {"seq": 1, "hash": HASH}} | of_it
    return signed(Header.new(type_, type_, body, org="a" * 64, author=WHO.person, at=DAY.isoformat()), WHO)


def test_lines_and_events_have_numbers_from_the_first_to_the_highest() -> None:
    for number in (1, MOST):
        loss = Loss.read(document(key_log={"n": number, "hash": HASH}, audit={"seq": number, "hash": HASH}))
        assert (loss.key_log.version, loss.audit.version) == (number, number)


@pytest.mark.parametrize(
    "wrong",
    [
        document("root"),
        document(more=1),
        document(key_log={"n": 1, "hash": HASH, "more": 1}),
        document(audit={"seq": 1, "hash": HASH, "more": 1}),
        *(document(key_log={"n": number, "hash": HASH}) for number in (0, MOST + 1)),
        *(document(audit={"seq": number, "hash": HASH}) for number in (0, MOST + 1)),
    ],
)
def test_nothing_else_is_a_loss(wrong: Document) -> None:
    with pytest.raises(Malformed):
        Loss.read(wrong)


def test_a_loss_is_known_by_what_it_says() -> None:
    one, other = Loss.read(document()), Loss.read(document(key_log={"n": 2, "hash": HASH}))

    assert unknown([one, other], [one.sha256]) == [other]
