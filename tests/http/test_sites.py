import pytest
from starlette.datastructures import Headers

from app.http import comes_from_another_site

ONION = "w" * 56 + ".onion"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
        # A page that says nowhere where it stands sends this with its own forms.
        {"sec-fetch-site": "same-origin", "origin": "null"},
        {"origin": "null"},
        {"origin": "https://tern.test"},
        {"origin": "https://TERN.test:443"},
        {"origin": "https://tern.test:8443"},
        {"origin": "http://[::1]:8470", "host": "[::1]:8470"},
        {"origin": f"http://{ONION}", "host": ONION},
        {"sec-fetch-site": "", "origin": "https://tern.test"},
    ],
    ids=str,
)
def test_what_comes_from_our_own_pages_or_says_nothing_is_ours(headers: dict[str, str]) -> None:
    assert not comes_from_another_site(Headers({"host": "tern.test"} | headers))


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "Cross-Site"},
        {"sec-fetch-site": "same-origin, cross-site"},
        {"sec-fetch-site": "of a kind that comes later"},
        {"sec-fetch-site": "cross-site", "origin": "null"},
        {"sec-fetch-site": "cross-site", "origin": "https://tern.test"},
        {"origin": "https://elsewhere.test"},
        {"origin": "https://tern.test.elsewhere.test"},
        {"origin": "https://sub.tern.test"},
        {"origin": "https://tern.test@elsewhere.test"},
        {"origin": "https://tern.test", "host": ONION},
        {"origin": f"http://{ONION}"},
        {"origin": "http://[broken"},
        {"origin": "file://"},
    ],
    ids=str,
)
def test_what_the_browser_marks_as_foreign_is_not(headers: dict[str, str]) -> None:
    assert comes_from_another_site(Headers({"host": "tern.test"} | headers))


def test_one_foreign_mark_among_several_is_enough() -> None:
    raw = [(b"host", b"tern.test"), (b"sec-fetch-site", b"same-origin"), (b"sec-fetch-site", b"cross-site")]

    assert comes_from_another_site(Headers(raw=raw))
