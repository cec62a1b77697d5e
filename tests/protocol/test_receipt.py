"""The receipt: twelve words that a person can copy, and the keys behind them."""

import contextlib
import hmac
import json
import secrets
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mnemonic import Mnemonic

from app import vocabulary
from app.protocol.receipt import (
    LISTS,
    AmbiguousError,
    ChecksumError,
    Receipt,
    ReceiptError,
    UnknownWordError,
    WordCountError,
    meant,
    read,
)

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "receipt_typed.json").read_bytes())

SECRETS = st.binary(min_size=16, max_size=16)
LANGUAGES = st.sampled_from(sorted(LISTS))
RECEIPT = Receipt(bytes(range(16)))
ENGLISH = RECEIPT.words("en")


@given(SECRETS, LANGUAGES)
@example(bytes(16), "zh-Hant")
@example(b"\xff" * 16, "ja")
def test_what_is_shown_reads_back(secret: bytes, language: str) -> None:
    with contextlib.suppress(AmbiguousError):  # which `generate` does not let happen
        assert read(Receipt(secret).words(language)).secret == secret


@given(LANGUAGES)
def test_a_new_receipt_reads_back_in_one_way(language: str) -> None:
    made = Receipt.generate(language)

    assert read(made.words(language)) == made


def test_no_two_receipts_are_the_same() -> None:
    assert len({Receipt.generate("en").secret for _ in range(20)}) == 20


def test_ten_languages_have_a_list_of_their_own() -> None:
    assert " ".join(sorted(LISTS)) == "cs en es fr it ja ko pt zh-Hans zh-Hant"


def test_words_that_come_twice_in_one_receipt_are_no_receipt_that_was_pasted_twice() -> None:
    words = "action " * 12

    assert read(words) == read(words * 2)
    assert read(words).words().split() == words.split()


def test_every_language_with_a_list_gets_its_own_words_and_the_others_english() -> None:
    for code in vocabulary.code_list("language").codes.values():
        wordlist = set(Mnemonic(code.wordlist or "english").wordlist)
        assert set(RECEIPT.words(code.code).split()) <= wordlist, code.code


@pytest.mark.parametrize("language", sorted(LISTS))
@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
def test_it_does_not_matter_how_letters_are_composed(language: str, form: str) -> None:
    words = unicodedata.normalize(form, RECEIPT.words(language))  # type: ignore[arg-type]  # a parameter is a plain str

    assert read(words) == RECEIPT


@given(SECRETS, st.sampled_from(sorted(set(LISTS) - {"ja"})))
def test_marks_may_be_left_out(secret: bytes, language: str) -> None:
    letters = unicodedata.normalize("NFD", Receipt(secret).words(language))
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))

    with contextlib.suppress(AmbiguousError):
        assert read(bare).secret == secret


def test_a_mark_that_makes_another_letter_counts() -> None:
    words = unicodedata.normalize("NFD", RECEIPT.words("ja"))

    with pytest.raises(ReceiptError):
        read(words.replace("\N{COMBINING KATAKANA-HIRAGANA VOICED SOUND MARK}", ""))


@pytest.mark.parametrize(
    "typed",
    [
        ENGLISH.upper(),
        ENGLISH.title(),
        f"  {ENGLISH}\n",
        ENGLISH.replace(" ", "\n"),
        ENGLISH.replace(" ", " \t  "),
        ENGLISH.replace(" ", ", ") + ".",
        "\n".join(f"{number}. {word}" for number, word in enumerate(ENGLISH.split(), start=1)),
        "\N{RIGHT-TO-LEFT EMBEDDING}" + ENGLISH.replace(" ", "\N{NO-BREAK SPACE}") + "\N{POP DIRECTIONAL FORMATTING}",
        ENGLISH.replace("i", "\N{LATIN SMALL LETTER DOTLESS I}"),
        ENGLISH.upper().replace("I", "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}"),
        "".join(chr(ord(letter) + 0xFEE0) if letter != " " else "\N{IDEOGRAPHIC SPACE}" for letter in ENGLISH),
    ],
)
def test_it_does_not_matter_how_a_person_writes_it_down(typed: str) -> None:
    assert read(typed) == RECEIPT


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant"])
def test_chinese_needs_no_spaces(language: str) -> None:
    words = RECEIPT.words(language)

    assert read(words.replace(" ", "")) == RECEIPT
    assert read(words.replace(" ", "、")) == RECEIPT
    assert read(words.replace(" ", "", 7)) == RECEIPT


