"""Where the lists of people look for reports."""
