"""What tells cases apart in a list. It stands alone, for whoever lists cases opens none."""

from enum import StrEnum


class Label(StrEnum):
    """What tells cases apart in a list: colours, of which the members agree elsewhere what they mean."""

    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"
    GREEN = "green"
    BLUE = "blue"
    VIOLET = "violet"
