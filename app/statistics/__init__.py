"""What leaves as numbers. Never imports casework: the server cannot join a card to a case, and neither can the code."""
