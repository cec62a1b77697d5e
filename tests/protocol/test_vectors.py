"""The vectors in `tests/vectors` are what we read, write and refuse; somebody else's code reads them too."""

import json
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app import age
from app.client.machine.objections import authentic
from app.protocol import key_log, manifest
from app.protocol import receipt as receipts
from app.protocol.certificates import Trust
from app.protocol.certified import fingerprint
from app.protocol.documents import Signature, parse_document
from app.protocol.encoding import unb64
from app.protocol.errors import NotAuthentic
from app.protocol.grants import open_grant
from app.protocol.objections import check_asked
from app.protocol.opening import Asked, open_document
from app.protocol.sizes import Kind, ciphertext_sizes, classes, pad_document
from app.protocol.types import TYPES
from tests.vectors import make

INTEROP = Path(__file__).parents[1] / "interop"
DAY = date(2026, 6, 15)


def read(name: str) -> dict[str, Any]:
    vectors: dict[str, Any] = json.loads((make.DIRECTORY / f"{name}.json").read_bytes())
    return vectors


ORGANISATION, DOCUMENTS, SEALED, LOG = (read(name) for name in ("organisation", "documents", "sealed", "key_log"))
TRUST = Trust.pinned(parse_document(ORGANISATION["root"].encode()), ORGANISATION["pin"]).with_certificates(
    parse_document(text.encode()) for text in ORGANISATION["certificates"]
)


@pytest.mark.parametrize("name", sorted(set(make.FILES) - {"sealed"}))
def test_the_vectors_are_those_that_we_make(name: str) -> None:
    assert json.loads(json.dumps(make.FILES[name]())) == read(name)


@pytest.mark.parametrize("vector", DOCUMENTS["vectors"], ids=lambda vector: vector["name"])
def test_each_text_is_taken_or_refused_for_the_stated_reason(vector: dict[str, Any]) -> None:
    asked = DOCUMENTS["asked"]
    text = vector["text"].encode()
    identity = age.parse_identity(SEALED["document"]["identity"])
    assert isinstance(identity, age.HybridIdentity)
    file = age.encrypt(pad_document(TYPES[vector["type"]].size, text), [identity.recipient])
    wanted = Asked(vector["type"], asked["org"], vector["subject"], frozenset(asked["writers"]))

    def opened() -> object:
        return open_document(file, identity, wanted, trust=TRUST, day=DAY, thread_key=unb64(asked["thread_key"]))

    if vector["refused"] is None:
        opened()
        return
    with pytest.raises(NotAuthentic) as failure:
        opened()
    assert failure.value.reason == vector["refused"]


def test_the_sealed_files_open() -> None:
    grant, document = SEALED["grant"], SEALED["document"]
    identity = age.parse_identity(grant["identity"])
    assert isinstance(identity, age.HybridIdentity)
    opened = open_grant(
        unb64(grant["file"]),
        identity,
        org=ORGANISATION["pin"],
        subject=make.CASE,
        grantee=ORGANISATION["triager"]["id"],
        trust=TRUST,
        day=DAY,
    )

    asked = Asked("approval", ORGANISATION["pin"], make.CASE, frozenset({ORGANISATION["triager"]["id"]}))
    found = open_document(unb64(document["file"]), opened.identity, asked, trust=TRUST, day=DAY)
    assert str(opened.identity) == grant["secret"]
    assert found.document.text.decode() == document["text"]


@pytest.mark.parametrize("name", ["to_two_recipients", "of_no_class"])
def test_a_sealed_file_of_another_envelope_is_refused(name: str) -> None:
    identity = age.parse_identity(SEALED["document"]["identity"])
    assert isinstance(identity, age.HybridIdentity)

    with pytest.raises(NotAuthentic, match=SEALED[name]["refused"]):
        open_document(unb64(SEALED[name]["file"]), identity, Asked("approval", "", ""), trust=TRUST, day=DAY)


def test_the_key_log_and_its_head_hold() -> None:
    log = key_log.verify([line.encode() for line in LOG["lines"]], LOG["pin"])

    log.check_head(*key_log.parse_head(LOG["head"]))

    assert log.head.line().decode() == LOG["head_line"]


def test_a_manifest_names_the_files_that_a_supervisor_signed() -> None:
    vectors = read("manifest")
    for text in (vectors["first"], vectors["second"]):
        document = TRUST.check_public(parse_document(text.encode()), "client")

        assert manifest.read(document) == vectors["files"]


@pytest.mark.parametrize("vector", read("manifest")["refused"], ids=lambda vector: vector["name"])
def test_another_manifest_is_refused_for_the_stated_reason(vector: dict[str, Any]) -> None:
    with pytest.raises(NotAuthentic) as failure:
        manifest.read(TRUST.check_public(parse_document(vector["text"].encode()), "client"))

    assert failure.value.reason == vector["refused"]


def test_a_key_that_was_replaced_asks_by_one_signature_and_objects_by_another() -> None:
    vectors = read("objections")
    trust = TRUST.with_certificates(parse_document(text.encode()) for text in vectors["certificates"])

    assert [each.by for each in authentic([vectors["objection"]], trust)] == [unb64(vectors["objection"]["by_key"])]
    check_asked(_asking(vectors["asked"]), org=vectors["org"])


@pytest.mark.parametrize("name", read("objections")["not_objected"])
def test_no_other_word_is_an_objection(name: str) -> None:
    vectors = read("objections")
    trust = TRUST.with_certificates(parse_document(text.encode()) for text in vectors["certificates"])

    assert authentic([vectors["not_objected"][name]], trust) == []


@pytest.mark.parametrize("name", read("objections")["not_asked"])
def test_no_other_signature_asks_which_keys_are_in_the_place_of_ones_own(name: str) -> None:
    vectors = read("objections")

    with pytest.raises(NotAuthentic):
        check_asked(_asking(vectors["not_asked"][name]), org=vectors["org"])


def _asking(said: dict[str, str]) -> Signature:
    return Signature(said["person"], unb64(said["key"], 32), unb64(said["sig"], 64))


def test_the_sizes_are_ours() -> None:
    sizes = read("sizes")

    for kind in sizes["plaintext"]:
        assert tuple(sizes["plaintext"][kind]) == classes(Kind(kind))
        assert set(sizes["sealed"][kind]) == ciphertext_sizes(Kind(kind))


def test_the_fingerprints_are_ours() -> None:
    for name in ("supervisor", "caseworker", "triager"):
        person = ORGANISATION[name]
        words = ORGANISATION["fingerprints"][person["id"]]
        assert fingerprint(person["recipient"], person["key"]) == words


@pytest.mark.parametrize("vector", read("receipt")["vectors"], ids=lambda vector: vector["secret"])
def test_the_words_of_a_receipt_are_read_in_each_list(vector: dict[str, Any]) -> None:
    for words in vector["words"].values():
        assert receipts.read(words).secret.hex() == vector["secret"]


def test_a_stranger_reads_all_of_it_with_nothing_of_ours() -> None:
    answer = subprocess.run(["node", "tern.mjs", make.DIRECTORY], capture_output=True, check=True, cwd=INTEROP).stdout

    told = json.loads(answer)
    assert told["secret"] == SEALED["grant"]["secret"]
    assert told["body"] == json.loads(SEALED["document"]["text"].split("\n")[0])["body"]
    assert told["danger_now"] == "now"
