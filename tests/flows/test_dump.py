"""Everything that the service keeps is dumped after a flow, and searched for everything that was typed."""

import logging
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.audit.actions import Action
from app.cli.demo import stories
from app.cli.demo.stories import Story
from app.client import cases, triage
from app.client.reporter import Submitted
from app.clock import Clock
from app.protocol import receipt
from app.protocol.encoding import b64
from app.protocol.report import FREE
from app.protocol.sizes import Kind, ciphertext_sizes
from app.settings import Settings
from app.vocabulary import ConsentScope, Imminence, Ring, Severity, codes, vocabulary
from tests.flows.organisation import Organisation

STORIES = stories.load(stories.SAMPLES)[:6]
QUESTION = "Please describe whoever followed you yesterday evening."
ANSWER = "Somebody wearing an orange raincoat, near the bakery."
TITLE, SUMMARY = "Threatening telephone calls", "Several relatives were questioned about the newspaper."
ATTACHED = b"whispering photograph "
WORK = [(Severity.LIMITED, Imminence.WEEKS)]

WORD = re.compile(r"[^\W\d_]{5,}")
# Recipients, hashes, ids and keys are random letters: any short word may stand in them.
RANDOM = re.compile(r"[0-9A-Za-z_-]{30,}")
TIME_OF_DAY = re.compile(rb"(?<!\d)\d\d:\d\d:\d\d(?!\d)")


class Dump:
    """What lies in every column of every table, in every file, and in what was logged and printed."""

    def __init__(self, settings: Settings, logged: str) -> None:
        engine = sa.create_engine(settings.url)
        metadata = sa.MetaData()
        with engine.connect() as connection:
            metadata.reflect(connection)
            self.rows: dict[str, list[dict[str, Any]]] = {
                table.name: [dict(row) for row in connection.execute(sa.select(table)).mappings()]
                for table in metadata.sorted_tables
            }
        self.names = [name for table in metadata.sorted_tables for name in (table.name, *table.columns.keys())]
        engine.dispose()
        self.logged = logged
        files = [path for path in settings.data_dir.rglob("*") if path.is_file() and path.name != "keyring.json"]
        self.files = {path: path.read_bytes() for path in files}

    @property
    def values(self) -> Iterator[object]:
        for rows in self.rows.values():
            for row in rows:
                yield from row.values()

    @property
    def texts(self) -> Iterator[str]:
        yield from (str(value) for value in self.values if not isinstance(value, bytes | memoryview))
        yield self.logged

    @property
    def everything(self) -> Iterator[bytes]:
        """Texts and bytes: database, files (the database's own and its log, where it is SQLite), log lines."""
        yield from (text.encode() for text in self.texts)
        yield from (bytes(value) for value in self.values if isinstance(value, bytes | memoryview))
        yield from self.files.values()

    def words(self) -> set[str]:
        return {word for text in self.texts for word in words_of(RANDOM.sub(" ", text))}

    def column(self, table: str, name: str) -> list[Any]:
        found = [row[name] for row in self.rows[table]]
        assert found, f"the flow leaves nothing in {table}"
        return found


def words_of(text: str) -> set[str]:
    """Words of five letters and more, of which codes have several: `_` and `-` divide them."""
    return {word.casefold() for word in WORD.findall(text)}


def typed(story: Story) -> list[str]:
    return [story.document["text"], *(str(story.document["answers"].get(name, "")) for name in FREE)]


def coded(story: Story) -> set[str]:
    """The codes of a story's answers, as single values."""
    answers = [value for name, value in story.document["answers"].items() if name not in FREE]
    return {str(code) for value in answers for code in (value if isinstance(value, list) else [value])}


@pytest.fixture
def before(organisation: Organisation, settings: Settings) -> Dump:
    """What the service keeps when no story was told yet."""
    return Dump(settings, "")


