"""Plates of vehicles: a country and what stands on the plate, in one script where two scripts share its letters."""

import re
import unicodedata
from typing import Final

from app import vocabulary
from app.protocol.selectors.errors import NotASelector

_CYRILLIC: Final = str.maketrans("АВЕКМНОРСТУХІ", "ABEKMHOPCTYXI")
_GREEK: Final = str.maketrans("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX")
# Where a plate has only letters that both scripts have, so that people type either.
# In Central Asia plates are in Latin letters, and keyboards are not. The signs of China's provinces have two forms.
_CHINESE: Final = str.maketrans("滬蘇贛魯陝隴貴雲粵瓊遼晉寧閩學領掛", "沪苏赣鲁陕陇贵云粤琼辽晋宁闽学领挂")
_ONE_FORM: Final = (
    dict.fromkeys(("RU", "BY", "UA", "BG", "KZ", "KG", "TJ", "UZ"), _CYRILLIC)
    | dict.fromkeys(("GR", "CY"), _GREEK)
    | {"CN": _CHINESE}
)
# Where plates begin with a district, and one is called as the country is: Dessau, Svidník. With fewer groups behind
# them than a plate has there, the two letters are the plate's own.
_GROUPS: Final = {"DE": 3, "SK": 3}


def spelling(value: str, country: str | None) -> str:
    """`country` is where the plate is from, unless the value says so itself, as `DE:B-XY 123`."""
    text = value.upper()
    match = re.fullmatch(r"([A-Z]{2})([ :])(.+)", text)
    if match and match[1] in vocabulary.codes("country") and (match[2] == ":" or _is_of(country, match[1], match[3])):
        country, text = match[1], match[3]
    plate = "".join(each for each in text if unicodedata.category(each)[0] not in "CPSZ")
    if country not in vocabulary.codes("country"):
        raise NotASelector("a plate needs its country")
    return f"{country}:{plate.translate(_ONE_FORM.get(country, {}))}"


def _is_of(country: str | None, letters: str, rest: str) -> bool:
    return country == letters and len(re.findall(r"[^\s\-]+", rest)) >= _GROUPS.get(letters, 1)
