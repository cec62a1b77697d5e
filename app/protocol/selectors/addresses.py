"""Addresses of the web, of mail and of machines: URLs as the WHATWG reads them, domains by IDNA 2008."""

import ipaddress
import re
from typing import Final

import ada_url
import idna

from app.protocol.selectors.errors import NotASelector

# A place on a page, and what a browser is to mark there; whatever else stands behind # leads to another page.
_PLACE: Final = re.compile(r"#(?:[A-Za-z][\w.-]{0,39}|:~:.*)?")
# Parameters that tell who was sent a link, not where it leads.
_TRACKING: Final = re.compile(r"utm_.*|fbclid|gclid|dclid|msclkid|yclid|igshid|mc_[ce]id|_hsenc|_hsmi", re.IGNORECASE)
_JOINER: Final = re.compile("[\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}]")
_UNRESERVED: Final = re.compile(r"[A-Za-z0-9._~-]")
_ESCAPE: Final = re.compile(r"%([0-9A-Fa-f]{2})")


def url(value: str) -> str:
    """Also from the spelling that keeps a dangerous link from being one (`hxxps`, `[.]`)."""
    text = re.sub(r"^hxxp", "http", value.replace("[.]", ".").replace("[:]", ":"), flags=re.IGNORECASE)
    if not re.match(r"https?://", text, re.IGNORECASE) or re.search(r"[\s\\]", text):
        raise NotASelector("a web address begins with http:// or https:// and has no spaces")
    try:
        url = ada_url.URL(text)
    except ValueError:
        raise NotASelector("not a web address") from None
    if url.username or url.password:
        raise NotASelector("a web address with a name or password before its host: leave these out")
    host = url.hostname if url.hostname.startswith("[") else _host(url.hostname)  # `127.1` is read as 127.0.0.1 by now
    port = f":{url.port}" if url.port else ""
    parameters = [
        each for each in url.search.removeprefix("?").split("&") if not _TRACKING.fullmatch(each.split("=")[0])
    ]
    query = "?" + _escape("&".join(parameters)) if any(parameters) else ""
    place = "" if _PLACE.fullmatch(url.hash) else _escape(url.hash)
    return f"{url.protocol}//{host}{port}{_escape(url.pathname)}{query}{place}"


def domain(value: str) -> str:
    """The ASCII form (UTS 46), in lower case and without a last dot. Raises `NotASelector`."""
    found = _host(value)
    if found.replace(".", "").isdecimal():
        raise NotASelector("an address of a machine, not a domain: record it as an IP address")
    return found


def email(value: str) -> str:
    """In lower case, which nearly all hosts take for the same; the host as `domain`. Raises `NotASelector`."""
    name, _, host = re.sub("^mailto:", "", value, flags=re.IGNORECASE).rpartition("@")
    if not name or re.search(r'[\s@"<>(),;:\\]', name):
        raise NotASelector("not one e-mail address")
    return f"{re.sub(_JOINER, '', name).lower()}@{_host(host)}"


def ip(value: str) -> str:
    """An address of IPv4 that is written as one of IPv6 is that of IPv4."""
    try:
        address = ipaddress.ip_address(value.replace("[.]", ".").removeprefix("[").removesuffix("]"))
    except ValueError:
        raise NotASelector("not an IP address") from None
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id:
            raise NotASelector("an address of one network alone, by its %: leave that out")
        return str(address.ipv4_mapped or address)
    return str(address)


def _host(value: str) -> str:
    text = value.replace("[.]", ".").rstrip(".")
    # Where no domain may have a joiner, it came with a copy.
    for each in dict.fromkeys([text, re.sub(_JOINER, "", text)]):
        try:
            found = idna.encode(each, uts46=True).decode()
        except idna.IDNAError:
            continue
        if "." not in found:
            raise NotASelector("a domain has a dot")
        return found
    raise NotASelector("not a domain that can be registered")


def _escape(text: str) -> str:
    """Percent-encoding in its one form (RFC 3986, section 6.2.2): capitals, and nothing escaped that need not be."""

    def one(match: re.Match[str]) -> str:
        letter = chr(int(match[1], 16))
        return letter if _UNRESERVED.fullmatch(letter) else match[0].upper()

    return _ESCAPE.sub(one, text)
