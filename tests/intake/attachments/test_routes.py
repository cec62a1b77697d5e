"""Attachments arrive over HTTP in as many parts as it takes, and lie in files that a row names."""

import secrets
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from httpx2 import Response
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app import age
from app.age import HEADER_SIZE
from app.blobs import Blobs
from app.database import Database
from app.destruction import destroying
from app.intake.attachments import service, uploads
from app.intake.attachments.models import Attachment, Upload
from app.intake.lifecycle import service as lifecycle
from app.intake.reports import service as reports
from app.intake.reports.models import Report
from app.main import create_app
from app.protocol.encoding import b64, new_id, sha256_hex
from app.protocol.sizes import Kind, ciphertext_sizes
from app.settings import Settings
from app.site.site import Site
from app.vocabulary import ReportState
from tests.in_process import InProcess
from tests.intake.scene import Reporter
from tests.intake.tus import TUS, add, at, bearer, begin, of_file, reached, send


@pytest.fixture
def sent(client: TestClient, reporter: Reporter) -> Reporter:
    client.put("/v1/report", content=reporter.body(), headers=reporter.headers).raise_for_status()
    return reporter


@pytest.fixture
def other(client: TestClient, sent: Reporter) -> Reporter:
    """Somebody else, with a report of their own."""
    other = Reporter(sent.epoch, sent.day)
    client.put("/v1/report", content=other.body(), headers=other.headers).raise_for_status()
    return other


def files(settings: Settings) -> list[bytes]:
    return [path.read_bytes() for path in (settings.data_dir / "blobs").glob("*")]


def begun(client: TestClient, reporter: Reporter, attachment: str, file: bytes) -> str:
    """The address of a new upload."""
    return begin(client, reporter.token, attachment, len(file)).headers["Location"]


def refusal(answer: Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


def test_an_attachment_is_stored_as_it_was_sealed(
    client: TestClient, rows: Session, settings: Settings, sent: Reporter
) -> None:
    file, id_ = sent.attachment(), new_id("att")

    answer = send(client, sent.token, id_, file)

    row = rows.get_one(Attachment, id_)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, str(len(file)))
    assert (row.report_id, row.size, row.sha256) == (sent.id, len(file), sha256_hex(file))
    assert (settings.data_dir / "blobs" / row.blob).read_bytes() == file


def test_an_upload_has_a_random_address_of_which_no_trace_is_kept(
    client: TestClient, rows: Session, settings: Settings, sent: Reporter
) -> None:
    file = sent.attachment()

    address = begun(client, sent, new_id("att"), file)
    add(client, sent.token, address, file)

    name = address.removeprefix("/v1/uploads/")
    assert len(bytes.fromhex(name)) == 16
    kept = [value for row in rows.execute(select(Upload.__table__)) for value in row]
    assert name not in str(kept)
    assert [path for path in settings.data_dir.rglob("*") if name in path.name] == []


@pytest.mark.parametrize("cuts", [(1, 2, 3), (HEADER_SIZE - 1, HEADER_SIZE, 60_000), (0, 67_000)])
def test_parts_make_one_file(client: TestClient, settings: Settings, sent: Reporter, cuts: tuple[int, ...]) -> None:
    file, offset = sent.attachment(), 0
    address = begun(client, sent, new_id("att"), file)

    for cut in (*cuts, len(file)):
        answer = add(client, sent.token, address, file[offset:cut], offset)
        assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, str(cut))
        assert reached(client, sent.token, address) == cut
        offset = cut

    assert files(settings) == [file]


def test_what_came_before_a_connection_broke_stays(client: TestClient, settings: Settings, sent: Reporter) -> None:
    file = sent.attachment()
    address = begun(client, sent, new_id("att"), file)

    def broken() -> Iterator[bytes]:
        yield file[:100]  # less than a header
        yield file[100:30_000]

    headers = bearer(sent.token) | at(0) | {"Content-Length": str(len(file))}
    client.patch(address, content=broken(), headers=headers)
    offset = reached(client, sent.token, address)
    answer = add(client, sent.token, address, file[offset:], offset)

    assert (offset, answer.status_code) == (30_000, 204)
    assert files(settings) == [file]


