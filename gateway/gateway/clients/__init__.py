"""The front ends and partners that may call."""
