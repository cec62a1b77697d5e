import dataclasses
import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import vocabulary
from app.protocol import card as module
from app.protocol.card import (
    CARD_SIZE,
    LAST_REVISION,
    CardError,
    Says,
    SignedCard,
    StatCard,
    TokenCard,
    encode,
    lines_sha256,
    may_be_counted,
    parse,
    read_signed,
    sign,
)
from app.protocol.documents import write_signatures
from app.protocol.errors import NotAuthentic
from app.vocabulary import ConsentStatus, Relation
from tests.protocol.cards import APPROVER, CODING, WRITER, a_card, cards, signed_by_two

SIGNATURES = encode(signed_by_two(a_card())).split(b"\n")[1] + b"\n"


def written(card: StatCard) -> bytes:
    return encode(signed_by_two(card))


@given(cards())
def test_a_card_is_read_as_it_was_written(card: StatCard) -> None:
    assert parse(written(card)) == signed_by_two(card)


@given(cards())
def test_all_cards_have_one_length(card: StatCard) -> None:
    assert len(written(card)) == CARD_SIZE


@given(cards(), st.integers(0, CARD_SIZE - 1), st.integers(1, 255))
def test_a_card_has_one_encoding(card: StatCard, place: int, change: int) -> None:
    changed = bytearray(written(card))
    changed[place] ^= change

    try:
        read = parse(bytes(changed))
    except CardError:
        return

    assert encode(read) == changed


def test_an_approval_is_of_the_lines_in_order_of_their_ids() -> None:
    first, second = (a_card(card_id=f"card_{digit * 32}") for digit in "12")

    of = hashlib.sha256(first.line + b"\n" + second.line + b"\n").hexdigest()

    assert lines_sha256([second, first]) == lines_sha256([first, second]) == of


def test_the_longest_card_has_room_for_two_signatures() -> None:
    longest: dict[str, Any] = {
        each.name: tuple(code for code in each.codes if code not in module._UNKNOWN)
        if each.several
        else max(each.codes, key=len)
        for each in module._fields()
    }
    card = dataclasses.replace(
        a_card(),
        **(longest | {"verification_status": "under_review"}),
        revision=LAST_REVISION,
        vocabulary="999.999.999",
    )

    assert len(written(card).rstrip(b" ")) <= CARD_SIZE


def test_a_card_holds_where_two_persons_have_signed_its_very_line() -> None:
    card = a_card()
    other = dataclasses.replace(card, severity="limited")
    one, two = sign(card, WRITER), sign(card, APPROVER)

    SignedCard(card, one, two).check_signed(lambda person, key: (person, key) in {(one.by, one.key), (two.by, two.key)})

    for same in (one, dataclasses.replace(two, by=one.by)):
        with pytest.raises(CardError, match="one person"):
            SignedCard(card, one, same).check_signed(lambda *_: True)
    for signed in (
        SignedCard(other, one, two),
        SignedCard(dataclasses.replace(card, revision=1), one, two),
        SignedCard(card, one, sign(other, APPROVER)),
    ):
        with pytest.raises(NotAuthentic, match="signature"):
            signed.check_signed(lambda *_: True)
    with pytest.raises(NotAuthentic, match="uncertified"):
        SignedCard(card, one, two).check_signed(lambda person, _: person == one.by)


@pytest.mark.parametrize("number", [0, 1, 3])
def test_a_card_has_the_signatures_of_two(number: int) -> None:
    signatures = [sign(a_card(), each) for each in (WRITER, APPROVER, WRITER)][:number]
    text = a_card().line + b'\n{"sigs":' + write_signatures(tuple(signatures)) + b"}\n"

    with pytest.raises(CardError):
        parse(text.ljust(CARD_SIZE, b" "))


@pytest.mark.parametrize(("begin", "end"), [(b'{"sigz":', b"}"), (b'{"sigs":', b"]"), (b"", b"")])
def test_signatures_stand_under_their_name_alone(begin: bytes, end: bytes) -> None:
    signed = signed_by_two(a_card())
    text = signed.card.line + b"\n" + begin + write_signatures((signed.writer, signed.approver)) + end + b"\n"

    with pytest.raises(CardError):
        parse(text.ljust(CARD_SIZE, b" "))


