"""What says how the service is, for as long as it runs."""

from dataclasses import dataclass

from app.http import State
from app.installation.readiness import Readiness


@dataclass(frozen=True)
class Watched(State):
    """`readiness` looks whether reports can be taken."""

    readiness: Readiness
