"""A row of the table, asked."""

import json

from httpx2 import Response

from tests import factories
from tests.access.scene import Scene
from tests.access.table import Row


def ask(scene: Scene, route: str, row: Row, headers: dict[str, str]) -> Response:
    """The answer to whom these are the headers, about the objects of the scene."""
    method, path = route.split(" ")
    body = {} if row.body is None else {"json": json.loads(scene.named(json.dumps(row.body)))}
    sent = headers | row.headers | (factories.writes(version=row.version) if method != "GET" else {})
    return scene.client.request(method, scene.named(path), headers=sent, **body)
