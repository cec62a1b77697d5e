"""The receipt: 128 bits from the reporter's device, as twelve words, and the keys that follow from them."""

import secrets
import unicodedata
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from mnemonic import Mnemonic

from app import age
from app.protocol import typos
from app.protocol.derivation import derive
from app.protocol.encoding import sha256_hex
from app.protocol.errors import ProtocolError

RECEIPT_SIZE: Final = 16
WORD_COUNT: Final = 12
# The BIP-39 lists that a phrase may be written in, by language; other languages use English, with a note.
LISTS: Final = {
    "en": "english",
    "zh-Hans": "chinese_simplified",
    "zh-Hant": "chinese_traditional",
    "fr": "french",
    "es": "spanish",
    "ja": "japanese",
    "ko": "korean",
    "it": "italian",
    "pt": "portuguese",
    "cs": "czech",
}
# Those that write か and が with one letter and a mark; every other mark can be left out, as people do on paper.
_VOICING: Final = (
    "\N{COMBINING KATAKANA-HIRAGANA VOICED SOUND MARK}\N{COMBINING KATAKANA-HIRAGANA SEMI-VOICED SOUND MARK}"
)
# How people number a list, but for digits, which are no words of any.
_NUMBERS: Final = (
    ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"],
    ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"],
)


class ReceiptError(ProtocolError):
    """The words are not those of a receipt. No message repeats them."""


class WordCountError(ReceiptError):
    """There are not twelve words."""


class UnknownWordError(ReceiptError):
    """A word is not in the list that most of the others are in; `position` counts from 1, `list_name` is of BIP-39."""

    def __init__(self, position: int, list_name: str) -> None:
        super().__init__(f"word {position} is not one of the list")
        self.position = position
        self.list_name = list_name


class ChecksumError(ReceiptError):
    """All words are words of a list, but not together: one is wrong, or two changed places."""


class AmbiguousError(ReceiptError):
    """Two lists read the words as two receipts. No receipt that `Receipt.generate` makes does."""


@dataclass(frozen=True)
class Receipt:
    """The 16 bytes, and what HKDF-SHA256 (no salt) derives from them. Nothing of it is shown by `repr`."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != RECEIPT_SIZE:
            raise ValueError(f"a receipt has {RECEIPT_SIZE} bytes")

    @classmethod
    def generate(cls, language: str = "en") -> "Receipt":
        """A new receipt whose words in this language can be read in one way only."""
        while True:
            receipt = cls(secrets.token_bytes(RECEIPT_SIZE))
            if len(_readings(_split(receipt.words(language)))) == 1:
                return receipt

    def words(self, language: str = "en") -> str:
        """Twelve words, with spaces between; English where the language has no list."""
        text: str = _mnemonic(LISTS.get(language, "english")).to_mnemonic(self.secret)
        return text.replace("\u3000", " ")  # Japanese phrases are written with wide spaces

    @property
    def token(self) -> bytes:
        """32 bytes that open the mailbox at the service, which keeps their SHA-256."""
        return derive(self.secret, "mailbox-token")

    @property
    def identity(self) -> age.HybridIdentity:
        """The age identity to which replies are sealed."""
        return age.identity_from_seed(derive(self.secret, "mailbox-identity"))

    @property
    def thread_key(self) -> bytes:
        """32 bytes under which reporter and staff MAC what they write to each other."""
        return derive(self.secret, "thread-mac")

    @property
    def withdrawal(self) -> bytes:
        """32 bytes that leave the reporter's device with a withdrawal alone; who knows them may end the report."""
        return derive(self.secret, "withdrawal")

    @property
    def withdrawal_sha256(self) -> str:
        """What service and staff know of it from the beginning."""
        return sha256_hex(self.withdrawal)


def read(words: str) -> Receipt:
    """The receipt that the words say, in any list whose checksum holds.

    Case, marks, spacing, punctuation and numbering do not matter, nor that the phrase stands there twice.
    Raises `WordCountError`, `UnknownWordError`, `ChecksumError` or `AmbiguousError`.
    """
    word_list = _split(words)
    if len(word_list) != WORD_COUNT:
        raise WordCountError(f"a receipt has {WORD_COUNT} words")
    readings = _readings(word_list)
    if len(readings) > 1:
        raise AmbiguousError("the words can be read in two ways")
    if readings:
        return Receipt(readings.pop())
    known = {name: [word in _places(name) for word in word_list] for name in LISTS.values()}
    likeliest = max(known, key=lambda name: sum(known[name]))
    if not all(known[likeliest]):
        raise UnknownWordError(known[likeliest].index(False) + 1, likeliest)
    raise ChecksumError("a word is wrong, or two have changed places")


def meant(words: str, unknown: UnknownWordError) -> list[str]:
    """At most three words of its list that the unknown one of these may have been meant to be, the nearest first."""
    wordlist = _mnemonic(unknown.list_name).wordlist
    places = typos.nearest(_split(words)[unknown.position - 1], list(_places(unknown.list_name)))
    return [unicodedata.normalize("NFC", wordlist[place]) for place in places]


def _split(words: str) -> list[str]:
    """The words as `_places` has them, without what a messenger or a person puts between, before or into them."""
    seen = "".join(each for each in words if unicodedata.category(each) != "Cf")
    parts = _fold("".join(" " if unicodedata.category(each)[0] in "CNPSZ" else each for each in seen)).split()
    parts = _once(parts)
    if parts[::2] in _NUMBERS:
        parts = parts[1::2]
    letters = list("".join(parts))
    # In Chinese a word is one character, and nobody puts spaces.
    if all(letter in _places("chinese_simplified") or letter in _places("chinese_traditional") for letter in letters):
        return _once(letters)
    return parts


def _once(parts: list[str]) -> list[str]:
    """What was pasted twice, one time."""
    half = len(parts) // 2
    return parts[:half] if half >= WORD_COUNT and parts == 2 * parts[:half] else parts


def _readings(word_list: list[str]) -> set[bytes]:
    """The receipts that the words are in one list or another."""
    found = set()
    for name in LISTS.values():
        places = _places(name)
        if all(word in places for word in word_list):
            bits = "".join(f"{places[word]:011b}" for word in word_list)
            secret = int(bits[:128], 2).to_bytes(RECEIPT_SIZE, "big")
            text = _mnemonic(name).to_mnemonic(secret)
            if _fold(text).split() == word_list:  # the library knows the checksum
                found.add(secret)
    return found


def _fold(text: str) -> str:
    """NFKD in lower case, without marks. A Turkish keyboard has its own two letters for the i of other languages."""
    lower = unicodedata.normalize("NFKD", text).lower()
    return "".join(each for each in lower if each in _VOICING or unicodedata.category(each)[0] != "M").replace("ı", "i")


@cache
def _mnemonic(name: str) -> Mnemonic:
    return Mnemonic(name)


@cache
def _places(name: str) -> dict[str, int]:
    return {_fold(word): place for place, word in enumerate(_mnemonic(name).wordlist)}
