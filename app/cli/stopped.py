"""What a command ends with that is nobody's refusal: it could not do all that it was asked to."""


class Stopped(Exception):
    """A command could not do what it was asked to; its sentence names the cause."""


class DestructionWaits(Stopped):
    """Nothing was destroyed, because the machine's clock cannot be believed."""


class FilesMissing(Exception):
    """Everything has arrived but for some files."""
