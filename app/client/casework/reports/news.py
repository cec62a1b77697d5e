"""What reporters have posted since and this person has not read. It is a hint: what it says, only the thread proves."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.client.machine.staff import Staff

if TYPE_CHECKING:  # whoever lists cases reads no thread
    from app.client.casework.reports.threads import Thread

_POST = "msg_"


@dataclass(frozen=True)
class News:
    """Of a report, and of its case where it is in one: what its reporter has done since this person read the thread."""

    report: str
    case: str | None
    wrote: bool
    changed_consent: bool
    took_back: bool

    def __str__(self) -> str:
        said = (
            (self.wrote, "they wrote"),
            (self.changed_consent, "they changed a consent"),
            (self.took_back, "they took it back"),
        )
        return ", ".join(words for happened, words in said if happened)


def unread(staff: Staff) -> list[News]:
    """All of it, in the order of the reports' ids."""
    return [
        News(item["id"], item["case"], item["wrote"], item["changed_consent"], item["took_back"])
        for item in staff.service.items("/news")
    ]


def say_read(staff: Staff, report: str, thread: "Thread") -> None:
    """This person was shown the thread. Raises `Refused`: `stale-version` where there is more by now."""
    posts = len(thread.messages) + sum(each.id.startswith(_POST) for each in thread.spoiled)
    staff.service.put(f"/reports/{report}/reading", {"posts": posts})