def test_a_card_is_read_with_what_was_signed_only_where_that_is_its_line() -> None:
    card = a_card()
    signed, of_another = signed_by_two(card), sign(dataclasses.replace(card, severity="limited"), APPROVER)

    assert read_signed(encode(signed)) == signed
    with pytest.raises(NotAuthentic, match="signature"):
        read_signed(encode(dataclasses.replace(signed, approver=of_another)))


@given(st.binary(max_size=CARD_SIZE))
def test_what_is_no_card_is_refused_and_never_worse(start: bytes) -> None:
    with pytest.raises(CardError):
        parse(start.ljust(CARD_SIZE, b" "))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"v": 2}, "this format"),
        ({"v": True}, "the one encoding"),
        ({"id": "case_" + "0" * 32}, "not a card's"),
        ({"id": 3}, "an id, a token and a version"),
        ({"token": "AA"}, "token"),
        ({"token": None}, "an id, a token and a version"),
        ({"vocabulary": "1"}, "version of the vocabulary"),
        ({"vocabulary": 1}, "an id, a token and a version"),
        ({"revision": 1000}, "revision"),
        ({"revision": "0"}, "revision"),
        ({"revision": False}, "revision"),
        ({"incident_type": "no_such_code"}, "a code that no card bears"),
        ({"incident_type": 3}, "a code that no card bears"),
        ({"severity": "unknown"}, "a code that no card bears"),
        ({"origin_state": "ZZ"}, "a code that no card bears"),
        ({"channel": 0}, "not a bitmap"),
        ({"channel": 1 << len(vocabulary.codes("channel")) - 1}, "a code that no card bears"),  # which is unknown
        ({"channel": 1 << len(vocabulary.codes("channel"))}, "not a bitmap"),
        ({"channel": ["email"]}, "not a bitmap"),
        ({"channel": True}, "not a bitmap"),
        ({"quarter": "2026-Q5"}, "quarter"),
        ({"quarter": "2026-05"}, "quarter"),
        ({"quarter": 20262}, "quarter"),
        ({"verification_status": "refuted"}, "did not happen"),
        ({"case": "case_" + "0" * 32}, "no others"),
    ],
)
def test_a_field_that_is_not_of_its_list_is_refused(change: dict[str, object], why: str) -> None:
    line = json.loads(a_card().line)
    text = json.dumps(line | change, separators=(",", ":")).encode() + b"\n" + SIGNATURES

    with pytest.raises(CardError, match=why):
        parse(text.ljust(CARD_SIZE, b" "))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"token": bytes(15)}, "16 bytes"),
        ({"revision": True}, "revision"),
        ({"revision": -1}, "revision"),
        ({"channel": ()}, "not a choice"),
        ({"channel": ["email"]}, "not a choice"),
        ({"channel": "email"}, "not a choice"),
        ({"channel": ("email", "voice_call")}, "list order"),
        ({"channel": ("email", "email")}, "list order"),
    ],
)
def test_what_is_written_is_held_to_the_same_lists(change: dict[str, Any], why: str) -> None:
    with pytest.raises(CardError, match=why):
        dataclasses.replace(a_card(), **change)


@pytest.mark.parametrize("channel", ["email", {"email": True}, 1, ["email", "no_such_code"]])
def test_a_coding_whose_choices_are_no_list_of_codes_has_no_card(channel: object) -> None:
    with pytest.raises(CardError, match="not a list of its codes"):
        a_card(channel=channel)


@pytest.mark.parametrize("text", [b"[]\n", b"3\n", b"null\n"])
def test_a_card_is_an_object(text: bytes) -> None:
    with pytest.raises(CardError, match="this format"):
        parse(text.ljust(CARD_SIZE, b" "))


def test_a_card_has_one_length() -> None:
    for longer_or_shorter in (written(a_card()) + b" ", written(a_card())[:-1]):
        with pytest.raises(CardError, match="one length"):
            parse(longer_or_shorter)