def test_an_upload_goes_on_at_another_process_of_the_machine(
    client: TestClient, settings: Settings, sent: Reporter, site: Site
) -> None:
    file = sent.attachment()
    address = begun(client, sent, new_id("att"), file)
    add(client, sent.token, address, file[:40_000])

    with InProcess(create_app(settings, site=site)) as beside:
        answer = add(beside, sent.token, address, file[40_000:], 40_000)

    assert (answer.status_code, reached(client, sent.token, address)) == (204, len(file))
    assert files(settings) == [file]


def test_files_find_no_room_where_the_disk_keeps_it_for_reports_and_messages(
    client: TestClient, rows: Session, settings: Settings, sent: Reporter, site: Site
) -> None:
    file, full = sent.attachment(), settings.model_copy(update={"free_space_floor": 2**60})
    address = begun(client, sent, new_id("att"), file)
    add(client, sent.token, address, file[:40_000])
    uploads_before = len(rows.scalars(select(Upload.attachment_id)).all())

    with InProcess(create_app(full, site=site)) as beside:
        fresh = begin(beside, sent.token, new_id("att"), len(file))
        more = add(beside, sent.token, address, file[40_000:], 40_000)
        stranger = begin(beside, b64(secrets.token_bytes(32)), new_id("att"), len(file))
        another = Reporter(sent.epoch, sent.day)
        report = beside.put("/v1/report", content=another.body(), headers=another.headers)
        message = beside.post("/v1/mailbox", content=another.post(), headers=another.headers)

    assert (refusal(fresh), refusal(more)) == ((507, "no-room-for-files"),) * 2
    assert refusal(stranger) == (404, "not-found")
    assert (report.status_code, message.status_code) == (201, 200)
    assert len(rows.scalars(select(Upload.attachment_id)).all()) == uploads_before
    assert add(client, sent.token, address, file[40_000:], 40_000).status_code == 204


def test_of_two_parts_for_one_place_one_is_taken(client: TestClient, settings: Settings, sent: Reporter) -> None:
    file = sent.attachment()
    address = begun(client, sent, new_id("att"), file)
    together = threading.Barrier(4)
    statuses: list[int] = []

    def race() -> None:
        def slowly() -> Iterator[bytes]:
            for start in range(0, len(file), 8_192):
                yield file[start : start + 8_192]

        together.wait()
        headers = bearer(sent.token) | at(0) | {"Content-Length": str(len(file))}
        statuses.append(client.patch(address, content=slowly(), headers=headers).status_code)

    racing = [threading.Thread(target=race) for _ in range(4)]
    for each in racing:
        each.start()
    for each in racing:
        each.join()

    assert sorted(statuses) == [204, 409, 409, 409]
    assert files(settings) == [file]


@pytest.mark.parametrize("offset", [0, 9_999, 10_001, 67_243])
def test_a_part_for_another_place_is_refused_and_changes_nothing(
    client: TestClient, sent: Reporter, offset: int
) -> None:
    file = sent.attachment()
    address = begun(client, sent, new_id("att"), file)
    add(client, sent.token, address, file[:10_000])

    answer = add(client, sent.token, address, file[offset : offset + 10], offset)

    assert refusal(answer) == (409, "wrong-offset")
    assert reached(client, sent.token, address) == 10_000


def test_more_than_the_whole_is_refused_and_changes_nothing(client: TestClient, sent: Reporter) -> None:
    file = sent.attachment()
    address = begun(client, sent, new_id("att"), file)

    answer = add(client, sent.token, address, file + b"\0")

    assert refusal(answer) == (413, "too-large")
    assert reached(client, sent.token, address) == 0


def test_the_last_answer_can_be_missed(client: TestClient, settings: Settings, sent: Reporter) -> None:
    file = sent.attachment()
    address = begun(client, sent, new_id("att"), file)

    add(client, sent.token, address, file)

    assert reached(client, sent.token, address) == len(file)
    assert add(client, sent.token, address, b"", len(file)).status_code == 204
    assert refusal(add(client, sent.token, address, file)) == (409, "wrong-offset")
    assert files(settings) == [file]


