"""Whether the tests would notice: the code is changed in one place after another, and each change must fail a test.

    python -m tests.mutants [--only app/protocol/key_log.py …] [--sample 10]

`docs/decisions/0013-mutants.md` says why this is our own. What lives on stands in `survivors.toml` with its reason.
"""
