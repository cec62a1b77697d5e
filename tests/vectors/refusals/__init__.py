"""Makes `refusals.json`: what every implementation refuses, with the rule that it breaks and what the reader says.

    python -m tests.vectors.refusals

Beside each refusal stands what is taken and differs from it by one thing, so that a reader that refuses all of it
fails too. `docs/protocol.md`, section 9, says what the fields mean.
"""
