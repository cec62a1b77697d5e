"""Whether the service is installed beside the client: the extra `server` brings what its commands import."""


def is_without_service(error: ModuleNotFoundError) -> bool:
    """Whether what is missing is a library, and not a part of Tern, which is a fault of its own."""
    return error.name is not None and error.name.partition(".")[0] != "app"
