"""Cases: read and written part by part, shared with members, moved on. Facts stay inside the seal."""

from app.client.casework.cases import drafts, fields
from app.client.casework.cases.coding import affected, incident
from app.client.casework.cases.consents import (
    Consents,
    OpenConsent,
    SpoiledAnswer,
    list_consents,
    read_consents,
    record_consent,
)
from app.client.casework.cases.following import works_on_cases
from app.client.casework.cases.moves import CaseView, list_, move, unfounded, view
from app.client.casework.cases.reading import (
    ClosedPart,
    OpenCase,
    SpoiledPart,
    check_history,
    look_after_loss,
    open_,
    refreshed,
    versions,
    whole,
)
from app.client.casework.cases.sharing import (
    Joining,
    NewCase,
    change_members,
    end_part,
    grant_part,
    joining,
    lend,
    make_pairs,
    new,
)
from app.client.casework.cases.writing import (
    CHECKPOINT_DISTANCE,
    Collision,
    is_checkpoint_due,
    sum_up,
    turn,
    turn_where_due,
    write,
)

__all__ = [
    "CHECKPOINT_DISTANCE",
    "CaseView",
    "ClosedPart",
    "Collision",
    "Consents",
    "Joining",
    "NewCase",
    "OpenCase",
    "OpenConsent",
    "SpoiledAnswer",
    "SpoiledPart",
    "affected",
    "change_members",
    "check_history",
    "drafts",
    "end_part",
    "fields",
    "grant_part",
    "incident",
    "is_checkpoint_due",
    "joining",
    "lend",
    "list_",
    "list_consents",
    "look_after_loss",
    "make_pairs",
    "move",
    "new",
    "open_",
    "read_consents",
    "record_consent",
    "refreshed",
    "sum_up",
    "turn",
    "turn_where_due",
    "unfounded",
    "versions",
    "view",
    "whole",
    "works_on_cases",
    "write",
]
