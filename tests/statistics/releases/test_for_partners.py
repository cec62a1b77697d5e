"""Releases for partners: the same bytes as everybody's, some of them earlier, and nothing else of the service."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from httpx2 import Response
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.clock import Clock
from app.database import Database
from app.people.partners.models import Partner, PartnerScope, PartnerState, PartnerToken
from app.protocol.encoding import b64, sha256_hex
from app.protocol.release.sums import SUMS, sums
from app.protocol.release.verification import verify_pinned
from app.statistics.releases import for_partners, requests
from app.statistics.releases.models import PartnerDownload, Release, ReleaseFile, ReleaseState
from app.vocabulary import Role
from tests import factories
from tests.access.asking import ask
from tests.access.scene import Scene
from tests.access.table import NOBODY, TABLE
from tests.factories import DAY
from tests.statistics.conftest import ANALYST, APPROVER, COLLEAGUE, PIN, Office
from tests.statistics.releases.flow import TOTAL, Flow, corrected, problem

NEXT_WEEK = DAY + timedelta(days=7)
CONTENT = b"a page of numbers"


@dataclass(frozen=True)
class Asking:
    """A partner's program; `partner` is the row behind it."""

    http: TestClient
    token: str
    partner: Partner

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def get(self, path: str = "", **headers: str) -> Response:
        return self.http.get(f"/v1/partner{path}", headers=self.headers | headers)

    def file(self, release: Release, path: str = "index.html", **headers: str) -> Response:
        return self.get(f"/releases/{release.id}/files/{path}", **headers)

    def listed(self) -> list[str]:
        return [each["id"] for each in self.get("/releases").json()["items"]]


def partner(client: TestClient, rows: Session, scope: PartnerScope) -> Asking:
    row = Partner(
        id=factories.id_("par"),
        handle=f"partner-{scope}",
        scope=scope,
        until=DAY + timedelta(days=60),
        state=PartnerState.AGREED,
        proposed_by=factories.certified(rows, Role.SUPERVISOR).id,
    )
    rows.add(row)
    rows.flush()
    token = b64(scope.value.encode().ljust(32, b"."))
    hash_ = sha256_hex(token.encode())
    rows.add(PartnerToken(id=factories.id_("tok"), partner_id=row.id, token_sha256=hash_, scope=scope, until=row.until))
    rows.commit()
    return Asking(client, token, row)


@pytest.fixture
def early(client: TestClient, rows: Session) -> Asking:
    return partner(client, rows, PartnerScope.EMBARGOED)


@pytest.fixture
def late(client: TestClient, rows: Session) -> Asking:
    return partner(client, rows, PartnerScope.PUBLISHED)


def release(rows: Session, state: ReleaseState, *, period: str, public_on: date | None = None) -> Release:
    row = Release(
        id=factories.id_("rel"),
        kind="quarter",
        period=period,
        workload="Q",
        state=state,
        public_on=public_on,
        requested_by=factories.certified(rows, Role.ANALYST).id,
    )
    files = {"index.html": CONTENT + period.encode()}
    files |= {SUMS: sums(files)}
    rows.add(row)
    rows.flush()
    rows.add_all(ReleaseFile(release_id=row.id, path=path, content=content) for path, content in files.items())
    rows.commit()
    return row


@pytest.fixture
def public(rows: Session) -> Release:
    return release(rows, ReleaseState.PUBLISHED, period="2026-Q1")


@pytest.fixture
def embargoed(rows: Session) -> Release:
    return release(rows, ReleaseState.EMBARGOED, period="2026-Q2", public_on=NEXT_WEEK)


def test_what_is_under_embargo_is_there_for_those_alone_who_have_the_token_for_it(
    client: TestClient, early: Asking, late: Asking, public: Release, embargoed: Release
) -> None:
    assert early.listed() == [embargoed.id, public.id]
    assert late.listed() == [public.id]
    assert [each["id"] for each in client.get("/v1/releases").json()["items"]] == [public.id]
    assert early.file(embargoed).content == CONTENT + b"2026-Q2"
    assert client.get(f"/releases/{embargoed.id}/index.html").status_code == 404


def test_nobody_is_told_a_release_under_embargo_from_none(
    client: TestClient, late: Asking, public: Release, embargoed: Release
) -> None:
    """Neither by an answer and its headers, nor by what the lists and the feed say before it is there and after."""
    absent = factories.id_("rel")
    one, other = late.file(embargoed), late.get(f"/releases/{absent}/files/index.html")
    page, none = (client.get(f"/releases/{id_}/index.html") for id_ in (embargoed.id, absent))

    assert (one.status_code, one.content) == (other.status_code, other.content) == (404, other.content)
    assert page.content == none.content
    told = [client.get(path) for path in ("/v1/releases", "/releases/", "/releases/feed.atom")]
    told.append(late.get("/releases"))
    assert all(embargoed.id not in each.text and "2026-Q2" not in each.text for each in told)
    assert all(public.id in each.text for each in told if "feed" not in str(each.url))


