"""Asking a system outside the city's platform: bounded, and never at an address inside."""
