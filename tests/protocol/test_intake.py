"""The intake document: where reports go now, and until when."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from app import age
from app.protocol import intake
from app.protocol.documents import parse_document
from app.protocol.encoding import new_id, sha256_hex
from app.protocol.errors import Malformed, NotAuthentic
from app.protocol.intake import Intake
from tests.protocol.organisation import DAY, ORG, SUPERVISOR, TRUST


def an_intake(first: date = DAY) -> Intake:
    """An epoch of a week."""
    return Intake(
        epoch=new_id("epoch"),
        recipient=age.generate().recipient,
        accepts_from=first,
        accepts_until=first + timedelta(days=6),
        destroyed_on=first + timedelta(days=13),
        languages=("en", "zh-Hans", "ug"),
        attachment_limit=100_000_000,
        notice="We read every report within a day.",
    )


EPOCH = an_intake()
DOCUMENT = intake.make(EPOCH, org=ORG, previous=None, signer=SUPERVISOR.signer, on=EPOCH.accepts_from)


def test_what_supervisors_sign_is_what_reporters_read() -> None:
    document = TRUST.check_public(parse_document(DOCUMENT.text), "intake")

    assert intake.read(document) == EPOCH


def test_the_next_document_names_the_one_before() -> None:
    following = intake.make(an_intake(), org=ORG, previous=DOCUMENT, signer=SUPERVISOR.signer, on=EPOCH.accepts_from)

    assert (following.header.version, following.header.previous) == (2, sha256_hex(DOCUMENT.text))


def test_an_epoch_accepts_reports_on_its_days_alone() -> None:
    for day in (EPOCH.accepts_from, EPOCH.accepts_until):
        EPOCH.check_accepts(day)
    for day in (EPOCH.accepts_from - timedelta(days=1), EPOCH.accepts_until + timedelta(days=1)):
        with pytest.raises(NotAuthentic, match="epoch-days"):
            EPOCH.check_accepts(day)


def test_the_days_that_are_covered_are_counted_from_today_to_the_first_that_is_not() -> None:
    def covered_until(*days: int) -> date | None:
        of = {DAY + timedelta(days=day) for day in days}
        return intake.covered_until(DAY, of.__contains__)

    assert covered_until(-1, 1, 2) is None
    assert covered_until(0) == DAY
    assert covered_until(-1, 0, 1, 2, 4) == DAY + timedelta(days=2)


def test_a_report_is_undecided_until_somebody_takes_it_or_does_not() -> None:
    assert {"received", "in_triage", "awaiting_reporter"} == intake.UNDECIDED


BODY = DOCUMENT.header.body


@pytest.mark.parametrize(
    "changes",
    [
        {"epoch": None},
        {"epoch": {"id": EPOCH.epoch}},
        {"epoch": {"id": "epoch", "recipient": str(EPOCH.recipient)}},
        {"epoch": {"id": EPOCH.epoch, "recipient": str(age.X25519Identity(bytes(range(32))).recipient)}},
        {"epoch": {"id": EPOCH.epoch, "recipient": str(EPOCH.recipient).upper()}},
        {"epoch": {"id": EPOCH.epoch, "recipient": str(EPOCH.recipient), "more": 1}},
        {"accepts_from": "20260615"},
        {"accepts_from": None},
        {"accepts_until": "2026-06-14"},  # before it began
        {"accepts_until": "2026-06-22", "destroyed_on": "2026-06-22"},  # more than seven days
        {"destroyed_on": "2026-06-29"},  # more than seven days after
        {"destroyed_on": "2026-06-20"},  # while it accepts
        {"languages": "en"},
        {"languages": [1]},
        {"limits": {}},
        {"limits": {"attachment_bytes": 0}},
        {"limits": {"attachment_bytes": 1.5}},
        {"notice": None},
        {"more": 1},
    ],
)
def test_an_intake_document_of_another_form_is_refused(changes: dict[str, Any]) -> None:
    document = replace(DOCUMENT, header=replace(DOCUMENT.header, body=BODY | changes))

    with pytest.raises(Malformed):
        intake.read(document)
