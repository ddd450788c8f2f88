"""Signed-in sessions of residents and staff, and their tokens."""
