"""Keeping what the city was told: backup, restore, and sending events again."""
