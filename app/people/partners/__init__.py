"""Organisations that fetch releases before others may: agreements with an end, and tokens that open nothing else."""
