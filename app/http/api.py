"""The application: FastAPI with our state, our answers and our description."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from fastapi import FastAPI

from app.http import answers
from app.http.description import ABOUT, described
from app.http.state import State

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


class Api(FastAPI):
    """`state` is one frozen value, in the place of Starlette's, which takes any attribute."""

    state: State  # type: ignore[assignment]

    def __init__(self, state: State, lifespan: Lifespan | None = None) -> None:
        super().__init__(
            title="Tern",
            version="1",
            description=ABOUT,
            license_info={"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
            servers=[{"url": "/"}],
            docs_url=None,
            redoc_url=None,
            redirect_slashes=False,
            lifespan=lifespan,
        )
        self.state = state
        answers.install(self)

    def openapi(self) -> dict[str, Any]:
        """The description, made once."""
        if self.openapi_schema is None:
            self.openapi_schema = described(super().openapi())
        return self.openapi_schema
