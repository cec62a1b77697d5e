"""The service in a process of its own for a test that kills it, which has not first to import all of it."""

import multiprocessing
import socket
from functools import cache
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess

from app.main import create_app
from app.server import server
from app.settings import Settings


def begin(settings: Settings, port: int) -> BaseProcess:
    """The process, on its way to serve at this port until it is killed, which whoever begins it sees to.

    It is a copy of one that has imported the service and done nothing else. That the command itself comes to start is
    tested where the command is.
    """
    process = _to_copy().Process(target=_serve, args=(settings, port))
    process.start()
    return process


@cache
def _to_copy() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def _serve(settings: Settings, port: int) -> None:
    server(create_app(settings)).run(sockets=[socket.create_server(("127.0.0.1", port))])
