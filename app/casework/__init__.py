"""Reports are judged and become cases. The server knows the state of the work, never the facts."""
