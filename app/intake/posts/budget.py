"""How much a mailbox takes in a day. Each token has a budget of its own, so nobody spends another's."""

import hmac
import math
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from app.database import insert_or_ignore
from app.intake.posts.models import Posted
from app.problems import Problem

# Of one UTC day. Thirty messages as long as a message can be, or as many short ones as nobody writes to a helpline.
POSTS = 50
SIZE = 2 * 2**20
# Bytes of a place that tokens share which open no mailbox: there are 256 of them, however many tokens a stranger makes.
_PLACE_SIZE = 1


class EnoughForToday(Problem):
    """So many messages and bytes are taken under a token in a UTC day, whatever they say and whoever sends them.

    Send the rest after `retry_after_seconds`, when the next day begins. The mailbox can be read all the same, and the
    report taken back with its receipt's secret.
    """

    type, status, title = (
        "enough-for-today",
        429,
        "This mailbox has taken what it takes in a day; send the rest tomorrow",
    )
    quota = ", ".join(
        f'"{name}";q={most};w=86400{unit}'
        for name, most, unit in (("posts", POSTS, ""), ("bytes", SIZE, ';qu="content-bytes"'))
    )

    def __init__(self, *, retry_after_seconds: int) -> None:
        super().__init__()
        self.members["retry_after_seconds"] = retry_after_seconds


def place_of_nobody(token_sha256: str, key: bytes) -> str:
    """Where what came under a token counts that opens no mailbox. Nobody without the `key` can choose it."""
    return hmac.digest(key, token_sha256.encode(), "sha256")[:_PLACE_SIZE].hex()


def spend(session: Session, token_sha256: str, size: int, *, place: str, now: datetime) -> None:
    """Count a post of `size` bytes. Raises `EnoughForToday`; the caller's transaction then counts nothing.

    `place` is the token's own, or one of nobody's, where whoever had it before is forgotten. The statements are the
    same for any token.
    """
    today = now.date()
    session.execute(
        delete(Posted).where(Posted.place == place, Posted.day == today, Posted.token_sha256 != token_sha256)
    )
    nothing = {"token_sha256": token_sha256, "day": today, "place": place, "posts": 0, "size": 0}
    insert_or_ignore(session, Posted, [nothing])
    posts, sizes = session.execute(
        update(Posted)
        .where(Posted.token_sha256 == token_sha256, Posted.day == today)
        .values(posts=Posted.posts + 1, size=Posted.size + size)
        .returning(Posted.posts, Posted.size)
    ).one()
    if posts > POSTS or sizes > SIZE:
        tomorrow = datetime.combine(today + timedelta(days=1), time(), UTC)
        raise EnoughForToday(retry_after_seconds=math.ceil((tomorrow - now).total_seconds()))


def forget_days(session: Session, today: date) -> None:
    """Of the days before nothing is kept."""
    session.execute(delete(Posted).where(Posted.day < today))
