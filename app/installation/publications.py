"""Tells partners' programs that a release is public, by webhooks that the operator has set.

It says what everybody can read by then, so it needs no secret but the one by which a receiver knows who tells it.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from typing import Final

import httpx2
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database import Database, insert_or_ignore
from app.installation import webhooks
from app.installation.models import ToldOf
from app.installation.worker import beside
from app.settings import Settings, hooks_of

# Of a session, what is public: the id and the period of each release.
Published = Callable[[Session], Sequence[tuple[str, str]]]
_NAME: Final = "publications"
_FAILURES: Final = (OSError, httpx2.HTTPError, webhooks.HookFailed)


@contextmanager
def telling(
    settings: Settings,
    database: Database,
    published: Published,
    now: Callable[[], datetime],
    tell: Callable[[str], None],
) -> Iterator[None]:
    """Until the block ends, each address is told of each release, again and again until it has taken it.

    Of two processes both may tell, under one id, by which a receiver knows the repetition. A new address hears of what
    was published before too.
    """
    hooks = hooks_of(settings.publication_hooks)
    if not hooks:
        yield
        return
    with beside(_NAME, lambda: turn(hooks, database, published, now), tell):
        yield


def turn(hooks: dict[str, str], database: Database, published: Published, now: Callable[[], datetime]) -> str:
    """What is to be told of failures; nothing where everybody has heard. One address holds up no other."""
    try:
        failed = [why for url in hooks for why in _tell(url, hooks[url], database, published, now())]
    except Exception as error:  # the database's, say: the next turn comes
        failed = [type(error).__name__]
    why = ", ".join(sorted(set(failed)))
    return f"Not every partner was told of a release ({why}); it is tried again." if failed else ""


def _tell(url: str, secrets: str, database: Database, published: Published, now: datetime) -> Iterator[str]:
    """Why it failed, if it did: the address's other releases wait then."""
    hook = sha256(url.encode()).hexdigest()
    with database.read() as session:
        told = set(session.scalars(select(ToldOf.release_id).where(ToldOf.hook_sha256 == hook)))
        waiting = [each for each in published(session) if each[0] not in told]
    for release, period in waiting:
        try:
            webhooks.post(url, secrets, message_id=f"msg_{release}", body=_body(release, period, now), now=now)
        except _FAILURES as error:
            yield str(error) if isinstance(error, webhooks.HookFailed) else type(error).__name__
            return
        with database.write() as session:
            insert_or_ignore(session, ToldOf, [{"release_id": release, "hook_sha256": hook}])


def _body(release: str, period: str, now: datetime) -> dict[str, object]:
    data = {"release": release, "period": period, "page": f"/releases/{release}/index.html"}
    return {"type": "release.published", "timestamp": f"{now:%Y-%m-%dT%H:%M:%SZ}", "data": data}
