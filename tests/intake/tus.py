"""Attachments sent as a reporter's client sends them."""

from httpx2 import Response
from starlette.testclient import TestClient

TUS = {"Tus-Resumable": "1.0.0"}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} | TUS


def of_file(attachment: str, size: int) -> dict[str, str]:
    """What begins an upload, beside the token."""
    return TUS | {"Tern-Attachment": attachment, "Upload-Length": str(size)}


def at(offset: int) -> dict[str, str]:
    """What goes with a part, beside the token."""
    return TUS | {"Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset)}


def begin(client: TestClient, token: str, attachment: str, size: int) -> Response:
    return client.post("/v1/uploads", headers=bearer(token) | of_file(attachment, size))


def add(client: TestClient, token: str, address: str, part: bytes, offset: int = 0) -> Response:
    return client.patch(address, content=part, headers=bearer(token) | at(offset))


def reached(client: TestClient, token: str, address: str) -> int:
    """The offset of an upload, or minus one where there is none."""
    answer = client.head(address, headers=bearer(token))
    return int(answer.headers["Upload-Offset"]) if answer.is_success else -1


def send(client: TestClient, token: str, attachment: str, file: bytes) -> Response:
    """The answer to the last request: the only one that may be a refusal is one of them."""
    begun = begin(client, token, attachment, len(file))
    return add(client, token, begun.headers["Location"], file) if begun.is_success else begun
