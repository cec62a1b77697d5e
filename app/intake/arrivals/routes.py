"""How a report comes in. It is `async`, unlike the rest: it hands a checked report to the writer and waits for it."""

from typing import Annotated

from fastapi import Header, Response, status
from starlette.concurrency import run_in_threadpool

from app.http import MailboxToken, Router, Today, problems, sealed_body, shared
from app.intake.arrivals import arrival, writer
from app.intake.arrivals.state import Arrivals
from app.intake.arrivals.writer import Outcome, ReportExists
from app.intake.epochs.open_epochs import EpochClosed
from app.problems import NotAnEnvelope
from app.protocol.encoding import sha256_hex

router = Router(tag="reporters")

SharedState = Annotated[Arrivals, shared(Arrivals)]

ReportId = Annotated[str, Header(alias="Tern-Report", pattern=r"^rep_[0-9a-f]{32}$")]
Body = Annotated[bytes, sealed_body(arrival.LIMIT)]


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
