"""What the page without script uses: all that a reporter's client would, and threads of its own."""

from dataclasses import dataclass

from anyio import CapacityLimiter

from app.intake.arrivals.state import Arrivals
from app.intake.no_script.arriving import Places
from app.intake.posts.state import Posts
from app.site.site import Site

THREADS = 8
SLOW_THREADS = 24


@dataclass(frozen=True)
class NoScript(Arrivals, Posts):
    """`site` are the reporters' pages, which need not be there.

    `no_script_threads` bounds the threads of the page that have all of their form, and wait for nobody.
    `no_script_slow_threads` bounds those that a form with files keeps for as long as its sender's line is slow, and
    `no_script_places` says whose form may keep one.
    """

    site: Site
    no_script_threads: CapacityLimiter
    no_script_slow_threads: CapacityLimiter
    no_script_places: Places
