"""What the service hands out is read with nothing of ours: npm's age-encryption and node's own crypto."""

import json
import subprocess
from pathlib import Path

from app.client.casework import triage
from app.protocol.encoding import b64
from tests.flows.organisation import Organisation

STRANGER = Path(__file__).parents[1] / "interop" / "stranger.mjs"
DOCUMENT = {"language": "fr", "text": "On m'a suivi depuis la gare.", "answers": {"danger_now": "weeks"}}


def test_a_stranger_goes_from_a_persons_identity_to_the_text_of_a_report(organisation: Organisation) -> None:
    report = organisation.reporter().submit(DOCUMENT).report
    triager = organisation.staff["tenzin"]
    [waiting] = triage.list_(triager)
    epoch = triager.service.get(f"/reports/{waiting.id}").json()["epoch"]
    grants = [
        triager.service.get(f"/{path}/grants").json()["items"][0] for path in (f"epochs/{epoch}", f"reports/{report}")
    ]
    given = {
        "identity": str(triager.keys.identity),
        "grants": [grant["file"] for grant in grants],
        "body": b64(triager.service.get(f"/reports/{report}/body").content),
    }

    read = subprocess.run(["node", STRANGER], input=json.dumps(given).encode(), capture_output=True, check=True)

    seen = json.loads(read.stdout)
    supervisor = organisation.staff["sofia"]
    assert [header["signed"] for header in seen["headers"]] == [[supervisor.keys.public_key], []]
    assert [header["grantee"] for header in seen["headers"]] == [triager.person, epoch]
    assert seen["report"]["subject"] == seen["headers"][1]["subject"] == report
    assert {name: seen["report"]["body"][name] for name in DOCUMENT} == DOCUMENT
