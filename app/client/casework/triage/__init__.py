"""Triage: what waits, most urgent first; claim, read, answer, decide. All reading ends in `protocol.opening`."""

from app.client.casework.reports.opened import OpenReport, save_attachment
from app.client.casework.reports.threads import Received, Sent, Spoiled, Thread, tell_key, thread
from app.client.casework.reports.views import ReportView, view
from app.client.casework.triage.acceptance import accept, accept_into, attach, hand_over
from app.client.casework.triage.answering import answer
from app.client.casework.triage.decisions import (
    RuleOfTriage,
    ask,
    claim,
    claim_all,
    dispose,
    opens,
    release,
    release_all,
    reopen,
    undecryptable,
)
from app.client.casework.triage.handing_on import hand_on, take_over
from app.client.casework.triage.queue import Waiting, coming, in_order, list_
from app.client.casework.triage.reading import open_, open_with

__all__ = [
    "OpenReport",
    "Received",
    "ReportView",
    "RuleOfTriage",
    "Sent",
    "Spoiled",
    "Thread",
    "Waiting",
    "accept",
    "accept_into",
    "answer",
    "ask",
    "attach",
    "claim",
    "claim_all",
    "coming",
    "dispose",
    "hand_on",
    "hand_over",
    "in_order",
    "list_",
    "open_",
    "open_with",
    "opens",
    "release",
    "release_all",
    "reopen",
    "save_attachment",
    "take_over",
    "tell_key",
    "thread",
    "undecryptable",
    "view",
]
