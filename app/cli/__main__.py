"""Where `tern` begins: what imports make is there to stay, so until they are through nothing looks for garbage in it.

Else that is a tenth of a command's way to its first request, and a fifth of the service's to its first answer.
"""

import gc


def main() -> None:
    """Run one command."""
    gc.disable()
    from app.cli.main import main as run

    run()


if __name__ == "__main__":
    main()
