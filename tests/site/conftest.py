"""The pages as they are built."""

from pathlib import Path

import pytest

from app.site.site import Site


@pytest.fixture(scope="session")
def site(built: Path) -> Site:
    return Site.load(built)
