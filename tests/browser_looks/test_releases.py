"""The page of a release, on the narrowest screen and to whoever does not see it."""

from pathlib import Path

import pytest

from app.protocol.release.listing import Listed, listing_files
from tests.browser_looks.conftest import NewPage
from tests.statistics.releases import folders

LISTED = [Listed("rel_" + "1" * 32, "year", "2026", "a" * 64)]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = {f"{LISTED[0].id}/{path}": content for path, content in folders.unsigned(folders.noisy("S")).items()}
    for path, content in {**listing_files(LISTED), **folder}.items():
        (tmp_path / path).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / path).write_bytes(content)
    return tmp_path


@pytest.mark.parametrize(
    "path", ["index.html", *(f"{LISTED[0].id}/{name}.html" for name in ("index", "methodology", "methodology.zh"))]
)
def test_the_pages_of_releases_break_no_rule_of_wcag_2_2_aa_and_fit_on_320_pixels(
    new_page: NewPage, site: Path, path: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    looking = new_page(width=320)
    looking.page.goto((site / path).as_uri())

    assert looking.violations(tmp_path_factory.mktemp("seen")) == []
    assert looking.page.evaluate("document.documentElement.scrollWidth") == 320
    broken = looking.page.locator("img").evaluate_all("all => all.filter(each => !each.naturalWidth).length")
    assert broken == 0
