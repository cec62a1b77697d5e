from app.cli.demo_population import population
from app.protocol.card import encode, parse
from tests.protocol.cards import signed_by_two


def test_the_same_seed_invents_the_same_people() -> None:
    assert population(50, b"seed") == population(50, b"seed")
    assert population(50, b"seed") != population(50, b"another")


def test_a_person_has_about_two_cards_and_a_tenth() -> None:
    cards = population(2_000, b"seed")

    assert len({card.token for card in cards}) == 2_000
    assert len({card.id for card in cards}) == len(cards)
    assert 2.0 <= len(cards) / 2_000 <= 2.4


def test_an_invented_card_is_a_card_like_any_other() -> None:
    for card in population(50, b"seed"):
        assert parse(encode(signed_by_two(card))).card == card
