"""Residents and staff: who somebody is, for the gateway alone."""
