from collections.abc import Iterator

import pytest

from tests.client.installation import Installation, installation


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One service for the tests of a file: each leaves its own reports and cases behind."""
    with installation(tmp_path_factory.mktemp("installation")) as made:
        yield made
