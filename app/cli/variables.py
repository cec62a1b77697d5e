"""The variables of the environment that `tern` knows. One that it does not know is a typing error that changes nothing
where somebody believes that it does: so it is refused, and not passed over.
"""

import re
from collections.abc import Mapping
from typing import Final

_PREFIX: Final = "TERN_"
# Told to a person's machine, in the place of an option or of what is typed.
OF_A_PERSON: Final = frozenset(
    f"{_PREFIX}{name}"
    for name in (
        *("ACCOUNT_KEY", "COPY_TOKEN", "INVITATION", "LANGUAGE", "MACHINE", "NEW_PASSPHRASE", "NEW_PASSWORD", "PAPER"),
        *("PASSPHRASE", "PASSWORD", "PIN", "RECEIPT", "SERVER"),
    )
)
# `app.settings` has them. They are named here once more, for what reads them there takes longer to import than most
# commands take.
OF_THE_SERVICE: Final = frozenset(
    f"{_PREFIX}{name}"
    for name in (
        *("API_PAGE", "ATTACHMENT_LIMIT", "CONTACT", "DATABASE_URL", "DATA_DIR", "DEMO", "DEMO_CLOCK", "DIGEST_FROM"),
        *("DIGEST_HOURS", "DIGEST_SMTP", "DIGEST_TO", "FREE_SPACE_FLOOR", "NO_SCRIPT_PAGES", "ONION", "ORGANISATION"),
        *("PUBLICATION_HOOKS", "READINESS_PORT", "SESSION_HOURS", "SHRED_COPIES", "SHRED_DIR", "SHRED_URL"),
        *("WEBHOOK_SECRET", "WEBHOOK_URL"),
    )
)
# What Kubernetes tells every program of a namespace about a service of this name, or of one that begins with it.
_OF_A_CLUSTER: Final = re.compile(r"\w+_(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_\w+)?)")
_ADDRESS: Final = re.compile(r"(?:tcp|udp|sctp)://.*")


def unknown(environment: Mapping[str, str]) -> str | None:
    """What is wrong with the first variable that looks like one of Tern's and is none; None where all are known.

    Its value is not repeated: it may be a password.
    """
    for name, value in sorted(environment.items()):
        if name.upper().startswith(_PREFIX) and not _is_known(name, value):
            return f"{name}: no such setting{_meant(name)}"
    return None


def _is_known(name: str, value: str) -> bool:
    """The service's are known in small letters too, as they are read."""
    if name in OF_A_PERSON or name.upper() in OF_THE_SERVICE or _OF_A_CLUSTER.fullmatch(name):
        return True
    return name.endswith("_PORT") and _ADDRESS.fullmatch(value) is not None


def _meant(name: str) -> str:
    from difflib import get_close_matches

    there = {each.removeprefix(_PREFIX) for each in OF_A_PERSON | OF_THE_SERVICE}
    near = get_close_matches(name.upper().removeprefix(_PREFIX), sorted(there), n=1)
    return f"; did you mean {_PREFIX}{near[0]}?" if near else "; docs/settings.md and docs/cli.md have them all"
