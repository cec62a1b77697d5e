"""What a triager and a caseworker do: read, decide, keep cases, approve."""
