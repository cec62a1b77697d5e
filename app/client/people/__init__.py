"""Who works here: invited, certified, signed in; the keys that they share; the audit of what they did."""
