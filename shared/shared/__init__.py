"""Plumbing every service of the city platform needs."""
