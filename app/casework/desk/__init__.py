"""What waits for one person."""