def test_a_file_that_was_whole_when_its_process_was_killed_is_named_when_it_is_asked_for(
    client: TestClient, rows: Session, settings: Settings, sent: Reporter
) -> None:
    file, id_ = sent.attachment(), new_id("att")
    for has_its_name in (False, True):
        address = begun(client, sent, id_, file)
        add(client, sent.token, address, file[:-10])
        blob = rows.scalars(select(Upload.blob)).one()
        rows.rollback()
        path = settings.data_dir / "blobs" / f"{blob}.incoming"
        with path.open("ab") as unfinished:
            unfinished.write(file[-10:])
        if has_its_name:
            path.rename(path.with_name(f"{blob}"))

        assert reached(client, sent.token, address) == len(file)

        assert rows.get_one(Attachment, id_).sha256 == sha256_hex(file)
    assert files(settings) == [file]


def test_an_upload_of_another_token_is_absent(client: TestClient, sent: Reporter, other: Reporter) -> None:
    file = sent.attachment()
    address = begun(client, sent, new_id("att"), file)

    theirs = add(client, other.token, address, file)
    absent = add(client, other.token, f"/v1/uploads/{secrets.token_hex(16)}", file)

    assert (theirs.status_code, theirs.json()) == (404, absent.json())
    assert reached(client, other.token, address) == -1
    assert reached(client, sent.token, address) == 0


def test_an_upload_whose_process_was_killed_before_it_had_a_file_is_begun_again(
    client: TestClient, settings: Settings, sent: Reporter
) -> None:
    file, id_ = sent.attachment(), new_id("att")
    address = begun(client, sent, id_, file)
    for path in (settings.data_dir / "blobs").iterdir():
        path.unlink()

    assert (reached(client, sent.token, address), add(client, sent.token, address, file).status_code) == (-1, 404)
    assert send(client, sent.token, id_, file).status_code == 204


def test_the_file_tells_no_time_but_the_day(client: TestClient, settings: Settings, sent: Reporter) -> None:
    midnight = datetime(sent.day.year, sent.day.month, sent.day.day, tzinfo=UTC).timestamp()
    file = sent.attachment()
    address = begun(client, sent, new_id("att"), file)

    for part, offset in ((file[:50], 0), (file[50:], 50)):
        add(client, sent.token, address, part, offset)

        directory = settings.data_dir / "blobs"
        assert [path.stat().st_mtime for path in (directory, *directory.glob("*"))] == [midnight] * 2


def test_the_same_file_again_is_known_and_stored_once(client: TestClient, settings: Settings, sent: Reporter) -> None:
    file, id_ = sent.attachment(), new_id("att")

    statuses = [send(client, sent.token, id_, file).status_code for _ in range(2)]

    assert statuses == [204, 204]
    assert files(settings) == [file]


def test_an_upload_that_is_begun_again_starts_over(client: TestClient, settings: Settings, sent: Reporter) -> None:
    file, id_ = sent.attachment(), new_id("att")
    first = begun(client, sent, id_, file)
    add(client, sent.token, first, file[:40_000])

    second = begun(client, sent, id_, file)

    assert (reached(client, sent.token, first), reached(client, sent.token, second)) == (-1, 0)
    assert files(settings) == [b""]
    assert add(client, sent.token, first, file[40_000:], 40_000).status_code == 404


def test_another_file_under_the_same_id_is_refused_and_the_first_stays(
    client: TestClient, settings: Settings, sent: Reporter
) -> None:
    file, id_ = sent.attachment(), new_id("att")
    send(client, sent.token, id_, file)

    for another in (sent.attachment(), sent.attachment(bytes(70_000))):
        assert refusal(send(client, sent.token, id_, another)) == (409, "attachment-exists")
        assert files(settings) == [file]


