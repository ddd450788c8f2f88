"""How long the services have to erase somebody."""

from datetime import timedelta

CLOCK = timedelta(hours=72)
"""Three times 24 hours (reliability.md: every right of UU PDP 27/2022 has this clock)."""
REMIND = timedelta(hours=24)
