"""Which Tern this is. The distribution is `tern-intake`, for on PyPI `tern` is another project's."""

VERSION = "0.1.0"
# The file that is handed out.
WHEEL = f"tern_intake-{VERSION}-py3-none-any.whl"
