"""Where a service may be, and how to tell that none is there."""

from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa


@dataclass(frozen=True)
class Place:
    """A data directory and the address of a database."""

    data_dir: Path
    url: str

    def is_empty(self) -> bool:
        """Neither a file nor a table."""
        if self.data_dir.exists() and list(self.data_dir.iterdir()):
            return False
        if self.url.startswith("sqlite"):
            return True
        engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            return not sa.inspect(connection).get_table_names()