def test_on_its_day_everybody_reads_the_bytes_that_partners_read_though_nobody_does_anything(
    client: TestClient, early: Asking, embargoed: Release, rows: Session, clock: Clock
) -> None:
    before = early.file(embargoed)
    requests.end_embargoes(rows, NEXT_WEEK - timedelta(days=1))
    rows.commit()
    still = client.get(f"/releases/{embargoed.id}/index.html").status_code
    requests.end_embargoes(rows, NEXT_WEEK)
    rows.commit()

    after = client.get(f"/releases/{embargoed.id}/index.html")

    assert (still, after.status_code) == (404, 200)
    assert (after.content, after.headers["ETag"]) == (before.content, before.headers["ETag"])
    assert early.get("/releases").json()["items"][0]["public_on"] is None


def test_whose_agreement_ends_during_an_embargo_reads_it_when_everybody_does(
    client: TestClient, early: Asking, embargoed: Release, rows: Session
) -> None:
    early.partner.state = PartnerState.ENDED
    rows.commit()
    refused = [early.file(embargoed).status_code, early.get("/releases").status_code, early.get().status_code]
    requests.end_embargoes(rows, NEXT_WEEK)
    rows.commit()

    assert refused == [401, 401, 401]
    assert client.get(f"/releases/{embargoed.id}/index.html").status_code == 200


def test_a_token_ends_with_its_agreement_and_on_its_own_day(early: Asking, rows: Session) -> None:
    answers = []
    token = rows.query(PartnerToken).one()
    for partners_day, tokens_day in ((DAY, DAY), (DAY - timedelta(days=1), DAY), (DAY, DAY - timedelta(days=1))):
        early.partner.until, token.until = partners_day, tokens_day
        rows.commit()
        answers.append(early.get().status_code)

    assert answers == [200, 401, 401]


def test_a_partner_sees_by_the_day_what_was_fetched_in_its_name_and_nobody_elses(
    early: Asking, late: Asking, public: Release, embargoed: Release, rows: Session
) -> None:
    assert early.get().json()["left"] == for_partners.FILES
    for fetched in (embargoed, embargoed, public):
        early.file(fetched)
    late.file(public)
    late.file(embargoed)  # which is absent for them, and counts for nothing

    own, other = (each.get("/downloads").json()["items"] for each in (early, late))

    day = DAY.isoformat()
    told = [(each["day"], each["release"], each["fetched"]) for each in own]
    assert sorted(told) == sorted([(day, embargoed.id, 2), (day, public.id, 1)])
    assert other == [{"day": day, "release": public.id, "fetched": 1}]
    assert early.get().json()["left"] == for_partners.FILES - 3


def test_what_was_fetched_last_is_told_first(early: Asking, public: Release, rows: Session) -> None:
    days = [DAY - timedelta(days=age) for age in (3, 1, 2)]
    rows.add_all(PartnerDownload(partner_id=early.partner.id, day=day, release_id=public.id, fetched=1) for day in days)
    rows.commit()

    told = [each["day"] for each in early.get("/downloads").json()["items"]]

    assert told == [day.isoformat() for day in sorted(days, reverse=True)]


def test_what_was_fetched_is_forgotten_after_ninety_days(early: Asking, public: Release, rows: Session) -> None:
    for age in (90, 91):
        day = DAY - timedelta(days=age)
        rows.add(PartnerDownload(partner_id=early.partner.id, day=day, release_id=public.id, fetched=1))
    rows.commit()

    for_partners.forget(rows, DAY)
    rows.commit()

    assert [each["day"] for each in early.get("/downloads").json()["items"]] == [str(DAY - timedelta(days=90))]


def test_a_token_that_leaked_fetches_so_much_in_a_day_and_no_more(
    early: Asking, public: Release, embargoed: Release, rows: Session
) -> None:
    rows.add(
        PartnerDownload(partner_id=early.partner.id, day=DAY, release_id=public.id, fetched=for_partners.FILES - 1)
    )
    rows.commit()

    last, refused = early.file(embargoed), early.file(embargoed)

    assert (last.status_code, refused.status_code) == (200, 429)
    assert early.get().json()["left"] == 0
    assert refused.json()["type"] == "/problems/downloads-spent"
    assert int(refused.headers["Retry-After"]) == 15 * 3600


def test_who_has_a_file_is_not_sent_it_again(early: Asking, embargoed: Release) -> None:
    etag = early.file(embargoed).headers["ETag"]

    again = early.file(embargoed, **{"If-None-Match": etag})

    assert (again.status_code, again.content) == (304, b"")
    assert [each["fetched"] for each in early.get("/downloads").json()["items"]] == [1]


