"""Copies of a service: made while it serves, checked without it, and brought back into an empty place."""
