"""The SDK: what the machine of a reporter, a caseworker or a partner does. It trusts no service with a key."""

from app.client.intake.reporter import Reporter
from app.client.machine.staff import Staff

__all__ = ["Reporter", "Staff"]
