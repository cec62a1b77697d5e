"""What somebody does with the client that openapi-python-client made: sign in, page, claim and repeat the claim.

`foreign.ts` does the same with the other client. Takes the address of the service, a handle and a password; says in
JSON what came of it.
"""

import json
import sys

from tern_client import AuthenticatedClient, Client
from tern_client.api.sign_in import sign_in
from tern_client.api.triage import get_report, list_reports, move_report
from tern_client.models.report_state import ReportState
from tern_client.models.report_transition_in import ReportTransitionIn
from tern_client.models.sign_in_in import SignInIn
from tern_client.models.transition_reason import TransitionReason
from tern_client.types import UNSET

server, handle, password = sys.argv[1:]
session = sign_in.sync(client=Client(server), body=SignInIn(person=handle, password=password))
client = AuthenticatedClient(server, session.token)

listed, cursor = [], UNSET
while cursor is not None:
    page = list_reports.sync(client=client, limit=2, cursor=cursor)
    listed.append([report.id for report in page.items])
    cursor = page.next_

first = listed[0][0]
etag = get_report.sync_detailed(first, client=client).headers["ETag"]
claim = ReportTransitionIn(to=ReportState.IN_TRIAGE, reason=TransitionReason.DECIDED)


def move(key: str) -> object:
    answer = move_report.sync(first, client=client, body=claim, idempotency_key=key, if_match=etag)
    return answer.to_dict()


claimed, repeated, refused = move("a"), move("a"), move("b")
said = {"listed": listed, "claimed": claimed, "repeated": repeated, "refused": refused}
sys.stdout.write(json.dumps(said))
