"""The service in the process of the test, over HTTP but for the wire."""

from collections.abc import AsyncIterator, Iterable, Sequence

import httpx2
from fastapi import FastAPI
from starlette.testclient import TestClient


class InProcess(TestClient):
    """Starlette's, but that a request passes to the service's loop and back once, and not nine times: each is a change
    of threads, and together they took longer than the service did."""

    def __init__(self, app: FastAPI) -> None:
        # The loop that Tern is served with.
        super().__init__(app, base_url="https://tern.test", backend_options={"use_uvloop": True})
        self._transport: _InOne = _InOne(self)

    def send_in_turn(self, requests: Sequence[httpx2.Request]) -> list[httpx2.Response]:
        """The answers to requests none of which needs another's: all of them pass to the loop and back once."""
        with self._portal_factory() as portal:
            answers = portal.call(self._transport.answers, requests)
        for answer in answers:
            answer.read()
        return answers


class _InOne(httpx2.BaseTransport):
    def __init__(self, client: InProcess) -> None:
        self._client = client
        self._service = httpx2.ASGITransport(client.app)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        with self._client._portal_factory() as portal:
            return portal.call(self._answer, request)

    async def answers(self, requests: Sequence[httpx2.Request]) -> list[httpx2.Response]:
        return [await self._answer(request) for request in requests]

    async def _answer(self, request: httpx2.Request) -> httpx2.Response:
        assert isinstance(request.stream, httpx2.SyncByteStream)
        request.stream = _Parts(request.stream)
        answer = await self._service.handle_async_request(request)
        assert isinstance(answer.stream, httpx2.AsyncByteStream)
        body = b"".join([part async for part in answer.stream])
        return httpx2.Response(answer.status_code, headers=answer.headers, stream=httpx2.ByteStream(body))


class _Parts(httpx2.AsyncByteStream):
    """A body whose parts are made when the service asks for them."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts = parts

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self._parts:
            yield part
