"""Pages that take a form instead of running a client. They answer with pages, whatever happens, and keep nothing.

No form is answered with a page, but with the address of one that is good once (`once`).
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from http import HTTPStatus
from typing import Annotated

import anyio.from_thread
import anyio.to_thread
from fastapi import Depends, Request, Response
from sqlalchemy.exc import SQLAlchemyError

from app.database import storage
from app.destruction import destroying
from app.http import NOT_PUT_ASIDE, Now, Router, comes_from_another_site, held_of, leads_to, page, shared
from app.intake.arrivals import arrival
from app.intake.arrivals.writer import IntakeBusy
from app.intake.epochs.open_epochs import EpochClosed
from app.intake.no_script import multipart, once, sealing, service
from app.intake.no_script.arriving import Arriving, Body
from app.intake.no_script.forms import Mistake, TypedFields, may_answer, read_fields
from app.intake.no_script.multipart import MalformedForm, Part
from app.intake.no_script.once import Answer
from app.intake.no_script.sealing import Files
from app.intake.no_script.service import Holder
from app.intake.no_script.state import NoScript
from app.intake.pages.nowhere import nowhere
from app.intake.reports.service import CLOSED
from app.people.staff.service import NoRootYet
from app.problems import Busy, NotFound, Problem
from app.protocol.conversation import Mailbox, Reply
from app.protocol.mailbox import THREAD_STATE_SLOT
from app.protocol.report import ATTACHMENTS, Consent
from app.vocabulary import IntakeChannel, ReportState

_log = logging.getLogger("tern")

router = Router(tag="pages")

SharedState = Annotated[NoScript, shared(NoScript)]

# Bytes of the fields of a form and its seams, beside its files. Of those, more is read than taken: what stands below
# them in the form has to come back.
_FIELDS_LIMIT = 2 * 2**20
# Bytes of a form that wait in memory, without a thread, until all of them are there: words, and no file of weight.
_SHORT = 256 * 1024


@dataclass(frozen=True)
class Visit:
    """One request to a page without script, in the language of its page, and what it may use."""

    request: Request = field(repr=False)
    language: str
    state: NoScript
    now: datetime
    arriving: Arriving = field(repr=False)

    @property
    def today(self) -> date:
        """In UTC."""
        return self.now.date()

    def show(self, template: str, status: int = NOT_PUT_ASIDE, **context: object) -> Answer:
        """A page in the language of the visit."""
        return Answer(self.state.site.render(template, self.language, **context), status)

    def parts(self) -> Iterator[Part]:
        """The fields of the form that is sent. Raises `MalformedForm`."""
        boundary = multipart.boundary_of(self.request.headers.get("content-type", ""))
        return multipart.parts(
            Body(self.arriving, ATTACHMENTS * self.state.settings.attachment_limit + _FIELDS_LIMIT), boundary
        )

    def files(self) -> Files:
        """Takes the files of the form, and has none yet."""
        return Files(self.state.blobs, limit=self.state.settings.attachment_limit, today=self.today)


async def _visit(request: Request, language: str, state: SharedState, now: Now) -> Visit:
    """Raises `NotFound` where no pages were built."""
    if not state.site.languages:
        raise NotFound
    return Visit(request, language, state, now, Arriving(request.stream()))


@router.post("/{language}/plain/", response_class=Response)
async def send_report(visit: Annotated[Visit, Depends(_visit)]) -> Response:
    """Seal a report as it arrives, and answer with the words that open its mailbox."""
    return await _answer(_send, visit)


@router.post("/{language}/plain/replies/", response_class=Response)
async def use_mailbox(visit: Annotated[Visit, Depends(_visit)]) -> Response:
    """Open a mailbox with its words, which stand in the form; write, choose or withdraw."""
    return await _answer(_converse, visit)


@router.head("/{language}/plain/once/{key}", response_class=Response)
async def hide_answer(visit: Annotated[Visit, Depends(_visit)]) -> Response:
    """Tell nothing: who asks for the head of an answer alone has not read it."""
    return await nowhere(visit.state.site, visit.request)


@router.get("/{language}/plain/once/{key}", response_class=Response)
async def read_answer(visit: Annotated[Visit, Depends(_visit)], key: str) -> Response:
    """Show the answer to a form, and destroy it."""
    if visit.language not in visit.state.site.languages:
        return await nowhere(visit.state.site, visit.request)
    return await anyio.to_thread.run_sync(partial(_take, visit, key), limiter=visit.state.no_script_threads)


def _take(visit: Visit, key: str) -> Response:
    try:
        with visit.state.database.write() as session:
            answer = once.take(session, key, now=visit.now)
    except SQLAlchemyError as error:
        if not _fails_underneath(error):
            raise
        answer = visit.show("plain_error.html", HTTPStatus.SERVICE_UNAVAILABLE, key="unreachable")
    answer = answer or visit.show("plain_error.html", HTTPStatus.GONE, key="shown-once")
    return page(answer.html, answer.status)


async def _answer(act: Callable[[Visit], Answer], visit: Visit) -> Response:
    """Where the answer stands. Where there is no form, and to another site's, a page.

    An open one acts in one of the few threads that it has of its own: a flood here waits here, and stops nobody else.
    Nor do slow senders stop those whose words are there: threads that wait for a line are others, and who is slowest
    loses theirs to the next. What was typed comes back all the same.
    """
    if visit.language not in visit.state.site.languages:
        return await nowhere(visit.state.site, visit.request)
    if not visit.state.settings.no_script_pages:
        return leads_to(f"/{visit.language}/plain/")  # which says so
    if comes_from_another_site(visit.request.headers):
        refusal = visit.show("plain_error.html", HTTPStatus.FORBIDDEN, key="other-site")
        return page(refusal.html, refusal.status)
    held = held_of(visit.request)
    try:
        with held.reading():
            is_whole = await visit.arriving.begin(_SHORT, held.add)
    except Busy as busy:
        full = visit.show("plain_error.html", busy.status, key="unreachable")
        return page(full.html, full.status)
    except MalformedForm:
        late = visit.show("plain_error.html", HTTPStatus.REQUEST_TIMEOUT, key="unreachable")
        return page(late.html, late.status)
    if is_whole:
        return await anyio.to_thread.run_sync(partial(_keep, act, visit), limiter=visit.state.no_script_threads)
    async with visit.state.no_script_places.place(visit.arriving):
        waits = not visit.arriving.is_given_up
        threads = visit.state.no_script_slow_threads if waits else visit.state.no_script_threads
        return await anyio.to_thread.run_sync(partial(_keep, act, visit), limiter=threads)


def _keep(act: Callable[[Visit], Answer], visit: Visit) -> Response:
    """What came of a form, at an address that is good once."""
    answer = act(visit)
    try:
        with visit.state.database.write() as session:
            key = once.keep(session, answer, now=visit.now)
    except SQLAlchemyError:
        # Twelve words in the history of a browser are better than a report whose mailbox nobody can ever open.
        return page(answer.html, answer.status)
    return leads_to(f"/{visit.language}/plain/once/{key}")


def _fails_underneath(error: Exception) -> bool:
    """Whether the database or the disk is the cause: then this tells the operator, and a page the person."""
    if is_storage := storage.has_failed(error):
        _log.error("a page without script: database or disk failed (%s)", type(error).__qualname__)
    return is_storage


def _send(visit: Visit) -> Answer:
    typed, files = TypedFields(), visit.files()
    sealed: sealing.SealedReport | None = None

    def again(key: str, status: int) -> Answer:
        return visit.show("plain.html", status, mistakes=[Mistake(key)], kept=typed.again())

    try:
        with visit.state.database.read() as session:
            to = service.receiving(session, visit.today)
    except NoRootYet:
        return visit.show("plain_error.html", HTTPStatus.SERVICE_UNAVAILABLE, key="not-set-up")
    except EpochClosed:
        to = None
    except SQLAlchemyError as error:
        if not _fails_underneath(error):
            raise
        read_fields(visit.parts(), typed)
        return again("unreachable", HTTPStatus.SERVICE_UNAVAILABLE)
    try:
        if to is None:  # what was typed must come back all the same
            read_fields(visit.parts(), typed)
            return again("closed", HTTPStatus.SERVICE_UNAVAILABLE)
        with files.kept_if_named():
            sealed = sealing.seal_report(
                visit.parts(), typed, files, to, language=visit.language, today=visit.today.isoformat()
            )
            _store(visit, sealed)
    except Mistake as mistake:
        return visit.show("plain.html", HTTPStatus.UNPROCESSABLE_ENTITY, mistakes=[mistake], kept=typed.again())
    except MalformedForm:
        return again("refused", HTTPStatus.BAD_REQUEST)
    except IntakeBusy:
        return again("busy", HTTPStatus.SERVICE_UNAVAILABLE)
    except EpochClosed:
        return again("closed", HTTPStatus.SERVICE_UNAVAILABLE)
    except Problem as problem:  # of the packages that take it in: a person gets a page all the same
        return again("refused", problem.status)
    except Exception as error:
        if not _fails_underneath(error):
            raise
        if sealed is None:
            return again("unreachable", HTTPStatus.SERVICE_UNAVAILABLE)
        # It may be stored: without its words nobody could ever open its mailbox.
        words = sealed.receipt.words(visit.language)
        return visit.show("plain_receipt.html", HTTPStatus.SERVICE_UNAVAILABLE, words=words, is_certain=False)
    words = sealed.receipt.words(visit.language)
    return visit.show("plain_receipt.html", words=words, is_certain=True, contact=may_answer(typed))


def _store(visit: Visit, sealed: sealing.SealedReport) -> None:
    """On the disk when this returns: first the report, then the names of its files, which lie there already."""
    parts = arrival.read(sealed.envelope)
    token_sha256 = service.token_sha256(sealed.receipt)
    epoch = visit.state.epochs.find(parts.epoch_id, visit.today)
    new = arrival.arrive(
        parts, sealed.id, token_sha256, epoch, today=visit.today, intake_channel=IntakeChannel.NO_SCRIPT
    )
    anyio.from_thread.run(visit.state.writer.put, new)
    if sealed.files:
        with visit.state.database.write() as session:
            service.name_files(session, token_sha256, sealed.files, today=visit.today)


@dataclass(frozen=True)
class _Shown:
    """A mailbox as its page shows it."""

    state: ReportState | None
    open: bool
    written: int
    days: tuple[tuple[str, int], ...]
    replies: tuple[Reply, ...]
    missing: tuple[int, ...]
    not_authentic: tuple[int, ...]
    choices: tuple[Consent, ...]

    @classmethod
    def of(cls, mailbox: Mailbox) -> "_Shown":
        return cls(
            state=mailbox.state,
            # Whatever lies in the place of the reporter's memory, they can take the report back.
            open=mailbox.state not in CLOSED
            and (mailbox.thread_state is not None or THREAD_STATE_SLOT in mailbox.not_authentic),
            written=mailbox.thread_state.number if mailbox.thread_state else 0,
            days=mailbox.thread_state.days if mailbox.thread_state else (),
            replies=mailbox.replies,
            missing=mailbox.missing,
            not_authentic=mailbox.not_authentic,
            choices=mailbox.thread_state.consents if mailbox.thread_state else (),
        )


def _converse(visit: Visit) -> Answer:
    typed, files = TypedFields(), visit.files()
    opened: list[tuple[Holder, Mailbox]] = []

    def open_() -> tuple[Holder, Mailbox]:
        """With the words of the form, which stand before its files."""
        if not opened:
            opened.append(_open(visit, typed.last("words")))
        return opened[0]

    def show(
        mailbox: Mailbox, status: int = NOT_PUT_ASIDE, *, done: str = "", mistake: Mistake | None = None
    ) -> Answer:
        return visit.show(
            "plain_replies.html",
            status,
            words=typed.last("words"),
            mailbox=_Shown.of(mailbox),
            done=done,
            mistakes=[mistake] if mistake else [],
            kept=_kept(typed, files, done),
        )

    def again(mistake: Mistake, status: int) -> Answer:
        if opened:
            return show(opened[0][1], status, mistake=mistake)
        return visit.show("plain_mailbox.html", status, mistakes=[mistake], kept={"text": typed.last("text")})

    try:
        with files.kept_if_named():
            sealing.read(visit.parts(), typed, files, lambda: service.write_to(open_()[1]))
            holder, before = open_()
            after = _act(visit, holder, before, typed, files)
        return show(after, done=typed.last("action"))
    except Mistake as mistake:
        return again(mistake, HTTPStatus.UNPROCESSABLE_ENTITY)
    except MalformedForm:
        return again(Mistake("refused"), HTTPStatus.BAD_REQUEST)
    except NoRootYet:
        return visit.show("plain_error.html", HTTPStatus.SERVICE_UNAVAILABLE, key="not-set-up")
    except Exception as error:
        if not _fails_underneath(error):
            raise
        return again(Mistake("unreachable"), HTTPStatus.SERVICE_UNAVAILABLE)


def _kept(typed: TypedFields, files: Files, done: str) -> dict[str, object]:
    """What stood in the form beside what was done: a message that was not sent, choices that were not saved."""
    kept: dict[str, object] = {}
    if done != "write":
        kept |= {"text": typed.last("text"), "files": files.came}
    if typed.last("action") in {"write", "consent"} and done != "consent":
        kept["consent"] = typed.choices("consent")
    return kept


def _open(visit: Visit, words: str) -> tuple[Holder, Mailbox]:
    """Raises `Mistake` for words that are no receipt or open nothing."""
    receipt = service.read_words(words)
    with visit.state.database.read() as session:
        return service.open_mailbox(
            session,
            receipt,
            filler_key=visit.state.keyring.key("mailbox-filler"),
            place_key=visit.state.keyring.key("posted-places"),
            now=visit.now,
            acted=visit.state.acted,
        )


def _act(visit: Visit, holder: Holder, before: Mailbox, typed: TypedFields, files: Files) -> Mailbox:
    """Raises `Mistake`, `MalformedForm`."""
    action = typed.last("action")
    if action != "write":
        files.destroy()
    if action == "open":
        return before
    with destroying(visit.state.database, visit.state.blobs, visit.today) as session:
        return service.act(session, holder, before, typed, files.sealed)
