"""Kinds of places, as front ends draw them."""
