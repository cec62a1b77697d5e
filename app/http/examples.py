"""What stands beside the main operations on the API's page: a request of each, by curl. A test runs them in this order.

`SERVER` is the service's address, `PERSON` and `PASSWORD` whoever signs in. What one example sets the next ones use.
"""

from typing import Final

EXAMPLES: Final = {
    "get_health": """curl -fsS "$SERVER/v1/health" | jq -r .status""",
    "get_intake": """curl -fsS "$SERVER/v1/intake" | jq -r .intake""",
    "sign_in": """TOKEN=$(curl -fsS "$SERVER/v1/sessions" -H 'Content-Type: application/json' \\
    -d "{\\"person\\": \\"$PERSON\\", \\"password\\": \\"$PASSWORD\\"}" | jq -r .token)
session() { curl -fsS -H "Authorization: Bearer $TOKEN" "$@"; }""",
    "list_people": """session "$SERVER/v1/people?limit=20" \\
    | jq -r '.items[] | [.handle, (.roles | join(" "))] | @tsv'""",
    "read_queue": """REPORT=$(session "$SERVER/v1/queue?state=received" | jq -r '.items[0].report.id')""",
    "list_reports": """session "$SERVER/v1/reports?state=received&limit=10" \\
    | jq -r '.items[] | [.ref, .received_on] | @tsv'""",
    "get_report": """VERSION=$(session -o /dev/null -D - "$SERVER/v1/reports/$REPORT" \\
    | tr -d '\\r' | sed -n 's/^[Ee][Tt]ag: //p')""",
    "list_report_steps": """session "$SERVER/v1/reports/$REPORT/transitions" \\
    | jq -r '.items[] | [.to, (.failing | join(" "))] | @tsv'""",
    "move_report": """session "$SERVER/v1/reports/$REPORT/transitions" -H "If-Match: $VERSION" \\
    -H "Idempotency-Key: $(od -An -tx1 -N16 /dev/urandom | tr -d ' \\n')" \\
    -H 'Content-Type: application/json' -d '{"to": "in_triage", "reason": "decided"}' | jq -r .state""",
    "read_report_body": """# An age file: docs/protocol.md, section 15, opens it.
session "$SERVER/v1/reports/$REPORT/body" | head -n 1""",
    "fetch_report_grants": """session "$SERVER/v1/reports/$REPORT/grants" | jq -r '.items | length'""",
    "list_report_messages": """session "$SERVER/v1/reports/$REPORT/messages" \\
    | jq -r '.items[] | [.id, .kind] | @tsv'""",
    "sign_out": """session -X DELETE "$SERVER/v1/sessions/current\"""",
}
