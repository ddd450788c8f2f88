"""Gawat Darurat 112."""
