"""Which Tern this is. The distribution has a name of its own, for on PyPI `tern` is another project's."""

DISTRIBUTION = "tern-intake"
VERSION = "0.1.0"
