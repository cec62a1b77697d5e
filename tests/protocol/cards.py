"""Cards for tests: an ordinary one, and any."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import strategies as st

from app import vocabulary
from app.protocol.card import TOKEN_SIZE, SignedCard, StatCard, TokenCard, sign
from app.protocol.documents import Signer

CODING: dict[str, object] = {
    "incident_type": "hoax_booking",
    "modality": ["reputational"],
    "channel": ["booking_or_order_site", "email"],
    "suspected_actor_role": ["unknown"],
    "origin_state": "CN",
    "host_country": "DE",
    "quarter": "2026-Q1",
    "severity": "serious",
    "harm": ["treated_as_suspect"],
    "target_group": ["human_rights_defender"],
    "relation_of_target_to_reporter": "self",
    "host_response": ["registered"],
    "verification_status": "under_review",
}


WRITER, APPROVER = (
    Signer("per_" + digit * 32, Ed25519PrivateKey.from_private_bytes(digit.encode() * 32)) for digit in "56"
)


def signed_by_two(card: StatCard | TokenCard) -> SignedCard:
    return SignedCard(card, sign(card, WRITER), sign(card, APPROVER))


def a_card(*, card_id: str = "card_" + "1" * 32, token: bytes = b"\x01" * TOKEN_SIZE, **coding: object) -> StatCard:
    return StatCard.of_coding(CODING | coding, card_id=card_id, token=token)


def cards(tokens: st.SearchStrategy[bytes] | None = None) -> st.SearchStrategy[StatCard]:
    """Any card; of few persons where few tokens are given."""
    return st.builds(
        _of_coding,
        card_id=st.binary(min_size=16, max_size=16).map(lambda random: f"card_{random.hex()}"),
        token=st.binary(min_size=TOKEN_SIZE, max_size=TOKEN_SIZE) if tokens is None else tokens,
        coding=st.fixed_dictionaries(
            {
                field.name: _choice(field.list_name, several=field.several) if field.list_name else _QUARTERS
                for field in vocabulary.vocabulary().card_fields
            }
        ),
    )


_QUARTERS = st.sampled_from([None, "1989-Q2", "2026-Q1"])


def _choice(list_name: str, *, several: bool) -> st.SearchStrategy[object]:
    codes = st.sampled_from([code for code in vocabulary.codes(list_name) if code not in ("unknown", "refuted")])
    return st.none() | (st.lists(codes, unique=True) if several else codes)


def _of_coding(card_id: str, token: bytes, coding: dict[str, object]) -> StatCard:
    return StatCard.of_coding(coding, card_id=card_id, token=token)
