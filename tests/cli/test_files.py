"""`tern open` shows what is sealed, and never a key."""

import json
import stat
from pathlib import Path

import pytest

from app import age
from app.cli import files
from app.client.machine.directory import About, Machine
from app.protocol.documents import Header, bare, recipient_sha256, seal
from app.protocol.grants import seal_grant
from app.vocabulary import GrantKind

REPORT, EPOCH = f"rep_{'1' * 32}", f"epoch_{'2' * 32}"
ORG = "3" * 64


@pytest.fixture
def key() -> age.HybridIdentity:
    return age.generate()


@pytest.fixture
def keys(tmp_path: Path, key: age.HybridIdentity) -> Path:
    """A file with the key, as stock age reads it."""
    path = tmp_path / "keys"
    path.write_text(f"{key}\n")
    return path


def test_of_a_document_its_first_line_is_shown_with_its_controls_written_out(
    tmp_path: Path, key: age.HybridIdentity, keys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sealed = _sealed(tmp_path, _document(key, text="a\u202eb"))

    files.open_(sealed, keys)

    shown = capsys.readouterr()
    assert '"text":"a<U+202E>b"' in shown.out
    assert "No signature was checked" in shown.err


def test_a_program_gets_the_first_line_as_it_is(
    tmp_path: Path, key: age.HybridIdentity, keys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sealed = _sealed(tmp_path, _document(key, text="a\u202eb"))

    files.open_(sealed, keys, as_json=True)

    assert json.loads(capsys.readouterr().out)["body"] == {"text": "a\u202eb"}


def test_of_a_grant_all_is_shown_but_the_key(
    tmp_path: Path, key: age.HybridIdentity, keys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = age.generate()
    sealed = _sealed(tmp_path, _grant(secret, key))

    files.open_(sealed, keys)

    shown = capsys.readouterr().out
    assert json.loads(shown)["subject"] == REPORT
    assert "AGE-SECRET-KEY" not in shown


def test_what_a_grant_was_written_to_opens_the_report(
    tmp_path: Path, key: age.HybridIdentity, keys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = age.generate()
    (tmp_path / "grant.age").write_bytes(_grant(secret, key))
    (tmp_path / "report.age").write_bytes(_document(secret, text="hello"))

    files.open_(tmp_path / "grant.age", keys, output=tmp_path / "granted")
    files.open_(tmp_path / "report.age", tmp_path / "granted", as_json=True)

    assert json.loads(capsys.readouterr().out)["body"] == {"text": "hello"}


def test_what_is_written_is_readable_by_its_owner_alone(tmp_path: Path, key: age.HybridIdentity, keys: Path) -> None:
    sealed = _sealed(tmp_path, age.encrypt(b"\x89PNG", [key.recipient]))

    files.open_(sealed, keys, output=tmp_path / "plain")

    assert (tmp_path / "plain").read_bytes() == b"\x89PNG"
    assert stat.S_IMODE((tmp_path / "plain").stat().st_mode) == 0o600


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path, key: age.HybridIdentity, keys: Path) -> None:
    sealed = _sealed(tmp_path, age.encrypt(b"new", [key.recipient]))
    (tmp_path / "plain").write_bytes(b"old")

    with pytest.raises(FileExistsError):
        files.open_(sealed, keys, output=tmp_path / "plain")

    assert (tmp_path / "plain").read_bytes() == b"old"


def test_nothing_is_left_of_a_file_that_is_not_whole(tmp_path: Path, key: age.HybridIdentity, keys: Path) -> None:
    sealed = _sealed(tmp_path, age.encrypt(bytes(200_000), [key.recipient])[:-1])

    with pytest.raises(age.PayloadError):
        files.open_(sealed, keys, output=tmp_path / "plain")

    assert not (tmp_path / "plain").exists()


def test_locked_keys_open_after_their_passphrase(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = Machine.create(tmp_path / "machine", About("http://tern.test", "mai"), "right", work_factor=1)
    monkeypatch.setenv("TERN_PASSPHRASE", "right")
    sealed = _sealed(tmp_path, _document(machine.unlock("right").identity, text="hello"))

    files.open_(sealed, tmp_path / "machine" / "keys.age", as_json=True)

    assert json.loads(capsys.readouterr().out)["body"] == {"text": "hello"}


def _sealed(directory: Path, content: bytes) -> Path:
    path = directory / "sealed.age"
    path.write_bytes(content)
    return path


def _document(key: age.HybridIdentity, *, text: str) -> bytes:
    header = Header(
        type="report",
        org=ORG,
        subject=REPORT,
        version=1,
        previous=None,
        generation=1,
        sealed_to=recipient_sha256(key.recipient),
        author=None,
        at="2026-06-15",
        body={"text": text},
    )
    return seal(bare(header), key.recipient)


def _grant(secret: age.HybridIdentity, key: age.HybridIdentity) -> bytes:
    return seal_grant(
        secret,
        key.recipient,
        org=ORG,
        subject=REPORT,
        generation=1,
        grantee=EPOCH,
        kind=GrantKind.INTAKE,
        at="2026-06-15",
        signer=None,
        language="en",
    )
