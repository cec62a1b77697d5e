"""The pages as they are built."""

from pathlib import Path

import pytest

from app.site.build import build
from app.site.site import Site


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of every offered language and of the pseudo-language, built once."""
    directory = tmp_path_factory.mktemp("pages") / "built"
    build(directory, pseudo=True)
    return directory


@pytest.fixture(scope="session")
def site(built: Path) -> Site:
    return Site.load(built)
