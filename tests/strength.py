"""What guessing costs where nobody guesses. A test about how strong a password or passphrase is uses the real one."""

from typing import Final

from argon2 import PasswordHasher

from app import age

# The least that Argon2id takes.
HASHER: Final = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
# scrypt's, the base-two logarithm of its N.
WORK_FACTOR: Final = 1
# Of a copy of somebody's keys: the least with two digits, so that it has its one length.
COPY_WORK_FACTOR: Final = 10

_DERIVE: Final = age.Passphrase._wrap_key


def derive_quickly(passphrase: age.Passphrase, salt: bytes, _: int) -> bytes:
    """`Passphrase._wrap_key` of a process whose files under a passphrase need not be dear, nor open anywhere else."""
    return _DERIVE(passphrase, salt, WORK_FACTOR)
