"""Phone numbers in E.164, by the numbering plans of libphonenumber."""

import re
from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, ValidationResult

from app.protocol.selectors.errors import NotASelector

_DASHES: Final = re.compile(r"[‐-―−－]")
_WITH_ZERO: Final = frozenset({39, 378, 379})
_FORM: Final = re.compile(r"\+?[0-9 ()./\-]+")


def spelling(value: str, country: str | None) -> str:
    """`country` is where a national number is from (ISO 3166, two letters)."""
    text = _DASHES.sub("-", re.sub(r"^tel:", "", value, flags=re.IGNORECASE)).replace("\N{NO-BREAK SPACE}", " ")
    if not _FORM.fullmatch(text):
        raise NotASelector("a phone number has digits alone; leave an extension or a name out")
    if country is None and text.startswith("00"):
        text = "+" + text.removeprefix("00")  # dialled so in most countries; where not, no such number is assigned
    if country is None and not text.startswith("+"):
        raise NotASelector("a national number needs its country")
    number = _possible(text, country)
    if number is None:
        raise NotASelector("not a number of that country: is the country right, and every digit there?")
    if _differs_by_a_zero(number):
        raise NotASelector("it may begin with 0 or not: write it with + as it is dialled from abroad")
    if _may_be_another(text, country, number):
        raise NotASelector("it may be a national or an international number: write it with + and its country's code")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _possible(text: str, country: str | None) -> PhoneNumber | None:
    """By its length. Which ranges are assigned changes, and fictitious ones are used on purpose, so both count."""
    try:
        number = phonenumbers.parse(text, country)
    except NumberParseException:
        return None
    is_whole = phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE
    return number if is_whole else None


def _differs_by_a_zero(number: PhoneNumber) -> bool:
    """In Italy a 0 belongs to numbers of a place and to no others; of two ways, the wrong one is assigned to nobody."""
    if number.country_code not in _WITH_ZERO or phonenumbers.is_valid_number(number):
        return False
    other = PhoneNumber(
        number.country_code, number.national_number, italian_leading_zero=not number.italian_leading_zero
    )
    return phonenumbers.is_valid_number(other)


def _may_be_another(text: str, country: str | None, number: PhoneNumber) -> bool:
    """Whether the digits, without the prefix that is dialled before national numbers there, are one with + before too.

    `44 20 7946 0958` found in Germany could be either. Where nothing, or 1, is dialled before, people leave it out.
    """
    prefix = phonenumbers.ndd_prefix_for_region(country, strip_non_digits=True) if country else None
    digits = re.sub(r"[^0-9]", "", text)
    if prefix in (None, "1") or digits.startswith(prefix):
        return False
    international = _possible("+" + digits, None)
    return international is not None and international != number and phonenumbers.is_valid_number(international)
