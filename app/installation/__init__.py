"""What this machine has to be for the service to be itself: its keyring, its disk, its days."""
