"""Cases: read and written version by version, shared with members, moved on. Facts stay inside the seal."""

from app.client.casework.cases.coding import affected, incident
from app.client.casework.cases.consents import (
    Consents,
    OpenConsent,
    SpoiledAnswer,
    list_consents,
    read_consents,
    record_consent,
)
from app.client.casework.cases.document import OpenCase, open_, open_version, restore, write
from app.client.casework.cases.moves import CaseView, list_, move, unfounded, view
from app.client.casework.cases.sharing import NewCase, change_members, new

__all__ = [
    "CaseView",
    "Consents",
    "NewCase",
    "OpenCase",
    "OpenConsent",
    "SpoiledAnswer",
    "affected",
    "change_members",
    "incident",
    "list_",
    "list_consents",
    "move",
    "new",
    "open_",
    "open_version",
    "read_consents",
    "record_consent",
    "restore",
    "unfounded",
    "view",
    "write",
]
