"""The pages of an organisation as they are served, and a mailbox with replies."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.client.casework import triage
from app.client.intake import epochs, pages
from app.site.site import Site
from tests.client.installation import installation

ORGANISATION = "Help without borders"
NOTICE = "We read reports from Monday to Friday."
REPLIES = (
    "Thank you for writing. Is your mother safe now? You can answer with a single word.",
    "ماذا قالوا في الهاتف؟ لا تحذفي الرسائل.\nhttps://example.org/a-rather-long-address/that-has-no-place-to-break-it",
)


@dataclass(frozen=True)
class ServedPages:
    """`words` open the mailbox in which `REPLIES` lie."""

    server: str
    site: Site
    words: str


@contextmanager
def served_pages(directory: Path, built: Path) -> Iterator[ServedPages]:
    """Stands until the block ends, at the time that the browser's own clock tells, with pages that were built."""
    with installation(directory, built=built, start=datetime.now(UTC)) as here:
        sara, anna = here.staff("sara"), here.staff("anna")
        epochs.rotate(sara, notice=NOTICE)
        pages.sign(sara, built, here.site, name=ORGANISATION, leave_to=None)
        answers = {"danger_now": "days", "consent": ["service", "contact", "statistics"]}
        sent = here.reporter().submit({"language": "en", "text": "They called my mother.", "answers": answers})
        [report] = [each.id for each in triage.list_(anna)]
        triage.claim(anna, triage.view(anna, report))
        for reply in REPLIES:
            triage.answer(anna, triage.open_(anna, report), reply)
        yield ServedPages(here.server, Site.load(built), sent.receipt)