def test_nothing_but_spaces_stands_behind_a_card() -> None:
    for other in (b"\n", b"\0", b"x"):
        with pytest.raises(CardError, match="the one encoding"):
            parse(written(a_card())[:-1] + other)


def test_brackets_without_end_are_refused() -> None:
    with pytest.raises(CardError):
        parse(b"[" * CARD_SIZE)


def test_a_missing_field_is_refused() -> None:
    line = json.loads(a_card().line)
    del line["harm"]

    with pytest.raises(CardError):
        parse((json.dumps(line, separators=(",", ":")).encode() + b"\n" + SIGNATURES).ljust(CARD_SIZE, b" "))


def test_a_bitmap_counts_in_list_order() -> None:
    card = a_card(channel=["email", "voice_call"])

    assert card.channel == ("voice_call", "email")
    assert json.loads(card.line)["channel"] == 0b1001
    assert parse(written(a_card(channel=["voice_call"]))).card == a_card(channel=["voice_call"])


@pytest.mark.parametrize(
    "change", [{"channel": ["unknown"]}, {"channel": []}, {"severity": "unknown"}, {"host_country": "ZZ"}]
)
def test_unknown_is_written_null(change: dict[str, Any]) -> None:
    (name,) = change

    assert json.loads(a_card(**change).line)[name] is None


def test_unknown_stands_alone() -> None:
    with pytest.raises(CardError):
        a_card(channel=["email", "unknown"])


@pytest.mark.parametrize("status", ["contested", "falsely_attributed"])
def test_a_disputed_actor_is_unknown_and_the_quarter_stays(status: str) -> None:
    card = a_card(suspected_actor_role=["police_of_origin_state"], verification_status=status)

    assert (card.suspected_actor_role, card.quarter) == (None, CODING["quarter"])


def test_a_disputed_actor_cannot_be_written_either() -> None:
    with pytest.raises(CardError):
        dataclasses.replace(a_card(suspected_actor_role=["criminal"]), verification_status="contested")


def test_what_was_refuted_has_no_card() -> None:
    with pytest.raises(CardError):
        a_card(verification_status="refuted")


def test_an_outcome_is_too_early_until_it_is_coded() -> None:
    assert a_card().outcome == "too_early"
    assert a_card(outcome="safer").outcome == "safer"


def test_a_card_takes_nothing_else_from_the_coding() -> None:
    card = a_card(imminence="now", narrative="words that nobody may count", affected="psn_1")

    assert b"words" not in card.line
    assert b"now" not in card.line


def test_a_retired_code_is_refused() -> None:
    field = module._Coded("channel", ("email", "telex"), frozenset({"telex"}), several=True)

    with pytest.raises(CardError, match="retired"):
        field.check(("telex",))


def test_a_card_shows_nothing_in_a_log() -> None:
    card = a_card()

    assert not any(str(value) in repr(card) for value in (card.id, card.incident_type, card.token))


GIVEN, DECLINED, ASKED, WITHDRAWN = (
    ConsentStatus.GIVEN,
    ConsentStatus.DECLINED,
    ConsentStatus.ASKED,
    ConsentStatus.WITHDRAWN,
)