def test_the_id_of_anothers_attachment_is_refused(
    client: TestClient, settings: Settings, sent: Reporter, other: Reporter
) -> None:
    file, id_ = sent.attachment(), new_id("att")
    send(client, sent.token, id_, file)

    assert refusal(send(client, other.token, id_, file)) == (409, "attachment-exists")
    assert files(settings) == [file]


@pytest.mark.parametrize("state", [ReportState.WITHDRAWN, ReportState.PURGED])
def test_a_closed_report_takes_no_attachment(
    client: TestClient, rows: Session, settings: Settings, sent: Reporter, state: ReportState
) -> None:
    file = sent.attachment()
    address = begun(client, sent, new_id("att"), file)
    rows.get_one(Report, sent.id).state = state
    rows.commit()

    assert add(client, sent.token, address, file).status_code == 404
    assert send(client, sent.token, new_id("att"), file).status_code == 404
    assert files(settings) == [b""]  # which goes with the report


def test_a_report_that_is_closed_during_the_last_part_keeps_nothing_of_it(
    client: TestClient, rows: Session, settings: Settings, sent: Reporter
) -> None:
    file = sent.attachment()
    address = begun(client, sent, new_id("att"), file)

    def closed_meanwhile() -> Iterator[bytes]:
        yield file[:-1]
        rows.get_one(Report, sent.id).state = ReportState.WITHDRAWN
        rows.commit()
        yield file[-1:]

    headers = bearer(sent.token) | at(0) | {"Content-Length": str(len(file))}
    answer = client.patch(address, content=closed_meanwhile(), headers=headers)

    assert (answer.status_code, files(settings)) == (404, [])
    assert rows.scalars(select(Upload)).all() == []


def test_an_unknown_mailbox_takes_no_attachment(client: TestClient, settings: Settings, sent: Reporter) -> None:
    answer = send(client, b64(secrets.token_bytes(32)), new_id("att"), sent.attachment())

    assert (answer.status_code, files(settings)) == (404, [])


def test_a_report_has_at_most_thirty_two_those_on_their_way_among_them(
    client: TestClient, rows: Session, settings: Settings, sent: Reporter
) -> None:
    file = sent.attachment()
    for _ in range(service.LIMIT - 2):
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
    last = new_id("att")
    begun(client, sent, last, file)
    begun(client, sent, new_id("att"), file)

    answer = send(client, sent.token, new_id("att"), file)

    assert refusal(answer) == (409, "too-many-attachments")
    assert send(client, sent.token, last, file).status_code == 204
    assert sorted(files(settings)) == [b"", file]


def test_what_is_no_envelope_is_refused_with_its_first_bytes_and_leaves_nothing(
    client: TestClient, rows: Session, settings: Settings, sent: Reporter
) -> None:
    file = sent.attachment()
    for wrong in (bytes(len(file)), file.replace(b"-> mlkem768x25519", b"-> X25519 ........", 1)):
        for cut in (0, 1, HEADER_SIZE - 1):
            address = begun(client, sent, new_id("att"), file)
            add(client, sent.token, address, wrong[:cut])

            answer = add(client, sent.token, address, wrong[cut:HEADER_SIZE], cut)

            assert refusal(answer) == (422, "not-an-envelope")
            assert reached(client, sent.token, address) == -1
    assert (files(settings), rows.scalars(select(Upload)).all()) == ([], [])


def test_only_lengths_of_a_size_class_are_taken(client: TestClient, settings: Settings, sent: Reporter) -> None:
    sizes = ciphertext_sizes(Kind.ATTACHMENT, settings.attachment_limit)
    other_length = len(age.encrypt(bytes(70_000), [sent.identity.recipient]))

    for size in (0, min(sizes) - 1, min(sizes) + 1, other_length, max(sizes) - 1):
        assert refusal(begin(client, sent.token, new_id("att"), size)) == (422, "invalid-request")
    assert refusal(begin(client, sent.token, new_id("att"), max(sizes) + 1)) == (413, "too-large")
    assert begin(client, sent.token, new_id("att"), max(sizes)).status_code == 201


