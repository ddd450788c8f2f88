"""Server-sent events to everybody: what the city announces, and which public answers have changed."""
