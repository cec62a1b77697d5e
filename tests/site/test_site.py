"""The built pages as they are read."""

import hashlib
from pathlib import Path

from app.site.site import Site
from tests.site.built import LANGUAGES, PAGES, SCRIPT, build


def test_every_page_and_asset_has_the_path_under_which_it_is_served(tmp_path: Path) -> None:
    site = Site.load(build(tmp_path))

    pages = {f"{language}/{page}" for language in LANGUAGES for page in PAGES}
    assert set(site.files) == pages | {SCRIPT, "assets/icon-ef34ab.svg"}
    assert site.languages == LANGUAGES


def test_a_file_is_what_was_built(tmp_path: Path) -> None:
    files = Site.load(build(tmp_path)).files

    content = (tmp_path / SCRIPT).read_bytes()
    assert files[SCRIPT].content == content
    assert files[SCRIPT].sha256 == hashlib.sha256(content).hexdigest()
    assert files[SCRIPT].brotli == b"as if it were compressed"


def test_where_nothing_is_built_nothing_is_served(tmp_path: Path) -> None:
    site = Site.load(tmp_path / "absent")

    assert (dict(site.files), site.languages) == ({}, ())
