"""Whom and what a person at the terminal means: a handle, a ref or the beginning of an id, wherever an id may stand.

The service tells what they stand for. So a handle that once was somebody's stays theirs on this machine, and nobody
else can be slipped in under it; whatever is opened under a ref is checked as it is under an id.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Annotated, Final

import typer

from app.cli.console import say
from app.client.machine.staff import Staff
from app.client.machine.transport import Refused, Told
from app.protocol import chain
from app.protocol.chain import Mark
from app.protocol.encoding import sha256_hex

CaseId = Annotated[str, typer.Argument(metavar="CASE", help="The case's id or ref.")]
Ask = Annotated[
    str | None, typer.Option(metavar="WHO", help="Do nothing yet, and ask this person to approve it, by id or handle.")
]
Given = Annotated[str | None, typer.Option(help="What was approved, by id or how it begins.")]
_ID: Final = re.compile(r"[a-z]+_[0-9a-f]{32}")
# The prefix and eight digits of an id tell it from all others that one person sees.
_SHORT: Final = 8
# In what this machine has seen: whose each handle is.
_HANDLE: Final = "handle"


def short(id_: str) -> str:
    """An id as a table shows it."""
    prefix, _, digits = id_.partition("_")
    return f"{prefix}_{digits[:_SHORT]}" if _ID.fullmatch(id_) else id_


@dataclass(frozen=True)
class Names:
    """What one person's service has names for."""

    staff: Staff

    def person(self, text: str) -> str:
        """The id of whoever has this handle. Raises `typer.BadParameter`, and `Rollback` where it was another's."""
        if _ID.fullmatch(text):
            return text
        found = self._one("people", (each["id"] for each in self._people if each.get("handle") == text))
        mark, seen = Mark(1, sha256_hex(found.encode())), self.staff.seen
        seen.hold(_HANDLE, text, partial(chain.check_same, mark, reason="handle"))
        if seen.highest(_HANDLE, text) is None:
            say(f"The service says that {text} is {found}, and on this machine stays so.")
            seen.record(_HANDLE, text, mark)
        return found

    def persons(self, texts: Iterable[str] | None) -> list[str]:
        """The ids of all of them."""
        return [self.person(each) for each in texts or ()]

    def handle(self, person: object) -> str | None:
        """What the service calls whoever has this id, for a table; the short id where it does not tell."""
        if person is None:
            return None
        return next((str(each["handle"]) for each in self._people if each["id"] == person), short(str(person)))

    def handles(self, people: Iterable[object]) -> str:
        """Several, in their order."""
        return ", ".join(sorted(self.handle(each) or "" for each in people))

    def certifier(self, person: str) -> str:
        """Who certified somebody, and when, as it stands in a question."""
        certificate = self.staff.trust.last_certificate(person)
        return f"{self.handle(certificate.header.author)}, on {certificate.header.at}" if certificate else "the root"

    def report(self, text: str) -> str:
        """The id of the report with this ref."""
        return self._of("reports", text)

    def reports(self, texts: Iterable[str]) -> list[str]:
        """The ids of all of them, each once; the list of reports is read once for them."""
        return self._of_several("reports", texts)

    def case(self, text: str) -> str:
        """The id of the case with this ref."""
        return self._of("cases", text)

    def cases(self, texts: Iterable[str]) -> list[str]:
        """As `reports`."""
        return self._of_several("cases", texts)

    def approval(self, text: str) -> str:
        """The id of the approval that begins like this."""
        return self._of("approvals", text)

    def release(self, text: str) -> str:
        """The id of the release that begins like this."""
        return self._of("release-requests", text)

    @cached_property
    def _people(self) -> list[Told]:
        try:
            return list(self.staff.service.items("/people"))
        except Refused:
            return []

    def _of(self, kind: str, text: str) -> str:
        return self._of_several(kind, [text])[0]

    def _of_several(self, kind: str, texts: Iterable[str]) -> list[str]:
        ids = {text: text if _ID.fullmatch(text) else None for text in texts}
        items = [] if all(ids.values()) else list(self.staff.service.items(f"/{kind}"))
        found = (
            id_ or self._one(kind, (str(each["id"]) for each in items if _is_meant(each, text)))
            for text, id_ in ids.items()
        )
        return list(dict.fromkeys(found))

    def _one(self, kind: str, ids: Iterable[str]) -> str:
        found = set(ids)
        if len(found) != 1:
            count = "none" if not found else "several"
            raise typer.BadParameter(f"{count} of the {kind} that you may know of {'are' if found else 'is'} named so")
        return found.pop()


def _is_meant(item: Told, text: str) -> bool:
    """Of a ref letters and digits count, in whatever width they were typed and with whatever a copy brought along."""
    signs = unicodedata.normalize("NFKC", text).upper()
    ref = item.get("ref")
    if isinstance(ref, str) and ref.upper() == "".join(filter(str.isalnum, signs)):
        return True
    return "_" in text and not text.endswith("_") and str(item["id"]).startswith(text)
