"""What all routes share. `routes.py` and `main.py` are its only users."""

from app.http.answers import whole_answer
from app.http.api import Api
from app.http.api_page import api_page
from app.http.authentication import Actor, CardToken, MailboxToken, PartnerToken, authenticate, bearer, requires
from app.http.bodies import declared_length, sealed_body, stream
from app.http.description import NEEDED
from app.http.idempotency import Once
from app.http.log_pages import LOG_PAGE, log_page
from app.http.memory import held_of
from app.http.pages import NOT_PUT_ASIDE, PAGE_HEADERS, leads_to, page
from app.http.paging import Count, Counted, CountedPage, Page, Paging, counted_among
from app.http.problem_pages import problem_pages
from app.http.routing import BYTES, EvenRoute, Route, Router, answer_header, answered, problems
from app.http.sites import comes_from_another_site
from app.http.state import BlobStore, Config, Db, Hasher, Now, ServiceKeyring, State, Today, shared, state_of
from app.http.versions import IfMatch, IfNoneMatch, etag, unless_seen

__all__ = [
    "BYTES",
    "LOG_PAGE",
    "NEEDED",
    "NOT_PUT_ASIDE",
    "PAGE_HEADERS",
    "Actor",
    "Api",
    "BlobStore",
    "CardToken",
    "Config",
    "Count",
    "Counted",
    "CountedPage",
    "Db",
    "EvenRoute",
    "Hasher",
    "IfMatch",
    "IfNoneMatch",
    "MailboxToken",
    "Now",
    "Once",
    "Page",
    "Paging",
    "PartnerToken",
    "Route",
    "Router",
    "ServiceKeyring",
    "State",
    "Today",
    "answer_header",
    "answered",
    "api_page",
    "authenticate",
    "bearer",
    "comes_from_another_site",
    "counted_among",
    "declared_length",
    "etag",
    "held_of",
    "leads_to",
    "log_page",
    "page",
    "problem_pages",
    "problems",
    "requires",
    "sealed_body",
    "shared",
    "state_of",
    "stream",
    "unless_seen",
    "whole_answer",
]
