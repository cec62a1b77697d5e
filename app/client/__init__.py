"""The SDK: what the machine of a reporter, a caseworker or a partner does. It trusts no service with a key."""

from app.client.desk import Staff
from app.client.reporter import Reporter

__all__ = ["Reporter", "Staff"]
