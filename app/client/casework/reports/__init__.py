"""A report as staff have it, in triage or in a case: opened, its thread read and written, its key turned."""
