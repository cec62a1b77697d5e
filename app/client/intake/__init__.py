"""What a reporter's machine does, and what opens the way for it: epochs and the pages of a browser."""
