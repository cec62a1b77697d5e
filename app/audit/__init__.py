"""The audit chain: who of staff did what to which object, to the hour, and never its content."""
