"""Observed prices: entered in batches, corrected with their history kept, condensed for reading."""
