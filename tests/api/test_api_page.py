"""The page of the API, for whoever turns it on."""

import re
from dataclasses import dataclass

from app.http.examples import EXAMPLES
from app.main import create_app
from app.settings import Settings
from app.site.site import Site
from tests.in_process import InProcess
from tests.strength import HASHER


@dataclass(frozen=True)
class Shown:
    status: int
    html: str
    description: dict[str, dict[str, dict[str, object]]]


def shown(settings: Settings, site: Site, *, api_page: bool) -> Shown:
    app = create_app(settings.model_copy(update={"api_page": api_page}), site=site, hasher=HASHER)
    with InProcess(app) as client:
        page = client.get("/docs")
        return Shown(page.status_code, page.text, client.get("/openapi.json").json())


def test_there_is_none_unless_it_was_turned_on(settings: Settings, site: Site) -> None:
    assert shown(settings, site, api_page=False).status == 404


def test_it_has_every_operation_and_leads_to_every_shape_with_nothing_but_text(settings: Settings, site: Site) -> None:
    page = shown(settings, site, api_page=True)

    said = set(re.findall(r"<code>([A-Z]+ /v1/[^<]*)</code></h3>", page.html))
    operations = {f"{method.upper()} {path}" for path, each in page.description["paths"].items() for method in each}
    assert (page.status, said) == (200, operations)
    assert page.html.count("<pre>") == len(EXAMPLES)
    assert set(re.findall('href="#([^"]+)"', page.html)) <= set(re.findall('id="([^"]+)"', page.html))
    assert not re.search("<(script|style|link|img)|https?://|>None<", page.html)
