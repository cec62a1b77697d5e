"""A service with its organisation, for the commands that speak to one."""

from collections.abc import Iterator

import pytest

from tests.client.installation import Installation, installation


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installation(tmp_path_factory.mktemp("installation")) as made:
        yield made
