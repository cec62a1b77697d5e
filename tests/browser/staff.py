"""What the people of the organisation see of it, with their own client."""

import io
from collections.abc import Iterable

import pytest

from app.client import Staff  # noqa: TC001
from app.client.casework import triage
from app.client.casework.triage import OpenReport
from app.client.machine.transport import Refused
from app.protocol import receipt
from app.protocol.report import Attachment
from app.vocabulary import ConsentScope, IntakeChannel, ReportState
from tests.browser.told import Told
from tests.client.installation import Installation


class Office:
    """A triager, who claims what has arrived since this office was opened."""

    def __init__(self, here: Installation) -> None:
        self._here = here
        self.anna: Staff = here.staff("anna")
        self._known = self._waiting()

    @property
    def arrived(self) -> set[str]:
        return self._waiting() - self._known

    def claim(self) -> OpenReport:
        """The one report that has arrived."""
        [report] = self.arrived
        triage.claim(self.anna, triage.view(self.anna, report))
        return triage.open_(self.anna, report)

    def intake_channel(self, opened: OpenReport) -> IntakeChannel:
        return IntakeChannel(self.anna.service.get(f"/reports/{opened.id}").json()["intake_channel"])

    def files(self, opened: OpenReport, listed: Iterable[Attachment]) -> dict[str, bytes]:
        """By name, as they were before they were sealed."""
        found = {}
        for attachment in listed:
            sink = io.BytesIO()
            triage.save_attachment(self.anna, opened, attachment, sink)
            found[attachment.name] = sink.getvalue()
        return found

    def must_have_heard(self, opened: OpenReport, told: Told, letter: bytes) -> None:
        """What a reporter did in their mailbox: an answer with the letter, a choice."""
        thread = triage.thread(self.anna, triage.open_(self.anna, opened.id))
        answer, choice = (message.content for message in thread.messages)
        assert (answer.text, self.files(opened, answer.attachments)) == (told.reply, {told.letter: letter})
        assert {each.scope: each.given for each in choice.consents} == {ConsentScope.REFERRAL_LEGAL: False}

    def must_find_destroyed(self, opened: OpenReport, words: str) -> None:
        """What a withdrawal leaves."""
        with pytest.raises(Refused) as refused:
            triage.open_(self.anna, opened.id)
        assert refused.value.type == "report-destroyed"
        assert self._here.reporter().mailbox(receipt.read(words)).state is ReportState.WITHDRAWN

    def _waiting(self) -> set[str]:
        return {each.id for each in triage.list_(self.anna)}
