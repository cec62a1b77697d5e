"""The service as its environment says, for tests that kill it."""

from fastapi import FastAPI

from app.main import create_app
from app.settings import Settings


def app() -> FastAPI:
    return create_app(Settings())