@pytest.mark.parametrize("typed", ["", "   ", "able", " ".join(ENGLISH.split()[:11]), f"{ENGLISH} zoo", "的一是", "12"])
def test_another_number_of_words_is_said_to_be_one(typed: str) -> None:
    with pytest.raises(WordCountError):
        read(typed)


@given(LANGUAGES, st.integers(0, 11))
def test_a_word_of_no_list_is_named_by_its_place(language: str, place: int) -> None:
    words = RECEIPT.words(language).split()
    words[place] = "xyzzy"

    with pytest.raises(UnknownWordError) as failure:
        read(" ".join(words))

    assert failure.value.position == place + 1


@given(st.integers(0, 11), st.integers(0, 11))
def test_two_words_in_each_others_place_are_noticed(one: int, other: int) -> None:
    # Of 128 bits four are checked: a few pairs pass, and are another receipt.
    words = ENGLISH.split()
    words[one], words[other] = words[other], words[one]
    swapped = " ".join(words)

    if Mnemonic("english").check(swapped):
        assert (read(swapped) == RECEIPT) == (swapped == ENGLISH)
    else:
        with pytest.raises(ChecksumError):
            read(swapped)


def test_words_with_two_readings_are_refused_and_never_made(monkeypatch: pytest.MonkeyPatch) -> None:
    # English and French share a hundred words and more, so that some phrases hold in both lists.
    shared = sorted(set(Mnemonic("english").wordlist) & set(Mnemonic("french").wordlist))
    phrase = _phrase_of_both(shared)
    drawn = iter([Mnemonic("english").to_entropy(phrase), RECEIPT.secret])
    monkeypatch.setattr(secrets, "token_bytes", lambda _: bytes(next(drawn)))

    with pytest.raises(AmbiguousError):
        read(phrase)
    assert Receipt.generate("en") == RECEIPT


def test_nothing_shows_what_it_is() -> None:
    made = Receipt.generate("en")
    shown = f"{made!r} {made} {[made]}"

    assert made.secret.hex() not in shown
    assert repr(made.secret) not in shown
    assert not set(shown.split()) & set(made.words("en").split())


@pytest.mark.parametrize("typed", [f"{ENGLISH} zoo", "xyzzy " * 12, " ".join(sorted(ENGLISH.split()))])
def test_no_error_repeats_a_word(typed: str) -> None:
    with pytest.raises(ReceiptError) as failure:
        read(typed)

    assert not set(repr(failure.value).split()) & set(typed.split())


def test_a_receipt_has_sixteen_bytes() -> None:
    with pytest.raises(ValueError, match="16"):
        Receipt(bytes(15))


@pytest.mark.parametrize("vector", VECTORS["read"], ids=lambda vector: vector["name"])
def test_what_is_typed_reads_as_the_vectors_say(vector: dict[str, Any]) -> None:
    assert read(vector["typed"]).secret.hex() == vector["secret"]


@pytest.mark.parametrize("vector", VECTORS["refused"], ids=lambda vector: vector["name"])
def test_what_cannot_be_read_is_refused_as_the_vectors_say(vector: dict[str, Any]) -> None:
    with pytest.raises(ReceiptError) as failure:
        read(vector["typed"])

    assert type(failure.value).__name__ == vector["error"]
    assert getattr(failure.value, "position", None) == vector["position"]
    offers = meant(vector["typed"], failure.value) if isinstance(failure.value, UnknownWordError) else []
    assert offers == vector["meant"]


def test_the_keys_are_hkdf_as_the_standard_has_it() -> None:
    # RFC 5869 with a salt of zeros, one block long.
    extracted = hmac.digest(bytes(32), RECEIPT.secret, "sha256")
    expected = {
        label: hmac.digest(extracted, f"tern/v1/{label}\x01".encode(), "sha256")
        for label in ("mailbox-token", "mailbox-identity", "thread-mac")
    }

    assert RECEIPT.token == expected["mailbox-token"]
    assert RECEIPT.thread_key == expected["thread-mac"]
    assert len(set(expected.values())) == 3


def _phrase_of_both(shared: list[str]) -> str:
    """Twelve words, the checksum of which holds in English and in French; one in 256 does."""
    for turn in range(5000):
        phrase = " ".join(shared[(turn * 7 + place * (turn % 11 + 1)) % len(shared)] for place in range(12))
        if Mnemonic("english").check(phrase) and Mnemonic("french").check(phrase):
            return phrase
    raise AssertionError("no phrase is of both lists")
