"""The manifest of the pages, and the organisation's own file. That strangers' are refused, the vectors say."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from app.protocol import manifest
from app.protocol.documents import parse_document
from app.protocol.errors import Malformed, NotAuthentic
from app.protocol.manifest import ORGANISATION, Organisation
from tests.protocol.organisation import CASEWORKER, DAY, ORG, SUPERVISOR, TRUST

FILES = {"zh-Hans/": "a" * 64, ORGANISATION: "b" * 64, "assets/report-ab12cd34.js": "c" * 64}
TOLD = Organisation("Help without borders", ORG, None)


def test_what_is_made_is_read_whatever_the_order_of_the_files() -> None:
    document = manifest.make(FILES, org=ORG, previous=None, signer=SUPERVISOR.signer, on=DAY)

    read = manifest.read(TRUST.check_public(parse_document(document.text), "client"))

    assert read == FILES
    assert list(read) == sorted(FILES)


def test_nobody_but_a_supervisor_of_the_root_signs_one() -> None:
    document = manifest.make(FILES, org=ORG, previous=None, signer=CASEWORKER.signer, on=DAY)

    with pytest.raises(NotAuthentic, match="signer"):
        TRUST.check_public(document, "client")


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"en/": "a" * 64},
        *(
            {ORGANISATION: "b" * 64, path: "a" * 64}
            for path in ("", "/", "a//", "./", "en/..", "en/é/", "manifest.txt")
        ),
        {ORGANISATION: "B" * 64},
    ],
)
def test_what_no_reader_takes_is_not_signed(files: Mapping[str, str]) -> None:
    with pytest.raises(Malformed):
        manifest.make(files, org=ORG, previous=None, signer=SUPERVISOR.signer, on=DAY)


@pytest.mark.parametrize("files", [None, [], [ORGANISATION]])
def test_a_manifest_says_the_hash_of_each_file(files: object) -> None:
    made = manifest.make(FILES, org=ORG, previous=None, signer=SUPERVISOR.signer, on=DAY)

    with pytest.raises(Malformed):
        manifest.read(replace(made, header=replace(made.header, body={"files": files})))


@pytest.mark.parametrize("name", ["帮", "帮助", "x" * 200])
@pytest.mark.parametrize("leave_to", [None, "https://www.example.org/weather?in=here", "https://example.org:8443/@us"])
def test_an_organisations_file_is_read_as_it_was_written(name: str, leave_to: str | None) -> None:
    told = Organisation(name, ORG, leave_to)

    assert Organisation.read(told.content()) == told


@pytest.mark.parametrize("name", ["", " ", "x" * 201, "two\nlines", "over\u202eturned"])
def test_an_organisation_has_a_name_of_one_line(name: str) -> None:
    with pytest.raises(Malformed, match="name"):
        Organisation(name, ORG, None)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "/weather",
        "http://example.org/",
        "javascript:alert(1)",
        "https:///weather",
        "https://example.org@example.net/",
        "https://example.org:99999/",
        "https://[example.org/",
        "https://example.org/the weather",
        "https://example.org/\x7f",
        "https://éxample.org/",
    ],
)
def test_leaving_leads_to_a_plain_address_of_somebody_else(address: str) -> None:
    with pytest.raises(Malformed, match="https"):
        Organisation("Help without borders", ORG, address)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}\n",
        TOLD.content().rstrip(b"\n"),
        TOLD.content().replace(b'":', b'": '),
        TOLD.content().replace(b"null", b'"http://example.org/"'),
        TOLD.content().replace(b"}", b',"more":1}'),
        TOLD.content().replace(ORG.encode(), b"0"),
        TOLD.content().replace(f'"{ORG}"'.encode(), b"3"),
        TOLD.content().replace(b"Help", b"Help\\n"),
        TOLD.content().replace(b"Help without borders", b" "),
        TOLD.content().replace(b'"Help without borders"', b"3"),
        TOLD.content().replace(b"null", b"3"),
    ],
    ids=range(12),  # the pin is drawn anew in every process
)
def test_an_organisations_file_of_another_form_is_refused(content: bytes) -> None:
    with pytest.raises(Malformed):
        Organisation.read(content)
