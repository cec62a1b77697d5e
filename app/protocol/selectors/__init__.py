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
                    if len(value) <= VALUE_LENGTH and normalise(type_, normalised) == normalised:
                        return cls(type_, value, normalised)
                except NotASelector:
                    pass
        raise Malformed("a selector of another form")

    def body(self) -> dict[str, Any]:
        return {"type": self.type, "value": self.value, "normalised": self.normalised}


def normalise(type_: str, value: str, *, country: str | None = None, platform: str | None = None) -> str:
    """The one spelling of `value`; that of a spelling is itself. Raises `NotASelector`."""
    spelling = _spelling(type_, value, country, platform)
    # Letters that meet when what stood between them is gone may become one: nobody can say which spelling is meant.
    if _spelling(type_, spelling, None, None) != spelling:
        raise NotASelector("of no one spelling")
    return spelling


def _spelling(type_: str, value: str, country: str | None, platform: str | None) -> str:
    plain = _plain(value)
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
        case _:
            return re.sub(_SEPARATORS[type_], "", plain.upper())


def _plain(value: str) -> str:
    """Without bidi marks and other characters that nobody sees, in NFKC, digits of every script as 0 to 9."""
    visible = "".join(each for each in unicodedata.normalize("NFKC", value) if unicodedata.category(each) != "Cf")
    return "".join(str(unicodedata.decimal(each, each)) for each in visible).strip()


def _file_hash(value: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", value.lower()):
        raise NotASelector("not a SHA-256")
    return value.lower()


# Of what is compared in capitals, what may stand between them.
_SEPARATORS: Final = {"booking_ref": r"[\s\-‐-―]", "bank_account": r"\s", "document_ref": r"\s"}
