"""Selectors: what an actor used and may use again (a number, an account, an address), written in one way each.

Two cases share a selector where `normalised` is equal, so each type has one spelling of each value (the vocabulary's
list `selector_type` says which). What a person typed stays beside it as it was.
"""

import ipaddress
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from app import vocabulary
from app.protocol.calling_codes import CALLING_CODES, TRUNK_PREFIXES
from app.protocol.errors import Malformed, ProtocolError

VALUE_LENGTH: Final = 2_000

# Parameters that tell who was sent a link, not where it leads.
_TRACKING: Final = re.compile(r"utm_.*|fbclid|gclid|dclid|msclkid|yclid|igshid|mc_[ce]id|_hsenc|_hsmi")
_PLATFORMS: Final = {
    "t.me": "telegram",
    "telegram.me": "telegram",
    "instagram.com": "instagram",
    "facebook.com": "facebook",
    "x.com": "x",
    "twitter.com": "x",
    "tiktok.com": "tiktok",
    "youtube.com": "youtube",
    "vk.com": "vk",
    "weibo.com": "weibo",
}
_DOMAIN: Final = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+")
_HANDLE: Final = re.compile(r"[^\s:/@]+")


class NotASelector(ProtocolError):
    """The value has no one spelling as this type: it lacks the country or the platform, or it is something else."""


@dataclass(frozen=True)
class Selector:
    """`value` as it was found, and `normalised` as it is compared."""

    type: str = field(repr=False)
    value: str = field(repr=False)
    normalised: str = field(repr=False)

    @classmethod
    def of(cls, type_: str, value: str, *, country: str | None = None, platform: str | None = None) -> "Selector":
        """The selector in what somebody typed. Raises `NotASelector`.

        `country` is where a national phone number or a plate is from (ISO 3166, two letters), `platform` where a
        handle is, unless the value says so itself.
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
        """As it stands in a document; `read` takes it back."""
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
    match type_:
        case "phone":
            return _phone(plain, country)
        case "handle":
            return _handle(plain, platform)
        case "vehicle_plate":
            return _plate(plain, country)
        case _:
            return _BY_VALUE_ALONE[type_](plain)


def _plain(value: str) -> str:
    """Without bidi marks and other characters that nobody sees, in NFKC, digits of every script as 0 to 9."""
    seen = "".join(each for each in unicodedata.normalize("NFKC", value) if unicodedata.category(each) != "Cf")
    return "".join(str(unicodedata.decimal(each, each)) for each in seen).strip()


def _phone(value: str, country: str | None) -> str:
    digits = re.sub(r"[\s().\-/‐‑–]", "", value.removeprefix("tel:"))
    if digits.startswith("00"):
        digits = "+" + digits.removeprefix("00")
    if not digits.startswith("+"):
        digits = _international(digits, country)
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", digits):
        raise NotASelector("not a phone number")
    return digits


def _international(national: str, country: str | None) -> str:
    if country not in CALLING_CODES:
        raise NotASelector("a national number needs its country")
    code = CALLING_CODES[country]
    trunk = TRUNK_PREFIXES.get(country, "1" if code == "1" else "0")
    return f"+{code}{national.removeprefix(trunk)}"


def _handle(value: str, platform: str | None) -> str:
    name = value.lower()
    host, slash, path = name.removeprefix("https://").removeprefix("http://").removeprefix("www.").partition("/")
    stated, colon, rest = name.partition(":")
    if slash and host in _PLATFORMS:
        platform, name = _PLATFORMS[host], path.partition("?")[0].strip("/")
    elif colon and not slash:
        platform, name = stated, rest
    name = name.strip().removeprefix("@")
    if not platform or not _HANDLE.fullmatch(platform.lower()) or not _HANDLE.fullmatch(name):
        raise NotASelector("a handle needs its platform")
    return f"{platform.lower()}:{name}"


def _plate(value: str, country: str | None) -> str:
    stated = re.fullmatch(r"([A-Z]{2})[ :](.+)", value.upper())
    if stated and stated[1] in vocabulary.codes("country") and (country is None or country == stated[1]):
        country, value = stated[1], stated[2]
    plate = re.sub(r"[\s\-‐‑–:]", "", value.upper())
    if country not in vocabulary.codes("country") or not plate:
        raise NotASelector("a plate needs its country")
    return f"{country}:{plate}"


def _email(value: str) -> str:
    name, at, host = value.lower().removeprefix("mailto:").rpartition("@")
    if not at or not name or re.search(r"[\s@]", name):
        raise NotASelector("not an e-mail address")
    return f"{name}@{_domain(host)}"


def _url(value: str) -> str:
    """Also from the spelling that keeps a dangerous link from being one (`hxxps`, `[.]`)."""
    text = re.sub(r"^hxxp", "http", value.replace("[.]", ".").replace("[:]", ":"), flags=re.IGNORECASE)
    try:
        parts = urlsplit(text)
        port = f":{parts.port}" if parts.port else ""
        # A host may be an address of IPv4; one of IPv6 has brackets.
        host = f"[{_ip(parts.hostname)}]" if parts.hostname and ":" in parts.hostname else _host(parts.hostname or "")
    except ValueError:
        raise NotASelector("not a web address") from None
    if parts.scheme not in ("http", "https") or parts.username is not None or re.search(r"\s", text):
        raise NotASelector("not a web address")
    asked = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(name, said) for name, said in asked if not _TRACKING.fullmatch(name)]
    query = parts.query if kept == asked else urlencode(kept)
    return urlunsplit((parts.scheme, host + port, parts.path, query, ""))


def _host(value: str) -> str:
    try:
        return _ip(value)
    except NotASelector:
        return _domain(value)


def _domain(value: str) -> str:
    text = value.replace("[.]", ".").lower().rstrip(".")
    try:
        domain = text.encode("idna").decode().lower()
    except UnicodeError:
        raise NotASelector("not a domain") from None
    if not _DOMAIN.fullmatch(domain):
        raise NotASelector("not a domain")
    return domain


def _ip(value: str) -> str:
    try:
        return str(ipaddress.ip_address(value.replace("[.]", ".")))
    except ValueError:
        raise NotASelector("not an IP address") from None


def _wallet(value: str) -> str:
    # Bech32 may be written in capitals; other addresses tell letters from capitals.
    return value.lower() if re.fullmatch(r"(?i:bc1|tb1|ltc1|addr1)[0-9A-Z]+", value) else _one_word(value)


def _hash(value: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", value.lower()):
        raise NotASelector("not a SHA-256")
    return value.lower()


def _one_word(value: str) -> str:
    if re.search(r"\s", value):
        raise NotASelector("more than one word")
    return value


def _capitals_without(separators: str) -> Callable[[str], str]:
    def normalised(value: str) -> str:
        kept = re.sub(separators, "", value.upper())
        if not kept:
            raise NotASelector("nothing but separators")
        return kept

    return normalised


_BY_VALUE_ALONE: Final[dict[str, Callable[[str], str]]] = {
    "email": _email,
    "url": _url,
    "domain": _domain,
    "ip": _ip,
    "booking_ref": _capitals_without(r"[\s\-‐‑–]"),
    "wallet": _wallet,
    "bank_account": _capitals_without(r"\s"),
    "file_hash": _hash,
    "document_ref": _capitals_without(r"\s"),
}
