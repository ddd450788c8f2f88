"""Commodities with their units and reference prices."""
