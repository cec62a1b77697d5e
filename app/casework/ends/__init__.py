"""How a case ends with all that was kept of it. When it does, withdrawals and retention say."""
