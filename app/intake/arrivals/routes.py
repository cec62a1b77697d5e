"""How a report comes in. It is `async`, unlike the rest: it hands a checked report to the writer and waits for it."""

import re
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Final

from fastapi import Header, Request, Response, status
from starlette.concurrency import run_in_threadpool

from app.http import MailboxToken, Route, Router, Today, bearer, problems, sealed_body, shared, state_of
from app.intake.arrivals import arrival, writer
from app.intake.arrivals.state import Arrivals
from app.intake.arrivals.writer import Outcome, ReportExists
from app.intake.epochs.open_epochs import EpochClosed
from app.problems import NotAnEnvelope
from app.protocol.encoding import sha256_hex


class _QuickRoute(Route):
    """FastAPI takes longer to find the parameters of an endpoint than this takes to check a report.

    A report that is sent as clients send it is answered without it. Whatever else comes is its own to answer, with all
    that it refuses.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """As FastAPI's."""
        answer = super().get_route_handler()

        async def answer_quickly(request: Request) -> Response:
            report = request.headers.get("tern-report", "")
            if request.scope["query_string"] or not _REPORT_ID.fullmatch(report):
                return await answer(request)
            token, state = bearer(request), state_of(request, Arrivals)
            return await put_report(state, token, report, state.clock.today(), await _BODY.dependency(request))

        return answer_quickly


router = Router(tag="reporters", route_class=_QuickRoute)

SharedState = Annotated[Arrivals, shared(Arrivals)]

_REPORT_ID: Final = re.compile(r"^rep_[0-9a-f]{32}$")
_BODY: Final = sealed_body(arrival.LIMIT)
ReportId = Annotated[str, Header(alias="Tern-Report", pattern=_REPORT_ID.pattern)]
Body = Annotated[bytes, _BODY]


@router.put(
    "/report",
    status_code=status.HTTP_201_CREATED,
    response_class=Response,
    responses=problems(NotAnEnvelope, EpochClosed, ReportExists, writer.IntakeBusy)
    | {200: {"description": "The same report was sent before"}},
)
async def put_report(state: SharedState, token: MailboxToken, report: ReportId, today: Today, body: Body) -> Response:
    """Store a report, and answer when it is on disk. Until then, send it again."""
    parts = arrival.read(body)
    token_sha256 = sha256_hex(token.encode())
    epoch = state.epochs.known(parts.epoch_id, today)
    if epoch is None:
        epoch = await run_in_threadpool(state.epochs.find, parts.epoch_id, today)
    outcome = await state.writer.put(arrival.arrive(parts, report, token_sha256, epoch, today=today))
    if outcome is Outcome.OTHER:
        raise ReportExists
    return Response(status_code=status.HTTP_201_CREATED if outcome is Outcome.NEW else status.HTTP_200_OK)
