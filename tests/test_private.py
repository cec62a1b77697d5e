"""Files that nobody but their owner reads, whatever stood there before, and however wide the process makes them."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from app import age, private
from app.blobs import Blobs
from app.client.machine.directory import About, Machine
from app.client.machine.seen import SeenMarks
from app.database import Database
from app.main import create_app
from app.protocol.chain import Mark
from app.settings import Settings
from app.site.site import Site


@pytest.fixture(autouse=True)
def _wide() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def modes(directory: Path) -> dict[str, str]:
    paths = [directory, *directory.rglob("*")]
    return {str(path.relative_to(directory)): oct(stat.S_IMODE(path.lstat().st_mode)) for path in paths}


def test_all_that_the_service_has_is_closed_when_it_starts(tmp_path: Path) -> None:
    data, other = tmp_path / "data", tmp_path / "other"
    for path in (data / "blobs" / ("a" * 32), data / "site" / "manifest.txt", data / "tern.sqlite", other):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (data / "blobs" / "link").symlink_to(other)
    settings = Settings(data_dir=data)

    app = create_app(settings, site=Site({}, {}), hasher=PasswordHasher(1, 8, 1))
    database = app.state.database
    with database.write() as session:
        session.execute(sa.text("SELECT 1"))
        after = modes(data)

    database.close()
    assert after == {
        ".": "0o700",
        "blobs": "0o700",
        f"blobs/{'a' * 32}": "0o600",
        "blobs/link": "0o777",
        "keyring.json": "0o600",
        "site": "0o700",
        "site/manifest.txt": "0o600",
        **{f"tern.sqlite{end}": "0o600" for end in ("", "-shm", "-wal")},
    }
    assert stat.S_IMODE(other.stat().st_mode) == 0o666


def test_a_database_that_was_open_to_others_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "tern.sqlite"
    path.touch()

    Database(f"sqlite:///{path}").close()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_blobs_that_lie_in_an_open_directory_close_it(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)

    with Blobs(tmp_path).uploads.receive():
        received = modes(tmp_path)

    assert set(received.values()) == {"0o700", "0o600"}


def test_a_persons_machine_is_closed_where_its_directory_was_there(tmp_path: Path) -> None:
    (tmp_path / "outbox").mkdir()
    (tmp_path / "seen.sqlite").touch()

    machine = Machine.create(tmp_path, About("https://tern.test", "tenzin"), "a passphrase", work_factor=1)
    SeenMarks(machine.seen, age.generate()).record("case", "case_1", Mark(1, "0" * 64))

    assert set(modes(tmp_path).values()) == {"0o700", "0o600"}


def test_a_draft_that_somebody_laid_there_is_closed_and_a_link_is_not_followed(tmp_path: Path) -> None:
    draft, link = tmp_path / "draft", tmp_path / "link"
    draft.touch()
    link.symlink_to(draft)

    with open(draft, "wb", opener=private.opener):
        assert modes(tmp_path)["draft"] == "0o600"
    with pytest.raises(OSError, match="symbolic links"):
        private.make_file(link)
