"""What everybody reads of releases, and what nobody is shown yet: from rows, without a draw."""

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.protocol.encoding import sha256_hex
from app.protocol.release.sums import SUMS
from app.statistics.releases.models import Release, ReleaseFile, ReleaseState
from app.statistics.releases.public import media_type
from app.vocabulary import Role
from tests import factories
from tests.statistics.releases import folders

FOLDER = folders.signed(folders.unsigned(folders.noisy("T")))
PUBLIC = (ReleaseState.PUBLISHED, ReleaseState.SUPERSEDED)
WORDS = "A tenth of the cards were invented."


def made(
    rows: Session, period: str, state: ReleaseState = ReleaseState.PUBLISHED, *, before: Release | None = None
) -> Release:
    """A release with its folder, in the place of another where there is one before it."""
    who = factories.person(rows, Role.ANALYST).id
    release = Release(id=factories.id_("rel"), kind="reserve", period=period, workload="T", state=state)
    release.requested_by, release.sums_sha256 = who, sha256_hex(FOLDER[SUMS])
    release.supersedes = before.id if before else None
    rows.add(release)
    rows.flush()
    rows.add_all(ReleaseFile(release_id=release.id, path=path, content=content) for path, content in FOLDER.items())
    rows.commit()
    return release


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("index.html", "text/html; charset=utf-8"),
        ("style.css", "text/css; charset=utf-8"),
        ("charts/total.svg", "image/svg+xml"),
        ("data/persons.csv", "text/csv; charset=utf-8"),
        ("about.json", "application/json"),
        ("dcat.jsonld", "application/ld+json"),
        ("methodology.md", "text/markdown; charset=utf-8"),
        ("data/persons.parquet", "application/vnd.apache.parquet"),
        ("data/persons.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("data/structure.xml", "application/vnd.sdmx.structure+xml"),
        ("deployment.yaml", "application/yaml"),
        ("feed.atom", "application/atom+xml; charset=utf-8"),
        ("SHA256SUMS", "text/plain; charset=utf-8"),
    ],
)
def test_a_file_says_what_it_is_by_its_name(path: str, told: str) -> None:
    assert media_type(path) == told


def test_what_is_published_is_listed_the_newest_period_first_and_nothing_else_is(
    client: TestClient, rows: Session
) -> None:
    for state in ReleaseState:
        if state not in PUBLIC:
            made(rows, f"20{10 + list(ReleaseState).index(state)}", state)
    older, newer = made(rows, "2025-Q4"), made(rows, "2026-Q1", ReleaseState.SUPERSEDED)

    items = client.get("/v1/releases").json()["items"]

    assert [(each["id"], each["period"]) for each in items] == [(newer.id, "2026-Q1"), (older.id, "2025-Q4")]
    at = f"/releases/{older.id}/"
    assert [items[1][name] for name in ("page", "signature", "signers")] == [
        at + path for path in ("index.html", "SHA256SUMS.sig", "signers.jsonl")
    ]
    assert items[1]["sums_sha256"] == sha256_hex(FOLDER[SUMS])
    told = {each["address"]: each["hash"] for each in items[1]["files"]}
    assert told[at + SUMS] == sha256_hex(FOLDER[SUMS])
    assert told[f"{at}index.html"] == sha256_hex(FOLDER["index.html"])


def test_the_page_of_releases_leads_to_each_that_is_public_in_every_language_that_it_has(
    client: TestClient, rows: Session
) -> None:
    shown, other = made(rows, "2026-Q1"), made(rows, "2025-Q4")
    hidden = made(rows, "2024-Q4", ReleaseState.EMBARGOED)
    for path in [path for path in FOLDER if path.startswith("index.fr")]:
        rows.delete(rows.get_one(ReleaseFile, (other.id, path)))
    rows.commit()

    pages = [client.get(f"/releases/{name}") for name in ("", "index.fr.html", "feed.atom")]

    assert [page.status_code for page in pages] == [200] * 3
    assert all(shown.id in page.text and other.id in page.text and hidden.id not in page.text for page in pages)
    assert f"{shown.id}/index.fr.html" in pages[1].text
    assert sha256_hex(FOLDER[SUMS]) in pages[2].text
    assert f"{other.id}/index.fr.html" not in pages[1].text
    assert client.get("/releases", follow_redirects=False).headers["Location"] == "/releases/"
    assert client.get("/releases/absent").status_code == 404


def test_the_files_of_a_public_release_alone_are_there_for_everybody_and_stay_as_they_are(
    client: TestClient, rows: Session
) -> None:
    shown, hidden = made(rows, "2026-Q1"), made(rows, "2025-Q4", ReleaseState.SIGNED)
    at = f"/releases/{shown.id}"

    page = client.get(f"{at}/")

    assert client.get(at, follow_redirects=False).headers["Location"] == f"{at}/index.html"
    assert page.content == client.get(f"{at}/index.html").content == FOLDER["index.html"]
    assert client.get(f"{at}/raw/noisy.csv").content == FOLDER["raw/noisy.csv"]
    assert (page.headers["Cache-Control"], page.headers["Content-Security-Policy"].split(";")[0]) == (
        "no-cache",
        "default-src 'none'",
    )
    assert client.get(f"{at}/", headers={"If-None-Match": page.headers["ETag"]}).status_code == 304
    for absent in (f"{at}/absent.csv", f"{at}/notice.html", f"/releases/{hidden.id}/", f"/releases/{hidden.id}"):
        assert client.get(absent).status_code == 404


def test_before_a_release_that_was_corrected_or_warned_of_stands_a_word_that_says_so(
    client: TestClient, rows: Session
) -> None:
    corrected, warned, untouched = (made(rows, period) for period in ("2026-Q1", "2025-Q4", "2025-Q3"))
    corrected.state, warned.warning, warned.note = ReleaseState.SUPERSEDED, WORDS, "What one alone says."
    in_its_place = made(rows, "2026-Q1", before=corrected)
    in_its_place.correction = "Labels were wrong."
    made(rows, "2025-Q3", ReleaseState.SIGNED, before=untouched)

    told = {each["id"]: each for each in client.get("/v1/releases").json()["items"]}
    pages = {each.id: client.get(f"/releases/{each.id}/").text for each in (corrected, warned, untouched)}

    assert (told[corrected.id]["superseded_by"], told[in_its_place.id]["supersedes"]) == (in_its_place.id, corrected.id)
    assert (told[untouched.id]["superseded_by"], told[untouched.id]["note"]) == (None, None)
    assert (told[warned.id]["note"], told[in_its_place.id]["correction"]) == (WORDS, "Labels were wrong.")
    assert f"../{in_its_place.id}/index.html" in pages[corrected.id]
    assert WORDS in pages[warned.id]
    assert pages[untouched.id].encode() == FOLDER["index.html"]
    at = f"/releases/{corrected.id}"
    assert client.get(at, follow_redirects=False).headers["Location"] == f"{at}/notice.html"
    assert f"../{in_its_place.id}/index.zh.html" in client.get(f"{at}/notice.zh.html").text
    assert client.get(f"{at}/index.html").content == FOLDER["index.html"]
    assert f'{corrected.id}/notice.html">' in client.get("/releases/").text
