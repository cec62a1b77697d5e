"""The pages over HTTP: what a browser is told of them, and what it can ask."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.clock import Clock
from app.intake.pages.service import language_of
from app.main import create_app
from app.settings import Settings
from app.site.languages import WANTED
from app.site.site import Site
from tests.site.built import LANGUAGES, PAGES, SCRIPT, build, write

ONION = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion"
PATHS = [f"/{language}/{page}" for language in LANGUAGES for page in PAGES]
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types tern"
)


@pytest.fixture
def settings(tmp_path: Path, clock: Clock, sqlite_tables: bytes) -> Settings:
    """One database is enough: pages ask none."""
    settings = Settings(data_dir=tmp_path / "data", demo=True, demo_clock=clock.told_by, onion=ONION)
    settings.data_dir.mkdir()
    (settings.data_dir / "tern.sqlite").write_bytes(sqlite_tables)
    return settings


@pytest.fixture
def client(settings: Settings, tmp_path: Path) -> Iterator[TestClient]:
    with browser(settings, build(tmp_path / "built")) as client:
        yield client


def browser(settings: Settings, built: Path) -> TestClient:
    app = create_app(settings, site=Site.load(built))
    return TestClient(
        app, base_url="https://tern.test", follow_redirects=False, headers={"Accept-Encoding": "identity"}
    )


@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_what_was_built_and_keeps_to_itself(client: TestClient, tmp_path: Path, path: str) -> None:
    answer = client.get(path)

    # What is typed into a page without script must not be put aside for whoever goes back.
    status = 203 if "/plain/" in path else 200
    assert (answer.status_code, answer.content) == (status, (tmp_path / "built" / path[1:] / "index.html").read_bytes())
    told = {name: answer.headers[name] for name in _TOLD}
    assert told == {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": CSP,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Embedder-Policy": "require-corp",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
        "Onion-Location": f"http://{ONION}{path}",
    }
    assert "Set-Cookie" not in answer.headers


_TOLD = [
    *("Content-Type", "Content-Security-Policy", "Cross-Origin-Opener-Policy", "Cross-Origin-Embedder-Policy"),
    *("Cross-Origin-Resource-Policy", "Referrer-Policy", "X-Content-Type-Options", "Cache-Control", "Onion-Location"),
]


def test_an_asset_is_kept_for_the_visit_alone(client: TestClient) -> None:
    answer = client.get(f"/{SCRIPT}")

    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    # A worker is held by the policies of its own answer.
    assert (answer.headers["Content-Security-Policy"], answer.headers["Cross-Origin-Embedder-Policy"]) == (
        CSP,
        "require-corp",
    )
    assert "Onion-Location" not in answer.headers


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=0.1, gzip", "br"),
        ("gzip, deflate", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("deflate", None),
        ("identity;q=1, *;q=0", None),
        ("", None),
    ],
)
def test_what_was_compressed_travels_so_where_it_is_taken(
    client: TestClient, tmp_path: Path, accepted: str, coding: str | None
) -> None:
    built = tmp_path / "built" / SCRIPT
    travels = {
        "br": built.with_name(f"{built.name}.br").read_bytes(),
        "gzip": gzip.compress(built.read_bytes(), mtime=0),
        None: built.read_bytes(),
    }

    with client.stream("GET", f"/{SCRIPT}", headers={"Accept-Encoding": accepted}) as answer:
        content = b"".join(answer.iter_raw())

    assert (answer.headers.get("Content-Encoding"), answer.headers["Vary"]) == (coding, "Accept-Encoding")
    assert content == travels[coding]


def test_what_was_not_compressed_is_the_same_for_everybody(client: TestClient) -> None:
    answer = client.get("/assets/icon-ef34ab.svg", headers={"Accept-Encoding": "br, gzip"})

    assert answer.content == b"<svg/>"
    assert answer.headers.keys().isdisjoint({"content-encoding", "vary"})


@pytest.mark.parametrize("path", ["/en/", f"/{SCRIPT}", "/"])
def test_a_head_tells_what_a_get_would(client: TestClient, path: str) -> None:
    told, asked = client.get(path), client.head(path)

    of_no_request = {"x-request-id"}
    assert {name: told.headers[name] for name in told.headers.keys() - of_no_request} == {
        name: asked.headers[name] for name in asked.headers.keys() - of_no_request
    }
    assert asked.status_code == told.status_code


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("ar", "ar"),
        ("ar-EG,ar;q=0.9,en;q=0.8", "ar"),
        ("AR-eg", "ar"),
        ("zh", "zh-Hans"),
        ("zh-CN,zh;q=0.9", "zh-Hans"),
        ("zh-TW,zh;q=0.9,en-US;q=0.8", "zh-Hant"),
        ("zh-HK", "zh-Hant"),
        ("zh-MO", "zh-Hant"),
        ("zh-SG", "zh-Hans"),
        ("zh-Hant-TW", "zh-Hant"),
        ("zh-Hant-HK-x-private", "zh-Hant"),
        ("de-DE,de;q=0.9", "en"),
        ("de, ar;q=0.5", "ar"),
        ("en;q=0.5, ar;q=0.8", "ar"),
        ("ar;q=0, en;q=0.1", "en"),
        ("*", "en"),
        ("", "en"),
        ("ar;q=high", "en"),
        ("a" * 100_000, "en"),
        (",;=, ar-", "ar"),
    ],
)
def test_the_address_leads_to_the_page_in_the_readers_language(
    client: TestClient, accepted: str, language: str
) -> None:
    answer = client.get("/", headers={"Accept-Language": accepted})

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/{language}/")
    assert (answer.headers["Vary"], answer.headers["Cache-Control"]) == ("Accept-Language", "no-store")


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("kk-KZ,kk;q=0.9,en-US;q=0.8,en;q=0.7", "ru"),
        ("kk-CN,en;q=0.9", "zh-Hans"),
        ("uz-Latn-UZ,uz;q=0.9,en;q=0.8", "ru"),
        ("uz,en;q=0.9,tr;q=0.8", "tr"),
        ("uz-Arab-AF", "fa"),
        ("tk-TM,tk;q=0.9,en;q=0.8", "tr"),
        ("tk,ru;q=0.9,en;q=0.8", "ru"),
        ("az-AZ,en;q=0.5", "tr"),
        ("az-Cyrl-AZ", "tr"),
        ("az-Arab-IR", "fa"),
        ("be-BY,be;q=0.9,en-US;q=0.8", "ru"),
        ("be-tarask", "ru"),
        ("en-US,en;q=0.9,kk;q=0.8", "en"),
        ("de,be;q=0.9,en;q=0.8", "ru"),
        ("ku-TR", "kmr"),
    ],
)
def test_who_asks_for_a_language_that_does_not_exist_yet_is_led_to_one_that_they_read(
    accepted: str, language: str
) -> None:
    assert language_of(accepted, WANTED if language in WANTED else (*WANTED, language)) == language


def test_a_language_that_exists_is_led_nowhere_else() -> None:
    assert language_of("kk-KZ,ru;q=0.9", (*WANTED, "kk")) == "kk"
    assert language_of("kk,tr;q=0.9", ("en", "tr")) == "tr"
    assert language_of("be", ("en", "tr")) == "en"


def test_where_english_is_not_offered_the_first_language_is(settings: Settings, tmp_path: Path) -> None:
    with browser(settings, build(tmp_path / "other", ("ru", "tr"))) as client:
        assert client.get("/", headers={"Accept-Language": "de"}).headers["Location"] == "/ru/"


@pytest.mark.parametrize(
    "path",
    [
        *("/de/", "/en/index.html", "/assets/", "/assets/report.js", "/..%2fkeyring.json", "/languages.json"),
        *("/xx", "/en/replis/", "/v1x", "//en", "/xx/plain/", "/xx/plain/replies/"),
    ],
)
def test_a_slip_in_the_address_leads_to_a_page_in_the_readers_language(client: TestClient, path: str) -> None:
    answer = client.get(f"https://tern.test{path}", headers={"Accept-Language": "ar"})

    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert '<html lang="ar"' in answer.text
    assert "There is no page at this address" in answer.text  # untranslated here: nothing was compiled
    assert 'href="/ar/replies/"' in answer.text
    told = {name: answer.headers.get(name) for name in ("Content-Security-Policy", "Cache-Control", "Vary")}
    assert told == {"Content-Security-Policy": CSP, "Cache-Control": "no-store", "Vary": "Accept-Language"}


@pytest.mark.parametrize("path", ["/en", "/ar", "/en/replies", "/zh-Hans/plain"])
def test_a_forgotten_slash_leads_on_and_takes_nothing_along(client: TestClient, path: str) -> None:
    answer = client.get(f"{path}?from=a-letter")

    assert (answer.status_code, answer.headers["Location"]) == (308, f"{path}/")
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/unknown"])
def test_the_interface_goes_on_answering_with_problems(client: TestClient, method: str, path: str) -> None:
    answer = client.request(method, path)

    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")


def test_a_form_that_is_sent_in_no_language_leads_to_a_page(client: TestClient) -> None:
    answer = client.post("/xx/plain/", headers={"Accept-Language": "ar"})

    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert '<html lang="ar"' in answer.text


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_a_page_is_only_read(client: TestClient, method: str) -> None:
    answer = client.request(method, "/en/")

    assert (answer.status_code, answer.json()["type"]) == (405, "/problems/method-not-allowed")


@pytest.mark.parametrize("name", ["organisation.json", "manifest.txt"])
def test_what_is_the_organisations_own_is_read_as_it_is_now(client: TestClient, settings: Settings, name: str) -> None:
    absent = client.get(f"/{name}")
    found = []
    for content in (b"one", b"two"):
        write(settings.data_dir / "site" / name, content)
        found.append(client.get(f"/{name}"))

    assert absent.status_code == 404
    assert [answer.content for answer in found] == [b"one", b"two"]
    assert {answer.headers["Cache-Control"] for answer in found} == {"no-store"}


def test_without_built_pages_the_service_answers_as_before(settings: Settings, tmp_path: Path) -> None:
    with browser(settings, tmp_path / "absent") as client:
        assert [client.get(path).status_code for path in ("/", "/en/", "/v1/health")] == [404, 404, 200]


def test_pages_name_no_onion_service_where_there_is_none(settings: Settings, tmp_path: Path) -> None:
    with browser(settings.model_copy(update={"onion": ""}), build(tmp_path / "built")) as client:
        assert "Onion-Location" not in client.get("/en/").headers


def test_pages_are_no_part_of_the_api(client: TestClient) -> None:
    assert all(path.startswith("/v1/") for path in client.get("/openapi.json").json()["paths"])
