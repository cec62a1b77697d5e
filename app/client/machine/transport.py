"""HTTP to one service. What it answers is material to check: nothing here makes it true."""

import json
import secrets
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from typing import Any, BinaryIO, Final, TypeVar

import httpx2

from app.age.source import Sink

# The largest answer kept in memory, in bytes: sealed documents end at 2 MiB, a page of a key log or a list stays below.
ANSWER_LIMIT: Final = 16 * 1024 * 1024
CASE_LIMIT: Final = 256 * 1024 * 1024  # of a case: two thousand incidents with all that is said of them
PAGE_LIMIT: Final = 64 * 1024 * 1024  # of a file that browsers are served
# What says no, or that something was taken.
WORD_LIMIT: Final = 64 * 1024
PAGES_LIMIT: Final = 10_000  # of a list: two million items
BLOCK_SIZE: Final = 64 * 1024
# A report whose answer got lost is sent again, byte for byte: the service keeps it once.
PAUSES: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)  # a service that is started anew is back within a minute
# An act of staff is sent again under its Idempotency-Key, of which the service does it once. Somebody waits for it.
_ACT_PAUSES: Final = (1.0, 2.0)

_T = TypeVar("_T")
FAILURE: Final = 500  # from here on: what was sent may have been taken

# A draw opens every card of a quarter before it answers.
_TIMEOUT = httpx2.Timeout(30, read=600)
# For which a connection is kept for the next request: the service ends it after five, and might just when one is sent.
_IDLE_SECONDS: Final = 2


