"""What keys that were replaced say of those in their place, as far as it is authentic."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from itertools import islice
from typing import Any, Final

from app.client.machine.transport import Service
from app.protocol.certificates import Trust
from app.protocol.encoding import unb64
from app.protocol.errors import ProtocolError
from app.protocol.objections import Objection

_MOST: Final = 1_000  # that are read, whatever a service sends


def fetch(service: Service, trust: Trust) -> list[Objection]:
    """Those that the service shows and that are authentic."""
    return authentic(islice(service.items("/objections"), _MOST), trust)


def authentic(items: Iterable[Mapping[str, Any]], trust: Trust) -> list[Objection]:
    """Each by a key that its person had and has no more: another is nobody's word, whoever shows it."""
    found = list[Objection]()
    for item in items:
        with suppress(ProtocolError):
            objection = _read(item)
            objection.check(trust.org)
            if any(each.key == objection.by for each in trust.replaced(objection.person)):
                found.append(objection)
    return found


def _read(item: Mapping[str, Any]) -> Objection:
    by, key, signature = unb64(item["by_key"], 32), unb64(item["key"], 32), unb64(item["signature"], 64)
    return Objection(item["person"], by, item["recipient"], key, signature)