@pytest.mark.parametrize(
    ("relation", "own", "reporters", "can_be_asked", "counted"),
    [
        (Relation.SELF, None, GIVEN, True, True),
        (Relation.SELF, None, None, True, False),
        (Relation.SELF, DECLINED, GIVEN, True, False),
        (Relation.PARENT_OR_SIBLING, None, GIVEN, False, True),
        (Relation.PARENT_OR_SIBLING, None, GIVEN, True, False),
        (Relation.PARENT_OR_SIBLING, None, DECLINED, False, False),
        (Relation.PARENT_OR_SIBLING, DECLINED, GIVEN, False, False),
        (Relation.PARENT_OR_SIBLING, WITHDRAWN, GIVEN, False, False),
        (Relation.PARENT_OR_SIBLING, ASKED, GIVEN, False, False),
        (Relation.PARENT_OR_SIBLING, GIVEN, DECLINED, True, True),
        (Relation.PARTNER, None, GIVEN, False, True),
        (Relation.CHILD, None, GIVEN, False, True),
        (Relation.OTHER_RELATIVE, None, GIVEN, False, True),
        (Relation.FRIEND_OR_COLLEAGUE, None, GIVEN, False, False),
        (Relation.FRIEND_OR_COLLEAGUE, GIVEN, None, True, True),
        (Relation.CLIENT, None, GIVEN, False, False),
        (Relation.STRANGER, None, GIVEN, False, False),
        (Relation.ORGANISATION, GIVEN, GIVEN, True, False),
    ],
)
def test_a_person_is_counted_by_their_own_word_or_that_of_a_relative_who_must_speak_for_them(
    relation: Relation,
    own: ConsentStatus | None,
    reporters: ConsentStatus | None,
    can_be_asked: bool,
    counted: bool,
) -> None:
    assert may_be_counted(relation, own=own, reporters=reporters, can_be_asked=can_be_asked) is counted


@pytest.mark.parametrize("says", Says)
def test_a_card_that_joins_or_parts_two_tokens_is_as_long_as_any_and_is_read_as_it_was_written(says: Says) -> None:
    joining = TokenCard("card_" + "1" * 32, says, (bytes(16), bytes([1] * 16)))

    plaintext = encode(signed_by_two(joining))

    assert len(plaintext) == CARD_SIZE
    assert parse(plaintext).card == joining
    assert plaintext.startswith(b'{"v":1,"id":"card_%s","revision":0,"%s":["' % (b"1" * 32, says.value.encode()))


@pytest.mark.parametrize(
    "more",
    [
        '"join":[]',
        '"join":["AAAAAAAAAAAAAAAAAAAAAA","AAAAAAAAAAAAAAAAAAAAAA"]',
        '"join":["AAAAAAAAAAAAAAAAAAAAAA",1]',
        '"part":"AAAAAAAAAAAAAAAAAAAAAA"',
        '"join":["AAAAAAAAAAAAAAAAAAAAAA","AQEBAQEBAQEBAQEBAQEBAQ"],"part":["AAAAAAAAAAAAAAAAAAAAAA","AQEBAQEBAQEBAQEBAQEBAQ"]',
        '"join":["AAAAAAAAAAAAAAAAAAAAAA","AQEBAQEBAQEBAQEBAQEBAQ"],"severity":null',
    ],
)
def test_what_names_no_two_tokens_joins_nobody(more: str) -> None:
    line = f'{{"v":1,"id":"card_{"1" * 32}","revision":0,{more}}}\n'.encode()

    with pytest.raises(CardError):
        parse((line + SIGNATURES).ljust(CARD_SIZE, b" "))


@pytest.mark.parametrize("change", [{"id": 3}, {"id": None}, {"revision": "0"}, {"join": None}, {"join": 3}])
def test_a_card_of_two_tokens_is_held_to_its_form(change: dict[str, object]) -> None:
    joining = TokenCard("card_" + "1" * 32, Says.JOIN, (bytes(16), bytes([1] * 16)))
    line = json.dumps(json.loads(joining.line) | change, separators=(",", ":")).encode() + b"\n"

    with pytest.raises(CardError):
        parse((line + SIGNATURES).ljust(CARD_SIZE, b" "))


@pytest.mark.parametrize(
    "change",
    [
        {"id": "case_" + "1" * 32},
        {"revision": -1},
        {"revision": LAST_REVISION + 1},
        {"tokens": (bytes(15), bytes(16))},
        {"tokens": (bytes(16), bytes(16))},
    ],
)
def test_who_joins_two_tokens_names_a_card_and_two_of_16_bytes(change: dict[str, Any]) -> None:
    joining = TokenCard("card_" + "1" * 32, Says.JOIN, (bytes(16), bytes([1] * 16)))

    with pytest.raises(CardError):
        dataclasses.replace(joining, **change)