@pytest.fixture
def told(
    before: Dump, organisation: Organisation, clock: Clock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> list[Submitted]:
    """Reports are sent; one is answered, answered again and accepted into a case, one is withdrawn."""
    caplog.set_level(logging.DEBUG, "tern")
    assert clock.told_by is not None
    clock.told_by.write_text("2026-06-15T09:17:43Z")
    reporter, triager = organisation.reporter(), organisation.staff["tenzin"]
    submitted = []
    for story in STORIES:
        directory = tmp_path / "attached" / story.id
        directory.mkdir(parents=True)
        for file in story.files:
            (directory / file.name).write_bytes(ATTACHED * 100 + secrets.token_bytes(10))
        submitted.append(reporter.submit(story.document, sorted(directory.iterdir())))
    answered, withdrawn = submitted[0], submitted[1]
    for each in (answered, withdrawn):
        triage.claim(triager, each.report)
    opened = triage.open_(triager, answered.report)
    triage.answer(triager, opened, QUESTION)
    words = receipt.read(answered.receipt)
    reporter.answer(words, ANSWER)
    reporter.change_consent(words, ConsentScope.PUBLICATION, given=True)
    cases.accept(triager, opened, WORK, owner=triager.person, title=TITLE, summary=SUMMARY)
    reporter.withdraw(receipt.read(withdrawn.receipt), ANSWER)
    return submitted


@pytest.fixture
def dump(
    told: list[Submitted],
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> Dump:
    printed = capfd.readouterr()
    return Dump(settings, f"{caplog.text}\n{printed.out}\n{printed.err}")


def test_nothing_that_was_typed_is_kept_in_clear(dump: Dump, before: Dump, told: list[Submitted]) -> None:
    known = before.words() | words_of(" ".join([*Action, *before.names, *_workflow_codes()]))
    texts = [*(text for story in STORIES for text in typed(story)), QUESTION, ANSWER, TITLE, SUMMARY]
    secret_words = {word for text in texts for word in words_of(text)} - known

    assert len(secret_words) > 100
    assert dump.words() & secret_words == set()
    # In the files six letters, so that no random bytes spell a word.
    whole = {word for text in texts for word in WORD.findall(text) if word.casefold() in secret_words}
    content = b"\n".join(dump.everything)
    latin = {word.decode() for word in re.findall(rb"[A-Za-z]{6,}", content)}
    assert {word for word in whole if word.isascii()} & latin == set()
    assert [word for word in whole if not word.isascii() and word.encode() in content] == []
    assert ATTACHED not in content


def test_no_file_name_no_receipt_and_no_key_is_kept(
    dump: Dump, told: list[Submitted], organisation: Organisation
) -> None:
    content = b"\n".join(dump.everything)
    names = [file.name for story in STORIES for file in story.files]
    secrets_ = [secret for each in told for secret in _secrets(each)]
    for person in organisation.staff.values():
        assert person.service.token is not None
        secrets_ += [str(person.keys.identity).encode(), person.keys.identity.secret, person.service.token.encode()]
        secrets_.append(person.keys.signing.private_bytes_raw())

    assert len(names) >= 3
    assert [name for name in names if name.encode() in content] == []
    assert [place for place, secret in enumerate(secrets_) if secret in content] == []


def test_no_code_of_an_answer_stands_in_a_column(dump: Dump) -> None:
    secret_codes = {code for story in STORIES for code in coded(story)} - set(_workflow_codes())

    assert len(secret_codes) > 15
    assert {value for value in dump.values if isinstance(value, str)} & secret_codes == set()


def test_no_address_and_no_time_of_day_is_kept(dump: Dump) -> None:
    content = b"\n".join(dump.everything)

    for address in (b"127.0.0.1", b"testclient"):
        assert address not in content
    assert TIME_OF_DAY.findall(content) == []
    assert b"09:17" not in content
    assert {path.stat().st_mtime % 86_400 for path in dump.files if path.parent.name == "blobs"} == {0.0}


def test_lengths_are_those_of_their_classes(dump: Dump) -> None:
    for table, column, kind in (
        ("report_files", "body", Kind.REPORT),
        ("slots", "file", Kind.SLOT),
        ("messages", "file", Kind.MESSAGE),
        ("case_documents", "file", Kind.CASE),
        ("member_statements", "file", Kind.CASE),
        ("grants", "file", Kind.GRANT),
    ):
        assert {len(file) for file in dump.column(table, column)} <= ciphertext_sizes(kind)
    assert set(dump.column("reports", "size")) <= ciphertext_sizes(Kind.REPORT)
    attachments = ciphertext_sizes(Kind.ATTACHMENT)
    assert set(dump.column("attachments", "size")) <= attachments
    assert {len(content) for path, content in dump.files.items() if path.parent.name == "blobs"} <= attachments


def _workflow_codes() -> list[str]:
    return [code for name, found in vocabulary().lists.items() if found.ring is Ring.WORKFLOW for code in codes(name)]


def _secrets(submitted: Submitted) -> list[bytes]:
    """The receipt's words and bytes, and all that follows from them."""
    words = receipt.read(submitted.receipt)
    return [
        submitted.receipt.encode(),
        words.secret,
        words.token,
        b64(words.token).encode(),
        words.thread_key,
        b64(words.thread_key).encode(),
        words.identity.secret,
        str(words.identity).encode(),
    ]
