"""What the people of the organisation see of it, with their own client."""

import io
from collections.abc import Iterable

from app.client import Staff, triage
from app.client.triage import OpenReport
from app.protocol.report import Attachment
from app.vocabulary import Door
from tests.client.installation import Installation


class Desk:
    """A triager, who claims what has arrived since this desk was taken."""

    def __init__(self, here: Installation) -> None:
        self.anna: Staff = here.staff("anna")
        self._known = self._waiting()

    @property
    def arrived(self) -> set[str]:
        return self._waiting() - self._known

    def claim(self) -> OpenReport:
        """The one report that has arrived."""
        [report] = self.arrived
        triage.claim(self.anna, report)
        return triage.open_(self.anna, report)

    def door(self, opened: OpenReport) -> Door:
        return Door(self.anna.service.get(f"/reports/{opened.id}").json()["door"])

    def files(self, opened: OpenReport, listed: Iterable[Attachment]) -> dict[str, bytes]:
        """By name, as they were before they were sealed."""
        found = {}
        for attachment in listed:
            sink = io.BytesIO()
            triage.save_attachment(self.anna, opened, attachment, sink)
            found[attachment.name] = sink.getvalue()
        return found

    def _waiting(self) -> set[str]:
        return {each.id for each in triage.list_(self.anna)}
