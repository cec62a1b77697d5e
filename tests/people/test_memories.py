"""What somebody's machines have seen, at the service: theirs alone, the last three, and left by no session alone."""

import pytest
from sqlalchemy.orm import Session

from app import age
from app.people.copies.models import CopyToken, KeyCopy
from app.people.memories import service
from app.people.memories.models import Memory
from app.protocol.documents import Signer
from app.protocol.encoding import b64, sha256_hex
from app.protocol.key_copy import COPY, sign_file
from app.protocol.memory import MEMORY
from app.protocol.sizes import classes
from tests.people.conftest import Client
from tests.people.test_copies import copy_of, issue, leave


def memory() -> bytes:
    return age.encrypt(bytes(classes(MEMORY.size)[0]), [age.generate().recipient])


def put(whose: Client, number: int, file: bytes, *, by: Signer | None = None, type_: str = MEMORY.name) -> int:
    signature = b64(sign_file(type_, file, by or whose.signer))
    body = {"number": number, "file": b64(file), "signature": signature}
    return whose.http.put("/v1/memories", json=body, headers=whose.headers).status_code


def kept(whose: Client) -> list[int]:
    items = whose.http.get("/v1/memories", headers=whose.headers).json()["items"]
    return [each["number"] for each in items]


def test_the_last_three_are_kept_and_shown_to_their_person_alone(supervisor: Client, today: object) -> None:
    files = [memory() for _ in range(4)]

    answers = [put(supervisor, number, file) for number, file in enumerate(files, start=1)]
    again = put(supervisor, 4, files[3])
    newest = supervisor.http.get("/v1/memories/4", headers=supervisor.headers).json()
    gone = supervisor.http.get("/v1/memories/1", headers=supervisor.headers).status_code

    assert (answers, again, kept(supervisor), gone) == ([200] * 4, 200, [4, 3, 2], 404)
    assert newest == {"number": 4, "kept_on": str(today), "sha256": sha256_hex(files[3]), "file": b64(files[3])}


@pytest.mark.parametrize("number", [0, 2**31, 2**63, 10**30])
def test_a_number_that_no_memory_has_is_refused(supervisor: Client, number: int) -> None:
    answer = supervisor.http.get(f"/v1/memories/{number}", headers=supervisor.headers)

    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (422, "invalid-request")


def test_the_slower_of_two_machines_is_told_so_and_takes_no_place(supervisor: Client) -> None:
    faster, slower = memory(), memory()
    put(supervisor, 1, faster)

    answers = [put(supervisor, number, slower) for number in (1, 3)]

    assert answers == [412, 412]
    assert kept(supervisor) == [1]


@pytest.mark.parametrize("what", ["another's key", "another use"])
def test_whoever_stole_a_session_leaves_no_memory(supervisor: Client, what: str) -> None:
    thief = Client(supervisor.http, "thief")
    thief.id = supervisor.id
    by, type_ = (thief.signer, MEMORY.name) if what == "another's key" else (supervisor.signer, COPY.name)

    assert put(supervisor, 1, memory(), by=by, type_=type_) == 422
    assert kept(supervisor) == []


def test_with_who_leaves_go_memory_and_copy_and_its_token(supervisor: Client, rows: Session) -> None:
    put(supervisor, 1, memory())
    leave(supervisor, copy_of(supervisor))
    issue(supervisor, supervisor)

    service.destroy(rows, supervisor.id)
    rows.commit()

    assert rows.query(Memory).count() == rows.query(CopyToken).count() == 0
    assert rows.query(KeyCopy).filter(KeyCopy.file.is_not(None)).count() == 0
    assert kept(supervisor) == []
