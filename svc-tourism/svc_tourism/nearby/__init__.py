"""The nearest places of several categories in one call, open when one arrives."""
