"""A report: what it is, who sees it, how it moves; and reading it."""
