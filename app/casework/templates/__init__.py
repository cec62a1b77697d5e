"""Answers that are ready in several languages, sealed to those who answer reporters."""