@pytest.mark.parametrize("name", ["Upload-Metadata", "Upload-Defer-Length", "Upload-Concat"])
def test_no_name_and_no_other_length_is_taken(client: TestClient, sent: Reporter, name: str) -> None:
    headers = bearer(sent.token) | of_file(new_id("att"), len(sent.attachment())) | {name: "filename c2VjcmV0"}

    answer = client.post("/v1/uploads", headers=headers)

    assert refusal(answer) == (422, "invalid-request")
    assert "c2VjcmV0" not in answer.text


def test_every_answer_says_its_protocol_and_no_date(client: TestClient, sent: Reporter) -> None:
    file = sent.attachment()
    created = begin(client, sent.token, new_id("att"), len(file))
    address = created.headers["Location"]
    answers = [
        created,
        client.options("/v1/uploads"),
        client.head(address, headers=bearer(sent.token)),
        add(client, sent.token, address, file),
        client.head(address, headers=TUS),
        client.head(address, headers={"Authorization": f"Bearer {sent.token}"}),
        begin(client, sent.token, new_id("att"), 1),
        client.delete(address, headers=bearer(sent.token)),
    ]

    assert [answer.status_code for answer in answers] == [201, 204, 200, 204, 401, 412, 422, 405]
    assert {answer.headers["Tus-Resumable"] for answer in answers} == {"1.0.0"}
    assert {answer.headers["Tus-Version"] for answer in answers} == {"1.0.0"}
    assert {answer.headers["Cache-Control"] for answer in answers} == {"no-store"}
    assert not any("Upload-Expires" in answer.headers or "Date" in answer.headers for answer in answers)
    assert (answers[1].headers["Tus-Extension"], answers[2].headers["Upload-Length"]) == ("creation", str(len(file)))


def test_a_large_attachment_in_many_pieces_arrives_whole(
    client: TestClient, settings: Settings, sent: Reporter
) -> None:
    file = sent.attachment(secrets.token_bytes(3_000_000))
    address = begun(client, sent, new_id("att"), file)

    def pieces() -> Iterator[bytes]:
        yield file[:100]  # less than a header
        for start in range(100, len(file), 65_536):
            yield file[start : start + 65_536]

    headers = bearer(sent.token) | at(0) | {"Content-Length": str(len(file))}
    answer = client.patch(address, content=pieces(), headers=headers)

    assert (answer.status_code, files(settings)) == (204, [file])


def test_an_upload_is_forgotten_after_three_full_days(
    client: TestClient, database: Database, rows: Session, settings: Settings, sent: Reporter, today: date
) -> None:
    file = sent.attachment()
    begun(client, sent, new_id("att"), file)
    send(client, sent.token, new_id("att"), file)
    rows.commit()

    lying = []
    for days in (3, 4):
        with destroying(database, Blobs(settings.data_dir / "blobs"), today) as session:
            uploads.drop_old(session, today + timedelta(days=days))
        lying.append(len(files(settings)))

    assert lying == [2, 1]
    assert rows.scalars(select(Upload)).all() == []
    assert len(rows.scalars(select(Attachment)).all()) == 1


def test_what_was_on_its_way_goes_with_its_report(
    client: TestClient, database: Database, rows: Session, settings: Settings, sent: Reporter, today: date
) -> None:
    file = sent.attachment()
    begun(client, sent, new_id("att"), file)
    send(client, sent.token, new_id("att"), file)
    rows.rollback()

    with destroying(database, Blobs(settings.data_dir / "blobs"), today) as session:
        lifecycle.destroy(session, reports.get(session, sent.id), today=today)

    assert files(settings) == []
    assert rows.scalars(select(Upload)).all() == []


def test_once_a_report_is_decided_an_upload_keeps_its_week_only(
    client: TestClient, database: Database, rows: Session, sent: Reporter, today: date
) -> None:
    begun(client, sent, new_id("att"), sent.attachment())
    rows.query(Upload).update({Upload.started_on: today + timedelta(days=2)})

    with database.write() as session:
        lifecycle.change_state(session, reports.get(session, sent.id), ReportState.ACCEPTED, today=today)

    rows.expire_all()
    assert rows.scalars(select(Upload.started_on)).one() == today
