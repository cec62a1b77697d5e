"""How laws are tried whose examples are each a walk through the service."""

from hypothesis import HealthCheck, Phase, settings


def walks(number: int) -> settings:
    """So many, the same each time, and the one that is written down; to shrink one takes minutes."""
    return settings(
        max_examples=number,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