class Refused(Exception):
    """The service said no. `type` is the problem's stable word (docs/problems.md), `extensions` its further members."""

    def __init__(
        self, type_: str, status: int, title: str = "", extensions: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(title or type_)
        self.type = type_
        self.status = status
        self.extensions = extensions or {}


class Unreachable(Exception):
    """No answer of the service came: it may have done what was asked, or not."""


class Unanswered(Unreachable):
    """What was sent was to change something, and left: nobody can know whether it was done."""

    def __init__(self) -> None:
        super().__init__("no answer came, so nobody can know yet whether it was done: look, before you do it again")


class Told(dict[str, Any]):
    """An object of an answer, each member of which is what the API says. One that is not there is `Refused`."""

    def __init__(self, members: Mapping[str, Any]) -> None:
        super().__init__(members)
        for name, value in members.items():
            # By the type itself: a truth value would pass for a number.
            if name in MEMBERS and type(value) not in MEMBERS[name]:
                raise ValueError(name)

    def __missing__(self, name: str) -> Any:
        raise _misunderstanding()


_TEXTS: Final = (
    "accepts_from accepts_until act action actor address approver author begun_on by_key challenge day destroyed_on "
    "document envelope_sha256 epoch expires expires_on file first grantee handle handling hash hour id intake "
    "intake_channel invitation kept_on key kind level made_on name object page part peeled_on period person previous "
    "proposed_by received_on recipient ref release requested_by requester root scope second set_at sha256 sig "
    "signature signers since stage stage_entered state subject team to token turn valid_from valid_until what "
    "workload zone"
)
_TEXTS_OR_NULL: Final = (
    "accounts_lost_by accounts_lost_too agreed_at agreed_by answer_due approved_by approver_stand_in body case "
    "closing consent copy_sha256 correction country decision_due draw due due_for ended_on failure first_lapses_after "
    "granted_on handed_on_by handed_on_from held_for held_from keys_copied_on label last_use lent_until next "
    "next_review noisy_sha256 note note_by note_too object_hash of opening_due owner prev priority problem public_on "
    "purge_month reason requester_stand_in resume_on retention_class review risk_level sealed_file secret statement "
    "subdivision sums_sha256 superseded_by supersedes swept_on triager until warning whom withdrawn_on"
)
_NUMBERS: Final = (
    "closes disk_bytes disk_free_bytes fetched free generation lacks left left_millionths n number opens part_version "
    "rho_millionths seq sequence size version waiting_days"
)
_LISTS: Final = (
    "around_the_clock assessment_seen_by checkpoint closed_on countersignatures entries errors failing files "
    "free_days grants hashes holders items jobs kept members messages missing part_keys parts plan_approved_by posts "
    "roles weekdays"
)
# What each member is, in whichever object it stands (docs/openapi.json). An answer of another shape is refused where
# it arrives, so that nobody who reads it has to think of one.
MEMBERS: Final[Mapping[str, tuple[type, ...]]] = {
    **dict.fromkeys(_TEXTS.split(), (str,)),
    **dict.fromkeys(_TEXTS_OR_NULL.split(), (str, type(None))),
    **dict.fromkeys(_NUMBERS.split(), (int,)),
    **dict.fromkeys(_LISTS.split(), (list,)),
    "alone": (bool,),
    "capped": (bool,),
    "changed_consent": (bool,),
    "destroyed": (bool,),
    "in_pairs": (bool,),
    "more": (bool,),
    "is_current": (bool,),
    "urgent": (bool,),
    "destruction_waits": (bool,),
    "took_back": (bool,),
    "wrote": (bool,),
    "epoch_days_left": (int, type(None)),
    "now": (int, type(None)),
    "keys_missing": (int, type(None)),
    "assessment": (Told, type(None)),
    "plan": (Told, type(None)),
    **dict.fromkeys(("decision", "first_response", "office", "review_days", "rules"), (Told,)),
    **dict.fromkeys(("p1", "p2", "p3", "p4"), (str, int)),
    "count": (Told, type(None)),
    "head": (Told,),
    "recovery": (Told,),
    "report": (Told,),
}


@dataclass(frozen=True)
class Answer:
    """What came back, whole."""

    status: int
    content: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> Told:
        """Raises `Refused` where this is no JSON object of the API: something else than the service answered."""
        try:
            document = json.loads(self.content, object_hook=Told)
            if b"\\u" in self.content:  # half of a surrogate pair, at which a hash or a file would choke later
                json.dumps(document, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, Told):
            raise _misunderstanding(self.status)
        return document


class Service:
    """The service at one address, with the session's token once somebody has signed in."""

    def __init__(
        self,
        server: str,
        *,
        http: httpx2.Client | None = None,
        token: str | None = None,
        hear: Callable[[str | None], None] = lambda _: None,
    ) -> None:
        self.server = server.rstrip("/")
        self.token = token
        self._hear = hear  # the `Date` of each answer
        self._afterwards: Callable[[], None] | None = None
        self._is_own = http is None
        # Neither a proxy named by the environment nor a redirect may lead a reporter elsewhere.
        self._http = http or httpx2.Client(
            base_url=self.server,
            verify=_authorities(),
            trust_env=False,
            follow_redirects=False,
            timeout=_TIMEOUT,
            limits=httpx2.Limits(keepalive_expiry=_IDLE_SECONDS),
            headers={"User-Agent": "tern"},
        )

    def afterwards(self, act: Callable[[], None]) -> None:
        """Do this, once, when the service has next done what somebody with a session asked."""
        self._afterwards = act

    def close(self) -> None:
        """End the connections, unless they are somebody else's."""
        if self._is_own:
            self._http.close()

    def get(self, path: str, **parameters: str | int) -> Answer:
        """Raises `Refused` for a problem, and `Unreachable`; so do the others."""
        return self._ask("GET", path, parameters=parameters)

    def get_case(self, path: str, **parameters: str | int) -> Answer:
        """The same of an answer that may be as long as a case."""
        return self._ask("GET", path, parameters=parameters, limit=CASE_LIMIT)

    def case_items(self, path: str) -> Sequence[Told]:
        """All items of a list that comes whole, and may be as long. Raises `Refused` where one is no object."""
        return list(_told(self.get_case(path).json()))

    def items(self, path: str, **parameters: str | int) -> Iterator[Told]:
        """Every item of a list, page after page. Raises `Refused` where one is no object, or the list has no end."""
        return chain.from_iterable(self.pages(path, **parameters))

    def pages(self, path: str, **parameters: str | int) -> Iterator[Sequence[Told]]:
        """The same a page at a time, each asked for when it is wanted."""
        cursor: dict[str, str | int] = {}
        for _ in range(PAGES_LIMIT):
            page = self.get(path, **parameters, **cursor).json()
            yield list(_told(page))
            if not page.get("next"):
                return
            cursor = {"cursor": page["next"]}
            if not page["items"]:  # a page goes on behind its last item
                break
        raise _misunderstanding()

    def one_page(self, path: str, **parameters: str | int) -> Sequence[Told]:
        """The items of one page of a list. Raises `Refused` where one is no object."""
        return list(_told(self.get(path, **parameters).json()))

    def post(self, path: str, body: Mapping[str, object], *, version: int | None = None) -> Answer:
        """Create or transition. `version` is that of what the person saw. A repeated call is a new act.

        Where no answer comes, the same is sent again: the service does once what has one Idempotency-Key.
        """
        headers = {"Idempotency-Key": secrets.token_hex(16)} | _if_match(version)
        return try_again(lambda: self._ask("POST", path, body=body, headers=headers), pauses=_ACT_PAUSES)

    def post_unkept(self, path: str, body: Mapping[str, object]) -> Answer:
        """The same to a route that keeps no Idempotency-Key: it is sent once."""
        return self._ask("POST", path, body=body)

    def put(
        self, path: str, body: Mapping[str, object], *, version: int | None = None, repeats: bool = False
    ) -> Answer:
        """`version` is the one that was seen, and goes as If-Match. What `repeats` is taken twice for once, and is sent
        again as by `post`."""
        pauses = _ACT_PAUSES if repeats else ()
        return try_again(lambda: self._ask("PUT", path, body=body, headers=_if_match(version)), pauses=pauses)

    def delete(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """With these headers beside the session's token."""
        return self._ask("DELETE", path, headers=headers)

    def send(
        self,
        method: str,
        path: str,
        content: bytes | Iterable[bytes],
        headers: Mapping[str, str] | None = None,
        *,
        limit: int = WORD_LIMIT,
    ) -> Answer:
        """Send bytes as they are, for an answer of at most `limit`. Those of a stream need their `Content-Length` among
        the headers."""
        return self._ask(
            method, path, content=content, headers={"Content-Type": _BYTES} | dict(headers or {}), limit=limit
        )

    def page(self, path: str, coding: str) -> Answer:
        """What lies at a path outside the API, as it travels, whatever the status. `coding` is what a browser takes."""
        try:
            with self._http.stream("GET", f"/{path}", headers={"Accept-Encoding": coding}) as response:
                return Answer(response.status_code, _whole(response, PAGE_LIMIT), response.headers)
        except (httpx2.RequestError, httpx2.InvalidURL) as error:
            raise Unreachable(str(error)) from None

    def download(self, path: str, sink: Sink, *, limit: int) -> int:
        """Write what lies at `path` to `sink`, at most `limit` bytes, and return how many there were."""
        try:
            with self._http.stream("GET", f"/v1{path}", headers=self._headers({})) as response:
                if response.status_code != httpx2.codes.OK:
                    raise _refusal(response.status_code, _whole(response, WORD_LIMIT))
                _check_coding(response)
                size = 0
                for block in response.iter_raw(BLOCK_SIZE):
                    size += len(block)
                    if size > limit:
                        raise _too_much(response.status_code)
                    sink.write(block)
                return size
        except (httpx2.RequestError, httpx2.InvalidURL) as error:
            raise Unreachable(str(error)) from None

    def _ask(
        self,
        method: str,
        path: str,
        *,
        parameters: Mapping[str, str | int] | None = None,
        body: Mapping[str, object] | None = None,
        content: bytes | Iterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
        limit: int = ANSWER_LIMIT,
    ) -> Answer:
        try:
            with self._http.stream(
                method,
                f"/v1{path}",
                params=parameters or None,
                json=body,
                content=content,
                headers=self._headers(headers or {}),
            ) as response:
                self._hear(response.headers.get("Date"))
                _check_coding(response)
                bound = limit if response.is_success else WORD_LIMIT
                answer = Answer(response.status_code, _whole(response, bound), response.headers)
        except (httpx2.RequestError, httpx2.InvalidURL) as error:
            if method == "GET" or content is not None or isinstance(error, _UNSENT):
                raise Unreachable(str(error)) from None
            raise Unanswered from None
        if not 200 <= answer.status < 300:
            raise _refusal(answer.status, answer.content)
        if self.token and self._afterwards:
            act, self._afterwards = self._afterwards, None
            act()
        return answer

    def _headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        session = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return _AS_IT_IS | session | dict(headers)


@cache
def _authorities() -> ssl.SSLContext:
    """Those whom the machine trusts to name a server, read once: there are more than a hundred."""
    return httpx2.create_ssl_context(trust_env=False)


_UNSENT: Final = (httpx2.InvalidURL, httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.UnsupportedProtocol)
_BYTES = "application/octet-stream"
# A few kilobytes can be packed that would fill a memory.
_AS_IT_IS: Final = {"Accept-Encoding": "identity"}


def try_again(
    act: Callable[[], _T], *, pauses: Sequence[float] | None = None, tell: Callable[[float], None] = lambda _: None
) -> _T:
    """What `act` answers. It is done again where no answer came or the service failed, so it must bear that.

    Between two tries lie the `pauses`, in seconds, or else `PAUSES`; `tell` hears of each before it begins.
    """
    for pause in PAUSES if pauses is None else pauses:
        try:
            return act()
        except Unreachable:
            pass
        except Refused as refusal:
            if refusal.status < FAILURE:
                raise
        tell(pause)
        time.sleep(pause)
    return act()


def blocks_of(source: BinaryIO) -> Iterator[bytes]:
    """The rest of a file in blocks of `BLOCK_SIZE`, the last as long as it is."""
    while block := source.read(BLOCK_SIZE):
        yield block


def _if_match(version: int | None) -> dict[str, str]:
    return {} if version is None else {"If-Match": f'"{version}"'}


def _check_coding(response: httpx2.Response) -> None:
    """Raises `Refused` for what is packed, which nobody asked for."""
    if response.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise _misunderstanding(response.status_code)


def _whole(response: httpx2.Response, limit: int) -> bytes:
    """As it travels."""
    content = bytearray()
    for block in response.iter_raw():
        content += block
        if len(content) > limit:
            raise _too_much(response.status_code)
    return bytes(content)


def _told(page: Told) -> Iterator[Told]:
    for item in page["items"]:
        if not isinstance(item, Told):
            raise _misunderstanding()
        yield item


def _misunderstanding(status: int = httpx2.codes.OK) -> Refused:
    return Refused("not-understood", status, "The answer is not what the service would say")


def _too_much(status: int) -> Refused:
    return Refused("not-understood", status, "The answer is longer than the service would say")


def _refusal(status: int, content: bytes) -> Refused:
    try:
        problem = Answer(status, content).json()
    except Refused:
        return Refused("not-understood", status, f"The answer was status {status} without a problem")
    name = str(problem.get("type", "")).rpartition("/")[2]
    return Refused(name or "not-understood", status, str(problem.get("title", "")), problem)
