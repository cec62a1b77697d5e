"""Webhooks as Standard Webhooks has them (github.com/standard-webhooks, 1.0.0), by its symmetric signatures.

They say that it is time to look in, or that a release is public, and nothing else: whoever has the secret could forge
only that, to themselves.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

import anyio
import httpx2
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

_PREFIX: Final = "whsec_"
_SECONDS: Final = 20.0


class HookFailed(Exception):
    """The other side did not take it. The message says how it answered."""


def sign(secret: str, *, message_id: str, timestamp: int, payload: bytes) -> str:
    """One signature of `webhook-signature`; `secret` is `whsec_` and base64, `timestamp` in seconds since 1970."""
    mac = HMAC(b64decode(secret.removeprefix(_PREFIX), validate=True), SHA256())
    mac.update(f"{message_id}.{timestamp}.".encode() + payload)
    return f"v1,{b64encode(mac.finalize()).decode()}"


def send(url: str, secrets: str, *, of: datetime, now: datetime, patience: float = _SECONDS) -> None:
    """Tell the address that the hour `of` has come, signed by each of the secrets; the id is that hour's, however
    often it is tried. It has `patience` seconds for all of its answer.

    Raises `HookFailed`, `TimeoutError`, and `httpx2.HTTPError` where nobody answers. No redirect is followed.
    """
    hour = of.astimezone(UTC)
    body = {"type": "reminder", "timestamp": f"{hour:%Y-%m-%dT%H:%M:%SZ}", "data": {}}
    post(url, secrets, message_id=f"msg_{hour:%Y%m%d%H}", body=body, now=now, patience=patience)


def post(
    url: str,
    secrets: str,
    *,
    message_id: str,
    body: Mapping[str, object],
    now: datetime,
    patience: float = _SECONDS,
) -> None:
    """Tell the address something under an id that is the same however often it is tried. Raises as `send` does."""
    payload, timestamp = json.dumps(body).encode(), int(now.timestamp())
    signatures = [sign(each, message_id=message_id, timestamp=timestamp, payload=payload) for each in secrets.split()]
    headers = {
        "content-type": "application/json",
        "user-agent": "webhook",  # of which program and version, whoever looks in between need not know
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }
    anyio.run(_post, url, payload, headers, patience)


async def _post(url: str, payload: bytes, headers: Mapping[str, str], patience: float) -> None:
    """One deadline for the whole of it: of an answer that comes byte by byte no single wait is long."""
    with anyio.fail_after(patience):
        async with (
            httpx2.AsyncClient(trust_env=False, timeout=None) as http,
            http.stream("POST", url, content=payload, headers=headers) as answer,
        ):
            if not answer.is_success:
                raise HookFailed(f"it answered {answer.status_code}")
