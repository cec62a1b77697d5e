"""Whatever can change has a version, which saves who has it from being sent it again."""

from typing import Any

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.vocabulary import Role
from tests import factories
from tests.access.scene import Scene
from tests.access.table import CLAIMER, OWNER, TABLE
from tests.api.description import DESCRIPTION
from tests.api.forms import path_of

PATHS: dict[str, dict[str, Any]] = DESCRIPTION["paths"]
# But those of partners, whose tokens are none of staff: `tests/statistics/releases/test_for_partners.py` asks them.
CONDITIONAL = [
    path
    for path, operations in PATHS.items()
    if "304" in operations.get("get", {}).get("responses", ()) and not path.startswith("/v1/partner/")
]
VERSIONED = [
    path
    for path, operations in PATHS.items()
    for operation in operations.values()
    if "428" in operation["responses"]  # its writers say which version they have seen
]


@pytest.mark.parametrize("path", VERSIONED)
def test_what_is_written_by_its_version_can_be_read_by_it(path: str) -> None:
    of_which = path.rpartition("/")[0]  # of the case, its transitions; of a case that is given to somebody, its journal

    assert {path, of_which}.intersection(CONDITIONAL) or f"{of_which}/journal" in PATHS


def test_what_the_caller_has_is_not_sent_again(client: TestClient, rows: Session) -> None:
    scene = Scene(client, rows).set()
    owner = scene.people[OWNER]
    factories.certificate(rows, owner, *Role, version=2)
    rows.commit()
    of_owner, of_claimer = scene.headers(OWNER), scene.headers(CLAIMER)

    answers = {}
    for path in CONDITIONAL:
        asked = path_of(f"GET {path}", scene.ids)
        headers = of_owner if OWNER in TABLE[f"GET {path}"].there_for else of_claimer
        first = client.get(asked, headers=headers)
        again = client.get(asked, headers=headers | {"If-None-Match": first.headers["ETag"]})
        answers[path] = (first.status_code, again.status_code, again.content)

    assert answers == dict.fromkeys(CONDITIONAL, (200, 304, b""))
