"""Staple-food prices."""
