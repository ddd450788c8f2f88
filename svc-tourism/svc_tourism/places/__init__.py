"""Places of the city: what they are, where, when they are open, and how fresh each fact is."""
