"""What a service had at its last backup and lacks now, without a record of why."""

from collections.abc import Iterable, Iterator

from app.backup.census import Census
from app.backup.contents import Contents
from app.protocol.encoding import sha256_hex
from app.protocol.types import TYPES, End, Place, SealedType

# What may go or change by itself leaves no record, so nothing is said of it: keys that were called back or whose day
# is over, replies that were read, roots that were only proposed.
_KEPT = frozenset({End.NEVER, End.CASE})


def _is_watched(place: Place, types: Iterable[SealedType]) -> bool:
    ends = {stored.end for each in types for stored in each.stored if str(stored) == str(place)}
    return ends <= _KEPT or ends == {End.REPORT}


# Columns of which no row may go or change but with its report or its case.
WATCHED = frozenset(
    str(place)
    for each in TYPES.values()
    for place in each.stored
    if not place.is_blob and _is_watched(place, TYPES.values())
)


def losses(then: Contents, now: Census) -> Iterator[str]:
    """One sentence for each thing that is gone or altered, those first that say most."""
    if now.events.n < then.events.n or (then.events.n and now.event_hashes[then.events.n - 1] != then.events.sha256):
        yield f"the audit chain does not go on from its event {then.events.n}: the database is older, or another"
    if len(now.log) < then.log.n or (then.log.n and sha256_hex(now.log[then.log.n - 1].encode()) != then.log.sha256):
        yield f"the key log does not go on from its line {then.log.n}: the database is older, or another"
    for place, rows in then.digests.items():
        if place not in WATCHED:
            continue
        table = place.partition(".")[0]
        present = now.digests.get(place, {})
        for key, digest in rows.items():
            if key not in present:
                if then.of_report.get(f"{place} {key}") not in now.destroyed:
                    yield f"{table} {key} is gone"
            elif present[key] != digest:
                yield f"{table} {key} has other bytes than it had"
    for blob in then.blobs:
        if blob not in now.blobs and then.of_report[blob] not in now.destroyed:
            yield f"the attachment in the file {blob} is gone"
