"""Selectors: what an actor used and may use again (a number, an account, an address), written in one way each.

Two cases share a selector where `normalised` is equal, so each type has one spelling of each value (the vocabulary's
list `selector_type` says which). What a person typed stays beside it as it was. A value whose spelling is not sure is
refused with words: a guess would join two people's cases, or part one's.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any, Final

from app import vocabulary
from app.protocol.errors import Malformed
from app.protocol.selectors.errors import NotASelector

__all__ = ["VALUE_LENGTH", "NotASelector", "Selector", "normalise"]

VALUE_LENGTH: Final = 2_000
_E164: Final = re.compile(r"\+[1-9][0-9]{3,14}")


@dataclass(frozen=True)
class Selector:
    """`value` as it was found, and `normalised` as it is compared."""

    type: str = field(repr=False)
    value: str = field(repr=False)
    normalised: str = field(repr=False)

    @classmethod
    def of(cls, type_: str, value: str, *, country: str | None = None, platform: str | None = None) -> "Selector":
        """The selector in what somebody typed. Raises `NotASelector`.

        `country` is where a national phone number or a plate is from (ISO 3166, two letters), `platform` where an
        account is, unless the value says so itself.
        """
        return cls(type_, value, normalise(type_, value, country=country, platform=platform))

    @classmethod
    def read(cls, body: object) -> "Selector":
        """Raises `Malformed`, also where `normalised` is not the one spelling of anything."""
        match body:
            case {"type": str(type_), "value": str(value), "normalised": str(normalised), **rest} if not rest:
                try:
                    if len(value) <= VALUE_LENGTH and _is_spelling(type_, normalised):
                        return cls(type_, value, normalised)
                except NotASelector:
                    pass
        raise Malformed("a selector of another form")

    def body(self) -> dict[str, Any]:
        return {"type": self.type, "value": self.value, "normalised": self.normalised}


def _is_spelling(type_: str, value: str) -> bool:
    """Numbering plans change. What was a number when somebody wrote it down stays one in its case."""
    return _E164.fullmatch(value) is not None if type_ == "phone" else normalise(type_, value) == value


def normalise(type_: str, value: str, *, country: str | None = None, platform: str | None = None) -> str:
    """The one spelling of `value`; that of a spelling is itself. Raises `NotASelector`."""
    spelling = _spelling(type_, value, country, platform)
    # Letters that meet when what stood between them is gone may become one: nobody can say which spelling is meant.
    if _spelling(type_, spelling, None, None) != spelling:
        raise NotASelector("of no one spelling")
    return spelling


def _spelling(type_: str, value: str, country: str | None, platform: str | None) -> str:
    plain = _plain_address(value) if type_ == "url" else _plain(value, joins=type_ in _WITH_JOINERS)
    if type_ not in vocabulary.codes("selector_type") or not plain or len(plain) > VALUE_LENGTH:
        raise NotASelector("no value, or of no type of the list")
    # Numbering plans, domains and checksums take long to import, and most commands meet none.
    from app.protocol.selectors import accounts, addresses, phones, plates, wallets

    match type_:
        case "phone":
            return phones.spelling(plain, country)
        case "handle":
            return accounts.spelling(plain, platform)
        case "vehicle_plate":
            return plates.spelling(plain, country)
        case "email":
            return addresses.email(plain)
        case "url":
            return addresses.url(plain)
        case "domain":
            return addresses.domain(plain)
        case "ip":
            return addresses.ip(plain)
        case "wallet":
            return wallets.spelling(plain)
        case "file_hash":
            return _file_hash(plain)
        case "bank_account":
            return re.sub(r"[\s\-]", "", _with_one_dash(plain.upper())).removeprefix("IBAN").removeprefix(":")
        case "booking_ref":
            return re.sub(r"[\s\-]", "", _with_one_dash(plain.upper()))
        case _:
            return re.sub(r"\s", "", _with_one_dash(plain.upper()))


def _plain(value: str, *, joins: bool = False) -> str:
    """Without bidi marks and other characters that nobody sees, in NFKC, digits of every script as 0 to 9.

    A Turkish keyboard writes the capital of i with a dot. What `joins` letters without being seen stays where asked.
    """
    visible = _visible(unicodedata.normalize("NFKC", value), joins=joins)
    return "".join(str(unicodedata.decimal(each, each)) for each in visible).strip().replace("İ", "I")


def _plain_address(value: str) -> str:
    """A web address whose host is plain. Behind it each sign leads elsewhere, as browsers send it: `۱۲` is not `12`."""
    host, path = re.match(r"([^/]*/{0,2}[^/?#]*)(.*)", value.strip(), re.DOTALL).groups()  # type: ignore[union-attr]
    return _plain(host, joins=True) + _visible(unicodedata.normalize("NFC", path), joins=True).strip(_JOINERS)


def _visible(text: str, *, joins: bool) -> str:
    return "".join(each for each in text if unicodedata.category(each) != "Cf" or (joins and each in _JOINERS))


def _with_one_dash(text: str) -> str:
    """Word processors write a hyphen that does not break, or a dash, where somebody typed a hyphen."""
    return re.sub("[‐-―−]", "-", text)


def _file_hash(value: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", value.lower()):
        raise NotASelector("not a SHA-256")
    return value.lower()


# Nobody sees them, but in some scripts two domains differ by one alone (RFC 5892, appendix A).
_JOINERS: Final = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
_WITH_JOINERS: Final = frozenset({"domain", "email"})
