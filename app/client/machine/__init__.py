"""A person's machine: its directory, its open keys, what it has seen, the wire, whom it trusts."""
