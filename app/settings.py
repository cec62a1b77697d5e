"""Everything that an operator may set, as `TERN_*` in the environment. Read once, in `main` or the CLI."""

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """The description of each field is its line in the documentation."""

    model_config = SettingsConfigDict(env_prefix="TERN_", frozen=True, hide_input_in_errors=True)

    data_dir: Path = Field(Path("data"), description="Where the service keeps its files.")
    database_url: str = Field(
        "",
        repr=False,  # it may hold a password
        description="An SQLAlchemy URL; when empty, the SQLite file `tern.sqlite` in the data directory.",
    )
    attachment_limit: int = Field(
        100_000_000, gt=0, description="The largest attachment, in bytes of its true size before padding."
    )
    no_script_door: bool = Field(
        default=True, description="Whether the page without script takes reports, which it seals on arrival."
    )
    session_hours: int = Field(12, gt=0, le=168, description="Hours after which a person signs in again.")
    demo: bool = Field(
        default=False, description="Says that this is a demo or a test, where time may be told by a file."
    )
    demo_clock: Path | None = Field(None, description="A file with the time (RFC 3339), only in a demo or a test.")

    @model_validator(mode="after")
    def _only_a_demo_has_a_clock_of_its_own(self) -> Self:
        if self.demo_clock is not None and not self.demo:
            raise ValueError("TERN_DEMO_CLOCK is refused where TERN_DEMO is not set")
        return self

    @property
    def url(self) -> str:
        """Where the database is."""
        return self.database_url or f"sqlite:///{self.data_dir / 'tern.sqlite'}"
