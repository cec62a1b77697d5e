"""`tern demo`: the whole story, through the real client against a real server process."""
