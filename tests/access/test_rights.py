"""Every route is tried by everybody: no cell of the table is left to trust."""

from collections.abc import Iterator

from fastapi.routing import APIRoute
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.main import ROUTERS
from tests.access.asking import ask
from tests.access.scene import Scene
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


def test_everybody_is_answered_as_the_table_says(client: TestClient, rows: Session) -> None:
    scene = Scene(client, rows).set()

    wrong = {cell: found for cell, found, expected in cells(scene) if found != expected}

    assert wrong == {}


def cells(scene: Scene) -> Iterator[tuple[str, int, int]]:
    """Every cell of the table: its name, the status that was found, and the one that stands there."""
    sessions = {who: scene.headers(who) for who in CAST}
    for route, row in TABLE.items():
        for who in CAST:
            # Whoever signs out needs a session that no other cell uses.
            headers = scene.headers(who) if route.startswith("DELETE") else sessions[who]
            yield f"{who}: {route}", ask(scene, route, row, headers).status_code, row.expected(who)
