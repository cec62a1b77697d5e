"""Every route is tried by everybody: no cell of the table is left to trust."""

from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute

from app.main import ROUTERS
from app.site.site import Site
from tests.access.asking import ask
from tests.access.scene import Scene, standing
from tests.access.table import CAST, TABLE


def routes() -> set[str]:
    """The routes of all packages, as the table names them."""
    return {
        f"{method} /v1{route.path.replace(':path', '')}"
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    assert TABLE.keys() == routes()


@pytest.fixture(scope="module")
def scene(url_of_file: str, site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with standing(url_of_file, site, tmp_path_factory.mktemp("rights")) as scene:
        yield scene


@pytest.fixture(scope="module")
def sessions(scene: Scene) -> dict[str, dict[str, str]]:
    """Everybody's headers."""
    return {who: scene.headers(who) for who in CAST}


@pytest.mark.parametrize("route", TABLE)
def test_everybody_is_answered_as_the_table_says(scene: Scene, sessions: dict[str, dict[str, str]], route: str) -> None:
    # Whoever signs out needs a session that no other cell uses.
    headers = {who: scene.headers(who) for who in CAST} if route.startswith("DELETE") else sessions

    found = {who: ask(scene, route, TABLE[route], headers[who]).status_code for who in CAST}

    assert found == {who: TABLE[route].expected(who) for who in CAST}
