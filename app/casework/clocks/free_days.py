"""The public holidays of a country, or of a part of it. They are kept with the policy that names it.

So no later edition of the library changes when a clock has run out, and nothing else of the service loads it.
"""

from datetime import date
from typing import Final

# For so many years ahead: by then the policy has been set again.
YEARS: Final = 10


def of(country: str, subdivision: str | None, *, first: int) -> frozenset[date]:
    """Those from the year `first` on; codes are those of ISO 3166. Raises `LookupError` for one without a calendar."""
    import holidays  # a third of a second

    try:
        found = holidays.country_holidays(country, subdiv=subdivision, years=range(first, first + YEARS))
    except NotImplementedError:
        raise LookupError(country) from None
    return frozenset(found)
