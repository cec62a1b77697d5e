"""The floor of every package: tables, column types and transactions. The one place that knows which database it is."""

from app.database.base import Base, index_where
from app.database.engine import Database, NoDatabase
from app.database.inserts import insert_or_ignore
from app.database.layer import give_back, unwrap_all
from app.database.places import Placed
from app.database.types import Hour, Quarter, Sealed, Shredded, as_kept

__all__ = [
    "Base",
    "Database",
    "Hour",
    "NoDatabase",
    "Placed",
    "Quarter",
    "Sealed",
    "Shredded",
    "as_kept",
    "give_back",
    "index_where",
    "insert_or_ignore",
    "unwrap_all",
]
