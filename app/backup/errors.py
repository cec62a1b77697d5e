"""Why a copy is not made, not believed or not brought back. The words of each are for whoever runs the machine."""

from pathlib import Path


class BackupError(Exception):
    """The root."""


class Busy(BackupError):
    """Another backup or restore writes into the directory."""

    def __init__(self, directory: Path) -> None:
        super().__init__(f"another backup or restore into {directory} is under way; wait for its end")


class Unfit(BackupError):
    """Nothing can be copied there, or not to these recipients."""


class Foreign(BackupError):
    """What lies there is of another service, or sealed to others."""


class NotWhole(BackupError):
    """There is no whole backup: none was ever made to its end, or a part is missing."""


class Damaged(BackupError):
    """A part of the backup is not what was written."""


class WrongIdentity(BackupError):
    """The identity is none of those that the backup is sealed to."""


class NotEmpty(BackupError):
    """Something lies where a service would be brought back."""


class WouldForget(BackupError):
    """The service lacks, without a record of why, what the backup that is there has. Only a person may let that go."""

    def __init__(self, directory: Path, number: int, first: str) -> None:
        more = f", and {number - 1} more like it" if number > 1 else ""
        super().__init__(
            f"{directory} keeps what the service has lost: {first}{more}. Nothing was changed there: keep it, look with"
            " tern check --since, and back up into another directory"
        )
