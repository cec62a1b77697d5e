"""What stands in for OpenDP where a test must know, or choose, the noise."""

import random
from collections.abc import Sequence


class NoNoise:
    """Costs what the noise would, and adds none: what a release must never be."""

    def rho(self, *, sigma: float, m: int) -> float:
        return m / (2 * sigma**2)

    def draw(self, counts: Sequence[int], *, sigma: float) -> list[int]:  # noqa: ARG002 - the interface has it
        return list(counts)


class Seeded(NoNoise):
    """Gaussian noise in whole persons that comes again from the same seed; `of` its sigma, where it is to be wrong."""

    def __init__(self, seed: int, *, of: float = 1) -> None:
        self._random, self._of = random.Random(seed), of

    def draw(self, counts: Sequence[int], *, sigma: float) -> list[int]:
        return [count + round(self._random.gauss(0, sigma * self._of)) for count in counts]
