"""What says how the service is, for as long as it runs."""

from dataclasses import dataclass

from app.duties import Duties
from app.http import State
from app.installation.readiness import Readiness


@dataclass(frozen=True)
class Watched(State):
    """`readiness` looks whether reports can be taken; `duties` are what each domain adds to their list."""

    readiness: Readiness
    duties: tuple[Duties, ...]
