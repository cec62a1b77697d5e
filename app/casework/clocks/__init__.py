"""How soon what is reported shall be answered and decided, by rules that the organisation sets."""
