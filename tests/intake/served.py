"""The service as its environment says, for tests that kill it: `python -m tests.intake.served PORT`."""

import socket
import sys

from app.main import create_app
from app.server import server
from app.settings import Settings

if __name__ == "__main__":
    server(create_app(Settings())).run(sockets=[socket.create_server(("127.0.0.1", int(sys.argv[1])))])