@pytest.mark.both_databases  # each has locks of its own
def test_whoever_has_no_token_that_counts_waits_for_nobody_who_writes(
    early: Asking, embargoed: Release, database: Database
) -> None:
    with database.write():
        answered = early.http.get(
            f"/v1/partner/releases/{embargoed.id}/files/index.html",
            headers={"Authorization": f"Bearer {b64(bytes(32))}"},
        )

    assert answered.status_code == 401


def test_a_cursor_of_one_token_is_none_of_another(
    early: Asking, late: Asking, rows: Session, public: Release, embargoed: Release
) -> None:
    cursor = early.get("/releases?limit=1").json()["next"]

    assert early.get(f"/releases?limit=1&cursor={cursor}").json()["items"][0]["id"] == public.id
    assert late.get(f"/releases?limit=1&cursor={cursor}").status_code == 400


@pytest.fixture
def scene(client: TestClient, rows: Session) -> Scene:
    return Scene(client, rows).set()


def test_a_partners_token_is_to_every_route_of_staff_as_good_as_none(scene: Scene, early: Asking) -> None:
    of_staff = {route: row for route, row in TABLE.items() if row.for_staff}

    answered = {route: ask(scene, route, row, early.headers).status_code for route, row in of_staff.items()}

    assert answered == {route: row.expected(NOBODY) for route, row in of_staff.items()}


def signed_by_two(office: Office) -> Flow:
    office.let_the_quarter_end()
    flow = Flow.composed(office, TOTAL)
    for signer in (ANALYST, APPROVER):
        flow.sign(signer)
    return flow


def test_an_embargo_ends_between_tomorrow_and_a_month_from_now(office: Office) -> None:
    flow = signed_by_two(office)

    for day in ("2026-07-01", "2026-08-02"):
        assert problem(flow.publish(by=APPROVER, public_on=day)) == (422, "release-embargo")
    assert flow.get(by=APPROVER).json()["state"] == "signed"


def test_a_supervisor_lets_partners_read_first_and_everybody_earlier_than_they_said(
    office: Office, rows: Session
) -> None:
    flow = signed_by_two(office)
    early = partner(office.http, rows, PartnerScope.EMBARGOED)

    under = flow.publish(by=APPROVER, public_on="2026-07-08").json()
    listed = early.get("/releases").json()["items"]
    vouchers = early.get(f"/releases/{flow.release}/files/signers.jsonl").content
    public = flow.publish(by=COLLEAGUE).json()

    assert (under["state"], under["public_on"]) == ("embargoed", "2026-07-08")
    assert [(each["id"], each["public_on"]) for each in listed] == [(flow.release, "2026-07-08")]
    assert b"release-signer" in vouchers
    assert (public["state"], public["public_on"]) == ("published", None)
    assert verify_pinned(flow.folder(), PIN).signers == ("analyst 2026", "supervisor 2026")


def test_what_two_supervisors_warn_of_under_embargo_waits_beyond_its_day_and_partners_are_told_why(
    office: Office, rows: Session
) -> None:
    flow = signed_by_two(office)
    early = partner(office.http, rows, PartnerScope.EMBARGOED)
    flow.publish(by=APPROVER, public_on="2026-07-08")
    words = {"words": "A tenth of the cards were invented."}

    def told() -> tuple[str | None, str]:
        (item,) = early.get("/releases").json()["items"]
        return item["note"], flow.get(by=APPROVER).json()["state"]

    one = flow.post("/note", words, by=APPROVER)
    of_one = told()
    two = flow.post("/note", words, by=COLLEAGUE)
    requests.end_embargoes(rows, date(2026, 7, 9))
    rows.commit()
    held, page = told(), office.http.get(f"/releases/{flow.release}/index.html")
    flow.publish(by=APPROVER)

    assert (one.status_code, two.status_code, of_one) == (201, 201, (None, "embargoed"))
    assert (held, page.status_code) == ((words["words"], "embargoed"), 404)
    assert words["words"] in office.http.get(f"/releases/{flow.release}/").text


def test_one_word_holds_no_embargo(office: Office, rows: Session) -> None:
    flow = signed_by_two(office)
    flow.publish(by=APPROVER, public_on="2026-07-08")
    flow.post("/note", {"words": "A tenth of the cards were invented."}, by=APPROVER)

    requests.end_embargoes(rows, date(2026, 7, 8))
    rows.commit()

    assert flow.get(by=APPROVER).json()["state"] == "published"


def test_what_is_corrected_under_embargo_is_public_behind_the_word_that_leads_to_its_correction(office: Office) -> None:
    flow = signed_by_two(office)
    flow.publish(by=APPROVER, public_on="2026-07-08")

    after = corrected(office, flow)

    before = flow.get(by=APPROVER).json()
    assert (before["state"], before["public_on"]) == ("superseded", None)
    assert f"../{after.release}/index.html" in office.http.get(f"/releases/{flow.release}/").text
    assert after.folder()["raw/noisy.csv"] == flow.folder()["raw/noisy.csv"]
