"""Cards written from cases, and releases drawn from cards."""
