"""Keys that two custodians open together: kept for them, peeled by one and granted by the other."""
