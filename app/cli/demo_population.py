"""An invented population for the demo and the benchmarks: cards of people who do not exist."""

import random
from collections.abc import Sequence

from app import vocabulary
from app.protocol.card import TOKEN_SIZE, StatCard

# The commonest first; a few places and groups bear most of what is recorded, as the field's counts do (FIELD § 1).
_ORIGINS = ("CN", "IR", "RU", "TR", "EG", "TJ", "VN", "BY", "SA", "RW", "KH", "IN", "PK", "ER", "AZ", "UZ", "VE", "NI")
_HOSTS = ("DE", "US", "TR", "GB", "CA", "SE", "TH", "NL", "FR", "PL", "AU", "GE", "KZ", "CH", "NO", "IT", "JP", "KE")
_CARDS_A_PERSON = (1, 2, 3, 4, 5, 6, 8, 12)
_CARDS_WEIGHTS = (44, 27, 14, 7, 4, 2, 1.4, 0.6)
_QUARTERS = ("2026-Q2", "2026-Q1", "2025-Q4", "2025-Q3", "2024-Q4")
_SEVERITIES = ("limited", "serious", "life_or_liberty", None)


def population(persons: int, seed: bytes) -> list[StatCard]:
    """The cards of so many persons, about 2.2 each, in random order; the same from the same seed."""
    rng = random.Random(seed)  # noqa: S311 - invents people; no secret and no noise hangs on it
    cards = [card for _ in range(persons) for card in _person(rng)]
    rng.shuffle(cards)
    return cards


def _person(rng: random.Random) -> list[StatCard]:
    token = rng.randbytes(TOKEN_SIZE)
    origin, host = _draw(rng, _ORIGINS), _draw(rng, _HOSTS)
    groups = _some(rng, "target_group", often=1)
    relation = rng.choices(("self", "parent_or_sibling", "partner", "child", "other_relative"), (80, 11, 4, 2, 3))[0]
    number = rng.choices(_CARDS_A_PERSON, _CARDS_WEIGHTS)[0]
    return [_card(rng, token, origin, host, groups, relation) for _ in range(number)]


def _card(rng: random.Random, token: bytes, origin: str, host: str, groups: list[str], relation: str) -> StatCard:
    coding = {
        "incident_type": _draw(rng, vocabulary.codes("incident_type")),
        "modality": _some(rng, "modality", often=1),
        "channel": _some(rng, "channel", often=1),
        "suspected_actor_role": _some(rng, "suspected_actor_role", often=1),
        "origin_state": origin if rng.random() < 0.97 else None,
        "host_country": host if rng.random() < 0.93 else _draw(rng, _HOSTS),
        "target_group": groups,
        "relation_of_target_to_reporter": relation,
        "harm": _some(rng, "harm", often=2),
        "severity": rng.choices(_SEVERITIES, (40, 38, 17, 5))[0],
        "host_response": _some(rng, "host_response", often=1),
        "outcome": "too_early",
        "verification_status": rng.choices(("unverified", "under_review", "corroborated", "contested"), (78, 12, 8, 2))[
            0
        ],
        "quarter": rng.choices(_QUARTERS, (60, 18, 10, 7, 5))[0],
    }
    return StatCard.of_coding(coding, card_id=f"card_{rng.randbytes(16).hex()}", token=token)


def _draw(rng: random.Random, codes: Sequence[str]) -> str:
    """One of them, the n-th with a weight of 1/n."""
    return rng.choices(codes, [1 / rank for rank in range(1, len(codes) + 1)])[0]


def _some(rng: random.Random, list_name: str, *, often: int) -> list[str]:
    """A few codes of a list; `unknown` only alone."""
    chosen = {_draw(rng, vocabulary.codes(list_name)) for _ in range(rng.choice((often, often, often + 1)))}
    return sorted(chosen - {"unknown"})
