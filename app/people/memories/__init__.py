"""What the machines of a person have seen, sealed to that person, for the next machine of theirs."""
