"""What takes reports in a process, for as long as it runs."""

from dataclasses import dataclass

from app.http import State
from app.intake.arrivals.writer import Writer
from app.intake.epochs.open_epochs import OpenEpochs


@dataclass(frozen=True)
class Arrivals(State):
    """`writer` stores reports, and `epochs` are those that take them."""

    writer: Writer
    epochs: OpenEpochs
