"""The city's existing systems that join: who they are, what was agreed with them, what they may do."""
