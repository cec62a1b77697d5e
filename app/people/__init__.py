"""Who works here: staff, their sessions, and the keys granted to them."""
