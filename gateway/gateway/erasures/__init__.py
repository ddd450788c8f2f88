"""A resident leaves: her account ends at once, and a clock waits until every service has erased her."""
