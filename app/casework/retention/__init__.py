"""What ends when its time is over."""
