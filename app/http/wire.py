"""Forms that the wire models of several packages share: ids, hashes, public documents."""

from typing import Annotated

from pydantic import Field

Id = Annotated[str, Field(pattern=r"^[a-z]{3,7}_[0-9a-f]{32}$")]  # of any kind of object
CaseId = Annotated[str, Field(pattern=r"^case_[0-9a-f]{32}$")]
ReportId = Annotated[str, Field(pattern=r"^rep_[0-9a-f]{32}$")]
PersonId = Annotated[str, Field(pattern=r"^per_[0-9a-f]{32}$")]
TeamId = Annotated[str, Field(pattern=r"^team_[0-9a-f]{32}$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]  # in hexadecimal
PublicDocument = Annotated[str, Field(max_length=64 * 1024)]  # signed, and sealed to nobody
