"""The way from here to there: the operator's own routing engine, or an honest estimate."""
