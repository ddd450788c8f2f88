"""A resident sends a report, or takes it back."""
