"""The agency asks, the reporter answers; meanwhile the clock stands still."""
