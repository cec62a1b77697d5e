"""Attachments arrive over HTTP, and lie in files that a row names."""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from httpx2 import Response
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app import age
from app.intake.attachments import service
from app.intake.attachments.models import Attachment
from app.intake.reports.models import Report
from app.protocol.encoding import b64, new_id, sha256_hex
from app.settings import Settings
from app.vocabulary import ReportState
from tests.intake.scene import Reporter, bearer


@pytest.fixture
def sent(client: TestClient, reporter: Reporter) -> Reporter:
    client.put("/v1/report", content=reporter.body(), headers=reporter.headers).raise_for_status()
    return reporter


def put(client: TestClient, token: str, attachment: str, file: bytes) -> Response:
    return client.put("/v1/attachment", content=file, headers=bearer(token) | {"Tern-Attachment": attachment})


def files(settings: Settings) -> list[bytes]:
    return [path.read_bytes() for path in (settings.data_dir / "blobs").glob("*")]


def test_an_attachment_is_stored_as_it_was_sealed(
    client: TestClient, rows: Session, settings: Settings, sent: Reporter
) -> None:
    file, id_ = sent.attachment(), new_id("att")

    answer = put(client, sent.token, id_, file)

    row = rows.get_one(Attachment, id_)
    assert answer.status_code == 201
    assert (row.report_id, row.size, row.sha256) == (sent.id, len(file), sha256_hex(file))
    assert (settings.data_dir / "blobs" / row.blob).read_bytes() == file


def test_the_file_tells_no_time_but_the_day(client: TestClient, settings: Settings, sent: Reporter) -> None:
    put(client, sent.token, new_id("att"), sent.attachment())

    (path,) = (settings.data_dir / "blobs").glob("*")
    midnight = datetime(sent.day.year, sent.day.month, sent.day.day, tzinfo=UTC).timestamp()
    assert path.stat().st_mtime == midnight


def test_the_same_file_again_is_known_and_stored_once(client: TestClient, settings: Settings, sent: Reporter) -> None:
    file, id_ = sent.attachment(), new_id("att")

    statuses = [put(client, sent.token, id_, file).status_code for _ in range(2)]

    assert statuses == [201, 200]
    assert files(settings) == [file]


def test_another_file_under_the_same_id_is_refused_and_the_first_stays(
    client: TestClient, settings: Settings, sent: Reporter
) -> None:
    file, id_ = sent.attachment(), new_id("att")
    put(client, sent.token, id_, file)

    answer = put(client, sent.token, id_, sent.attachment())

    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/attachment-exists")
    assert files(settings) == [file]


def test_the_id_of_anothers_attachment_is_refused(client: TestClient, settings: Settings, sent: Reporter) -> None:
    other = Reporter(sent.epoch, sent.day)
    client.put("/v1/report", content=other.body(), headers=other.headers).raise_for_status()
    file, id_ = sent.attachment(), new_id("att")
    put(client, sent.token, id_, file)

    assert put(client, other.token, id_, file).status_code == 409
    assert files(settings) == [file]


@pytest.mark.parametrize("state", [ReportState.WITHDRAWN, ReportState.PURGED])
def test_a_closed_report_takes_no_attachment(
    client: TestClient, rows: Session, settings: Settings, sent: Reporter, state: ReportState
) -> None:
    rows.get_one(Report, sent.id).state = state
    rows.commit()

    assert put(client, sent.token, new_id("att"), sent.attachment()).status_code == 404
    assert files(settings) == []


def test_an_unknown_mailbox_takes_no_attachment(client: TestClient, settings: Settings, sent: Reporter) -> None:
    answer = put(client, b64(secrets.token_bytes(32)), new_id("att"), sent.attachment())

    assert (answer.status_code, files(settings)) == (404, [])


def test_a_report_has_at_most_thirty_two(client: TestClient, rows: Session, sent: Reporter) -> None:
    file = sent.attachment()
    for _ in range(service.LIMIT):
        rows.add(
            Attachment(
                id=new_id("att"),
                report_id=sent.id,
                size=len(file),
                sha256=sha256_hex(file),
                received_on=sent.day,
                blob=secrets.token_hex(16),
            )
        )
    rows.commit()

    answer = put(client, sent.token, new_id("att"), file)

    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/too-many-attachments")


def test_what_is_no_envelope_of_an_allowed_length_leaves_nothing(
    client: TestClient, rows: Session, settings: Settings, sent: Reporter
) -> None:
    file = sent.attachment()
    other_length = age.encrypt(bytes(70_000), [sent.identity.recipient])

    for wrong in (file[:-1], file + b"\0", bytes(len(file)), b"", other_length):
        answer = put(client, sent.token, new_id("att"), wrong)

        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/not-an-envelope")
    assert (files(settings), rows.scalars(select(Attachment)).all()) == ([], [])


def test_an_upload_that_breaks_off_leaves_nothing(client: TestClient, settings: Settings, sent: Reporter) -> None:
    file = sent.attachment()

    def broken() -> Iterator[bytes]:
        yield file[:30_000]
        yield file[30_000:-1]

    headers = bearer(sent.token) | {"Tern-Attachment": new_id("att"), "Content-Length": str(len(file))}
    answer = client.put("/v1/attachment", content=broken(), headers=headers)

    assert (answer.status_code, files(settings)) == (400, [])


def test_an_attachment_needs_its_length_before_it_comes(client: TestClient, sent: Reporter) -> None:
    def endless() -> Iterator[bytes]:
        yield sent.attachment()

    headers = bearer(sent.token) | {"Tern-Attachment": new_id("att")}

    assert client.put("/v1/attachment", content=endless(), headers=headers).status_code == 411


def test_an_attachment_over_the_limit_is_not_read(client: TestClient, sent: Reporter) -> None:
    headers = bearer(sent.token) | {"Tern-Attachment": new_id("att"), "Content-Length": str(2**31)}

    assert client.put("/v1/attachment", content=b"", headers=headers).status_code == 413


def test_a_large_attachment_in_many_pieces_arrives_whole(
    client: TestClient, settings: Settings, sent: Reporter
) -> None:
    file = sent.attachment(secrets.token_bytes(3_000_000))

    def pieces() -> Iterator[bytes]:
        yield file[:100]  # less than a header
        for start in range(100, len(file), 65_536):
            yield file[start : start + 65_536]

    headers = bearer(sent.token) | {"Tern-Attachment": new_id("att"), "Content-Length": str(len(file))}
    answer = client.put("/v1/attachment", content=pieces(), headers=headers)

    assert (answer.status_code, files(settings)) == (201, [file])
