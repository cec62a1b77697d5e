"""A release as it is published: its folder, how every file follows from the noisy counts, and how anyone verifies it.

RELEASES § 6. Everything under `data/` is a function of `raw/noisy.csv` alone, so that it can be made again, byte for
byte, by whoever holds the folder. `SHA256SUMS` names every other file, and two persons sign it.
"""
